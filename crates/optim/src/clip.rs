//! Bounds on gradients, between the backward pass and the step.

use tensor_autograd::{Grads, Real};

/// Scales all gradients together so that their Euclidean norm is at most `max_norm`; returns the
/// norm before (Pascanu et al. 2013). As in PyTorch's `clip_grad_norm_` the factor is
/// `max_norm / (norm + 1e-6)`, and 1 if that is larger.
///
/// A norm that is not finite is returned and the gradients left as they are: skip that step, or let
/// the loss show it.
///
/// # Panics
/// If `max_norm` is not a positive number.
#[track_caller]
pub fn clip_norm(grads: &mut Grads, max_norm: f64) -> Real {
    assert!(max_norm > 0.0, "clip_norm: max_norm = {max_norm}, must be > 0");
    let norm = grads.norm();
    let factor = (max_norm / (f64::from(norm) + 1e-6)) as Real;
    if norm.is_finite() && factor < 1.0 {
        grads.map(|g| g * factor);
    }
    norm
}

/// Moves every element of every gradient into `-max..=max`.
///
/// # Panics
/// If `max` is not a positive number.
#[track_caller]
pub fn clip_value(grads: &mut Grads, max: f64) {
    assert!(max > 0.0, "clip_value: max = {max}, must be > 0");
    let max = max as Real;
    grads.map(|g| g.clamp(-max, max));
}
