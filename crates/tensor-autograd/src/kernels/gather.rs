//! Reading by index, and the way back: adding by index.
//!
//! Adding runs in the order of the indices on one thread, so that equal indices add up to the same
//! bits every time.

use super::axis::Dims;
use super::elementwise::zip_inplace;
use super::parallel::for_planes;
use crate::Real;

/// `y[o, k, i] = x[o, index[k], i]`; `dims` are those of `x`.
pub fn take(y: &mut [Real], x: &[Real], index: &[usize], dims: Dims) {
    let Dims { outer, len, inner } = dims;
    assert!(x.len() == outer * len * inner && y.len() == outer * index.len() * inner);
    if y.is_empty() {
        return;
    }
    for_planes(y, inner, x.len().min(outer * index.len() * inner), |plane, y| {
        let from = (plane / index.len() * len + index[plane % index.len()]) * inner;
        y.copy_from_slice(&x[from..from + inner]);
    });
}

/// `x[o, index[k], i] += y[o, k, i]`; `dims` are those of `x`.
pub fn add_taken(x: &mut [Real], y: &[Real], index: &[usize], dims: Dims) {
    let Dims { outer, len, inner } = dims;
    assert!(x.len() == outer * len * inner && y.len() == outer * index.len() * inner);
    if y.is_empty() {
        return;
    }
    for (plane, y) in y.chunks_exact(inner).enumerate() {
        let to = (plane / index.len() * len + index[plane % index.len()]) * inner;
        zip_inplace(&mut x[to..to + inner], y, |x, y| x + y);
    }
}
