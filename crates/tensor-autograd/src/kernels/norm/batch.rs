//! Batch norm over the channels of `[n, c, hw]`.
//!
//! A channel is a task: its planes, `n` pieces of `hw` elements, are read for the statistics and
//! then, from the second-level cache, for the result. Where `hw` is small, rows of `c·hw` are worked
//! on column by column instead; see [`columns`](super::columns).

use super::super::isa::vectorized;
use super::super::lanes;
use super::super::parallel::{collect, for_planes};
use super::planes::map_channels;
use super::{Moments, Pullback, affine, columns, inverse_std};
use crate::Real;
use crate::shape::count;

/// An array `[n, c, hw]` that is normalised over `n` and `hw`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    /// Images, or rows.
    pub n: usize,
    /// Channels.
    pub c: usize,
    /// Places in a channel of an image (1 for rows).
    pub hw: usize,
}

impl Dims {
    /// Elements that share a mean.
    pub(super) fn count(&self) -> usize {
        self.n * self.hw
    }

    /// Whether the planes are too short for loops along them.
    fn is_narrow(&self) -> bool {
        self.hw < 16
    }

    /// Elements of all.
    #[track_caller]
    pub(super) fn len(&self) -> usize {
        count(&[self.n, self.c, self.hw])
    }

    #[track_caller]
    fn check(&self, x: usize, per_channel: &[&[Real]]) {
        assert_eq!(x, self.len(), "the input must be [n, c, hw]");
        assert!(per_channel.iter().all(|p| p.len() == self.c), "one number a channel");
    }

    fn plane<'a>(&self, x: &'a [Real], i: usize, channel: usize) -> &'a [Real] {
        &x[(i * self.c + channel) * self.hw..][..self.hw]
    }
}

/// `y = γ (x - mean) / √(var + ε) + β` with the mean and the biased variance of each channel, which
/// are written too.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn batch_norm(
    y: &mut [Real],
    (mean, var): (&mut [Real], &mut [Real]),
    x: &[Real],
    (gamma, beta): (&[Real], &[Real]),
    eps: Real,
    dims: Dims,
) {
    dims.check(x.len(), &[mean, var, gamma, beta]);
    assert_eq!(y.len(), x.len());
    if dims.is_narrow() {
        columns::statistics(mean, var, x, dims);
        return batch_norm_with(y, (mean, var), x, (gamma, beta), eps, dims);
    }
    let statistics = map_channels(y, dims, |channel, mut y| {
        vectorized(|| {
            let mut moments = Moments::default();
            (0..dims.n).for_each(|i| moments.add(dims.plane(x, i, channel)));
            let (mean, var) = (moments.mean(), moments.variance());
            let scale = gamma[channel] * inverse_std(var, eps);
            let shift = beta[channel] - mean * scale;
            for i in 0..dims.n {
                affine(y.plane(i), dims.plane(x, i, channel), scale, shift);
            }
            (mean, var)
        })
    });
    for (channel, (m, v)) in statistics.into_iter().enumerate() {
        (mean[channel], var[channel]) = (m, v);
    }
}

/// `y = γ (x - mean) / √(var + ε) + β` with a given mean and variance of each channel.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn batch_norm_with(
    y: &mut [Real],
    (mean, var): (&[Real], &[Real]),
    x: &[Real],
    (gamma, beta): (&[Real], &[Real]),
    eps: Real,
    dims: Dims,
) {
    dims.check(x.len(), &[mean, var, gamma, beta]);
    assert_eq!(y.len(), x.len());
    let scale = |ch: usize| gamma[ch] * inverse_std(var[ch], eps);
    if dims.is_narrow() {
        let shift = |ch: usize| beta[ch] - mean[ch] * scale(ch);
        return columns::affine(y, x, scale, shift, dims);
    }
    for_planes(y, dims.hw, x.len(), |plane, y| {
        let (x, ch) = (&x[plane * dims.hw..][..dims.hw], plane % dims.c);
        let scale = scale(ch);
        vectorized(|| affine(y, x, scale, beta[ch] - mean[ch] * scale));
    });
}

/// The gradients of [`batch_norm`]; `dx` holds `dy` and is overwritten.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn batch_norm_backward(
    dx: &mut [Real],
    (dgamma, dbeta): (&mut [Real], &mut [Real]),
    x: &[Real],
    (mean, var): (&[Real], &[Real]),
    gamma: &[Real],
    eps: Real,
    dims: Dims,
) {
    dims.check(x.len(), &[dgamma, dbeta, mean, var, gamma]);
    assert_eq!(dx.len(), x.len());
    // ANCHOR: pullback
    let pullback = |ch: usize, dgamma: Real, dbeta: Real| {
        let (inv, count) = (inverse_std(var[ch], eps), dims.count() as Real);
        let a = gamma[ch] * inv;
        Pullback { mean: mean[ch], a, b: -a * inv * dgamma / count, c: -a * dbeta / count }
    };
    // ANCHOR_END: pullback
    if dims.is_narrow() {
        columns::sums((dgamma, dbeta), dx, x, (mean, var), eps, dims);
        return columns::pull_back(dx, x, |ch| pullback(ch, dgamma[ch], dbeta[ch]), dims);
    }
    let sums = map_channels(dx, dims, |ch, mut dy| {
        vectorized(|| {
            let (mean, inv) = (mean[ch], inverse_std(var[ch], eps));
            let (mut dot, mut sum) = (0.0, 0.0);
            for i in 0..dims.n {
                let (d, s) = dot_and_sum(dy.plane(i), dims.plane(x, i, ch), mean);
                dot += d;
                sum += s;
            }
            let (dgamma, dbeta) = ((dot * f64::from(inv)) as Real, sum as Real);
            let pullback = pullback(ch, dgamma, dbeta);
            (0..dims.n).for_each(|i| pullback.apply_all(dy.plane(i), dims.plane(x, i, ch)));
            (dgamma, dbeta)
        })
    });
    store(dgamma, dbeta, sums);
}

/// The gradients of [`batch_norm_with`] by `γ` and `β`. That by `x` is `dy · γ / √(var + ε)`:
/// [`batch_norm_with`] itself with a mean and a `β` of 0.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn batch_norm_with_backward(
    (dgamma, dbeta): (&mut [Real], &mut [Real]),
    dy: &[Real],
    x: &[Real],
    (mean, var): (&[Real], &[Real]),
    eps: Real,
    dims: Dims,
) {
    dims.check(x.len(), &[dgamma, dbeta, mean, var]);
    assert_eq!(dy.len(), x.len());
    if dims.is_narrow() {
        return columns::sums((dgamma, dbeta), dy, x, (mean, var), eps, dims);
    }
    let sums = collect(dims.c, x.len(), |ch| {
        vectorized(|| {
            let (mut dot, mut sum) = (0.0, 0.0);
            for i in 0..dims.n {
                let (dy, x) = (dims.plane(dy, i, ch), dims.plane(x, i, ch));
                let (d, s) = dot_and_sum(dy, x, mean[ch]);
                dot += d;
                sum += s;
            }
            ((dot * f64::from(inverse_std(var[ch], eps))) as Real, sum as Real)
        })
    });
    store(dgamma, dbeta, sums);
}

/// `Σ dy·(x - mean)` and `Σ dy` of a plane, for adding up at 64 bits.
#[inline(always)]
fn dot_and_sum(dy: &[Real], x: &[Real], mean: Real) -> (f64, f64) {
    let (dot, sum) = lanes::sum2(dy, x, |d, x| (d * (x - mean), d));
    (f64::from(dot), f64::from(sum))
}

fn store(dgamma: &mut [Real], dbeta: &mut [Real], sums: Vec<(Real, Real)>) {
    for ((dgamma, dbeta), (g, b)) in dgamma.iter_mut().zip(dbeta).zip(sums) {
        (*dgamma, *dbeta) = (g, b);
    }
}
