//! The micro-kernel: one tile of `C`, at most `MR × NR`, held in registers while `k` runs.
//!
//! Each step of `k` loads one row of `B` (a vector or two) and, for every row of the tile, one
//! element of `A` that is multiplied into it. Two loads of `B` feed `2·MR` multiply-adds, so the
//! arithmetic units and not the memory set the pace. One generic function serves every
//! instruction set and every tile height; [`MicroKernel`] says which of them exist.

use super::MatRef;
#[cfg(all(target_arch = "x86_64", not(real_f64)))]
use super::simd::{Avx2, Avx512};
use super::simd::{Portable, Simd};
use crate::Real;
use std::ops::Range;

/// The widest tile of any kernel, in elements.
const MAX_NR: usize = 48;

/// Where a tile finds its rows of `A`.
///
/// The summed index is cut into runs of evenly spaced elements.
pub(crate) trait TileRows: Copy {
    /// Runs there are.
    fn runs(&self) -> usize;
    /// Where run `r` starts, relative to its row, and how many elements it has.
    fn run(&self, r: usize) -> (usize, usize);
    /// Element `p` of a run starting at `run`, in row `i`.
    ///
    /// # Safety
    /// The element exists.
    unsafe fn at(&self, run: usize, i: usize, p: usize) -> *const Real;
}

/// Rows and columns at fixed distances: a matrix as it lies, or packed.
#[derive(Clone, Copy)]
pub(crate) struct StridedRows {
    pub ptr: *const Real,
    pub row_stride: usize,
    pub col_stride: usize,
    pub k: usize,
}

impl StridedRows {
    /// A tile of `height` rows, packed column after column.
    #[inline]
    pub(crate) fn packed(data: &[Real], height: usize, k: usize) -> Self {
        debug_assert!(data.len() >= height * k);
        StridedRows { ptr: data.as_ptr(), row_stride: 1, col_stride: height, k }
    }

    /// Rows from `row` on of a matrix where it lies, and its columns `ks`.
    #[inline]
    pub(crate) fn of(a: &MatRef<'_>, row: usize, ks: Range<usize>) -> Self {
        let at = row * a.row_stride + ks.start * a.col_stride;
        StridedRows {
            ptr: a.data.as_ptr().wrapping_add(at),
            row_stride: a.row_stride,
            col_stride: a.col_stride,
            k: ks.len(),
        }
    }
}

impl TileRows for StridedRows {
    #[inline(always)]
    fn runs(&self) -> usize {
        1
    }
    #[inline(always)]
    fn run(&self, _: usize) -> (usize, usize) {
        (0, self.k)
    }
    #[inline(always)]
    unsafe fn at(&self, _: usize, i: usize, p: usize) -> *const Real {
        // SAFETY: the caller's promise.
        unsafe { self.ptr.add(i * self.row_stride + p * self.col_stride) }
    }
}

/// Rows that begin anywhere, and a summed index in several contiguous runs: the patches of an
/// image, read where they lie.
#[derive(Clone, Copy)]
pub(crate) struct GatheredRows<'a> {
    pub ptr: *const Real,
    /// Where each row of the tile begins.
    pub rows: &'a [usize],
    /// Start, relative to the row, and length of each run.
    pub runs: &'a [(usize, usize)],
}

impl TileRows for GatheredRows<'_> {
    #[inline(always)]
    fn runs(&self) -> usize {
        self.runs.len()
    }
    #[inline(always)]
    fn run(&self, r: usize) -> (usize, usize) {
        self.runs[r]
    }
    #[inline(always)]
    unsafe fn at(&self, run: usize, i: usize, p: usize) -> *const Real {
        // SAFETY: the caller's promise.
        unsafe { self.ptr.add(self.rows.get_unchecked(i) + run + p) }
    }
}

/// What happens to a finished tile. Null pointers mean "no bias".
#[derive(Clone, Copy)]
pub(crate) struct WriteBack {
    /// The tile's first element in `C`.
    pub c: *mut Real,
    /// Distance between rows of `C`.
    pub c_row: usize,
    /// Columns to write, at most the tile's width.
    pub cols: usize,
    pub accumulate: bool,
    pub relu: bool,
    pub row_bias: *const Real,
    pub col_bias: *const Real,
}

impl WriteBack {
    /// Has the tile's part of `C` brought near while the tile is computed: it is asked for at the end,
    /// all at once, and of a large `C` it comes from far.
    #[inline]
    pub(crate) fn fetch(&self, rows: usize) {
        #[cfg(target_arch = "x86_64")]
        for row in 0..rows {
            for col in (0..self.cols).step_by(64 / size_of::<Real>()) {
                use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
                let at = self.c.wrapping_add(row * self.c_row + col);
                // SAFETY: a prefetch reads nothing that the program sees, and never faults.
                unsafe { _mm_prefetch::<_MM_HINT_ET0>(at.cast()) };
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = rows;
    }
}

/// The tiles an instruction set can do.
pub(crate) trait MicroKernel {
    /// Rows of the largest tile.
    const MR: usize;
    /// Columns of the largest tile: a few vectors.
    const NR: usize;
    /// Columns of one vector.
    const LANES: usize;

    /// Computes one tile of `rows ≤ MR` rows and `vectors · LANES ≤ NR` columns.
    ///
    /// `b` points at the tile's first row of `B`; the rows lie `b_row` elements apart.
    ///
    /// # Safety
    /// The processor has the instruction set; `a` covers `rows` rows; each of the summed rows of
    /// `b` has `vectors · LANES` elements; `out` may be written for `rows × out.cols`, and no
    /// other thread touches that; `out.cols ≤ vectors · LANES`; biases cover the tile.
    unsafe fn tile<A: TileRows>(
        rows: usize,
        vectors: usize,
        a: A,
        b: *const Real,
        b_row: usize,
        out: WriteBack,
    );
}

/// # Safety
/// As [`MicroKernel::tile`].
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "several tables are indexed alike")]
unsafe fn tile<S: Simd, A: TileRows, const M: usize, const N: usize>(
    a: A,
    mut b: *const Real,
    b_row: usize,
    out: WriteBack,
) {
    // SAFETY: the caller vouches for the instruction set and for every address below: rows `0..M`
    // of `a`, `N` vectors of each row of `b`, `M × out.cols` elements of `c` and the biases.
    unsafe {
        let mut acc = [[S::splat(0.0); N]; M];
        for (run, len) in (0..a.runs()).map(|r| a.run(r)) {
            for p in 0..len {
                let bv: [S::V; N] = std::array::from_fn(|j| S::load(b.add(j * S::LANES)));
                for i in 0..M {
                    let av = S::splat(*a.at(run, i, p));
                    for j in 0..N {
                        acc[i][j] = S::mul_add(av, bv[j], acc[i][j]);
                    }
                }
                b = b.add(b_row);
            }
        }
        if out.cols == N * S::LANES {
            write_full::<S, M, N>(acc, out);
        } else {
            let mut spilled = [[0.0; MAX_NR]; M];
            for i in 0..M {
                for j in 0..N {
                    S::store(spilled[i].as_mut_ptr().add(j * S::LANES), acc[i][j]);
                }
            }
            write_part(&spilled, out);
        }
    }
}

/// One short loop a stage: bodies so small are unrolled completely, and only then do the
/// accumulators live in registers.
///
/// # Safety
/// As [`MicroKernel::tile`], with `out.cols = N · LANES`.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "two tables are indexed alike")]
unsafe fn write_full<S: Simd, const M: usize, const N: usize>(
    mut acc: [[S::V; N]; M],
    out: WriteBack,
) {
    // SAFETY: row `i` and vector `j` lie inside the tile, which the caller vouches for.
    unsafe {
        let at = |i: usize, j: usize| out.c.add(i * out.c_row + j * S::LANES);
        if out.accumulate {
            for i in 0..M {
                for j in 0..N {
                    acc[i][j] = S::add(acc[i][j], S::load(at(i, j)));
                }
            }
        }
        if !out.row_bias.is_null() {
            for i in 0..M {
                let bias = S::splat(*out.row_bias.add(i));
                for j in 0..N {
                    acc[i][j] = S::add(acc[i][j], bias);
                }
            }
        }
        if !out.col_bias.is_null() {
            for j in 0..N {
                let bias = S::load(out.col_bias.add(j * S::LANES));
                for i in 0..M {
                    acc[i][j] = S::add(acc[i][j], bias);
                }
            }
        }
        if out.relu {
            for i in 0..M {
                for j in 0..N {
                    acc[i][j] = S::relu(acc[i][j]);
                }
            }
        }
        for i in 0..M {
            for j in 0..N {
                S::store(at(i, j), acc[i][j]);
            }
        }
    }
}

/// A tile that is cut off by the right edge of `C`, element by element. The operations and their
/// order are those of [`write_full`]: an element's bits do not depend on the tile it is in.
///
/// # Safety
/// As [`MicroKernel::tile`].
unsafe fn write_part(tile: &[[Real; MAX_NR]], out: WriteBack) {
    for (i, row) in tile.iter().enumerate() {
        for (j, &v) in row[..out.cols].iter().enumerate() {
            let mut v = v;
            // SAFETY: row `i` and column `j < cols` lie inside the tile.
            unsafe {
                let c = out.c.add(i * out.c_row + j);
                if out.accumulate {
                    v += *c;
                }
                if !out.row_bias.is_null() {
                    v += *out.row_bias.add(i);
                }
                if !out.col_bias.is_null() {
                    v += *out.col_bias.add(j);
                }
                *c = if out.relu && v < 0.0 { 0.0 } else { v };
            }
        }
    }
}

/// Implements [`MicroKernel`] by one compiled function for every tile size.
macro_rules! micro_kernel {
    ($(#[$doc:meta])* $name:ident: $simd:ty,
     rows $mr:literal of [$($m:literal)*], vectors $nv:literal of [$($n:literal)*]
     $(, $features:literal)?) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl MicroKernel for $name {
            const MR: usize = $mr;
            const NR: usize = $nv * <$simd as Simd>::LANES;
            const LANES: usize = <$simd as Simd>::LANES;

            #[inline]
            unsafe fn tile<A: TileRows>(
                rows: usize,
                vectors: usize,
                a: A,
                b: *const Real,
                b_row: usize,
                out: WriteBack,
            ) {
                $(#[target_feature(enable = $features)])?
                unsafe fn compiled<A: TileRows, const M: usize, const N: usize>(
                    a: A,
                    b: *const Real,
                    b_row: usize,
                    out: WriteBack,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe { tile::<$simd, A, M, N>(a, b, b_row, out) }
                }
                #[inline(always)]
                unsafe fn of_width<A: TileRows, const N: usize>(
                    rows: usize,
                    a: A,
                    b: *const Real,
                    b_row: usize,
                    out: WriteBack,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe {
                        match rows {
                            $($m => compiled::<A, $m, N>(a, b, b_row, out),)*
                            _ => unreachable!("no tile of {rows} rows"),
                        }
                    }
                }
                debug_assert!(out.cols <= vectors * Self::LANES);
                // SAFETY: the caller's promise.
                unsafe {
                    match vectors {
                        $($n => of_width::<A, $n>(rows, a, b, b_row, out),)*
                        _ => unreachable!("no tile of {vectors} vectors"),
                    }
                }
            }
        }
    };
}

micro_kernel!(
    /// 4 × 8: eight accumulators, two vectors of `B` and room to spare in sixteen registers.
    PortableKernel: Portable, rows 4 of [1 2 3 4], vectors 2 of [1 2]
);

#[cfg(all(target_arch = "x86_64", not(real_f64)))]
micro_kernel!(
    /// 6 × 16: twelve accumulators, two vectors of `B` and one element of `A` in sixteen registers.
    Avx2Kernel: Avx2, rows 6 of [1 2 3 4 5 6], vectors 2 of [1 2], "avx2,fma"
);

#[cfg(all(target_arch = "x86_64", not(real_f64)))]
micro_kernel!(
    /// 12 × 32: twenty-four accumulators in thirty-two registers.
    Avx512Kernel: Avx512, rows 12 of [1 2 3 4 5 6 7 8 9 10 11 12], vectors 2 of [1 2],
    "avx512f,avx2,fma"
);

#[cfg(all(target_arch = "x86_64", not(real_f64)))]
micro_kernel!(
    /// 8 × 48: as many accumulators with fewer loads, and panels too wide for small matrices.
    Avx512Wide: Avx512, rows 8 of [1 2 3 4 5 6 7 8], vectors 3 of [1 2 3], "avx512f,avx2,fma"
);
