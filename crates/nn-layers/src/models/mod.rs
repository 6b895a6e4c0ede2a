//! Ready-made nets.

mod cifar_net;
mod dann;
mod lenet5;
mod mlp;
mod torchvision;

pub use cifar_net::cifar_net;
pub use dann::{DannNet, dann_lenet, dann_mlp, dann_mnist, dann_shallow, dann_signs, dann_svhn};
pub use lenet5::lenet5;
pub use mlp::mlp;
pub use torchvision::{
    Backbone, BasicBlock, Bottleneck, InvertedResidual, Residual, mobilenet_v2, resnet18, resnet34,
    resnet50, vgg11_bn,
};

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
