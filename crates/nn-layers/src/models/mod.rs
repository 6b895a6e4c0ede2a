//! Ready-made nets.

mod mlp;

pub use mlp::mlp;

use crate::Layer;
use tensor_autograd::{Shape, Tensor, eval};

/// Numbers that `features` gives for one example of this shape: what the first linear layer takes.
#[track_caller]
fn feature_count(features: &dyn Layer, example: &[usize]) -> usize {
    let mut shape = vec![1];
    shape.extend(example);
    let x = Tensor::zeros(Shape::new(&shape));
    eval(|t| features.forward(t.constant(x)).shape().size())
}
