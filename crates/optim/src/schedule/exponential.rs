//! A rate that falls by a factor at every step.

use super::{Schedule, step::check_gamma};
use crate::ConfigError;

/// `lr · γᵗ` (PyTorch's `ExponentialLR`).
#[derive(Clone, Debug, PartialEq)]
pub struct Exponential {
    lr: f64,
    gamma: f64,
}

impl Exponential {
    /// Starts at `lr` and is multiplied by `gamma` at every step.
    pub fn new(lr: f64, gamma: f64) -> Self {
        Exponential { lr, gamma }
    }
}

impl Schedule for Exponential {
    fn lr(&self, step: u64) -> f64 {
        self.lr * self.gamma.powf(step as f64)
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr)?;
        check_gamma(self.gamma)
    }
}
