//! The networks that can be named: in a command, in a configuration, in a saved model.

use crate::TransferError;
use nn_layers::models::{self, DannNet};
use serde::{Deserialize, Serialize};
use tensor_autograd::Rng;

/// A network's kind and the sizes that define it: what a saved model needs beside its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// The kind; one of [`Architecture::kinds`].
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
    build: fn(&[usize], usize, &mut Rng) -> DannNet,
}

/// To add a network, add a line.
const KINDS: &[Kind] = &[
    Kind {
        name: "dann-mnist",
        help: "conv5-32, pool2, conv5-48, pool2, FC100-100; domain FC100 (Ganin et al., 2016)",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 16,
        build: |s, classes, rng| models::dann_mnist([s[0], s[1], s[2]], classes, rng),
    },
    Kind {
        name: "lenet",
        help: "conv5-10, pool2, conv5-20, pool2, FC50; label FC50 (Sener and Koltun, 2018)",
        takes: |s| s.len() == 3 && s[1] >= 16 && s[2] >= 16,
        build: |s, classes, rng| models::dann_lenet([s[0], s[1], s[2]], classes, rng),
    },
    Kind {
        name: "dann-svhn",
        help: "conv5-64, pool3/2, conv5-64, pool3/2, conv5-128, FC3072-2048; domain FC1024-1024",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 28,
        build: |s, classes, rng| models::dann_svhn([s[0], s[1], s[2]], classes, rng),
    },
    Kind {
        name: "dann-signs",
        help: "conv5-96, conv3-144, conv5-256, FC512; domain FC1024-1024",
        takes: |s| s.len() == 3 && s[1] == s[2] && s[1] >= 36,
        build: |s, classes, rng| models::dann_signs([s[0], s[1], s[2]], classes, rng),
    },
    Kind {
        name: "cifar-cnn",
        help: "conv3-32, pool2, conv3-64, pool2, conv3-128, all with batch norm; 2x2 mean; linear",
        takes: |s| s.len() == 3 && s[1] >= 8 && s[2] >= 8,
        build: |s, classes, rng| models::cifar_net([s[0], s[1], s[2]], classes, rng),
    },
    Kind {
        name: "mlp",
        help: "flatten, FC256-128 with ReLU; domain FC100: for rows, spectrograms, small images",
        takes: |s| !s.is_empty(),
        build: |s, classes, rng| models::dann_mlp(s.iter().product(), [256, 128], classes, rng),
    },
    Kind {
        name: "shallow",
        help: "one hidden layer of 15 sigmoid units; domain: a logistic unit (the paper's moons)",
        takes: |s| s.len() == 1,
        build: |s, classes, rng| models::dann_shallow(s[0], 15, classes, rng),
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
        let Some(kind) = KINDS.iter().find(|k| k.name == self.name) else {
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
        Ok((kind.build)(&self.input, self.classes, rng))
    }
}
