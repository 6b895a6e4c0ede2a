//! Reductions of one short row, to be inlined into a vectorised loop.
//!
//! Independent accumulators, folded pairwise: the order of a sum is a property of its length alone,
//! not of the instruction set or the threads. Long rows use four vectors of them, so that one
//! addition need not wait for the one before.

use super::math;
use crate::Real;

const LANES: usize = 8;
const WIDE: usize = 4 * LANES;

/// `Σ f(x[i])`.
#[inline(always)]
pub(super) fn sum(x: &[Real], f: impl Fn(Real) -> Real) -> Real {
    let mut acc = [0.0; LANES];
    let (wide, rest) = x.as_chunks::<WIDE>();
    if !wide.is_empty() {
        let mut four = [0.0; WIDE];
        for block in wide {
            for l in 0..WIDE {
                four[l] += f(block[l]);
            }
        }
        acc = narrow(four);
    }
    let (blocks, tail) = rest.as_chunks::<LANES>();
    for block in blocks {
        for l in 0..LANES {
            acc[l] += f(block[l]);
        }
    }
    let (tail, n) = padded(tail, 0.0);
    for l in 0..LANES {
        acc[l] += if l < n { f(tail[l]) } else { 0.0 };
    }
    fold(acc, |a, b| a + b)
}

/// `Σ f(a[i], b[i])` of two quantities at once.
#[inline(always)]
pub(super) fn sum2(a: &[Real], b: &[Real], f: impl Fn(Real, Real) -> (Real, Real)) -> (Real, Real) {
    let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
    let ((wide_a, a), (wide_b, b)) = (a.as_chunks::<WIDE>(), b.as_chunks::<WIDE>());
    if !wide_a.is_empty() {
        let (mut p4, mut q4) = ([0.0; WIDE], [0.0; WIDE]);
        for (a, b) in wide_a.iter().zip(wide_b) {
            for l in 0..WIDE {
                let (p, q) = f(a[l], b[l]);
                p4[l] += p;
                q4[l] += q;
            }
        }
        (first, second) = (narrow(p4), narrow(q4));
    }
    let ((blocks_a, tail_a), (blocks_b, tail_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in blocks_a.iter().zip(blocks_b) {
        for l in 0..LANES {
            let (p, q) = f(a[l], b[l]);
            first[l] += p;
            second[l] += q;
        }
    }
    for (l, (&a, &b)) in tail_a.iter().zip(tail_b).enumerate() {
        let (p, q) = f(a, b);
        first[l] += p;
        second[l] += q;
    }
    (fold(first, |a, b| a + b), fold(second, |a, b| a + b))
}

/// The largest element; NaN only if all are.
#[inline(always)]
pub(super) fn max(x: &[Real]) -> Real {
    let mut acc = [Real::NEG_INFINITY; LANES];
    let (blocks, tail) = x.as_chunks::<LANES>();
    for block in blocks {
        for l in 0..LANES {
            acc[l] = if block[l] > acc[l] { block[l] } else { acc[l] };
        }
    }
    for (acc, &x) in acc.iter_mut().zip(tail) {
        *acc = if x > *acc { x } else { *acc };
    }
    fold(acc, |a, b| if b > a { b } else { a })
}

/// `y[i] = exp(x[i] - shift)`; returns the sum.
#[inline(always)]
pub(super) fn exp_sum(y: &mut [Real], x: &[Real], shift: Real) -> Real {
    let mut acc = [0.0; LANES];
    let (blocks, tail) = x.as_chunks::<LANES>();
    let (outs, out_tail) = y.as_chunks_mut::<LANES>();
    for (y, x) in outs.iter_mut().zip(blocks) {
        for l in 0..LANES {
            y[l] = math::exp(x[l] - shift);
            acc[l] += y[l];
        }
    }
    // A tail as wide as a vector: for ten classes it is a half of the work.
    let (mut tail, n) = padded(tail, Real::NEG_INFINITY);
    for l in 0..LANES {
        tail[l] = math::exp(tail[l] - shift);
        acc[l] += if l < n { tail[l] } else { 0.0 };
    }
    for (y, &e) in out_tail.iter_mut().zip(&tail) {
        *y = e;
    }
    fold(acc, |a, b| a + b)
}

#[inline(always)]
fn padded(tail: &[Real], with: Real) -> ([Real; LANES], usize) {
    let mut block = [with; LANES];
    for (block, &x) in block.iter_mut().zip(tail) {
        *block = x;
    }
    (block, tail.len())
}

#[inline(always)]
fn narrow(four: [Real; WIDE]) -> [Real; LANES] {
    std::array::from_fn(|l| {
        (four[l] + four[l + LANES]) + (four[l + 2 * LANES] + four[l + 3 * LANES])
    })
}

#[inline(always)]
fn fold(mut acc: [Real; LANES], f: impl Fn(Real, Real) -> Real) -> Real {
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            acc[l] = f(acc[l], acc[l + width]);
        }
        width /= 2;
    }
    acc[0]
}
