//! Batch norm where a channel has few neighbours: `[n, c·hw]` by rows, with the statistics of each
//! column laid out along a row. The columns of a channel are summed last.

use super::super::axis::{self, Dims as AxisDims};
use super::super::isa::vectorized;
use super::super::parallel::{CHUNK, collect, for_chunks};
use super::{Dims, Pullback, inverse_std};
use crate::Real;

/// Rows of one partial sum. Fixed, so that the order of summation is.
const ROWS: usize = 128;

/// Mean and biased variance of each channel.
pub(super) fn statistics(mean: &mut [Real], var: &mut [Real], x: &[Real], dims: Dims) {
    let width = dims.c * dims.hw;
    let rows = AxisDims { outer: 1, len: dims.n, inner: width };
    let mut sums = vec![0.0; width];
    axis::sum(&mut sums, x, None, rows, |x, _| x);
    gather(mean, &sums, dims, 1.0 / dims.count() as Real);
    let wide = spread(|ch| mean[ch], dims);
    axis::sum(&mut sums, x, Some(&wide), rows, |x, mean| (x - mean) * (x - mean));
    gather(var, &sums, dims, 1.0 / dims.count() as Real);
}

/// `y = scale · x + shift` of the channel.
pub(super) fn affine(
    y: &mut [Real],
    x: &[Real],
    scale: impl Fn(usize) -> Real,
    shift: impl Fn(usize) -> Real,
    dims: Dims,
) {
    let (scale, shift) = (spread(scale, dims), spread(shift, dims));
    let rows = AxisDims { outer: 1, len: dims.n, inner: scale.len() };
    axis::spread(y, x, &scale, &shift, rows, |x, scale, shift| x * scale + shift);
}

/// `Σ dy·x̂` and `Σ dy` of each channel.
pub(super) fn sums(
    (dgamma, dbeta): (&mut [Real], &mut [Real]),
    dy: &[Real],
    x: &[Real],
    (mean, var): (&[Real], &[Real]),
    eps: Real,
    dims: Dims,
) {
    let width = dims.c * dims.hw;
    if x.is_empty() {
        dgamma.fill(0.0);
        return dbeta.fill(0.0);
    }
    let mean = spread(|ch| mean[ch], dims);
    let partials = collect(dims.n.div_ceil(ROWS), x.len(), |i| {
        let part = i * ROWS * width..x.len().min((i + 1) * ROWS * width);
        let (dy, x) = (&dy[part.clone()], &x[part]);
        let mut sums = vec![0.0; 2 * width];
        let (dots, totals) = sums.split_at_mut(width);
        vectorized(|| {
            for (dy, x) in dy.chunks_exact(width).zip(x.chunks_exact(width)) {
                for j in 0..width {
                    dots[j] += dy[j] * (x[j] - mean[j]);
                    totals[j] += dy[j];
                }
            }
        });
        sums
    });
    let mut sums = vec![0.0; 2 * width];
    for partial in &partials {
        sums.iter_mut().zip(partial).for_each(|(sum, p)| *sum += p);
    }
    gather(dgamma, &sums[..width], dims, 1.0);
    gather(dbeta, &sums[width..], dims, 1.0);
    dgamma.iter_mut().zip(var).for_each(|(d, &var)| *d *= inverse_std(var, eps));
}

/// Overwrites `dy` with `dx`.
pub(super) fn pull_back(
    dy: &mut [Real],
    x: &[Real],
    pullback: impl Fn(usize) -> Pullback,
    dims: Dims,
) {
    let width = dims.c * dims.hw;
    let a = spread(|ch| pullback(ch).a, dims);
    let b = spread(|ch| pullback(ch).b, dims);
    let c = spread(|ch| pullback(ch).c, dims);
    let mean = spread(|ch| pullback(ch).mean, dims);
    let rows = (CHUNK / width.max(1)).max(1);
    for_chunks(dy, rows * width.max(1), x.len(), |start, dy| {
        let x = &x[start..start + dy.len()];
        vectorized(|| {
            for (dy, x) in dy.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                for j in 0..width {
                    dy[j] = a[j] * dy[j] + (b[j] * (x[j] - mean[j]) + c[j]);
                }
            }
        });
    });
}

/// The number of each channel, repeated for each of its columns.
fn spread(of: impl Fn(usize) -> Real, dims: Dims) -> Vec<Real> {
    (0..dims.c).flat_map(|ch| std::iter::repeat_n(of(ch), dims.hw)).collect()
}

/// The sum of each channel's columns, times `scale`.
fn gather(of: &mut [Real], columns: &[Real], dims: Dims, scale: Real) {
    for (of, columns) in of.iter_mut().zip(columns.chunks_exact(dims.hw.max(1))) {
        *of = scale * columns.iter().sum::<Real>();
    }
}
