//! Weights by learnt uncertainty (Kendall, Gal and Cipolla, *Multi-Task Learning Using Uncertainty
//! to Weigh Losses*, CVPR 2018).
//!
//! Each task has a variance σ², learnt by gradient as `s = ln σ²`, for which any number is allowed:
//!
//! **L_t / (2 σ²) + ln σ** for a task that predicts numbers, **L_t / σ² + ln σ** for one of classes.
//!
//! A noisy task's variance grows and its weight falls; the logarithm keeps it from growing for ever.
//! The paper leaves the start open. Here `s` starts where its own gradient is 0 at the task's first
//! loss, so that a loss in other units starts with another `s` and the same gradients.
//!
//! **When it hurts.** The weight goes with one over the loss: of a task that can be solved without
//! error it grows and grows, and a learning rate that was right at the start becomes too large.

use super::First;
use tensor_autograd::{Real, Var};

/// A smaller first loss is taken for this one: a task that is solved has no variance to start with.
const LEAST: f64 = 1e-8;

/// The weighted loss, from `s`, a single number.
pub fn loss<'t>(loss: Var<'t>, s: Var<'t>, regression: bool) -> Var<'t> {
    let factor: Real = if regression { 0.5 } else { 1.0 };
    loss * (-s).exp() * factor + s * 0.5
}

/// The weight that the loss has at `s`.
pub(super) fn weight(s: f64, regression: bool) -> f64 {
    (-s).exp() * if regression { 0.5 } else { 1.0 }
}

/// `s` at the start: ln L for numbers, ln 2L for classes, the least of the weighted loss over `s`.
pub(super) fn start(first: &[First]) -> Vec<f64> {
    first.iter().map(|f| (f.loss.max(LEAST) * if f.regression { 1.0 } else { 2.0 }).ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Param, Tape, Tensor};

    /// By hand: ½ - L e^-s / 2 for numbers, ½ - L e^-s for classes.
    #[test]
    fn the_derivative_by_the_log_variance_is_the_papers() {
        for (regression, factor) in [(true, 0.5), (false, 1.0)] {
            for (value, s) in [(0.7, 0.3), (2.0, -1.0), (1000.0, 3.0)] {
                let s_param = Param::weight(Tensor::scalar(s as Real));
                let l_param = Param::weight(Tensor::scalar(value as Real));
                let tape = Tape::new();
                let grads = loss(tape.param(&l_param), tape.param(&s_param), regression).backward();
                let want = 0.5 - factor * value * f64::exp(-s);
                let got = f64::from(grads.get(&s_param).unwrap().item());
                assert!((got - want).abs() < 1e-5 * want.abs().max(1.0), "{got}, not {want}");
                let own = f64::from(grads.get(&l_param).unwrap().item());
                assert!((own - weight(s, regression)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn the_start_is_where_the_derivative_is_0() {
        for regression in [true, false] {
            for value in [1e-3, 2.3, 2300.0] {
                let first = First { loss: value, norm: 1.0, regression };
                let s = start(&[first])[0];
                assert!((0.5 - value * weight(s, regression)).abs() < 1e-12);
            }
        }
        let solved = First { loss: 0.0, norm: 0.0, regression: true };
        assert!(start(&[solved])[0].is_finite());
    }
}
