//! Normalisation: batch, layer and group norm, forward and backward.
//!
//! Each pass is limited by memory, so each part of the input is read from memory once: statistics
//! and result are computed while a channel (or row, or group) lies in the cache.

mod batch;
mod columns;
mod group;
mod layer;
mod planes;

pub use batch::{Dims, batch_norm, batch_norm_backward, batch_norm_with, batch_norm_with_backward};
pub use group::{group_norm, group_norm_backward};
pub use layer::{layer_norm, layer_norm_backward};

use super::lanes;
use crate::Real;

/// Elements whose two passes, for the mean and around it, stay in the nearest cache.
const PIECE: usize = 1 << 12;

/// Count, mean and sum of squared deviations, of which two merge into one (Chan, Golub and
/// LeVeque, 1979). At 64 bits, so that merging thousands of parts costs no accuracy.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    square: f64,
}

impl Moments {
    /// Adds more elements.
    #[inline(always)]
    fn add(&mut self, x: &[Real]) {
        for x in x.chunks(PIECE) {
            let mean = lanes::sum(x, |x| x) / x.len() as Real;
            let square = lanes::sum(x, |x| (x - mean) * (x - mean));
            let (n, total) = (x.len() as f64, self.count + x.len() as f64);
            let delta = f64::from(mean) - self.mean;
            self.mean += delta * n / total;
            self.square += f64::from(square) + delta * delta * self.count * n / total;
            self.count = total;
        }
    }

    fn mean(&self) -> Real {
        self.mean as Real
    }

    /// The biased variance.
    fn variance(&self) -> Real {
        (self.square / self.count) as Real
    }
}

/// `1 / √(variance + ε)`.
#[inline(always)]
fn inverse_std(variance: Real, eps: Real) -> Real {
    1.0 / (variance + eps).sqrt()
}

/// `y = scale · x + shift`.
#[inline(always)]
fn affine(y: &mut [Real], x: &[Real], scale: Real, shift: Real) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x * scale + shift;
    }
}

/// The gradient by `x` of `γ · (x - mean) · inv`, where mean and variance of `count` elements
/// depend on `x` too, as the coefficients of `dx = a · dy + b · (x - mean) + c`:
/// `dx = γ·inv · (dy - Σ dy / count - x̂ · Σ dy·x̂ / count)`.
#[derive(Clone, Copy)]
struct Pullback {
    mean: Real,
    a: Real,
    b: Real,
    c: Real,
}

impl Pullback {
    // ANCHOR: apply
    #[inline(always)]
    fn apply(self, dy: Real, x: Real) -> Real {
        self.a * dy + (self.b * (x - self.mean) + self.c)
    }
    // ANCHOR_END: apply

    /// Overwrites `dy` with `dx`.
    #[inline(always)]
    fn apply_all(self, dy: &mut [Real], x: &[Real]) {
        for (d, &x) in dy.iter_mut().zip(x) {
            *d = self.apply(*d, x);
        }
    }
}
