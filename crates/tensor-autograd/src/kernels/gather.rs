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
    let work = y.len();
    if inner == 1 {
        return for_planes(y, index.len(), work, |o, y| {
            let x = &x[o * len..(o + 1) * len];
            y.iter_mut().zip(index).for_each(|(y, &i)| *y = x[i]);
        });
    }
    for_planes(y, inner, work, |plane, y| {
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
    if inner == 1 {
        for (x, y) in x.chunks_exact_mut(len).zip(y.chunks_exact(index.len())) {
            index.iter().zip(y).for_each(|(&i, y)| x[i] += y);
        }
        return;
    }
    for (plane, y) in y.chunks_exact(inner).enumerate() {
        let to = (plane / index.len() * len + index[plane % index.len()]) * inner;
        zip_inplace(&mut x[to..to + inner], y, |x, y| x + y);
    }
}
