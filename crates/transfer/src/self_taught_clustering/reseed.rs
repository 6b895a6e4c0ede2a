//! Empty clusters get a member: the one whose being alone gains the most information.
//!
//! A cluster that is split can only gain information, so re-seeding never raises the objective. It
//! draws no random numbers: of equal gains the first is taken.

use super::joint::{Joint, Partition};
use super::objective::Side;

/// Fills the empty clusters of one domain's examples, as far as others have two members.
pub(super) fn examples(joint: &Joint, examples: &mut Partition, features: &Partition) {
    let mut row = vec![0.0; features.clusters];
    fill(examples, joint.rows(), |partition| {
        let clustered = joint.clustered(partition, features);
        let gain = |(x, &own): (usize, &usize)| {
            joint.row_by_features(x, features, &mut row);
            let shares = (joint.rows()[x], clustered.rows()[own]);
            divergence(&row, shares, |j| clustered.at(own, j))
        };
        partition.of.iter().enumerate().map(gain).collect()
    });
}

/// Fills the empty clusters of features. One whose features have no probability in any domain that
/// counts is empty too.
pub(super) fn features(sides: &[Side], features: &mut Partition) {
    let heard: Vec<&Side> = sides.iter().filter(|s| s.weight > 0.0).collect();
    let mut mass = vec![0.0; features.of.len()];
    for side in &heard {
        mass.iter_mut().zip(side.joint.cols()).for_each(|(m, p)| *m += side.weight * p);
    }
    let tables: Vec<_> = heard.iter().map(|s| s.joint.cols_by_examples(&s.examples)).collect();
    fill(features, &mass, |partition| {
        let mut gains = vec![0.0; partition.of.len()];
        for (side, table) in heard.iter().zip(&tables) {
            let clustered = side.joint.clustered(&side.examples, partition);
            let k = side.examples.clusters;
            for (z, &own) in partition.of.iter().enumerate() {
                let shares = (side.joint.cols()[z], clustered.cols()[own]);
                let masses = &table[z * k..(z + 1) * k];
                gains[z] += side.weight * divergence(masses, shares, |i| clustered.at(i, own));
            }
        }
        gains
    });
}

/// Σ p ln( (p/mass) / (q/whole) ): how far one member is from the whole of its cluster.
fn divergence(p: &[f64], (mass, whole): (f64, f64), q: impl Fn(usize) -> f64) -> f64 {
    let there = p.iter().enumerate().filter(|(_, p)| **p > 0.0);
    there.map(|(i, p)| p * (p * whole / (mass * q(i))).ln()).sum()
}

/// Moves the member of largest gain into each empty cluster, the first empty cluster first. Members
/// without mass do not count.
fn fill(partition: &mut Partition, mass: &[f64], mut gains: impl FnMut(&Partition) -> Vec<f64>) {
    let mut sizes = vec![0usize; partition.clusters];
    let real = || mass.iter().enumerate().filter(|(_, m)| **m > 0.0).map(|(i, _)| i);
    real().for_each(|i| sizes[partition.of[i]] += 1);
    for empty in 0..partition.clusters {
        if sizes[empty] > 0 {
            continue;
        }
        let gains = gains(partition);
        let mut best: Option<usize> = None;
        for i in real().filter(|&i| sizes[partition.of[i]] > 1) {
            if best.is_none_or(|best| gains[i] > gains[best]) {
                best = Some(i);
            }
        }
        let Some(moved) = best else { return };
        sizes[partition.of[moved]] -= 1;
        sizes[empty] = 1;
        partition.of[moved] = empty;
    }
}
