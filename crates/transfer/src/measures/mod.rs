//! How well it went: what is measured on predictions, on features and over seeds.

mod a_distance;
mod clustering;
mod comparison;
mod movement;
mod pca;
mod seeds;

pub use a_distance::proxy_a_distance;
pub use clustering::{
    adjusted_rand_index, cluster_entropy, clustering_accuracy, mean_agreement,
    normalized_mutual_information,
};
pub use comparison::{Comparison, Verdict, bootstrap_interval};
pub use movement::movement;
pub use pca::principal_plane;
pub use seeds::Summary;
