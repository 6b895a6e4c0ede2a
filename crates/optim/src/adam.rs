//! Adam (Kingma and Ba 2015).

use crate::rule::arrays;
use crate::{ConfigError, Optimizer, Rule, Schedule, StepContext};
use tensor_autograd::kernels::update::fused;
use tensor_autograd::{Real, Tensor};

/// Adam: steps scaled by running moments of the gradient (Kingma and Ba 2015, algorithm 1).
///
/// ```text
/// g ← g + λ·w
/// m ← β₁·m + (1 - β₁)·g                 v ← β₂·v + (1 - β₂)·g²
/// w ← w - η · m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)
/// ```
///
/// With AMSGrad (Reddi et al. 2018) the largest `v` so far takes the place of `v` in the last line.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    pub(crate) moments: Moments,
}

impl Adam {
    /// β = (0.9, 0.999), ε = 1e-8, no weight decay; `lr` is a number (0.001 is usual) or a
    /// [`Schedule`].
    pub fn new(lr: impl Schedule + 'static) -> Optimizer<Adam> {
        Optimizer::new(Adam { moments: Moments::default() }, lr)
    }
}

impl Optimizer<Adam> {
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

impl Rule for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }
    fn slots(&self) -> &'static [&'static str] {
        self.moments.slots()
    }
    fn has_momentum(&self) -> bool {
        true
    }
    fn check(&self) -> Result<(), ConfigError> {
        self.moments.check()
    }
    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext) {
        let decay = step.weight_decay as Real;
        self.moments.update(weight, grad, state, step, |g, w| (g + decay * w, w));
    }
}

/// What Adam and AdamW share: all but how weights decay.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) betas: (f64, f64),
    pub(crate) eps: f64,
    pub(crate) amsgrad: bool,
}

impl Default for Moments {
    fn default() -> Self {
        Moments { betas: (0.9, 0.999), eps: 1e-8, amsgrad: false }
    }
}

impl Moments {
    pub(crate) fn slots(&self) -> &'static [&'static str] {
        let all = &["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];
        if self.amsgrad { all } else { &all[..2] }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        ConfigError::averaging("beta1", self.betas.0, "0.9 is usual")?;
        ConfigError::averaging("beta2", self.betas.1, "0.999 is usual")?;
        ConfigError::not_negative("eps", self.eps)
    }

    /// `decay(g, w)` gives the gradient and the weight that the update starts from.
    #[inline(always)]
    pub(crate) fn update(
        &self,
        weight: &mut [Real],
        grad: &[Real],
        state: &mut [Tensor],
        step: &StepContext,
        decay: impl Fn(Real, Real) -> (Real, Real) + Sync,
    ) {
        let (beta1, beta2) = (step.momentum.unwrap_or(self.betas.0), self.betas.1);
        let count = i32::try_from(step.count).unwrap_or(i32::MAX);
        let rate = (step.lr / (1.0 - beta1.powi(count))) as Real;
        let scale = (1.0 / (1.0 - beta2.powi(count)).sqrt()) as Real;
        let (new1, keep2, new2) = ((1.0 - beta1) as Real, beta2 as Real, (1.0 - beta2) as Real);
        let eps = self.eps as Real;
        if self.amsgrad {
            let [m, v, top] = arrays(state);
            fused(grad, [weight, m, v, top], |g, [w, m, v, top]| {
                let (g, w) = decay(g, w);
                let m = m + new1 * (g - m);
                let v = keep2 * v + new2 * g * g;
                let top = if v > top { v } else { top };
                [w - rate * m / (top.sqrt() * scale + eps), m, v, top]
            });
        } else {
            let [m, v] = arrays(state);
            fused(grad, [weight, m, v], |g, [w, m, v]| {
                let (g, w) = decay(g, w);
                let m = m + new1 * (g - m);
                let v = keep2 * v + new2 * g * g;
                [w - rate * m / (v.sqrt() * scale + eps), m, v]
            });
        }
    }
}
