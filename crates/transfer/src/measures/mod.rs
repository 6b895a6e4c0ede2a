//! How well it went: what is measured on predictions, on features and over seeds.

mod a_distance;
mod cka;
mod clustering;
mod comparison;
mod features;
mod h_score;
mod leep;
mod log_me;
mod movement;
mod pca;
mod seeds;
mod t_sne;

pub use a_distance::proxy_a_distance;
pub use cka::{layer_cka, linear_cka};
pub use clustering::{
    adjusted_rand_index, cluster_entropy, clustering_accuracy, mean_agreement,
    normalized_mutual_information,
};
pub use comparison::{Comparison, Verdict, bootstrap_interval};
pub use h_score::h_score;
pub use leep::leep;
pub use log_me::log_me;
pub use movement::movement;
pub use pca::principal_plane;
pub use seeds::Summary;
pub use t_sne::TSne;
