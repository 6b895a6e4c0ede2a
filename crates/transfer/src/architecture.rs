//! The networks that can be named: in a command, in a configuration, in a saved model.

use crate::TransferError;
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
}

/// A kind of network: name, what it is, whether it takes such a sample, and how it is made.
struct Kind {
    name: &'static str,
    help: &'static str,
    takes: fn(&[usize]) -> bool,
    build: Build,
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

/// To add a network, add a line.
const KINDS: &[Kind] = &[
    Kind {
        name: "dann-mnist",
        help: "conv5-32, pool2, conv5-48, pool2, FC100-100; domain FC100 (Ganin et al., 2016)",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 16,
        build: Fixed(|s, classes, rng| models::dann_mnist([s[0], s[1], s[2]], classes, rng)),
    },
    Kind {
        name: "lenet",
        help: "conv5-10, pool2, conv5-20, pool2, FC50; label FC50 (Sener and Koltun, 2018)",
        takes: |s| s.len() == 3 && s[1] >= 16 && s[2] >= 16,
        build: Fixed(|s, classes, rng| models::dann_lenet([s[0], s[1], s[2]], classes, rng)),
    },
    Kind {
        name: "dann-svhn",
        help: "conv5-64, pool3/2, conv5-64, pool3/2, conv5-128, FC3072-2048; domain FC1024-1024",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 28,
        build: Fixed(|s, classes, rng| models::dann_svhn([s[0], s[1], s[2]], classes, rng)),
    },
    Kind {
        name: "dann-signs",
        help: "conv5-96, conv3-144, conv5-256, FC512; domain FC1024-1024",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 36,
        build: Fixed(|s, classes, rng| models::dann_signs([s[0], s[1], s[2]], classes, rng)),
    },
    Kind {
        name: "cifar-cnn",
        help: "conv3-32, pool2, conv3-64, pool2, conv3-128, all with batch norm; 2x2 mean; linear",
        takes: |s| s.len() == 3 && s[1] >= 8 && s[2] >= 8,
        build: Fixed(|s, classes, rng| models::cifar_net([s[0], s[1], s[2]], classes, rng)),
    },
    Kind {
        name: "mlp",
        help: "flatten, FC256-128 with ReLU; domain FC100: for rows, spectrograms, small images",
        takes: |s| !s.is_empty(),
        build: Fixed(|s, classes, rng| {
            models::dann_mlp(s.iter().product(), [256, 128], classes, rng)
        }),
    },
    Kind {
        name: "shallow",
        help: "one hidden layer of sigmoids, 15 or N as shallow:N; domain: a logistic unit (the paper's)",
        takes: |s| s.len() == 1,
        build: Sized(15, |s, hidden, classes, rng| {
            models::dann_shallow(s[0], hidden, classes, rng)
        }),
    },
];

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
        Architecture { name: name.into(), input: input.to_vec(), classes }
    }

    /// Makes the network with fresh initial values.
    ///
    /// # Errors
    /// If the kind is unknown or does not take samples of this shape.
    pub fn build(&self, rng: &mut Rng) -> Result<DannNet, TransferError> {
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
            return Err(TransferError::Mismatch {
                what: "the network does not take such samples",
                left: format!("`{}`, {}", kind.name, kind.help),
                right: format!("samples {:?}, {} classes", self.input, self.classes),
                remedy: "choose another network, or resize the images",
            });
        }
        match (&kind.build, size) {
            (Fixed(build), None) => Ok(build(&self.input, self.classes, rng)),
            (Sized(hidden, build), None) => Ok(build(&self.input, *hidden, self.classes, rng)),
            (Fixed(_), Some(_)) => Err(TransferError::Mismatch {
                what: "this network comes in one size",
                left: format!("`{}`", self.name),
                right: format!("`{name}`"),
                remedy: "leave the size out",
            }),
            (Sized(_, build), Some(size)) => {
                Ok(build(&self.input, self.hidden(size)?, self.classes, rng))
            }
        }
    }

    /// The number of hidden units that a name's `size` stands for.
    fn hidden(&self, size: &str) -> Result<usize, TransferError> {
        let inputs: usize = self.input.iter().product();
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

    fn build(name: &str) -> Result<DannNet, String> {
        let of = Architecture { name: name.into(), input: vec![7], classes: 3 };
        of.build(&mut Rng::seed(0)).map_err(|e| e.to_string())
    }

    #[test]
    fn a_name_can_carry_the_number_of_hidden_units() {
        use tensor_autograd::Module;
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
