//! One restart: random clusters, improved until nothing moves.

use super::Update;
use super::joint::{Clustered, Joint, Partition};
use super::objective::Side;
use super::{reseed, updates};
use datasets::Random;

/// How far rounding may carry the objective upwards, in nats.
pub(super) const ROUNDING: f64 = 1e-9;
/// A smaller fall of the objective is none: clusters of equal worth could take turns for ever.
pub(super) const LEAST_FALL: f64 = 1e-12;

/// Clusters of examples and features, and the objective that they have.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) sides: Vec<Side>,
    pub(super) features: Partition,
    /// I(X;Z) of each side, which no cluster changes.
    whole: Vec<f64>,
}

impl State {
    /// Random clusters of equal size. Each partition has a stream of its own, so that a second
    /// domain changes nothing in how the first begins.
    pub(super) fn random(
        domains: &[(Joint, usize, f64)],
        feature_clusters: usize,
        (seed, restart): (u64, usize),
    ) -> Self {
        let sides: Vec<Side> = domains
            .iter()
            .enumerate()
            .map(|(i, (joint, clusters, weight))| {
                let mut random = Random::new(seed, "examples", [restart as u64, i as u64]);
                let examples = balanced(joint.rows().len(), *clusters, &mut random);
                Side { joint: joint.clone(), examples, weight: *weight }
            })
            .collect();
        let mut random = Random::new(seed, "features", [restart as u64, 0]);
        let features = balanced(sides[0].joint.cols().len(), feature_clusters, &mut random);
        State::new(sides, features)
    }

    pub(super) fn new(sides: Vec<Side>, features: Partition) -> Self {
        let whole = sides.iter().map(|s| s.joint.information()).collect();
        State { sides, features, whole }
    }

    /// J; as `objective`, without measuring anew what does not change.
    pub(super) fn objective(&self) -> f64 {
        let lost = self.whole.iter().zip(self.clustered()).map(|(w, c)| w - c.information());
        self.sides.iter().zip(lost).map(|(side, lost)| side.weight * lost).sum()
    }

    fn clustered(&self) -> Vec<Clustered> {
        self.sides.iter().map(|s| s.joint.clustered(&s.examples, &self.features)).collect()
    }

    // ANCHOR: step
    /// All three updates once; says whether anything moved.
    pub(super) fn step(&mut self, update: Update) -> bool {
        let before = (self.partitions(), self.features.clone());
        let stale = self.clustered();
        let examples: Vec<Partition> = self
            .sides
            .iter()
            .zip(&stale)
            .map(|(s, c)| updates::examples(&s.joint, &s.examples, &self.features, c))
            .collect();
        match update {
            Update::Alternating => {
                self.set(examples);
                self.features = updates::features(&self.sides, &self.features, &self.clustered());
            }
            Update::Simultaneous => {
                self.features = updates::features(&self.sides, &self.features, &stale);
                self.set(examples);
            }
        }
        reseed::features(&self.sides, &mut self.features);
        before != (self.partitions(), self.features.clone())
    }
    // ANCHOR_END: step

    fn set(&mut self, examples: Vec<Partition>) {
        for (side, examples) in self.sides.iter_mut().zip(examples) {
            side.examples = examples;
            reseed::examples(&side.joint, &mut side.examples, &self.features);
        }
    }

    fn partitions(&self) -> Vec<Partition> {
        self.sides.iter().map(|s| s.examples.clone()).collect()
    }
}

/// `n` things in clusters whose sizes differ by 1 at most.
fn balanced(n: usize, clusters: usize, random: &mut Random) -> Partition {
    let mut of = vec![0; n];
    random.permutation(n).into_iter().enumerate().for_each(|(i, at)| of[at] = i % clusters);
    Partition { of, clusters }
}
