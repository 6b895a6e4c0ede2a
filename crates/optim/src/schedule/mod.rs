//! Learning rates over time.
//!
//! A schedule is a pure function of the step, so that a run that is resumed needs nothing but the
//! step count. Steps count from 0. Values are those of the PyTorch scheduler of the same name after
//! as many of its `step()` calls.

mod annealing;
mod combine;
mod constant;
mod cosine;
mod exponential;
mod linear;
mod one_cycle;
mod polynomial;
mod step;

pub use annealing::DannAnnealing;
pub use combine::{Chained, Every, Sequential};
pub use constant::FromFn;
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use linear::{Linear, Warmup};
pub use one_cycle::OneCycle;
pub use polynomial::Polynomial;
pub use step::{MultiStep, StepDecay};

use crate::ConfigError;
use std::fmt::Debug;
use std::sync::Arc;

/// A learning rate as a function of the step. A plain number is a constant one.
pub trait Schedule: Debug + Send + Sync {
    /// The learning rate of step `step`, counted from 0.
    fn lr(&self, step: u64) -> f64;

    /// The momentum of that step, if the schedule prescribes it (`β₁` for Adam).
    fn momentum(&self, step: u64) -> Option<f64> {
        let _ = step;
        None
    }

    /// Whether it ever prescribes one.
    fn sets_momentum(&self) -> bool {
        self.momentum(0).is_some()
    }

    /// Whether its settings are in range. [`Optimizer::bind`](crate::Optimizer::bind) asks. Unless
    /// a schedule knows better, its first rate is looked at.
    ///
    /// # Errors
    /// The first setting that is not.
    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("lr", self.lr(0))
    }

    /// This schedule after `steps` steps of rising linearly from 0 (exclusively) to its first value.
    /// Its own clock starts when the warm-up ends.
    fn warmup(self, steps: u64) -> Warmup<Self>
    where
        Self: Sized,
    {
        Warmup { inner: self, steps }
    }

    /// This schedule on a clock that ticks every `steps` steps: with the steps of an epoch, a
    /// schedule in epochs.
    fn every(self, steps: u64) -> Every<Self>
    where
        Self: Sized,
    {
        Every { inner: self, steps }
    }

    /// This schedule for `steps` steps, then `next` from its own step 0.
    fn then<S: Schedule>(self, steps: u64, next: S) -> Sequential<Self, S>
    where
        Self: Sized,
    {
        Sequential { first: self, steps, next }
    }

    /// The product of this schedule and `factor`, both on the same clock: `factor` is a schedule
    /// that starts at 1.
    fn times<S: Schedule>(self, factor: S) -> Chained<Self, S>
    where
        Self: Sized,
    {
        Chained { base: self, factor }
    }
}

/// A schedule chosen at run time.
impl Schedule for Arc<dyn Schedule> {
    fn lr(&self, step: u64) -> f64 {
        (**self).lr(step)
    }
    fn momentum(&self, step: u64) -> Option<f64> {
        (**self).momentum(step)
    }
    fn sets_momentum(&self) -> bool {
        (**self).sets_momentum()
    }
    fn check(&self) -> Result<(), ConfigError> {
        (**self).check()
    }
}

/// How far step `step` is in a run of `total`: in `[0, 1]`.
fn progress(step: u64, total: u64) -> f64 {
    step.min(total) as f64 / total as f64
}
