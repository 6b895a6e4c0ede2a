//! A rate that falls as a power of the time left.

use super::{Schedule, progress};
use crate::ConfigError;

/// `lr · (1 - t / steps)^power`, then 0 (PyTorch's `PolynomialLR`).
#[derive(Clone, Debug, PartialEq)]
pub struct Polynomial {
    lr: f64,
    steps: u64,
    power: f64,
}

impl Polynomial {
    /// From `lr` to 0 in `steps` steps.
    pub fn new(lr: f64, steps: u64, power: f64) -> Self {
        Polynomial { lr, steps, power }
    }
}

impl Schedule for Polynomial {
    fn lr(&self, step: u64) -> f64 {
        self.lr * (1.0 - progress(step, self.steps)).powf(self.power)
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr)?;
        ConfigError::steps("steps", self.steps)?;
        let fits = self.power > 0.0 && self.power.is_finite();
        let hint = "1 is a straight line";
        ConfigError::unless(fits, "power", self.power, "a finite number > 0", hint)
    }
}
