//! Layer norm: every row of `[rows, d]` by its own mean and variance.

use super::super::isa::vectorized;
use super::super::lanes;
use super::super::parallel::{CHUNK, for_rows2};
use super::{Moments, inverse_std};
use crate::Real;

/// Rows of one partial sum of the gradients by `γ` and `β`. Fixed, so that the order of summation
/// is.
const ROWS: usize = 64;

/// `y = γ (x - mean) / √(var + ε) + β` for each row, `γ` and `β` by column; `statistics` gets each
/// row's mean and `1 / √(var + ε)`.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn layer_norm(
    y: &mut [Real],
    statistics: &mut [Real],
    x: &[Real],
    (gamma, beta): (&[Real], &[Real]),
    eps: Real,
) {
    let d = gamma.len();
    assert!(y.len() == x.len() && beta.len() == d && statistics.len() * d == 2 * x.len());
    if x.is_empty() {
        return;
    }
    let rows = (CHUNK / d).max(1);
    for_rows2(y, statistics, (d, 2), rows, |first, y, statistics| {
        let x = &x[first * d..first * d + y.len()];
        vectorized(|| {
            let rows = y.chunks_exact_mut(d).zip(x.chunks_exact(d));
            for ((y, x), statistics) in rows.zip(statistics.chunks_exact_mut(2)) {
                let mut moments = Moments::default();
                moments.add(x);
                let (mean, inv) = (moments.mean(), inverse_std(moments.variance(), eps));
                statistics.copy_from_slice(&[mean, inv]);
                for ((y, &x), (&gamma, &beta)) in y.iter_mut().zip(x).zip(gamma.iter().zip(beta)) {
                    *y = (x - mean) * inv * gamma + beta;
                }
            }
        });
    });
}

/// The gradients of [`layer_norm`] from the statistics it left; `dx` holds `dy` and is overwritten.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn layer_norm_backward(
    dx: &mut [Real],
    (dgamma, dbeta): (&mut [Real], &mut [Real]),
    x: &[Real],
    statistics: &[Real],
    gamma: &[Real],
) {
    let d = gamma.len();
    assert!(dgamma.len() == d && dbeta.len() == d);
    assert!(dx.len() == x.len() && statistics.len() * d == 2 * x.len());
    dgamma.fill(0.0);
    dbeta.fill(0.0);
    if x.is_empty() {
        return;
    }
    let mut partials = vec![0.0; x.len().div_ceil(ROWS * d) * 2 * d];
    for_rows2(dx, &mut partials, (ROWS * d, 2 * d), 1, |task, dx, partial| {
        let x = &x[task * ROWS * d..task * ROWS * d + dx.len()];
        let statistics = &statistics[task * ROWS * 2..];
        let (dgamma, dbeta) = partial.split_at_mut(d);
        vectorized(|| {
            let rows = dx.chunks_exact_mut(d).zip(x.chunks_exact(d));
            for ((dx, x), statistics) in rows.zip(statistics.chunks_exact(2)) {
                backward_row(dx, dgamma, dbeta, x, gamma, (statistics[0], statistics[1]));
            }
        });
    });
    for partial in partials.chunks_exact(2 * d) {
        let sums = dgamma.iter_mut().chain(dbeta.iter_mut());
        sums.zip(partial).for_each(|(sum, p)| *sum += p);
    }
}

/// `dx = inv (g - Σ g / d - x̂ Σ g·x̂ / d)` with `g = γ·dy`; adds the row's part to `dgamma` and
/// `dbeta`.
#[inline(always)]
fn backward_row(
    dx: &mut [Real],
    dgamma: &mut [Real],
    dbeta: &mut [Real],
    x: &[Real],
    gamma: &[Real],
    (mean, inv): (Real, Real),
) {
    let d = x.len();
    let (dx, dgamma, dbeta, gamma) = (&mut dx[..d], &mut dgamma[..d], &mut dbeta[..d], &gamma[..d]);
    for j in 0..d {
        dgamma[j] += dx[j] * ((x[j] - mean) * inv);
        dbeta[j] += dx[j];
        dx[j] *= gamma[j];
    }
    let (dot, sum) = lanes::sum2(dx, x, |g, x| (g * ((x - mean) * inv), g));
    let (dot, sum) = (dot / d as Real, sum / d as Real);
    for (g, &x) in dx.iter_mut().zip(x) {
        *g = inv * (*g - sum - (x - mean) * inv * dot);
    }
}
