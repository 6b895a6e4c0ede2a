//! Adagrad (Duchi, Hazan and Singer 2011).

use crate::rule::arrays;
use crate::{ConfigError, Optimizer, Rule, Schedule, StepContext};
use tensor_autograd::kernels::update::fused;
use tensor_autograd::{Real, Tensor};

/// Adagrad: steps divided by the root of all squared gradients so far (Duchi et al. 2011). Rare
/// features get large steps; the rate only ever falls.
///
/// ```text
/// g ← g + λ·w
/// s ← s + g²                  (from the initial accumulator)
/// w ← w - η/(1 + (t - 1)·γ) · g/(√s + ε)
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adagrad {
    lr_decay: f64,
    initial_accumulator: f64,
    eps: f64,
}

impl Adagrad {
    /// No decay of the rate, accumulator from 0, ε = 1e-10; `lr` is a number (0.01 is usual) or a
    /// [`Schedule`].
    pub fn new(lr: impl Schedule + 'static) -> Optimizer<Adagrad> {
        Optimizer::new(Adagrad { lr_decay: 0.0, initial_accumulator: 0.0, eps: 1e-10 }, lr)
    }
}

impl Optimizer<Adagrad> {
    /// γ, by which the learning rate falls with the number of updates; at least 0. Default 0.
    pub fn lr_decay(self, lr_decay: f64) -> Self {
        self.with_rule(|r| r.lr_decay = lr_decay)
    }

    /// What the sum of squares starts from; at least 0. Default 0.
    pub fn initial_accumulator(self, value: f64) -> Self {
        self.with_rule(|r| r.initial_accumulator = value)
    }

    /// ε, added to the denominator. Default 1e-10.
    pub fn eps(self, eps: f64) -> Self {
        self.with_rule(|r| r.eps = eps)
    }
}

impl Rule for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::not_negative("lr_decay", self.lr_decay)?;
        ConfigError::not_negative("initial_accumulator", self.initial_accumulator)?;
        ConfigError::not_negative("eps", self.eps)
    }

    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext) {
        let [sum] = arrays(state);
        let lr = (step.lr / (1.0 + (step.count - 1) as f64 * self.lr_decay)) as Real;
        let (decay, eps) = (step.weight_decay as Real, self.eps as Real);
        let start = if step.count == 1 { self.initial_accumulator as Real } else { 0.0 };
        fused(grad, [weight, sum], |g, [w, s]| {
            let g = g + decay * w;
            let s = s + start + g * g;
            [w - lr * g / (s.sqrt() + eps), s]
        });
    }
}
