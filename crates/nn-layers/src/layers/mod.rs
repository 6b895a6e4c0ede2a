//! The layers, one file each.

mod batch_norm;
mod conv1d;
mod conv2d;
mod conv_transpose2d;
mod dropout;
mod embedding;
mod flatten;
mod group_norm;
mod identity;
mod layer_norm;
mod linear;
mod pair;
mod pool1d;
mod pool2d;

pub use batch_norm::{BatchNorm, BatchNorm1d, BatchNorm2d};
pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use group_norm::GroupNorm;
pub use identity::Identity;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use pair::Pair;
pub use pool1d::{AdaptiveAvgPool1d, AvgPool1d, MaxPool1d};
pub use pool2d::{AdaptiveAvgPool2d, AvgPool2d, MaxPool2d};
