//! Self-taught clustering: unlabelled source data help to cluster few unlabelled target data (Dai,
//! Yang, Xue and Yu, 2008).
//!
//! *Source unlabelled, target unlabelled, and little of it.* Target examples X and source examples Y
//! are described by the same features Z, as documents by words. Examples and features are clustered
//! at once, and the clusters of features Z̃ are **shared**: what the source knows of which features
//! go together decides how the target is seen. The objective is the information that is lost,
//!
//! **J = I(X;Z) - I(X̃;Z̃) + λ [ I(Y;Z) - I(Ỹ;Z̃) ]**.
//!
//! **When it hurts.** Both tables sum to 1, so that λ = 1 is a small weight for the source: useful
//! values are 3 to 10. A source without groups of features in common with the target only
//! disturbs. There is nothing to gain where the target clusters well by itself, nor where its
//! examples are so short (10 words) that grouping their features leaves nothing to compare. Too many
//! clusters of features hurt as well: 32 for 8 groups of words, and the source is of no use. On pairs
//! of 20 Newsgroups with 20 + 20 documents it is ahead of co-clustering of the target, by 3 to 16
//! points; k-means on tf-idf is ahead of it on one of three: keep that beside it.

mod descent;
mod joint;
mod model;
mod objective;
pub mod parts;
mod reseed;
mod updates;

pub use joint::Partition;
pub use model::{Candidate, Clusters};

use crate::error::setting;
use crate::fit::Observer;
use crate::{Counts, TransferError};
use descent::{LEAST_FALL, ROUNDING, State};
use joint::Joint;
use model::{Restart, agreement, record};
use serde::{Deserialize, Serialize};

/// In which order the updates see each other's results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    /// The examples first, then the features by the new clusters of the examples: the objective
    /// never rises.
    #[default]
    Alternating,
    /// All from the same clusters, as in public code: the objective may rise.
    Simultaneous,
}

/// Candidates of the automatic λ.
pub const LAMBDAS: [f64; 5] = [0.0, 0.3, 1.0, 3.0, 10.0];
/// Candidates of the automatic number of feature clusters.
pub const FEATURE_CLUSTERS: [usize; 4] = [4, 8, 16, 32];

/// Clusters target and source by features whose clusters they share.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfTaughtClustering {
    target_clusters: usize,
    source_clusters: usize,
    common: Common,
    lambdas: Vec<f64>,
}

/// Clusters one table of counts and its features at once: information-theoretic co-clustering
/// (Dhillon, Mallela and Modha, 2003), which minimises **I(X;Z) - I(X̃;Z̃)**. It is self-taught
/// clustering at λ = 0, and its control.
#[derive(Clone, Debug, PartialEq)]
pub struct CoClustering {
    clusters: usize,
    common: Common,
}

#[derive(Clone, Debug, PartialEq)]
struct Common {
    feature_clusters: Vec<usize>,
    update: Update,
    iterations: usize,
    restarts: usize,
    seed: u64,
}

/// The settings that both have.
macro_rules! common_methods {
    () => {
        /// The order of the updates; default [`Update::Alternating`].
        pub fn update(mut self, update: Update) -> Self {
            self.common.update = update;
            self
        }

        /// Iterations of a restart at most, at least 1; default 30. It ends before when nothing
        /// moves any more.
        pub fn iterations(mut self, iterations: usize) -> Self {
            self.common.iterations = iterations;
            self
        }

        /// Starts so often, and keeps the smallest objective; at least 1, default 5.
        pub fn restarts(mut self, restarts: usize) -> Self {
            self.common.restarts = restarts;
            self
        }

        /// Tries every number of feature clusters of `candidates`, such as [`FEATURE_CLUSTERS`], and
        /// takes the one whose restarts agree best on the target, as
        /// [`SelfTaughtClustering::automatic_lambda`] does.
        pub fn automatic_feature_clusters(mut self, candidates: &[usize]) -> Self {
            self.common.feature_clusters = candidates.to_vec();
            self
        }

        /// The seed of the random clusters that restarts begin with; default 0.
        pub fn seed(mut self, seed: u64) -> Self {
            self.common.seed = seed;
            self
        }
    };
}

impl SelfTaughtClustering {
    /// So many clusters of target examples, source examples and features; λ = 1.
    pub fn new(target_clusters: usize, source_clusters: usize, feature_clusters: usize) -> Self {
        let common = Common::new(feature_clusters);
        SelfTaughtClustering { target_clusters, source_clusters, common, lambdas: vec![1.0] }
    }

    /// The weight λ of the source, 0 or positive.
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.lambdas = vec![lambda];
        self
    }

    /// Tries every λ of `candidates`, such as [`LAMBDAS`], and takes the one whose restarts agree
    /// best on the target: the largest mean adjusted Rand index of pairs of restarts, the first of
    /// the equal. No label is read. Restarts agree where the objective has one clear minimum, which
    /// is a sign that it is the right one and no proof.
    pub fn automatic_lambda(mut self, candidates: &[f64]) -> Self {
        self.lambdas = candidates.to_vec();
        self
    }

    common_methods!();

    /// Clusters both.
    ///
    /// # Errors
    /// If a setting is out of range, the tables have different numbers of features, or the observer
    /// interrupts it.
    pub fn fit(
        &self,
        target: &Counts,
        source: &Counts,
        observer: &mut dyn Observer,
    ) -> Result<Clusters, TransferError> {
        target.check_columns(source)?;
        check_clusters("target_clusters", self.target_clusters, target.rows())?;
        check_clusters("source_clusters", self.source_clusters, source.rows())?;
        self.common.check(target.cols())?;
        setting("lambda", "an empty list", !self.lambdas.is_empty(), "one candidate at least")?;
        for &lambda in &self.lambdas {
            setting("lambda", lambda, lambda.is_finite() && lambda >= 0.0, "0 or positive")?;
        }

        let (p, q) = (Joint::new(target), Joint::new(source));
        let domains = |lambda: f64| {
            vec![(p.clone(), self.target_clusters, 1.0), (q.clone(), self.source_clusters, lambda)]
        };
        self.common.most_agreed(&self.lambdas, &domains, observer)
    }
}

impl CoClustering {
    /// So many clusters of examples and of features.
    pub fn new(clusters: usize, feature_clusters: usize) -> Self {
        CoClustering { clusters, common: Common::new(feature_clusters) }
    }

    common_methods!();

    /// Clusters the rows of `counts` and its columns; [`Clusters::target`] has the rows.
    ///
    /// # Errors
    /// If a setting is out of range, or the observer interrupts it.
    pub fn fit(
        &self,
        counts: &Counts,
        observer: &mut dyn Observer,
    ) -> Result<Clusters, TransferError> {
        check_clusters("clusters", self.clusters, counts.rows())?;
        self.common.check(counts.cols())?;
        let table = Joint::new(counts);
        let domains = |_: f64| vec![(table.clone(), self.clusters, 1.0)];
        self.common.most_agreed(&[0.0], &domains, observer)
    }
}

fn check_clusters(name: &'static str, clusters: usize, rows: usize) -> Result<(), TransferError> {
    setting(name, clusters, (1..=rows).contains(&clusters), "from 1 to the number of examples")
}

impl Common {
    fn new(feature_clusters: usize) -> Self {
        let update = Update::Alternating;
        let feature_clusters = vec![feature_clusters];
        Common { feature_clusters, update, iterations: 30, restarts: 5, seed: 0 }
    }

    fn check(&self, features: usize) -> Result<(), TransferError> {
        let some = !self.feature_clusters.is_empty();
        setting("feature_clusters", "an empty list", some, "one candidate at least")?;
        for &k in &self.feature_clusters {
            let fits = (1..=features).contains(&k);
            setting("feature_clusters", k, fits, "from 1 to the number of features")?;
        }
        setting("restarts", self.restarts, self.restarts > 0, "at least 1")?;
        setting("iterations", self.iterations, self.iterations > 0, "at least 1")
    }

    /// Tries every λ with every number of feature clusters, and keeps those clusters whose restarts
    /// agree best on the target, the first of the equal.
    fn most_agreed(
        &self,
        lambdas: &[f64],
        domains: &dyn Fn(f64) -> Vec<(Joint, usize, f64)>,
        observer: &mut dyn Observer,
    ) -> Result<Clusters, TransferError> {
        let tried = lambdas.len() * self.feature_clusters.len();
        let enough = tried == 1 || self.restarts >= 2;
        setting("restarts", self.restarts, enough, "at least 2, to choose by their agreement")?;
        observer.begin(tried * self.restarts * self.iterations, 0);
        let mut best: Option<(Candidate, Vec<Restart>)> = None;
        let mut candidates = Vec::new();
        for &lambda in lambdas {
            let domains = domains(lambda);
            for &feature_clusters in &self.feature_clusters {
                let before = candidates.len() * self.restarts;
                let restarts = self.restarts(&domains, feature_clusters, before, observer)?;
                let agreement = agreement(&restarts).unwrap_or(f64::NEG_INFINITY);
                let candidate = Candidate { lambda, feature_clusters, agreement };
                candidates.push(candidate);
                if best.as_ref().is_none_or(|(most, _)| agreement > most.agreement) {
                    best = Some((candidate, restarts));
                }
            }
        }
        observer.end();
        let (Candidate { lambda, .. }, restarts) = best.expect("there is a candidate");
        if tried == 1 {
            candidates.clear();
        }
        Ok(clusters(restarts, lambda, candidates))
    }

    /// Every restart, of which `before` are done in this fit.
    fn restarts(
        &self,
        domains: &[(Joint, usize, f64)],
        feature_clusters: usize,
        before: usize,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Restart>, TransferError> {
        let mut all = Vec::new();
        for restart in 0..self.restarts {
            let mut state = State::random(domains, feature_clusters, (self.seed, restart));
            let mut objective = vec![state.objective()];
            let first = (before + restart) * self.iterations;
            let (mut iteration, mut moved) = (0, true);
            while iteration < self.iterations && moved {
                if observer.interrupted() {
                    let step = first + iteration;
                    return Err(TransferError::Interrupted { step, checkpoint: None });
                }
                moved = state.step(self.update);
                iteration += 1;
                let (last, next) = (objective[objective.len() - 1], state.objective());
                if self.update == Update::Alternating {
                    debug_assert!(next <= last + ROUNDING, "J rose: {last} -> {next}");
                    moved &= next < last - LEAST_FALL;
                }
                objective.push(next);
                observer.step(first + iteration);
                moved &= !observer.enough();
            }
            let done = before + restart + 1;
            observer.epoch(&record(done, done * self.iterations, objective[objective.len() - 1]));
            all.push(Restart { state, objective });
        }
        Ok(all)
    }
}

/// The restart with the smallest objective, the first of the equal.
fn clusters(restarts: Vec<Restart>, lambda: f64, candidates: Vec<Candidate>) -> Clusters {
    let agreement = agreement(&restarts);
    let ends: Vec<f64> = restarts.iter().map(Restart::end).collect();
    let best = (1..ends.len()).fold(0, |best, i| if ends[i] < ends[best] { i } else { best });
    let Restart { state, objective } =
        restarts.into_iter().nth(best).expect("there is at least one restart");
    let mut sides = state.sides.into_iter().map(|side| side.examples);
    Clusters {
        target: sides.next().expect("the target is the first side"),
        source: sides.next(),
        features: state.features,
        lambda,
        objective,
        restarts: ends,
        agreement,
        candidates,
    }
}

#[cfg(test)]
mod tests;
