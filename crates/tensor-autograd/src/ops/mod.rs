//! The operations of [`Var`](crate::Var), one family a file.
//!
//! An op is one place: forward, gradient rules, documentation, shape check, gradient check and
//! reference stand together. To add one, write such a file and name it below.

mod binary;
mod broadcast;
mod linear;
mod loss;
mod matmul;
mod softmax;

pub use loss::{BinaryCrossEntropy, CrossEntropy, Reduction, Targets};
