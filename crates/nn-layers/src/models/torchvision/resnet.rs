//! Residual networks (He et al., *Deep Residual Learning for Image Recognition*, 2016).

use super::Backbone;
use crate::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Layer, Linear, MaxPool2d, Sequential, flatten, relu,
    seq,
};
use tensor_autograd::{Rng, Var, module};

/// A convolution that keeps the size of the image at stride 1, without a bias, as torchvision's
/// `conv3x3` and `conv1x1`.
fn conv(inputs: usize, outputs: usize, kernel: usize, stride: usize, rng: &mut Rng) -> Conv2d {
    Conv2d::new(inputs, outputs, kernel, rng).stride(stride).padding(kernel / 2).no_bias()
}

/// What the input passes beside a block that changes its size: nothing where it does not.
fn shortcut(inputs: usize, outputs: usize, stride: usize, rng: &mut Rng) -> Option<Sequential> {
    (stride != 1 || inputs != outputs)
        .then(|| seq![conv(inputs, outputs, 1, stride, rng), BatchNorm2d::new(outputs)])
}

/// **Y = relu(F(X) + S(X))** with two convolutions 3×3 in F, each followed by batch normalisation,
/// and ReLU between them; S is the identity, or `downsample` where the sizes differ.
#[derive(Clone, Debug)]
pub struct BasicBlock {
    /// Moves by the block's stride.
    pub conv1: Conv2d,
    /// After `conv1`.
    pub bn1: BatchNorm2d,
    /// At stride 1.
    pub conv2: Conv2d,
    /// After `conv2`.
    pub bn2: BatchNorm2d,
    /// A convolution 1×1 and a batch normalisation.
    pub downsample: Option<Sequential>,
}
module!(BasicBlock: conv1, bn1, conv2, bn2, downsample);

impl BasicBlock {
    /// From `inputs` to `width` channels.
    pub fn new(inputs: usize, width: usize, stride: usize, rng: &mut Rng) -> Self {
        BasicBlock {
            conv1: conv(inputs, width, 3, stride, rng),
            bn1: BatchNorm2d::new(width),
            conv2: conv(width, width, 3, 1, rng),
            bn2: BatchNorm2d::new(width),
            downsample: shortcut(inputs, width, stride, rng),
        }
    }
}

impl Layer for BasicBlock {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let y = self.bn1.forward(self.conv1.forward(x)).relu();
        let y = self.bn2.forward(self.conv2.forward(y));
        (y + past(&self.downsample, x)).relu()
    }

    fn describe(&self) -> String {
        format!("BasicBlock({}, {})", self.conv1.describe(), self.conv2.describe())
    }
}

/// **Y = relu(F(X) + S(X))** with convolutions 1×1, 3×3 and 1×1 in F, the last of which has four
/// times the channels. The stride is the middle one's, as torchvision has it (its "v1.5"), not the
/// first one's as in the paper.
#[derive(Clone, Debug)]
pub struct Bottleneck {
    /// 1×1.
    pub conv1: Conv2d,
    /// After `conv1`.
    pub bn1: BatchNorm2d,
    /// 3×3; moves by the block's stride.
    pub conv2: Conv2d,
    /// After `conv2`.
    pub bn2: BatchNorm2d,
    /// 1×1, to four times the width.
    pub conv3: Conv2d,
    /// After `conv3`.
    pub bn3: BatchNorm2d,
    /// A convolution 1×1 and a batch normalisation.
    pub downsample: Option<Sequential>,
}
module!(Bottleneck: conv1, bn1, conv2, bn2, conv3, bn3, downsample);

impl Bottleneck {
    /// Channels of the output as a multiple of the width.
    pub const EXPANSION: usize = 4;

    /// From `inputs` to `4·width` channels.
    pub fn new(inputs: usize, width: usize, stride: usize, rng: &mut Rng) -> Self {
        let outputs = Self::EXPANSION * width;
        Bottleneck {
            conv1: conv(inputs, width, 1, 1, rng),
            bn1: BatchNorm2d::new(width),
            conv2: conv(width, width, 3, stride, rng),
            bn2: BatchNorm2d::new(width),
            conv3: conv(width, outputs, 1, 1, rng),
            bn3: BatchNorm2d::new(outputs),
            downsample: shortcut(inputs, outputs, stride, rng),
        }
    }
}

impl Layer for Bottleneck {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let y = self.bn1.forward(self.conv1.forward(x)).relu();
        let y = self.bn2.forward(self.conv2.forward(y)).relu();
        let y = self.bn3.forward(self.conv3.forward(y));
        (y + past(&self.downsample, x)).relu()
    }

    fn describe(&self) -> String {
        let inner = [&self.conv1, &self.conv2, &self.conv3].map(Layer::describe);
        format!("Bottleneck({})", inner.join(", "))
    }
}

/// The input as it comes out beside the block.
fn past<'t>(downsample: &Option<Sequential>, x: Var<'t>) -> Var<'t> {
    match downsample {
        Some(layers) => layers.forward(x),
        None => x,
    }
}

/// ResNet-18: 11.7 million weights for 1000 classes. Images `[n, 3, h, w]`, 224×224 in training.
pub fn resnet18(classes: usize, rng: &mut Rng) -> Backbone {
    of_blocks([2, 2, 2, 2], 1, BasicBlock::new, classes, rng)
}

/// ResNet-34: 21.8 million weights for 1000 classes. Images `[n, 3, h, w]`, 224×224 in training.
pub fn resnet34(classes: usize, rng: &mut Rng) -> Backbone {
    of_blocks([3, 4, 6, 3], 1, BasicBlock::new, classes, rng)
}

/// ResNet-50: 25.6 million weights for 1000 classes. Images `[n, 3, h, w]`, 224×224 in training.
pub fn resnet50(classes: usize, rng: &mut Rng) -> Backbone {
    of_blocks([3, 4, 6, 3], Bottleneck::EXPANSION, Bottleneck::new, classes, rng)
}

/// Table 1 of the paper, for so many blocks in each of the four layers.
fn of_blocks<B: Layer>(
    blocks: [usize; 4],
    expansion: usize,
    block: fn(usize, usize, usize, &mut Rng) -> B,
    classes: usize,
    rng: &mut Rng,
) -> Backbone {
    let mut net = Backbone::new();
    net.push("conv1", Conv2d::new(3, 64, 7, rng).stride(2).padding(3).no_bias());
    net.push("bn1", BatchNorm2d::new(64));
    net.push("relu", relu);
    net.push("maxpool", MaxPool2d::new(3).stride(2).padding(1));
    let mut channels = 64;
    for (i, count) in blocks.into_iter().enumerate() {
        let width = 64 << i;
        let mut layer = Sequential::new();
        for nth in 0..count {
            let stride = if i > 0 && nth == 0 { 2 } else { 1 };
            layer.push(block(channels, width, stride, rng));
            channels = expansion * width;
        }
        net.push(format!("layer{}", i + 1), layer);
    }
    net.push("avgpool", AdaptiveAvgPool2d::new(1));
    net.push("flatten", flatten);
    net.push("fc", Linear::new(channels, classes, rng));
    net.with_kaiming_convolutions(rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::against_pytorch;
    use std::path::Path;

    /// Values and gradients in training. Differences say nothing here: behind a normalisation, a
    /// small step of one weight moves others' signals over the kink of a ReLU.
    fn reference(name: &str, block: &(impl Layer + Clone)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reference");
        against_pytorch(block, &folder.join(format!("{name}.txt")));
    }

    #[test]
    fn blocks_are_torchvisions_in_training_too() {
        let rng = &mut Rng::seed(0);
        reference("basic_block", &BasicBlock::new(2, 2, 1, rng));
        reference("basic_block_strided", &BasicBlock::new(2, 3, 2, rng));
        reference("bottleneck", &Bottleneck::new(2, 1, 2, rng));
    }
}
