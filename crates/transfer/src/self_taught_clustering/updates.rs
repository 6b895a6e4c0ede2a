//! The three updates: each example, then each feature, goes to the cluster nearest to it.
//!
//! Of *D(p(Z|x) ‖ p̃(Z|x̃))* only *-Σ p(z̃|x) ln p(z̃|x̃)* depends on the cluster *x̃*, so an example
//! costs its features and the pairs of clusters, not the size of the vocabulary. A cluster that
//! gives no probability to what an example has is infinitely far, and never chosen.

use super::joint::{Clustered, Joint, Partition};
use super::objective::Side;

/// **x → argmin_x̃ D( p(Z|x) ‖ p̃(Z|x̃) )** for every example of one domain. Of clusters that are
/// equally near the present one is kept.
pub fn examples(
    joint: &Joint,
    current: &Partition,
    features: &Partition,
    clustered: &Clustered,
) -> Partition {
    let ln = clustered.ln_given_rows();
    let mut row = vec![0.0; features.clusters];
    let of = current.of.iter().enumerate().map(|(x, &own)| {
        joint.row_by_features(x, features, &mut row);
        let cross = |cluster: usize| cross_entropy(&row, |j| ln[cluster * features.clusters + j]);
        nearest(current.clusters, own, cross)
    });
    Partition { of: of.collect(), clusters: current.clusters }
}

// ANCHOR: features
/// **z → argmin_z̃ p(z) D( p(X|z) ‖ p̃(X|z̃) ) + λ q(z) D( q(Y|z) ‖ q̃(Y|z̃) )** for every feature,
/// over all domains. A feature that occurs nowhere stays where it is.
pub fn features(sides: &[Side], current: &Partition, clustered: &[Clustered]) -> Partition {
    // A domain of weight 0 has no say, not even an infinite one.
    let heard: Vec<_> = sides.iter().zip(clustered).filter(|(s, _)| s.weight > 0.0).collect();
    let tables: Vec<_> = heard
        .iter()
        .map(|(side, clustered)| {
            (side.joint.cols_by_examples(&side.examples), clustered.ln_given_cols())
        })
        .collect();
    let of = current.of.iter().enumerate().map(|(z, &own)| {
        let cross = |cluster: usize| {
            let domains = heard.iter().zip(&tables).map(|((side, _), (cols, ln))| {
                let k = side.examples.clusters;
                let masses = &cols[z * k..(z + 1) * k];
                side.weight * cross_entropy(masses, |i| ln[i * current.clusters + cluster])
            });
            domains.sum()
        };
        nearest(current.clusters, own, cross)
    });
    Partition { of: of.collect(), clusters: current.clusters }
}
// ANCHOR_END: features

/// -Σ p ln q over what has p > 0; infinite where q is 0.
fn cross_entropy(p: &[f64], ln_q: impl Fn(usize) -> f64) -> f64 {
    p.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(i, p)| -p * ln_q(i)).sum()
}

/// The cluster of least `distance`; `own` unless another is strictly nearer, then the first.
fn nearest(clusters: usize, own: usize, distance: impl Fn(usize) -> f64) -> usize {
    let mut best = (own, distance(own));
    for cluster in (0..clusters).filter(|&c| c != own) {
        let distance = distance(cluster);
        if distance < best.1 {
            best = (cluster, distance);
        }
    }
    best.0
}
