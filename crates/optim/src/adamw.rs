//! Adam with decoupled weight decay (Loshchilov and Hutter 2019).

use crate::adam::Moments;
use crate::{ConfigError, Optimizer, Rule, Schedule, StepContext};
use tensor_autograd::{Real, Tensor};

/// AdamW: [`Adam`](crate::Adam), but weights decay beside the adaptive step and not through it
/// (Loshchilov and Hutter 2019): `w ← w - η·λ·w` first, then Adam's step without λ.
#[derive(Clone, Debug, PartialEq)]
pub struct AdamW {
    moments: Moments,
}

impl AdamW {
    /// β = (0.9, 0.999), ε = 1e-8, weight decay 0.01; `lr` is a number (0.001 is usual) or a
    /// [`Schedule`].
    pub fn new(lr: impl Schedule + 'static) -> Optimizer<AdamW> {
        Optimizer::new(AdamW { moments: Moments::default() }, lr)
    }
}

impl Optimizer<AdamW> {
    /// Averaging of the first and of the second moment, each in [0, 1). Default 0.9 and 0.999.
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        self.with_rule(|r| r.moments.betas = (beta1, beta2))
    }

    /// ε, added to the denominator. Default 1e-8.
    pub fn eps(self, eps: f64) -> Self {
        self.with_rule(|r| r.moments.eps = eps)
    }

    /// Divides by the largest second moment so far.
    pub fn amsgrad(self) -> Self {
        self.with_rule(|r| r.moments.amsgrad = true)
    }
}

impl Rule for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }
    fn slots(&self) -> &'static [&'static str] {
        self.moments.slots()
    }
    fn default_weight_decay(&self) -> f64 {
        0.01
    }
    fn has_momentum(&self) -> bool {
        true
    }
    fn check(&self) -> Result<(), ConfigError> {
        self.moments.check()
    }
    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext) {
        let keep = (1.0 - step.lr * step.weight_decay) as Real;
        self.moments.update(weight, grad, state, step, |g, w| (g, keep * w));
    }
}
