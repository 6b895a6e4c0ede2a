//! Matrix product: `C = A·B`, with the work around it (bias, ReLU, accumulation) fused in.

pub(crate) mod lhs;
pub(crate) mod micro;
pub mod naive;
mod pack;
pub(crate) mod product;
pub mod reference;
mod simd;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod transpose;
mod vector;

use super::isa::{Isa, isa};
use super::parallel;
use crate::Real;
use micro::MicroKernel;
use product::{Grid, Out, product_parallel};

/// The least `C` for the widest tiles. Narrower ones are cut into panels of less than full width.
#[cfg(all(target_arch = "x86_64", not(real_f64)))]
const WIDE_ROWS: usize = 128;
#[cfg(all(target_arch = "x86_64", not(real_f64)))]
const WIDE_COLS: usize = 192;

/// A matrix seen through two strides, so that a transpose or a slice costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<'a> {
    /// The elements; element `(i, j)` is `data[i * row_stride + j * col_stride]`.
    pub data: &'a [Real],
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Distance between neighbours in a column.
    pub row_stride: usize,
    /// Distance between neighbours in a row.
    pub col_stride: usize,
}

impl<'a> MatRef<'a> {
    /// `rows × cols` elements, row after row.
    #[track_caller]
    pub fn row_major(data: &'a [Real], rows: usize, cols: usize) -> Self {
        MatRef::strided(data, rows, cols, cols, 1)
    }

    /// A matrix with any strides.
    ///
    /// # Panics
    /// If the last element lies outside `data`.
    #[track_caller]
    pub fn strided(
        data: &'a [Real],
        rows: usize,
        cols: usize,
        row_stride: usize,
        col_stride: usize,
    ) -> Self {
        let m = MatRef { data, rows, cols, row_stride, col_stride };
        m.check();
        m
    }

    /// The transpose: the same elements with rows and columns swapped.
    pub fn t(self) -> Self {
        MatRef {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// Element `(i, j)`.
    #[inline]
    pub fn at(&self, i: usize, j: usize) -> Real {
        self.data[i * self.row_stride + j * self.col_stride]
    }

    /// Whether rows push each other out of the first cache: they lie a multiple of its way apart.
    fn rows_collide(&self) -> bool {
        self.row_stride.is_multiple_of(4096 / size_of::<Real>())
    }

    /// Elements from the first to one past the last; more than any slice has, if it cannot be counted.
    fn span(&self) -> usize {
        if self.rows == 0 || self.cols == 0 {
            return 0;
        }
        let down = (self.rows - 1).saturating_mul(self.row_stride);
        let across = (self.cols - 1).saturating_mul(self.col_stride);
        down.saturating_add(across).saturating_add(1)
    }

    #[track_caller]
    fn check(&self) {
        assert!(
            self.span() <= self.data.len(),
            "a {}×{} matrix with strides ({}, {}) needs {} elements, but there are {}",
            self.rows,
            self.cols,
            self.row_stride,
            self.col_stride,
            self.span(),
            self.data.len(),
        );
    }
}

/// What is added to the product before it is written.
#[derive(Clone, Copy, Debug, Default)]
pub enum Bias<'a> {
    /// Nothing.
    #[default]
    None,
    /// `bias[j]` to every element of column `j` (a linear layer's bias).
    PerCol(&'a [Real]),
    /// `bias[i]` to every element of row `i` (a convolution's bias).
    PerRow(&'a [Real]),
}

/// What happens to the product on its way into `C`: `C = relu?(A·B + C? + bias)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Added to every row or column.
    pub bias: Bias<'a>,
    /// Negative results become zero; NaN stays.
    pub relu: bool,
    /// Adds to what `C` holds instead of overwriting it.
    pub accumulate: bool,
}

impl<'a> Epilogue<'a> {
    /// `C = A·B`.
    pub const OVERWRITE: Epilogue<'static> =
        Epilogue { bias: Bias::None, relu: false, accumulate: false };
    /// `C += A·B`.
    pub const ACCUMULATE: Epilogue<'static> =
        Epilogue { bias: Bias::None, relu: false, accumulate: true };

    /// `C = A·B + bias`, one bias a column.
    pub fn bias_per_col(bias: &'a [Real]) -> Self {
        Epilogue { bias: Bias::PerCol(bias), ..Epilogue::default() }
    }

    /// `C = A·B + bias`, one bias a row.
    pub fn bias_per_row(bias: &'a [Real]) -> Self {
        Epilogue { bias: Bias::PerRow(bias), ..Epilogue::default() }
    }
}

/// Compiles a block once for the micro-kernel `K` of each instruction set and runs the one asked for.
macro_rules! with_kernel {
    ($isa:expr, $K:ident => $body:block) => {
        match $isa {
            #[cfg(all(target_arch = "x86_64", not(real_f64)))]
            $crate::kernels::isa::Isa::Avx512 => {
                type $K = $crate::kernels::gemm::micro::Avx512Kernel;
                $body
            }
            #[cfg(all(target_arch = "x86_64", not(real_f64)))]
            $crate::kernels::isa::Isa::Avx2 => {
                type $K = $crate::kernels::gemm::micro::Avx2Kernel;
                $body
            }
            _ => {
                type $K = $crate::kernels::gemm::micro::PortableKernel;
                $body
            }
        }
    };
}
pub(crate) use with_kernel;

#[track_caller]
fn check(c: &[Real], a: &MatRef<'_>, b: &MatRef<'_>, e: &Epilogue<'_>) {
    assert_eq!(a.cols, b.rows, "the inner dimensions of a matrix product differ");
    assert_eq!(
        Some(c.len()),
        a.rows.checked_mul(b.cols),
        "C must have A's rows times B's columns elements"
    );
    a.check();
    b.check();
    match e.bias {
        Bias::None => {}
        Bias::PerCol(bias) => assert_eq!(bias.len(), b.cols, "one bias a column"),
        Bias::PerRow(bias) => assert_eq!(bias.len(), a.rows, "one bias a row"),
    }
}

/// `C = A·B` (`[m, k]·[k, n] → [m, n]`, `C` row-major), then the epilogue.
///
/// # Panics
/// If a length or an inner dimension does not fit.
#[track_caller]
pub fn gemm(c: &mut [Real], a: MatRef<'_>, b: MatRef<'_>, e: Epilogue<'_>) {
    gemm_with(isa(), c, a, b, e);
}

/// [`gemm`] with the micro-kernel of a given instruction set.
///
/// # Panics
/// As [`gemm`], and if this machine lacks the set.
#[track_caller]
pub fn gemm_with(isa: Isa, c: &mut [Real], a: MatRef<'_>, b: MatRef<'_>, e: Epilogue<'_>) {
    check(c, &a, &b, &e);
    assert!(Isa::available().contains(&isa), "this machine has no {}", isa.name());
    if c.is_empty() {
        return;
    }
    if vector::gemv(c, &a, &b, &e) {
        return;
    }
    // SAFETY: the instruction set was checked, and all lengths by `check`.
    unsafe {
        #[cfg(all(target_arch = "x86_64", not(real_f64)))]
        if isa == Isa::Avx512 && a.rows >= WIDE_ROWS && b.cols >= WIDE_COLS {
            return with_micro::<micro::Avx512Wide>(c, a, b, e);
        }
        with_kernel!(isa, K => { with_micro::<K>(c, a, b, e) });
    }
}

/// # Safety
/// The processor has `K`'s instructions; `c`, `a`, `b` and `e` have passed [`check`].
unsafe fn with_micro<K: MicroKernel>(
    c: &mut [Real],
    a: MatRef<'_>,
    b: MatRef<'_>,
    e: Epilogue<'_>,
) {
    let grid = Grid::new::<K>(a.rows, b.cols, a.cols);
    // SAFETY: the caller's promise.
    unsafe { product_parallel::<K>(Out::new(c, b.cols), a, &b, &e, &grid) }
}

/// `C = A·B` with `A: [m, k]`, `B: [k, n]`, all row-major.
#[track_caller]
pub fn matmul(c: &mut [Real], m: usize, k: usize, n: usize, a: &[Real], b: &[Real]) {
    gemm(c, MatRef::row_major(a, m, k), MatRef::row_major(b, k, n), Epilogue::OVERWRITE);
}

/// `C = A·Bᵀ` with `A: [m, k]`, `B: [n, k]`, all row-major.
#[track_caller]
pub fn matmul_nt(c: &mut [Real], m: usize, k: usize, n: usize, a: &[Real], b: &[Real]) {
    gemm(c, MatRef::row_major(a, m, k), MatRef::row_major(b, n, k).t(), Epilogue::OVERWRITE);
}

/// `C = Aᵀ·B` with `A: [k, m]`, `B: [k, n]`, all row-major.
#[track_caller]
pub fn matmul_tn(c: &mut [Real], m: usize, k: usize, n: usize, a: &[Real], b: &[Real]) {
    gemm(c, MatRef::row_major(a, k, m).t(), MatRef::row_major(b, k, n), Epilogue::OVERWRITE);
}

/// `C[i] = A[i]·B[i]` for `i < batch`; `C` is `[batch, m, n]`.
///
/// `a` and `b` describe the first matrix of each batch; `data` holds the whole batch, its matrices
/// `a_step` and `b_step` elements apart (`0`: one matrix for all).
#[track_caller]
pub fn gemm_batched(
    c: &mut [Real],
    batch: usize,
    (a, a_step): (MatRef<'_>, usize),
    (b, b_step): (MatRef<'_>, usize),
    e: Epilogue<'_>,
) {
    let size = a.rows * b.cols;
    assert_eq!(c.len(), batch * size, "C must be [batch, m, n]");
    if size == 0 {
        return;
    }
    parallel::for_chunks(c, size, batch * size * a.cols.max(1), |start, c| {
        let i = start / size;
        let a = MatRef { data: &a.data[i * a_step..], ..a };
        let b = MatRef { data: &b.data[i * b_step..], ..b };
        gemm(c, a, b, e);
    });
}
