//! What the tests share: small data, small nets, and the bits of a model.

use datasets::{Dataset, synthetic};
use nn_layers::models::{self, DannNet};
use nn_layers::{Conv2d, MaxPool2d, flatten, relu, seq};
use sha2::{Digest, Sha256};
use tensor_autograd::{Module, Rng};
use transfer::Training;
use transfer::fit::Progress;

/// Moons, and moons turned by 35 degrees.
pub(crate) fn two_moons(n: usize, seed: u64) -> (Dataset, Dataset) {
    (synthetic::moons(n, seed), synthetic::moons_rotated(n, 35.0, seed))
}

/// Written digits in grey, and other ones in negative.
pub(crate) fn two_papers(n: usize) -> (Dataset, Dataset) {
    let negative = synthetic::digits(n, 1).map_inputs(|x| x.mapv(|v| 1.0 - v));
    (synthetic::digits(n, 0), negative)
}

/// The net of the moons.
pub(crate) fn shallow(seed: u64) -> DannNet {
    models::dann_shallow(2, 15, 2, &mut Rng::seed(seed))
}

/// A net for grey digits: small, but large enough for its kernels to use every thread.
pub(crate) fn small_conv(seed: u64) -> DannNet {
    let rng = &mut Rng::seed(seed);
    DannNet {
        features: seq![Conv2d::new(1, 8, 5, rng), relu, MaxPool2d::new(2), flatten],
        label: models::mlp(&[1152, 64, 10], rng),
        domain: models::mlp(&[1152, 64, 1], rng),
    }
}

type Spoil = fn(&mut Training);

/// Ways to spoil a training, each with the setting that the error must name.
pub(crate) const BAD_TRAININGS: [(&str, Spoil); 16] = [
    ("lr", |t| t.lr = 0.0),
    ("lr", |t| t.lr = -0.1),
    ("lr", |t| t.lr = f64::NAN),
    ("lr", |t| t.lr = f64::INFINITY),
    ("batch_size", |t| t.batch_size = 0),
    ("epochs", |t| t.epochs = 0),
    ("steps", |t| t.steps = Some(0)),
    ("momentum", |t| t.momentum = 1.0),
    ("momentum", |t| t.momentum = -0.1),
    ("momentum", |t| t.momentum = f64::NAN),
    ("weight_decay", |t| t.weight_decay = -1.0),
    ("weight_decay", |t| t.weight_decay = f64::NAN),
    ("weight_decay", |t| t.weight_decay = f64::INFINITY),
    ("patience", |t| t.patience = Some(0)),
    // Nothing to be patient about without validation data.
    ("patience", |t| t.patience = Some(1)),
    ("patience", |t| t.patience = Some(usize::MAX)),
];

/// Nobody watches.
pub(crate) fn quiet() -> Progress {
    Progress::silent()
}

/// The SHA-256 of every name, shape and bit of what the pattern names.
pub(crate) fn bits_of(module: &impl Module, pattern: &str) -> String {
    let pattern = tensor_autograd::Pattern::new(pattern);
    let mut hash = Sha256::new();
    for (name, p) in module.named_params().into_iter().filter(|(name, _)| pattern.matches(name)) {
        hash.update(format!("{name} {}\n", p.shape()));
        p.value.as_slice().iter().for_each(|x| hash.update(x.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a whole model.
pub(crate) fn bits(module: &impl Module) -> String {
    bits_of(module, "*")
}
