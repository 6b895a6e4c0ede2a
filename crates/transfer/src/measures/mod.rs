//! How well it went: what is measured on predictions, on features and over seeds.

mod a_distance;
mod pca;
mod seeds;

pub use a_distance::proxy_a_distance;
pub use pca::principal_plane;
pub use seeds::Summary;
