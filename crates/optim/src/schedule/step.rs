//! Rates that fall in steps.

use super::Schedule;
use crate::ConfigError;

/// `lr · γ^⌊t / period⌋` (PyTorch's `StepLR`).
#[derive(Clone, Debug, PartialEq)]
pub struct StepDecay {
    lr: f64,
    period: u64,
    gamma: f64,
}

impl StepDecay {
    /// Falls from `lr` to a tenth of it every `period` steps.
    pub fn new(lr: f64, period: u64) -> Self {
        StepDecay { lr, period, gamma: 0.1 }
    }

    /// The factor γ of each fall. Default 0.1.
    pub fn gamma(self, gamma: f64) -> Self {
        StepDecay { gamma, ..self }
    }
}

impl Schedule for StepDecay {
    fn lr(&self, step: u64) -> f64 {
        self.lr * self.gamma.powf((step / self.period) as f64)
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr)?;
        ConfigError::steps("period", self.period)?;
        check_gamma(self.gamma)
    }
}

/// `lr · γ^n` after `n` of the milestones (PyTorch's `MultiStepLR`).
#[derive(Clone, Debug, PartialEq)]
pub struct MultiStep {
    lr: f64,
    milestones: Vec<u64>,
    gamma: f64,
}

impl MultiStep {
    /// Falls from `lr` to a tenth of it at every milestone; a milestone that is named twice counts
    /// twice.
    pub fn new(lr: f64, milestones: impl Into<Vec<u64>>) -> Self {
        MultiStep { lr, milestones: milestones.into(), gamma: 0.1 }
    }

    /// The factor γ of each fall. Default 0.1.
    pub fn gamma(self, gamma: f64) -> Self {
        MultiStep { gamma, ..self }
    }
}

impl Schedule for MultiStep {
    fn lr(&self, step: u64) -> f64 {
        let passed = self.milestones.iter().filter(|m| **m <= step).count();
        self.lr * self.gamma.powf(passed as f64)
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr)?;
        check_gamma(self.gamma)
    }
}

pub(super) fn check_gamma(gamma: f64) -> Result<(), ConfigError> {
    let fits = gamma > 0.0 && gamma.is_finite();
    ConfigError::unless(fits, "gamma", gamma, "a finite number > 0", "0.1 falls to a tenth")
}
