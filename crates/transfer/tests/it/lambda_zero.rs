//! Without the adversary, adversarial training is supervised training, to the bit.

use crate::common::{bits_of, quiet, shallow, two_moons};
use datasets::{Dataset, synthetic};
use nn_layers::models::{self, DannNet};
use nn_layers::{Dropout, Linear, seq, sigmoid};
use tensor_autograd::Rng;
use transfer::{DomainAdversarial, Supervised};

/// Features and label predictor of both trainings, and of adversarial training proper.
fn three(net: DannNet, data: (Dataset, Dataset), steps: usize) -> [String; 3] {
    let (source, target) = data;
    let dann = |lambda| {
        let dann = DomainAdversarial::new(net.clone()).lambda(lambda).weight_decay(0.01);
        let dann = dann.steps(steps).batch_size(8).seed(5);
        dann.fit(&source, &target.without_labels(), &mut quiet()).unwrap()
    };
    let plain = Supervised::new(net.clone()).weight_decay(0.01).steps(steps).batch_size(8).seed(5);
    let plain = plain.fit(&source, &mut quiet()).unwrap();
    [plain, dann(0.0), dann(1.0)].map(|model| bits_of(&model.net, "features.*, label.*"))
}

#[track_caller]
fn assert_the_same_without_adversary([plain, without, with]: [String; 3]) {
    assert_eq!(plain, without);
    assert_ne!(plain, with, "the adversary changes nothing: the comparison proves nothing");
}

#[test]
fn the_shallow_net() {
    assert_the_same_without_adversary(three(shallow(0), two_moons(50, 0), 200));
}

#[test]
fn a_net_with_dropout_in_both_parts() {
    let rng = &mut Rng::seed(0);
    let net = DannNet {
        features: seq![Linear::new(2, 15, rng), sigmoid, Dropout::new(0.3)],
        label: seq![Dropout::new(0.3), Linear::new(15, 2, rng)],
        domain: seq![Dropout::new(0.3), Linear::new(15, 1, rng)],
    };
    assert_the_same_without_adversary(three(net, two_moons(50, 0), 50));
}

#[test]
fn the_mnist_net() {
    let net = models::dann_mnist([3, 28, 28], 10, &mut Rng::seed(0));
    let source = synthetic::digits(30, 0).grey_to_rgb().unwrap();
    assert_the_same_without_adversary(three(net, (source, synthetic::digits_textured(20, 0)), 6));
}
