//! How well it went: what is measured on predictions, on features and over seeds.

mod a_distance;
mod comparison;
mod pca;
mod seeds;

pub use a_distance::proxy_a_distance;
pub use comparison::{Comparison, Verdict, bootstrap_interval};
pub use pca::principal_plane;
pub use seeds::Summary;
