//! Schedules made of schedules.

use super::Schedule;
use crate::ConfigError;

/// One schedule after the other, each on its own clock; see [`Schedule::then`] (PyTorch's
/// `SequentialLR`).
#[derive(Clone, Debug, PartialEq)]
pub struct Sequential<A, B> {
    pub(super) first: A,
    pub(super) steps: u64,
    pub(super) next: B,
}

impl<A: Schedule, B: Schedule> Schedule for Sequential<A, B> {
    fn lr(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(since) => self.next.lr(since),
            None => self.first.lr(step),
        }
    }
    fn momentum(&self, step: u64) -> Option<f64> {
        match step.checked_sub(self.steps) {
            Some(since) => self.next.momentum(since),
            None => self.first.momentum(step),
        }
    }
    fn sets_momentum(&self) -> bool {
        self.first.sets_momentum() || self.next.sets_momentum()
    }
    fn check(&self) -> Result<(), ConfigError> {
        self.first.check()?;
        self.next.check()
    }
}

/// The product of two schedules on one clock; see [`Schedule::times`] (PyTorch's `ChainedScheduler`).
#[derive(Clone, Debug, PartialEq)]
pub struct Chained<A, B> {
    pub(super) base: A,
    pub(super) factor: B,
}

impl<A: Schedule, B: Schedule> Schedule for Chained<A, B> {
    fn lr(&self, step: u64) -> f64 {
        self.base.lr(step) * self.factor.lr(step)
    }
    fn momentum(&self, step: u64) -> Option<f64> {
        self.base.momentum(step)
    }
    fn sets_momentum(&self) -> bool {
        self.base.sets_momentum()
    }
    fn check(&self) -> Result<(), ConfigError> {
        self.base.check()?;
        self.factor.check()
    }
}

/// A schedule whose clock ticks every so many steps; see [`Schedule::every`].
#[derive(Clone, Debug, PartialEq)]
pub struct Every<S> {
    pub(super) inner: S,
    pub(super) steps: u64,
}

impl<S: Schedule> Schedule for Every<S> {
    fn lr(&self, step: u64) -> f64 {
        self.inner.lr(step / self.steps)
    }
    fn momentum(&self, step: u64) -> Option<f64> {
        self.inner.momentum(step / self.steps)
    }
    fn sets_momentum(&self) -> bool {
        self.inner.sets_momentum()
    }
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::steps("every", self.steps)?;
        self.inner.check()
    }
}
