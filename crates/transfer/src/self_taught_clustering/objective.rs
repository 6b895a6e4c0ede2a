//! The objective, in both forms of the paper's Lemma 1.

use super::joint::{Clustered, Joint, Partition};

/// One domain: its joint distribution, the clusters of its examples, and its weight in the
/// objective, 1 for the target and λ for the source.
#[derive(Clone, Debug)]
pub struct Side {
    /// *p(X, Z)* or *q(Y, Z)*.
    pub joint: Joint,
    /// The clusters of the examples.
    pub examples: Partition,
    /// The weight in the objective.
    pub weight: f64,
}

/// **p̃(x,z) = p(x̃,z̃) · p(x)/p(x̃) · p(z)/p(z̃)**: what the clusters still know of *p*. 0 for an
/// example or a feature of probability 0.
pub fn approximation(
    joint: &Joint,
    examples: &Partition,
    features: &Partition,
    clustered: &Clustered,
    (x, z): (usize, usize),
) -> f64 {
    let (row, col) = (examples.of[x], features.of[z]);
    match joint.rows()[x] > 0.0 && joint.cols()[z] > 0.0 {
        true => {
            let share = joint.rows()[x] / clustered.rows()[row];
            clustered.at(row, col) * share * (joint.cols()[z] / clustered.cols()[col])
        }
        false => 0.0,
    }
}

/// **D(p‖p̃)**, the divergence form of the information that one domain's clusters lose, in nats.
pub fn divergence(joint: &Joint, examples: &Partition, features: &Partition) -> f64 {
    let clustered = joint.clustered(examples, features);
    let of = |x: usize| {
        let entries = joint.entries(x);
        entries
            .map(|(z, p)| {
                p * (p / approximation(joint, examples, features, &clustered, (x, z))).ln()
            })
            .sum::<f64>()
    };
    (0..examples.of.len()).map(of).sum()
}

/// **I(X;Z) - I(X̃;Z̃)**, the same by Lemma 1, in nats.
pub fn information_loss(joint: &Joint, examples: &Partition, features: &Partition) -> f64 {
    joint.information() - joint.clustered(examples, features).information()
}

/// **J = I(X;Z) - I(X̃;Z̃) + λ [ I(Y;Z) - I(Ỹ;Z̃) ]** over all domains, in nats.
pub fn objective(sides: &[Side], features: &Partition) -> f64 {
    sides.iter().map(|s| s.weight * information_loss(&s.joint, &s.examples, features)).sum()
}
