//! One fused pass over one, two or three slices.
//!
//! The function is a closure that is inlined into a loop compiled for the machine's vectors, so
//! an op is written as scalar arithmetic and runs at memory speed.

use super::isa::vectorized;
use super::parallel::{CHUNK, for_chunks};
use crate::Real;

/// `y[i] = f(x[i])`.
pub fn map(y: &mut [Real], x: &[Real], f: impl Fn(Real) -> Real + Sync) {
    assert_eq!(y.len(), x.len());
    for_chunks(y, CHUNK, x.len(), |start, y| {
        let x = &x[start..start + y.len()];
        vectorized(|| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = f(x);
            }
        });
    });
}

/// `y[i] = f(y[i])`.
pub fn map_inplace(y: &mut [Real], f: impl Fn(Real) -> Real + Sync) {
    let work = y.len();
    for_chunks(y, CHUNK, work, |_, y| {
        vectorized(|| {
            for y in y.iter_mut() {
                *y = f(*y);
            }
        });
    });
}

/// `y[i] = f(a[i], b[i])`.
pub fn zip(y: &mut [Real], a: &[Real], b: &[Real], f: impl Fn(Real, Real) -> Real + Sync) {
    assert!(y.len() == a.len() && y.len() == b.len());
    for_chunks(y, CHUNK, a.len(), |start, y| {
        let (a, b) = (&a[start..start + y.len()], &b[start..start + y.len()]);
        vectorized(|| {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                *y = f(a, b);
            }
        });
    });
}

/// `y[i] = f(y[i], x[i])`.
pub fn zip_inplace(y: &mut [Real], x: &[Real], f: impl Fn(Real, Real) -> Real + Sync) {
    assert_eq!(y.len(), x.len());
    for_chunks(y, CHUNK, x.len(), |start, y| {
        let x = &x[start..start + y.len()];
        vectorized(|| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = f(*y, x);
            }
        });
    });
}

/// `y[i] = f(y[i], a[i], b[i])`.
pub fn zip2_inplace(
    y: &mut [Real],
    a: &[Real],
    b: &[Real],
    f: impl Fn(Real, Real, Real) -> Real + Sync,
) {
    assert!(y.len() == a.len() && y.len() == b.len());
    for_chunks(y, CHUNK, a.len(), |start, y| {
        let (a, b) = (&a[start..start + y.len()], &b[start..start + y.len()]);
        vectorized(|| {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                *y = f(*y, a, b);
            }
        });
    });
}
