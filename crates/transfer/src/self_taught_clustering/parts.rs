//! The parts of the paper, for a loop of one's own: distributions, the objective in both forms of
//! Lemma 1, and the three updates.
//!
//! Recompute *p(X̃,Z̃)* between the update of the examples and that of the features: only then does
//! the objective never rise.

pub use super::joint::{Clustered, Joint, Partition};
pub use super::objective::{Side, approximation, divergence, information_loss, objective};
pub use super::updates::{examples as update_examples, features as update_features};
