//! The layers, one file each.

mod flatten;
mod identity;
mod linear;
mod pair;

pub use flatten::Flatten;
pub use identity::Identity;
pub use linear::Linear;
pub use pair::Pair;
