//! MobileNetV2 (Sandler et al., *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, 2018).

use super::Backbone;
use crate::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Layer, Linear, Sequential, flatten, relu6, seq,
};
use tensor_autograd::{Rng, Var, module};

/// A convolution without a bias, its batch normalisation, ReLU6. Images keep their size at stride 1.
fn conv_norm(
    groups: usize,
    (inputs, outputs): (usize, usize),
    kernel: usize,
    stride: usize,
    rng: &mut Rng,
) -> Sequential {
    let conv = Conv2d::grouped(groups, inputs, outputs, kernel, rng).stride(stride);
    seq![conv.padding(kernel / 2).no_bias(), BatchNorm2d::new(outputs), relu6]
}

/// The inverted residual: a convolution 1×1 to `expand` times the channels (left out for 1), a
/// depthwise one 3×3, and one 1×1 to few channels, which no nonlinearity follows. At stride 1 and
/// with as many channels as before, the input is added.
#[derive(Clone, Debug)]
pub struct InvertedResidual {
    /// The convolutions and normalisations.
    pub conv: Sequential,
    residual: bool,
}
module!(InvertedResidual: conv);

impl InvertedResidual {
    /// From `inputs` to `outputs` channels.
    pub fn new(inputs: usize, outputs: usize, stride: usize, expand: usize, rng: &mut Rng) -> Self {
        let hidden = expand * inputs;
        let mut conv = Sequential::new();
        if expand != 1 {
            conv.push(conv_norm(1, (inputs, hidden), 1, 1, rng));
        }
        conv.push(conv_norm(hidden, (hidden, hidden), 3, stride, rng));
        conv.push(Conv2d::new(hidden, outputs, 1, rng).no_bias());
        conv.push(BatchNorm2d::new(outputs));
        InvertedResidual { conv, residual: stride == 1 && inputs == outputs }
    }
}

impl Layer for InvertedResidual {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let y = self.conv.forward(x);
        if self.residual { x + y } else { y }
    }

    fn describe(&self) -> String {
        let residual = if self.residual { ", residual" } else { "" };
        format!("InvertedResidual({}{residual})", self.conv.describe())
    }
}

/// Table 2 of the paper: expansion, channels, blocks, and the first block's stride.
const BLOCKS: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// MobileNetV2 at width 1: 3.5 million weights for 1000 classes. Images `[n, 3, h, w]`, 224×224 in
/// training. While training, a fifth of the features is dropped before the last layer.
pub fn mobilenet_v2(classes: usize, rng: &mut Rng) -> Backbone {
    let mut net = Backbone::new();
    net.push("features.0", conv_norm(1, (3, 32), 3, 2, rng));
    let (mut channels, mut index) = (32, 1);
    for (expand, outputs, count, first) in BLOCKS {
        for nth in 0..count {
            let stride = if nth == 0 { first } else { 1 };
            let block = InvertedResidual::new(channels, outputs, stride, expand, rng);
            net.push(format!("features.{index}"), block);
            (channels, index) = (outputs, index + 1);
        }
    }
    net.push("features.18", conv_norm(1, (channels, 1280), 1, 1, rng));
    net.push("avgpool", AdaptiveAvgPool2d::new(1));
    net.push("flatten", flatten);
    net.push("classifier.0", Dropout::new(0.2));
    net.push("classifier.1", Linear::new(1280, classes, rng));
    net.with_kaiming_convolutions(rng).with_normal_linear("classifier.1.", rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Tensor, eval};

    #[test]
    fn the_input_is_added_where_the_sizes_are_the_same() {
        let rng = &mut Rng::seed(0);
        let x = Tensor::normal([2, 4, 6, 6], 0.0, 1.0, rng);
        for (outputs, stride, added) in [(4, 1, true), (4, 2, false), (5, 1, false)] {
            let block = InvertedResidual::new(4, outputs, stride, 6, rng);
            let (y, inner) = eval(|t| {
                let x = t.constant(&x);
                (block.forward(x).value(), block.conv.forward(x).value())
            });
            let want = if added { x.zip(&inner, |x, y| x + y) } else { inner };
            assert_eq!(y, want, "{}", block.describe());
            assert_eq!(block.describe().ends_with(", residual)"), added);
        }
    }
}
