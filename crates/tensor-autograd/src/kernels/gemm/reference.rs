//! The same product by the `matrixmultiply` crate: a second opinion for tests and comparisons, and
//! what to put in place of [`super::gemm`] should a platform's micro-kernel ever be in doubt.

use super::{MatRef, check};
use crate::Real;

/// `C = A·B` (`C` row-major).
///
/// # Panics
/// If a length or an inner dimension does not fit.
#[track_caller]
pub fn gemm(c: &mut [Real], a: MatRef<'_>, b: MatRef<'_>) {
    check(c, &a, &b, &super::Epilogue::OVERWRITE);
    #[cfg(real_f64)]
    use matrixmultiply::dgemm as product;
    #[cfg(not(real_f64))]
    use matrixmultiply::sgemm as product;
    let n = b.cols as isize;
    let stride = |s: usize| s as isize;
    // SAFETY: `check` saw that the three matrices lie inside their slices; `c` is not shared.
    unsafe {
        product(
            a.rows,
            a.cols,
            b.cols,
            1.0,
            a.data.as_ptr(),
            stride(a.row_stride),
            stride(a.col_stride),
            b.data.as_ptr(),
            stride(b.row_stride),
            stride(b.col_stride),
            0.0,
            c.as_mut_ptr(),
            n,
            1,
        );
    }
}
