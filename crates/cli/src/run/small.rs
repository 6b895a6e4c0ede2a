//! A run in small: all of its trainings, none of them what it would be, and nothing kept. What it is
//! for is said by who watches it.

use super::Shared;
use std::fmt::Debug;
use std::time::Duration;
use transfer::Training;
use transfer::fit::{EpochRecord, Outline};

/// Watches the trainings of a run in small, and says at the end what there was to see.
pub(crate) trait Small: Debug {
    /// The run has these settings, as written: of its seeds the first alone is tried.
    fn opened(&self, _shared: &Shared, _settings: String) {}
    /// How a training is made smaller, or other than it would be.
    fn training(&self, training: Training) -> Training {
        training
    }
    /// Whether the baselines are tried, too.
    fn baselines(&self) -> bool;
    /// A training of so many steps begins.
    fn begin(&self, label: &str, steps: usize);
    /// What it is going to do.
    fn outline(&self, _outline: &Outline) {}
    /// A step is done.
    fn step(&self) {}
    /// An epoch is done.
    fn epoch(&self, _record: &EpochRecord) {}
    /// Whether the training that is going on has shown what it can.
    fn enough(&self) -> bool;
    /// What there was to see in the run of `method`, which took `took` in small.
    ///
    /// # Errors
    /// If the run is none that can be tried like this.
    fn text(&self, method: &'static str, took: Duration) -> anyhow::Result<String>;
    /// What is wrong, once the text is out: the run in small has failed at what it was for.
    fn failure(&self) -> Option<String> {
        None
    }
}
