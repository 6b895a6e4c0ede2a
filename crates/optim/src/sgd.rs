//! Stochastic gradient descent.

use crate::rule::arrays;
use crate::{ConfigError, Optimizer, Rule, Schedule, StepContext};
use tensor_autograd::kernels::update::fused;
use tensor_autograd::{Real, Tensor};

/// Stochastic gradient descent with momentum μ, dampening τ, weight decay λ and Nesterov's form.
///
/// ```text
/// g ← g + λ·w
/// v ← μ·v + (1 - τ)·g        (v ← g at the first step)
/// w ← w - η·v                (Nesterov: w ← w - η·(g + μ·v))
/// ```
///
/// Without momentum `v` is `g`, and nothing is kept. As in PyTorch, the learning rate multiplies
/// the velocity (Sutskever et al. 2013 put it inside).
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    momentum: f64,
    dampening: f64,
    nesterov: bool,
}

impl Sgd {
    /// Plain gradient descent; `lr` is a number or a [`Schedule`].
    pub fn new(lr: impl Schedule + 'static) -> Optimizer<Sgd> {
        Optimizer::new(Sgd { momentum: 0.0, dampening: 0.0, nesterov: false }, lr)
    }
}

impl Optimizer<Sgd> {
    /// Momentum μ in [0, 1). Default 0.
    pub fn momentum(self, momentum: f64) -> Self {
        self.with_rule(|r| r.momentum = momentum)
    }

    /// Dampening τ in [0, 1]. Default 0.
    pub fn dampening(self, dampening: f64) -> Self {
        self.with_rule(|r| r.dampening = dampening)
    }

    /// Nesterov's momentum.
    pub fn nesterov(self) -> Self {
        self.with_rule(|r| r.nesterov = true)
    }
}

impl Rule for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.has_momentum() { &["momentum_buffer"] } else { &[] }
    }

    fn has_momentum(&self) -> bool {
        self.momentum > 0.0
    }

    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::averaging("momentum", self.momentum, "0.9 is usual, 0 turns it off")?;
        let fits = (0.0..=1.0).contains(&self.dampening);
        ConfigError::unless(fits, "dampening", self.dampening, "in [0, 1]", "0 is usual")?;
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            return Err(ConfigError::Conflict {
                what: "Nesterov's form needs momentum and no dampening",
                hint: "set a momentum such as 0.9 and leave dampening at 0",
            });
        }
        Ok(())
    }

    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext) {
        let (lr, decay) = (step.lr as Real, step.weight_decay as Real);
        if !self.has_momentum() {
            return fused(grad, [weight], |g, [w]| [w - lr * (g + decay * w)]);
        }
        let [velocity] = arrays(state);
        let mu = step.momentum.unwrap_or(self.momentum) as Real;
        let fresh = if step.count == 1 { 1.0 } else { (1.0 - self.dampening) as Real };
        if self.nesterov {
            fused(grad, [weight, velocity], |g, [w, v]| {
                let g = g + decay * w;
                let v = mu * v + fresh * g;
                [w - lr * (g + mu * v), v]
            });
        } else {
            fused(grad, [weight, velocity], |g, [w, v]| {
                let v = mu * v + fresh * (g + decay * w);
                [w - lr * v, v]
            });
        }
    }
}
