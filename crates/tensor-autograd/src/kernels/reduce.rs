//! Sums whose order is fixed: by chunk, then by lane, never by thread.

use super::isa::vectorized;
use super::parallel::collect;
use crate::Real;

/// Elements that one partial sum covers.
const CHUNK: usize = 1 << 13;
/// Independent accumulators of a partial sum: enough to fill the widest vector units.
const LANES: usize = 32;

/// `Σ f(x[i])`, in a fixed order.
pub fn sum_map(x: &[Real], f: impl Fn(Real) -> Real + Sync + Send) -> Real {
    let chunks = x.len().div_ceil(CHUNK);
    let partial = |i: usize| {
        let part = &x[i * CHUNK..x.len().min((i + 1) * CHUNK)];
        vectorized(|| sum_lanes(part, &f))
    };
    if chunks == 1 {
        return partial(0);
    }
    collect(chunks, x.len(), partial).into_iter().sum()
}

/// `Σ f(a[i], b[i])`, in a fixed order.
pub fn sum_zip(a: &[Real], b: &[Real], f: impl Fn(Real, Real) -> Real + Sync + Send) -> Real {
    assert_eq!(a.len(), b.len());
    let chunks = a.len().div_ceil(CHUNK);
    let partial = |i: usize| {
        let range = i * CHUNK..a.len().min((i + 1) * CHUNK);
        let (a, b) = (&a[range.clone()], &b[range]);
        vectorized(|| {
            let mut acc = [0.0; LANES];
            let ((ca, ta), (cb, tb)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
            for (a, b) in ca.iter().zip(cb) {
                for l in 0..LANES {
                    acc[l] += f(a[l], b[l]);
                }
            }
            let tail: Real = ta.iter().zip(tb).map(|(&a, &b)| f(a, b)).sum();
            fold_lanes(acc) + tail
        })
    };
    if chunks == 1 {
        return partial(0);
    }
    collect(chunks, a.len(), partial).into_iter().sum()
}

/// `Σ x[i]`, in a fixed order.
pub fn sum(x: &[Real]) -> Real {
    sum_map(x, |v| v)
}

#[inline(always)]
fn sum_lanes(x: &[Real], f: &impl Fn(Real) -> Real) -> Real {
    let mut acc = [0.0; LANES];
    // Arrays, not slices, are what the compiler keeps in registers.
    let (chunks, tail) = x.as_chunks::<LANES>();
    for part in chunks {
        for l in 0..LANES {
            acc[l] += f(part[l]);
        }
    }
    let tail: Real = tail.iter().map(|&v| f(v)).sum();
    fold_lanes(acc) + tail
}

/// Pairwise, so that the result does not depend on the vector width.
#[inline(always)]
fn fold_lanes(mut acc: [Real; LANES]) -> Real {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            acc[i] += acc[i + width];
        }
        width /= 2;
    }
    acc[0]
}
