//! Products with a vector: nothing is used twice, so there is nothing to pack; the pace is set by
//! how fast the matrix can be read.

use super::{Bias, Epilogue, MatRef};
use crate::Real;
use crate::kernels::isa::vectorized;
use crate::kernels::parallel;

/// Independent partial sums of a scalar product: enough to hide the latency of an addition.
const LANES: usize = 32;

/// Computes a product with a row (`m = 1`) or a column (`n = 1`) whose other side can be read along
/// the summed index; says `false`, and does nothing, for any other.
pub(super) fn gemv(c: &mut [Real], a: &MatRef<'_>, b: &MatRef<'_>, e: &Epilogue<'_>) -> bool {
    // A column is a row of the transposed product: (A·b)ᵀ = bᵀ·Aᵀ.
    let (x, w, transposed) = match (a.rows, b.cols) {
        (1, _) => (*a, b.t(), false),
        (_, 1) => (b.t(), *a, true),
        _ => return false,
    };
    if w.col_stride != 1 || x.col_stride != 1 {
        return false;
    }
    let x = &x.data[..x.cols];
    let bias = |j: usize| match (e.bias, transposed) {
        (Bias::None, _) => 0.0,
        (Bias::PerCol(bias), false) | (Bias::PerRow(bias), true) => bias[j],
        (Bias::PerCol(bias), true) | (Bias::PerRow(bias), false) => bias[0],
    };
    let chunk = (parallel::CHUNK / x.len().max(1)).max(1);
    parallel::for_chunks(c, chunk, w.rows * x.len(), |start, c| {
        vectorized(|| {
            for (j, c) in (start..).zip(c) {
                let w = &w.data[j * w.row_stride..][..x.len()];
                let before = if e.accumulate { *c } else { 0.0 };
                let v = dot(x, w) + before + bias(j);
                *c = if e.relu && v < 0.0 { 0.0 } else { v };
            }
        });
    });
    true
}

/// `Σ a[i]·b[i]`.
#[inline(always)]
fn dot(a: &[Real], b: &[Real]) -> Real {
    let mut acc = [0.0; LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            acc[i] += a[i] * b[i];
        }
    }
    let tail: Real = a_tail.iter().zip(b_tail).map(|(a, b)| a * b).sum();
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            acc[i] += acc[i + width];
        }
        width /= 2;
    }
    acc[0] + tail
}
