//! The networks that can be named: in a command, in a configuration, in a saved model.

use crate::description::Description;
use crate::{TransferError, backbone};
use nn_layers::models::{self, DannNet};
use serde::{Deserialize, Serialize};
use tensor_autograd::Rng;

/// A network's kind and the sizes that define it: what a saved model needs beside its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// The kind, one of [`Architecture::kinds`]; one that comes in sizes may carry its own, as
    /// `shallow:50` does.
    pub name: String,
    /// The shape of one sample: `[channels, height, width]`, or `[features]`.
    pub input: Vec<usize>,
    /// The number of classes.
    pub classes: usize,
    /// What the network is, where it is none of the kinds; its name is then the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

/// A kind of network: name, what it is, whether it takes such a sample, how it is made, and how many
/// weights that gives at least, from the sizes as `f64`, which no claim can overflow.
struct Kind {
    name: &'static str,
    help: &'static str,
    takes: fn(&[usize]) -> bool,
    build: Build,
    weights: fn(&[f64], f64, f64) -> f64,
}

/// How a kind is made of the sample's shape and the number of classes.
enum Build {
    /// In one size.
    Fixed(fn(&[usize], usize, &mut Rng) -> DannNet),
    /// With so many hidden units, this many where the name has no `:N`.
    Sized(usize, fn(&[usize], usize, usize, &mut Rng) -> DannNet),
}

use Build::{Fixed, Sized};

/// More hidden units, or more weights from inputs to hidden units, are taken for a slip.
const MOST_HIDDEN: usize = 65_536;
const MOST_WEIGHTS: usize = 1 << 28;

/// The side of a picture after a layer without padding: `⌊(n - kernel) / stride⌋ + 1`.
fn side(n: f64, kernel: f64, stride: f64) -> f64 {
    ((n - kernel) / stride).floor() + 1.0
}

/// The side after a convolution of this width and pooling 2 × 2.
fn pooled(n: f64, kernel: f64) -> f64 {
    side(side(n, kernel, 1.0), 2.0, 2.0)
}

/// Numbers of a sample that a saved model may claim: a picture of 4096 × 4096 pixels in colour.
pub(crate) const LARGEST_SAMPLE: f64 = 3.0 * 4096.0 * 4096.0;

/// To add a network, add a line.
const KINDS: &[Kind] = &[
    Kind {
        name: "dann-mnist",
        help: "conv5-32, pool2, conv5-48, pool2, FC100-100; domain FC100 (Ganin et al., 2016)",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 16,
        build: Fixed(|s, classes, rng| models::dann_mnist([s[0], s[1], s[2]], classes, rng)),
        weights: |s, classes, _| {
            let features = 48.0 * pooled(pooled(s[1], 5.0), 5.0).powi(2);
            800.0 * s[0] + 200.0 * features + 100.0 * classes
        },
    },
    Kind {
        name: "lenet",
        help: "conv5-10, pool2, conv5-20, pool2, FC50; label FC50 (Sener and Koltun, 2018)",
        takes: |s| s.len() == 3 && s[1] >= 16 && s[2] >= 16,
        build: Fixed(|s, classes, rng| models::dann_lenet([s[0], s[1], s[2]], classes, rng)),
        weights: |s, classes, _| {
            let [h, w] = [s[1], s[2]].map(|n| pooled(pooled(n, 5.0), 5.0));
            250.0 * s[0] + 1000.0 * h * w + 50.0 * classes
        },
    },
    Kind {
        name: "dann-svhn",
        help: "conv5-64, pool3/2, conv5-64, pool3/2, conv5-128, FC3072-2048; domain FC1024-1024",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 28,
        build: Fixed(|s, classes, rng| models::dann_svhn([s[0], s[1], s[2]], classes, rng)),
        weights: |s, classes, _| {
            let features = 128.0 * side(side(s[1], 3.0, 2.0), 3.0, 2.0).powi(2);
            1600.0 * s[0] + 4096.0 * features + 2048.0 * classes
        },
    },
    Kind {
        name: "dann-signs",
        help: "conv5-96, conv3-144, conv5-256, FC512; domain FC1024-1024",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 36,
        build: Fixed(|s, classes, rng| models::dann_signs([s[0], s[1], s[2]], classes, rng)),
        weights: |s, classes, _| {
            let features = 256.0 * pooled(pooled(pooled(s[1], 5.0), 3.0), 5.0).powi(2);
            2400.0 * s[0] + 1536.0 * features + 512.0 * classes
        },
    },
    Kind {
        name: "cifar-cnn",
        help: "conv3-32, pool2, conv3-64, pool2, conv3-128, all with batch norm; 2x2 mean; linear",
        takes: |s| s.len() == 3 && s[1] >= 8 && s[2] >= 8,
        build: Fixed(|s, classes, rng| models::cifar_net([s[0], s[1], s[2]], classes, rng)),
        weights: |s, classes, _| 288.0 * s[0] + 512.0 * classes,
    },
    Kind {
        name: "mlp",
        help: "flatten, FC256-128 with ReLU; domain FC100: for rows, spectrograms, small images",
        takes: |s| !s.is_empty(),
        build: Fixed(|s, classes, rng| {
            models::dann_mlp(s.iter().product(), [256, 128], classes, rng)
        }),
        weights: |s, classes, _| 256.0 * s.iter().product::<f64>() + 128.0 * classes,
    },
    Kind {
        name: "shallow",
        help: "one hidden layer of sigmoids, 15 or N as shallow:N; domain: a logistic unit (the paper's)",
        takes: |s| s.len() == 1,
        build: Sized(15, |s, hidden, classes, rng| {
            models::dann_shallow(s[0], hidden, classes, rng)
        }),
        weights: |s, classes, hidden| hidden * (s[0] + classes),
    },
    Kind {
        name: "resnet18",
        help: "torchvision's ResNet-18, for pretrained weights: 512 features",
        takes: is_picture,
        build: Fixed(|_, classes, rng| pretrained("resnet18", classes, rng)),
        weights: |_, classes, _| 11_166_912.0 + 512.0 * classes,
    },
    Kind {
        name: "resnet34",
        help: "torchvision's ResNet-34: 512 features",
        takes: is_picture,
        build: Fixed(|_, classes, rng| pretrained("resnet34", classes, rng)),
        weights: |_, classes, _| 21_267_648.0 + 512.0 * classes,
    },
    Kind {
        name: "resnet50",
        help: "torchvision's ResNet-50: 2048 features",
        takes: is_picture,
        build: Fixed(|_, classes, rng| pretrained("resnet50", classes, rng)),
        weights: |_, classes, _| 23_454_912.0 + 2048.0 * classes,
    },
    Kind {
        name: "mobilenet_v2",
        help: "torchvision's MobileNetV2: 1280 features",
        takes: is_picture,
        build: Fixed(|_, classes, rng| pretrained("mobilenet_v2", classes, rng)),
        weights: |_, classes, _| 2_189_760.0 + 1280.0 * classes,
    },
    Kind {
        name: "vgg11_bn",
        help: "torchvision's VGG-11 with batch normalisation: 4096 features",
        takes: is_picture,
        build: Fixed(|_, classes, rng| pretrained("vgg11_bn", classes, rng)),
        weights: |_, classes, _| 128_000_000.0 + 4096.0 * classes,
    },
];

/// What torchvision's networks take: pictures in colour, of which something is left after five
/// halvings.
fn is_picture(sample: &[usize]) -> bool {
    matches!(sample, [3, height, width] if *height.min(width) >= 32)
}

/// One of torchvision's networks with fresh values.
fn pretrained(name: &str, classes: usize, rng: &mut Rng) -> DannNet {
    let net = backbone::bare(name, classes, rng).expect("a name of the table");
    let head = net.names().len() - 1;
    backbone::divided(net, head, rng)
}

impl Architecture {
    /// Every kind, as (name, what it is).
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        KINDS.iter().map(|k| (k.name, k.help))
    }

    /// The kind that fits samples of this shape: the MNIST net for square images, the shallow one
    /// for rows, the perceptron for everything else.
    pub fn default_for(input: &[usize], classes: usize) -> Self {
        let fits = |name: &&str| KINDS.iter().any(|k| k.name == *name && (k.takes)(input));
        let name = ["dann-mnist", "shallow"].into_iter().find(fits).unwrap_or("mlp");
        Architecture::named(name, input, classes)
    }

    /// The kind of this name, which need not exist.
    pub fn named(name: impl Into<String>, input: &[usize], classes: usize) -> Self {
        Architecture { name: name.into(), input: input.to_vec(), classes, description: None }
    }

    /// Whether there is such a network, and it takes such samples.
    pub(crate) fn check(&self) -> Result<(), TransferError> {
        match self.plan()? {
            Some(_) => Ok(()),
            None => self.kind().map(|_| ()),
        }
    }

    pub(crate) fn unfit(&self, what: &str) -> TransferError {
        TransferError::Mismatch {
            what: "the network does not take such samples",
            left: format!("`{}`, {what}", self.name),
            right: format!("samples {:?}, {} classes", self.input, self.classes),
            remedy: "choose another network, or resize the images",
        }
    }

    /// Makes the network with fresh initial values.
    ///
    /// # Errors
    /// If the kind is unknown or does not take samples of this shape.
    pub fn build(&self, rng: &mut Rng) -> Result<DannNet, TransferError> {
        if let Some(plan) = self.plan()? {
            return Ok(backbone::divided(plan.build(rng), plan.head, rng));
        }
        let (kind, hidden) = self.kind()?;
        Ok(match kind.build {
            Fixed(build) => build(&self.input, self.classes, rng),
            Sized(_, build) => build(&self.input, hidden, self.classes, rng),
        })
    }

    /// Sets what the sizes claim beside the numbers that a file holds, before a network of them
    /// takes memory.
    ///
    /// # Errors
    /// As for [`build`](Architecture::build), or if such a network has more weights than `held`.
    pub(crate) fn check_weights(&self, held: usize) -> Result<(), TransferError> {
        let sizes: Vec<f64> = self.input.iter().map(|&n| n as f64).collect();
        let weights = match self.plan()? {
            Some(plan) => plan.numbers(),
            None => {
                let (kind, hidden) = self.kind()?;
                (kind.weights)(&sizes, self.classes as f64, hidden as f64)
            }
        };
        // Pictures of which a net takes means cost no weights, but memory when their size is tried.
        let numbers: f64 = sizes.iter().product();
        if weights > held as f64 || numbers > LARGEST_SAMPLE {
            return Err(TransferError::Mismatch {
                what: "the sizes that are claimed are not those of the weights",
                left: format!(
                    "`{}` for samples {:?} and {} classes, which has {weights} weights or more",
                    self.name, self.input, self.classes
                ),
                right: format!("{held} numbers"),
                remedy: "the file is damaged or made by hand: save the model again",
            });
        }
        Ok(())
    }

    /// The kind and its hidden units, 0 where it has one size, if it is known and takes such samples.
    fn kind(&self) -> Result<(&'static Kind, usize), TransferError> {
        let (name, size) = match self.name.split_once(':') {
            Some((name, size)) => (name, Some(size)),
            None => (&*self.name, None),
        };
        let Some(kind) = KINDS.iter().find(|k| k.name == name) else {
            let known: Vec<&str> = KINDS.iter().map(|k| k.name).collect();
            return Err(TransferError::Mismatch {
                what: "there is no such network",
                left: format!("`{}`", self.name),
                right: known.join(", "),
                remedy: "name one of these",
            });
        };
        if !(kind.takes)(&self.input) || self.classes == 0 || self.input.contains(&0) {
            return Err(self.unfit(kind.help));
        }
        match (&kind.build, size) {
            (Fixed(_), None) => Ok((kind, 0)),
            (Sized(hidden, _), None) => Ok((kind, *hidden)),
            (Sized(..), Some(size)) => Ok((kind, self.hidden(size)?)),
            (Fixed(_), Some(_)) => Err(TransferError::Mismatch {
                what: "this network comes in one size",
                left: format!("`{}`", self.name),
                right: format!("`{name}`"),
                remedy: "leave the size out",
            }),
        }
    }

    /// The number of hidden units that a name's `size` stands for.
    fn hidden(&self, size: &str) -> Result<usize, TransferError> {
        let inputs = self.input.iter().fold(1usize, |n, &x| n.saturating_mul(x));
        let usable = |n: &usize| (1..=MOST_HIDDEN.min(MOST_WEIGHTS / inputs)).contains(n);
        // One number has one name: `shallow:+050` is none.
        let number = size.parse().ok().filter(|n: &usize| n.to_string() == size);
        number.filter(usable).ok_or_else(|| TransferError::Mismatch {
            what: "the network's size is no usable number of hidden units",
            left: format!("`{}`", self.name),
            right: format!("1 to {MOST_HIDDEN}, at most {MOST_WEIGHTS} weights"),
            remedy: "write the number after the colon, as in `shallow:50`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Module;

    fn of(name: &str, input: &[usize], classes: usize) -> Architecture {
        Architecture::named(name, input, classes)
    }

    #[test]
    fn the_fewest_weights_are_near_the_real_number_and_never_above() {
        for (name, input) in [
            ("dann-mnist", vec![3, 28, 28]),
            ("dann-mnist", vec![1, 33, 33]),
            ("lenet", vec![1, 29, 40]),
            ("dann-svhn", vec![3, 29, 29]),
            ("dann-signs", vec![3, 41, 41]),
            ("cifar-cnn", vec![300, 8, 11]),
            ("mlp", vec![40, 51]),
            ("shallow", vec![5000]),
            ("shallow:50", vec![5000]),
            ("resnet18", vec![3, 40, 50]),
            ("resnet34", vec![3, 224, 224]),
            ("resnet50", vec![3, 32, 32]),
            ("mobilenet_v2", vec![3, 32, 32]),
        ] {
            let architecture = of(name, &input, 300);
            let weights = architecture.build(&mut Rng::seed(0)).unwrap().num_parameters();
            let sizes: Vec<f64> = input.iter().map(|&n| n as f64).collect();
            let (kind, hidden) = architecture.kind().unwrap();
            let fewest = (kind.weights)(&sizes, 300.0, hidden as f64);
            assert!(fewest <= weights as f64, "{name} {input:?}: {fewest}, has {weights}");
            assert!(fewest >= weights as f64 / 3.0, "{name} {input:?}: {fewest}, has {weights}");
            assert!(architecture.check_weights(weights).is_ok(), "{name}");
        }
    }

    #[test]
    fn sizes_beyond_the_weights_are_refused_before_they_take_memory() {
        for (name, input, classes) in [
            ("mlp", vec![1 << 26], 2),
            ("mlp", vec![1 << 40, 1 << 40], 2),
            ("shallow", vec![2], 1 << 40),
            ("dann-svhn", vec![3, 5000, 5000], 10),
            ("cifar-cnn", vec![1 << 30, 8, 8], 10),
            ("cifar-cnn", vec![3, 1 << 20, 1 << 20], 10),
        ] {
            let error = of(name, &input, classes).check_weights(1_000_000).unwrap_err();
            assert!(error.to_string().contains("1000000 numbers"), "{name}: {error}");
        }
    }

    fn build(name: &str) -> Result<DannNet, String> {
        of(name, &[7], 3).build(&mut Rng::seed(0)).map_err(|e| e.to_string())
    }

    #[test]
    fn a_name_can_carry_the_number_of_hidden_units() {
        let size = |name| build(name).unwrap().state_dict()["features.0.weight"].shape()[0];
        assert_eq!((size("shallow"), size("shallow:1"), size("shallow:50")), (15, 1, 50));
        let net = build("shallow:50").unwrap().state_dict();
        assert_eq!(*net["label.0.weight"].shape(), [3, 50]);
    }

    #[test]
    fn sizes_that_are_none_are_refused() {
        for name in ["shallow:", "shallow:0", "shallow:+5", "shallow:05", "shallow:99999999999999"]
        {
            assert!(build(name).unwrap_err().contains("no usable number"), "{name}");
        }
        assert!(build("mlp:50").unwrap_err().contains("comes in one size"));
        assert!(build("shalow:50").unwrap_err().contains("there is no such network"));
    }
}
