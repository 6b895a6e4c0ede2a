//! Half a cosine from the first rate to the last (Loshchilov and Hutter 2017, without restarts).

use super::Schedule;
use crate::ConfigError;
use std::f64::consts::PI;

/// `end + (lr - end) · (1 + cos(π t / steps)) / 2` (PyTorch's `CosineAnnealingLR`). It reaches `end`
/// at `t = steps` and, as there, rises again after.
#[derive(Clone, Debug, PartialEq)]
pub struct Cosine {
    lr: f64,
    end: f64,
    steps: u64,
}

impl Cosine {
    /// From `lr` to 0 in `steps` steps.
    pub fn new(lr: f64, steps: u64) -> Self {
        Cosine { lr, end: 0.0, steps }
    }

    /// The rate that it falls to. Default 0.
    pub fn end(self, end: f64) -> Self {
        Cosine { end, ..self }
    }
}

impl Schedule for Cosine {
    fn lr(&self, step: u64) -> f64 {
        let turn = PI * step as f64 / self.steps as f64;
        self.end + (self.lr - self.end) * (1.0 + turn.cos()) / 2.0
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr)?;
        ConfigError::lr("end", self.end)?;
        ConfigError::steps("steps", self.steps)
    }
}
