//! The layers, one file each.

mod conv1d;
mod conv2d;
mod conv_transpose2d;
mod embedding;
mod flatten;
mod identity;
mod linear;
mod pair;
mod pool1d;
mod pool2d;

pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use identity::Identity;
pub use linear::Linear;
pub use pair::Pair;
pub use pool1d::{AdaptiveAvgPool1d, AvgPool1d, MaxPool1d};
pub use pool2d::{AdaptiveAvgPool2d, AvgPool2d, MaxPool2d};
