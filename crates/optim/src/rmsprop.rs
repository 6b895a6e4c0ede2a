//! RMSprop (Hinton 2012, lecture 6e).

use crate::rule::arrays;
use crate::{ConfigError, Optimizer, Rule, Schedule, StepContext};
use tensor_autograd::kernels::update::fused;
use tensor_autograd::{Real, Tensor};

/// RMSprop: steps divided by a running root mean square of the gradient (Hinton 2012, lecture 6e;
/// centred: Graves 2013, equations 38 to 45).
///
/// ```text
/// g ← g + λ·w
/// s ← α·s + (1 - α)·g²
/// d = √s + ε          centred: a ← α·a + (1 - α)·g,  d = √(s - a²) + ε
/// w ← w - η·g/d       with momentum μ: b ← μ·b + g/d,  w ← w - η·b
/// ```
///
/// As in PyTorch ε stands outside the root. `s - a²` is a variance, and kept from falling below 0
/// by rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct RmsProp {
    alpha: f64,
    eps: f64,
    momentum: f64,
    centered: bool,
}

impl RmsProp {
    /// α = 0.99, ε = 1e-8, no momentum, not centred; `lr` is a number (0.01 is usual) or a
    /// [`Schedule`].
    pub fn new(lr: impl Schedule + 'static) -> Optimizer<RmsProp> {
        Optimizer::new(RmsProp { alpha: 0.99, eps: 1e-8, momentum: 0.0, centered: false }, lr)
    }
}

impl Optimizer<RmsProp> {
    /// Averaging of the squared gradient, in [0, 1). Default 0.99.
    pub fn alpha(self, alpha: f64) -> Self {
        self.with_rule(|r| r.alpha = alpha)
    }

    /// ε, added to the denominator. Default 1e-8.
    pub fn eps(self, eps: f64) -> Self {
        self.with_rule(|r| r.eps = eps)
    }

    /// Momentum μ in [0, 1). Default 0.
    pub fn momentum(self, momentum: f64) -> Self {
        self.with_rule(|r| r.momentum = momentum)
    }

    /// Divides by the standard deviation of the gradient in place of its root mean square.
    pub fn centered(self) -> Self {
        self.with_rule(|r| r.centered = true)
    }
}

impl Rule for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn slots(&self) -> &'static [&'static str] {
        match (self.has_momentum(), self.centered) {
            (false, false) => &["square_avg"],
            (false, true) => &["square_avg", "grad_avg"],
            (true, false) => &["square_avg", "momentum_buffer"],
            (true, true) => &["square_avg", "grad_avg", "momentum_buffer"],
        }
    }

    fn has_momentum(&self) -> bool {
        self.momentum > 0.0
    }

    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::averaging("alpha", self.alpha, "0.99 is usual")?;
        ConfigError::averaging("momentum", self.momentum, "0.9 is usual, 0 turns it off")?;
        ConfigError::not_negative("eps", self.eps)
    }

    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext) {
        let (lr, decay, eps) = (step.lr as Real, step.weight_decay as Real, self.eps as Real);
        let (keep, new) = (self.alpha as Real, (1.0 - self.alpha) as Real);
        let mu = step.momentum.unwrap_or(self.momentum) as Real;
        let scaled = move |g: Real, s: Real| {
            let s = keep * s + new * g * g;
            (g / (s.sqrt() + eps), s)
        };
        let centred = move |g: Real, s: Real, a: Real| {
            let (s, a) = (keep * s + new * g * g, a + new * (g - a));
            (g / ((s - a * a).max(0.0).sqrt() + eps), s, a)
        };
        match (self.has_momentum(), self.centered) {
            (false, false) => {
                let [s] = arrays(state);
                fused(grad, [weight, s], |g, [w, s]| {
                    let (u, s) = scaled(g + decay * w, s);
                    [w - lr * u, s]
                });
            }
            (false, true) => {
                let [s, a] = arrays(state);
                fused(grad, [weight, s, a], |g, [w, s, a]| {
                    let (u, s, a) = centred(g + decay * w, s, a);
                    [w - lr * u, s, a]
                });
            }
            (true, false) => {
                let [s, b] = arrays(state);
                fused(grad, [weight, s, b], |g, [w, s, b]| {
                    let (u, s) = scaled(g + decay * w, s);
                    let b = mu * b + u;
                    [w - lr * b, s, b]
                });
            }
            (true, true) => {
                let [s, a, b] = arrays(state);
                fused(grad, [weight, s, a, b], |g, [w, s, a, b]| {
                    let (u, s, a) = centred(g + decay * w, s, a);
                    let b = mu * b + u;
                    [w - lr * b, s, a, b]
                });
            }
        }
    }
}
