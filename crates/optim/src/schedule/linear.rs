//! Straight lines: warm-up and linear decay.

use super::{Schedule, progress};
use crate::ConfigError;

/// A straight line from `start` to `end` in `steps` steps, then `end` (PyTorch's `LinearLR`, whose
/// factors multiply the rate).
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    start: f64,
    end: f64,
    steps: u64,
}

impl Linear {
    /// From `start` to `end` in `steps` steps.
    pub fn new(start: f64, end: f64, steps: u64) -> Self {
        Linear { start, end, steps }
    }
}

impl Schedule for Linear {
    fn lr(&self, step: u64) -> f64 {
        self.start + (self.end - self.start) * progress(step, self.steps)
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("start", self.start)?;
        ConfigError::lr("end", self.end)?;
        ConfigError::steps("steps", self.steps)
    }
}

/// Another schedule after a linear rise; see [`Schedule::warmup`]. Of `n` warm-up steps, step `t`
/// has `(t + 1)/(n + 1)` of the schedule's first rate: no step is wasted on a rate of 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Warmup<S> {
    pub(super) inner: S,
    pub(super) steps: u64,
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn lr(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(since) => self.inner.lr(since),
            None => self.inner.lr(0) * (step + 1) as f64 / (self.steps + 1) as f64,
        }
    }
    fn momentum(&self, step: u64) -> Option<f64> {
        self.inner.momentum(step.saturating_sub(self.steps))
    }
    fn sets_momentum(&self) -> bool {
        self.inner.sets_momentum()
    }
    fn check(&self) -> Result<(), ConfigError> {
        self.inner.check()
    }
}
