//! The operations of [`Var`](crate::Var), one family a file.
//!
//! An op is one place: forward, gradient rules, documentation, shape check, gradient check and
//! reference stand together. To add one, write such a file and name it below.

mod activation;
mod axes;
mod binary;
mod broadcast;
mod conv;
mod distance;
mod dropout;
mod extremum;
mod gradient_flow;
mod index;
mod join;
mod linear;
mod logsumexp;
mod loss;
mod matmul;
mod moments;
mod norm;
mod permute;
mod pool;
mod pow;
mod reshape;
mod slice;
mod softmax;
mod sum;
mod unary;

pub use axes::Axes;
pub use conv::{Conv1d, Conv2d, ConvTranspose2d};
pub use join::{concat, stack};
pub use loss::{BinaryCrossEntropy, CrossEntropy, Reduction, Targets};
pub use pool::{Pool1d, Pool2d};
