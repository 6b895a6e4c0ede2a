//! The learning rate of domain-adversarial training (Ganin et al. 2016, section 5.2.2).

use super::{Schedule, progress};
use crate::ConfigError;

/// `μ(p) = μ₀ / (1 + α·p)^β` with α = 10, β = 0.75, where `p` goes from 0 to 1 over the whole run
/// (Ganin et al. 2016).
#[derive(Clone, Debug, PartialEq)]
pub struct DannAnnealing {
    lr: f64,
    steps: u64,
    alpha: f64,
    beta: f64,
}

impl DannAnnealing {
    /// From `lr` (the paper has 0.01) over a run of `steps` steps.
    pub fn new(lr: f64, steps: u64) -> Self {
        DannAnnealing { lr, steps, alpha: 10.0, beta: 0.75 }
    }

    /// The constants α and β, each at least 0. Default 10 and 0.75.
    pub fn constants(self, alpha: f64, beta: f64) -> Self {
        DannAnnealing { alpha, beta, ..self }
    }
}

impl Schedule for DannAnnealing {
    fn lr(&self, step: u64) -> f64 {
        self.lr / (1.0 + self.alpha * progress(step, self.steps)).powf(self.beta)
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr)?;
        ConfigError::steps("steps", self.steps)?;
        ConfigError::not_negative("alpha", self.alpha)?;
        ConfigError::not_negative("beta", self.beta)
    }
}
