//! What clustering leaves.

use super::descent::State;
use super::joint::Partition;
use crate::fit::{EpochRecord, History};
use crate::measures::mean_agreement;

/// Settings that were tried, and how well their restarts agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The weight of the source.
    pub lambda: f64,
    /// Clusters of the features.
    pub feature_clusters: usize,
    /// The mean adjusted Rand index of pairs of restarts, on the target.
    pub agreement: f64,
}

/// Clusters of the target, with those that were found beside them.
#[derive(Clone, Debug)]
pub struct Clusters {
    pub(super) target: Partition,
    pub(super) source: Option<Partition>,
    pub(super) features: Partition,
    pub(super) lambda: f64,
    pub(super) objective: Vec<f64>,
    pub(super) restarts: Vec<f64>,
    pub(super) agreement: Option<f64>,
    pub(super) candidates: Vec<Candidate>,
}

impl Clusters {
    /// The cluster of each target example.
    pub fn target(&self) -> &Partition {
        &self.target
    }

    /// The cluster of each source example, where there was a source.
    pub fn source(&self) -> Option<&Partition> {
        self.source.as_ref()
    }

    /// The cluster of each feature.
    pub fn features(&self) -> &Partition {
        &self.features
    }

    /// λ: as it was set, or as it was chosen.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The objective J of the best restart: at the random start, then after each iteration, in nats.
    pub fn objective(&self) -> &[f64] {
        &self.objective
    }

    /// J at the end of every restart; the smallest is this model's.
    pub fn restarts(&self) -> &[f64] {
        &self.restarts
    }

    /// How well the restarts agree on the target: the mean adjusted Rand index of their pairs.
    /// `None` with a single restart.
    pub fn agreement(&self) -> Option<f64> {
        self.agreement
    }

    /// What the automatic choice tried; empty if nothing was left to choose.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The best restart's objective as the records of a training: one an iteration. The learning
    /// rate, which there is none of, is 0.
    pub fn history(&self) -> History {
        let mut history = History::default();
        for (i, &objective) in self.objective.iter().enumerate().skip(1) {
            history.push(record(i, i, objective));
        }
        history
    }
}

pub(super) fn record(epoch: usize, step: usize, objective: f64) -> EpochRecord {
    let means = [("objective".to_owned(), objective)].into();
    EpochRecord { epoch, step, lr: 0.0, criterion: None, means }
}

/// One restart at its end.
pub(super) struct Restart {
    pub(super) state: State,
    pub(super) objective: Vec<f64>,
}

impl Restart {
    pub(super) fn end(&self) -> f64 {
        *self.objective.last().expect("the start's objective at least")
    }
}

/// How well restarts agree on the target.
pub(super) fn agreement(restarts: &[Restart]) -> Option<f64> {
    let targets: Vec<_> = restarts.iter().map(|r| &r.state.sides[0].examples.of[..]).collect();
    mean_agreement(&targets)
}
