//! A small net with batch normalisation for colour images of 32 × 32 pixels, such as CIFAR-10's.

use super::{DannNet, feature_count};
use crate::init::{Fan, Nonlinearity};
use crate::{AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, flatten, init, relu, seq};
use tensor_autograd::Rng;

/// Three blocks `conv 3x3, batch norm, ReLU` of 32, 64 and 128 channels with `max-pool 2x2` between
/// them, and the mean over each quarter of the picture: 512 features. Labels and domain are linear in
/// them. The convolutions pad by 1.
///
/// The convolutions' weights start as Kaiming normal (He et al. 2015), their biases at 0.
///
/// # Panics
/// If the image `[channels, height, width]` is smaller than 8 × 8.
#[track_caller]
pub fn cifar_net(image: [usize; 3], classes: usize, rng: &mut Rng) -> DannNet {
    let [channels, height, width] = image;
    assert!(height >= 8 && width >= 8, "cifar_net: expected images of 8x8 or more, got {image:?}");
    let features = seq![
        Conv2d::new(channels, 32, 3, rng).padding(1),
        BatchNorm2d::new(32),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(32, 64, 3, rng).padding(1),
        BatchNorm2d::new(64),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(64, 128, 3, rng).padding(1),
        BatchNorm2d::new(128),
        relu,
        AdaptiveAvgPool2d::new(2),
        flatten,
    ];
    let d = feature_count(&features, &image);
    let mut net = DannNet {
        features,
        label: seq![Linear::new(d, classes, rng)],
        domain: seq![Linear::new(d, 1, rng)],
    };
    let gain = Nonlinearity::Relu.gain();
    init::apply(&mut net, "features.0.weight, features.4.weight, features.8.weight", |shape| {
        init::kaiming_normal(shape, Fan::In, gain, rng)
    });
    init::apply(&mut net, "features.*.bias", |shape| init::constant(shape, 0.0));
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layer;
    use tensor_autograd::{Module, Tensor, eval, grad};

    #[test]
    fn sizes_are_as_stated() {
        let net = cifar_net([3, 32, 32], 10, &mut Rng::seed(0));
        let conv = (27 + 1) * 32 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 128;
        let norm = 2 * (32 + 64 + 128);
        assert_eq!(net.features.num_parameters(), conv + norm);
        assert_eq!(net.label.num_parameters(), 513 * 10);
        let norm = &net.state_dict()["features.1.weight"];
        assert!(
            norm.as_slice().iter().all(|&w| w == 1.0),
            "the convolutions' start is not its own"
        );
    }

    #[test]
    fn every_part_learns_and_other_sizes_fit() {
        let rng = &mut Rng::seed(0);
        let net = cifar_net([1, 28, 28], 4, rng);
        let x = Tensor::uniform([6, 1, 28, 28], 0.0..1.0, rng);
        let (_, grads) =
            grad(rng, |t| net.forward(t.constant(x.clone())).cross_entropy(&[0, 1, 2, 3, 0, 1]));
        for (name, param) in net.named_params() {
            let trained =
                param.kind == tensor_autograd::Kind::Weight && !name.starts_with("domain");
            assert_eq!(grads.get(param).is_some(), trained, "{name}");
        }
        assert_eq!(*eval(|t| net.forward(t.constant(x)).value()).shape(), [6, 4]);
    }

    #[test]
    #[should_panic(expected = "8x8 or more, got [3, 7, 32]")]
    fn a_picture_of_few_pixels_is_refused() {
        cifar_net([3, 7, 32], 10, &mut Rng::seed(0));
    }
}
