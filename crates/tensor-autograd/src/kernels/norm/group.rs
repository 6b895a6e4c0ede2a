//! Group norm: the channels of each image of `[n, c, hw]` in groups, each by its own mean and
//! variance.

use super::super::isa::vectorized;
use super::super::lanes;
use super::super::parallel::for_rows2;
use super::{Dims, Moments, Pullback, affine, inverse_std};
use crate::Real;

/// `y = γ (x - mean) / √(var + ε) + β`, `γ` and `β` by channel; `statistics` gets the mean and
/// `1 / √(var + ε)` of each group of each image.
///
/// # Panics
/// If a length does not fit or the groups do not divide the channels.
#[track_caller]
pub fn group_norm(
    y: &mut [Real],
    statistics: &mut [Real],
    x: &[Real],
    (gamma, beta): (&[Real], &[Real]),
    groups: usize,
    eps: Real,
    dims: Dims,
) {
    let Dims { n, c, hw } = dims;
    assert!(y.len() == x.len() && x.len() == n * c * hw, "the input must be [n, c, hw]");
    assert!(c.is_multiple_of(groups) && gamma.len() == c && beta.len() == c);
    assert_eq!(statistics.len(), 2 * n * groups, "mean and scale of each group of each image");
    if x.is_empty() {
        return statistics.fill(0.0);
    }
    let per_group = c / groups;
    let len = per_group * hw;
    for_rows2(y, statistics, (len, 2), 1, |group, y, statistics| {
        let x = &x[group * len..(group + 1) * len];
        let first = group % groups * per_group;
        vectorized(|| {
            let mut moments = Moments::default();
            moments.add(x);
            let (mean, inv) = (moments.mean(), inverse_std(moments.variance(), eps));
            statistics.copy_from_slice(&[mean, inv]);
            for (i, (y, x)) in y.chunks_exact_mut(hw).zip(x.chunks_exact(hw)).enumerate() {
                let scale = gamma[first + i] * inv;
                affine(y, x, scale, beta[first + i] - mean * scale);
            }
        });
    });
}

/// The gradients of [`group_norm`] from the statistics it left; `dx` holds `dy` and is overwritten.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn group_norm_backward(
    dx: &mut [Real],
    (dgamma, dbeta): (&mut [Real], &mut [Real]),
    x: &[Real],
    statistics: &[Real],
    gamma: &[Real],
    groups: usize,
    dims: Dims,
) {
    let Dims { n, c, hw } = dims;
    assert!(dx.len() == x.len() && x.len() == n * c * hw, "the input must be [n, c, hw]");
    assert!(dgamma.len() == c && dbeta.len() == c && gamma.len() == c);
    assert_eq!(statistics.len(), 2 * n * groups, "mean and scale of each group of each image");
    dgamma.fill(0.0);
    dbeta.fill(0.0);
    if x.is_empty() {
        return;
    }
    let per_group = c / groups;
    let len = per_group * hw;
    // Each plane's Σ dy·x̂ and Σ dy; the sums over images follow in their order.
    let mut partials = vec![0.0; 2 * n * c];
    for_rows2(dx, &mut partials, (len, 2 * per_group), 1, |group, dx, partials| {
        let x = &x[group * len..(group + 1) * len];
        let gamma = &gamma[group % groups * per_group..][..per_group];
        let (mean, inv) = (statistics[2 * group], statistics[2 * group + 1]);
        vectorized(|| {
            let (mut dot, mut sum) = (0.0, 0.0);
            let planes = dx.chunks_exact(hw).zip(x.chunks_exact(hw));
            for (((dy, x), part), &gamma) in planes.zip(partials.chunks_exact_mut(2)).zip(gamma) {
                let (d, s) = lanes::sum2(dy, x, |d, x| (d * ((x - mean) * inv), d));
                part.copy_from_slice(&[d, s]);
                dot += gamma * d;
                sum += gamma * s;
            }
            let (b, c) = (-inv * inv * dot / len as Real, -inv * sum / len as Real);
            let planes = dx.chunks_exact_mut(hw).zip(x.chunks_exact(hw));
            for ((dx, x), &gamma) in planes.zip(gamma) {
                Pullback { mean, a: gamma * inv, b, c }.apply_all(dx, x);
            }
        });
    });
    for image in partials.chunks_exact(2 * c) {
        for ((dgamma, dbeta), part) in
            dgamma.iter_mut().zip(dbeta.iter_mut()).zip(image.chunks_exact(2))
        {
            *dgamma += part[0];
            *dbeta += part[1];
        }
    }
}
