//! Softmax and its logarithm along one axis of `[outer, cols, inner]`, forward and backward.
//!
//! Along the last axis (`inner = 1`) a row is read while it lies in the nearest cache; along an
//! earlier one, neighbouring positions go through the vector lanes together.

use super::isa::vectorized;
use super::lanes;
use super::math;
use super::parallel::{CHUNK, for_chunks};
use crate::Real;

/// Work of one element, in units of an addition: an exponential and four light passes.
const EFFORT: usize = 4;
/// Neighbouring positions that are worked on together when `inner > 1`.
const WIDTH: usize = 64;

/// `y = exp(x) / Σ exp(x)` along the axis of `cols`.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn softmax(y: &mut [Real], x: &[Real], cols: usize, inner: usize) {
    assert_eq!(y.len(), x.len());
    for_blocks(y, cols, inner, |start, y| {
        let x = &x[start..start + y.len()];
        match inner {
            1 => y.chunks_exact_mut(cols).zip(x.chunks_exact(cols)).for_each(|(y, x)| {
                let sum = lanes::exp_sum(y, x, lanes::max(x));
                let scale = 1.0 / sum;
                y.iter_mut().for_each(|y| *y *= scale);
            }),
            _ => for_strips(y, x, cols, inner, |strip, y, x| {
                let (max, sum) = strip.max_and_sum(x);
                strip.rows(|at, l| y[at + l] = math::exp(x[at + l] - max[l]) / sum[l]);
            }),
        }
    });
}

/// `y = x - ln Σ exp(x)` along the axis of `cols`.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn log_softmax(y: &mut [Real], x: &[Real], cols: usize, inner: usize) {
    assert_eq!(y.len(), x.len());
    for_blocks(y, cols, inner, |start, y| {
        let x = &x[start..start + y.len()];
        match inner {
            1 => y.chunks_exact_mut(cols).zip(x.chunks_exact(cols)).for_each(|(y, x)| {
                let max = lanes::max(x);
                let log_sum = lanes::sum(x, |x| math::exp(x - max)).ln();
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - max) - log_sum);
            }),
            _ => for_strips(y, x, cols, inner, |strip, y, x| {
                let (max, mut sum) = strip.max_and_sum(x);
                sum.iter_mut().for_each(|s| *s = s.ln());
                strip.rows(|at, l| y[at + l] = (x[at + l] - max[l]) - sum[l]);
            }),
        }
    });
}

/// `dx = y · (dy - Σ dy·y)`; `dx` holds `dy` and is overwritten.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn softmax_backward(dx: &mut [Real], y: &[Real], cols: usize, inner: usize) {
    assert_eq!(dx.len(), y.len());
    for_blocks(dx, cols, inner, |start, dx| {
        let y = &y[start..start + dx.len()];
        match inner {
            1 => dx.chunks_exact_mut(cols).zip(y.chunks_exact(cols)).for_each(|(dx, y)| {
                let (dot, _) = lanes::sum2(dx, y, |d, y| (d * y, 0.0));
                dx.iter_mut().zip(y).for_each(|(d, &y)| *d = y * (*d - dot));
            }),
            _ => for_strips(dx, y, cols, inner, |strip, dx, y| {
                let mut dot = [0.0; WIDTH];
                strip.rows(|at, l| dot[l] += dx[at + l] * y[at + l]);
                strip.rows(|at, l| dx[at + l] = y[at + l] * (dx[at + l] - dot[l]));
            }),
        }
    });
}

/// `dx = dy - exp(y) · Σ dy`; `dx` holds `dy` and is overwritten.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn log_softmax_backward(dx: &mut [Real], y: &[Real], cols: usize, inner: usize) {
    assert_eq!(dx.len(), y.len());
    for_blocks(dx, cols, inner, |start, dx| {
        let y = &y[start..start + dx.len()];
        match inner {
            1 => dx.chunks_exact_mut(cols).zip(y.chunks_exact(cols)).for_each(|(dx, y)| {
                let sum = lanes::sum(dx, |d| d);
                dx.iter_mut().zip(y).for_each(|(d, &y)| *d -= math::exp(y) * sum);
            }),
            _ => for_strips(dx, y, cols, inner, |strip, dx, y| {
                let mut sum = [0.0; WIDTH];
                strip.rows(|at, l| sum[l] += dx[at + l]);
                strip.rows(|at, l| dx[at + l] -= math::exp(y[at + l]) * sum[l]);
            }),
        }
    });
}

/// Calls `f` for runs of whole `[cols, inner]` blocks, in parallel where it pays.
#[track_caller]
fn for_blocks(
    y: &mut [Real],
    cols: usize,
    inner: usize,
    f: impl Fn(usize, &mut [Real]) + Sync + Send,
) {
    let block = cols * inner;
    if y.is_empty() {
        return;
    }
    assert!(y.len().is_multiple_of(block), "the axes must be [outer, {cols}, {inner}]");
    let task = block * (CHUNK / EFFORT / block).max(1);
    let work = y.len() * EFFORT;
    for_chunks(y, task, work, |start, y| vectorized(|| f(start, y)));
}

/// Up to [`WIDTH`] neighbouring positions of a `[cols, inner]` block.
#[derive(Clone, Copy)]
struct Strip {
    first: usize,
    width: usize,
    cols: usize,
    inner: usize,
}

impl Strip {
    /// Calls `f(offset of the row, lane)` for every element, row by row.
    #[inline(always)]
    fn rows(self, mut f: impl FnMut(usize, usize)) {
        for j in 0..self.cols {
            let at = j * self.inner + self.first;
            for l in 0..self.width {
                f(at, l);
            }
        }
    }

    #[inline(always)]
    fn max_and_sum(self, x: &[Real]) -> ([Real; WIDTH], [Real; WIDTH]) {
        let (mut max, mut sum) = ([Real::NEG_INFINITY; WIDTH], [0.0; WIDTH]);
        self.rows(|at, l| max[l] = if x[at + l] > max[l] { x[at + l] } else { max[l] });
        self.rows(|at, l| sum[l] += math::exp(x[at + l] - max[l]));
        (max, sum)
    }
}

#[inline(always)]
fn for_strips(
    y: &mut [Real],
    x: &[Real],
    cols: usize,
    inner: usize,
    f: impl Fn(Strip, &mut [Real], &[Real]),
) {
    let block = cols * inner;
    for (y, x) in y.chunks_exact_mut(block).zip(x.chunks_exact(block)) {
        for first in (0..inner).step_by(WIDTH) {
            f(Strip { first, width: WIDTH.min(inner - first), cols, inner }, y, x);
        }
    }
}
