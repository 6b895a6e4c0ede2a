//! Frozen means frozen, whichever method trains the rest: weights and running statistics. Columns of
//! progressive networks are held to it in `obligations`, and learnt features in the tests of self-taught
//! learning.

use crate::common::{quiet, two_papers};
use crate::estimators::{ESTIMATORS, Task};
use datasets::synthetic;
use nn_layers::models::DannNet;
use nn_layers::{
    AdaptiveAvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, Linear, Sequential, StateDict, flatten,
    relu, seq,
};
use std::collections::BTreeMap;
use tensor_autograd::{Module, Pattern, Rng, Tensor};
use transfer::multi_task::{self, MultiTaskNet, Weighting};
use transfer::zero_shot::{Kind, eszsl::Coding, sae::Direction};
use transfer::{
    Alignment, Architecture, DomainAdversarial, MultiTask, Signatures, Training, ZeroShot,
};

type State = BTreeMap<String, Tensor>;

/// Everything that the pattern names has the same bytes after training; a weight that it does not
/// name has not, and neither has a running mean, if there is one.
#[track_caller]
fn assert_frozen(what: &str, pattern: &str, (before, after): (&State, &State)) {
    let frozen = Pattern::new(pattern);
    let bytes = |t: &Tensor| t.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let moved = |name: &str| bytes(&before[name]) != bytes(&after[name]);
    let (held, free): (Vec<&String>, Vec<&String>) =
        before.keys().partition(|name| frozen.matches(name));
    assert!(held.iter().any(|name| name.ends_with("running_mean")), "{what}: {held:?}");
    let strayed: Vec<_> = held.into_iter().filter(|name| moved(name)).collect();
    assert!(strayed.is_empty(), "{what}, {pattern} frozen: {strayed:?} moved");
    for kind in ["weight", "running_mean"] {
        let mut free = free.iter().filter(|name| name.ends_with(kind)).peekable();
        let none = free.peek().is_none();
        assert!(none || free.any(|name| moved(name)), "{what}, {pattern} frozen: no {kind} moved");
    }
}

/// A trunk for grey images with two batch normalisations; 24 features.
fn trunk(rng: &mut Rng) -> Sequential {
    seq![
        Conv2d::new(1, 4, 5, rng).stride(2),
        BatchNorm2d::new(4),
        relu,
        Conv2d::new(4, 6, 3, rng).stride(2),
        BatchNorm2d::new(6),
        relu,
        AdaptiveAvgPool2d::new(2),
        flatten,
    ]
}

fn head(outputs: usize, rng: &mut Rng) -> Sequential {
    seq![Linear::new(24, 12, rng), BatchNorm1d::new(12), relu, Linear::new(12, outputs, rng)]
}

fn net() -> DannNet {
    let rng = &mut Rng::seed(0);
    DannNet { features: trunk(rng), label: head(10, rng), domain: head(1, rng) }
}

/// A pull to zero beside the loss, where the method bears it.
fn training(weight_decay: f64) -> Training {
    Training { epochs: 2, batch_size: 16, weight_decay, seed: 7, ..Training::default() }
}

#[test]
fn every_estimator_of_a_classifier_leaves_frozen_parts_alone() {
    for pattern in ["features.0.*, features.1.*", "label.0.*, label.1.*", "features.*, domain.*"] {
        let mut start = net();
        start.freeze(pattern);
        let before = start.state_dict();
        for estimator in ESTIMATORS {
            let (source, target) = two_papers(32);
            let task = Task {
                net: start.clone(),
                labelled: source,
                unlabelled: target.without_labels(),
                validation: None,
            };
            // L2-SP takes the place of weight decay.
            let decay = if estimator.name.contains("l2-sp") { 0.0 } else { 0.1 };
            let model = (estimator.fit)(training(decay), &task, &mut quiet()).unwrap();
            let mut before = before.clone();
            if estimator.name == "layer-transfer" {
                // It freezes the trunk itself: of what is free the label predictor alone moves.
                let frozen = Pattern::new(pattern);
                before.retain(|name, _| frozen.matches(name) || name.starts_with("label."));
            }
            assert_frozen(estimator.name, pattern, (&before, &model.net.state_dict()));
        }
        // With all of the trunk frozen there is nothing that it could adapt.
        if !pattern.contains("features.*") {
            let (source, target) = two_papers(32);
            let method = DomainAdversarial::new(start.clone()).align(Alignment::Adabn);
            let method = method.training(training(0.1));
            let model = method.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
            assert_frozen("adabn", pattern, (&before, &model.net.state_dict()));
        }
    }
}

#[test]
fn every_weighting_of_tasks_leaves_frozen_parts_alone() {
    let tasks = [
        multi_task::Task::classification("digits", &synthetic::digits(32, 0)).unwrap(),
        multi_task::Task::classification("letters", &synthetic::letters(52, 1)).unwrap(),
    ];
    let rng = &mut Rng::seed(0);
    let heads = [("digits", 10), ("letters", 26)].map(|(task, n)| (task.to_owned(), head(n, rng)));
    let net = MultiTaskNet { trunk: trunk(rng), heads: heads.into(), ..MultiTaskNet::default() };
    for weighting in [
        Weighting::Equal,
        Weighting::Given([("digits".to_owned(), 3.0)].into()),
        Weighting::Uncertainty,
        Weighting::GRAD_NORM,
        Weighting::PcGrad,
        Weighting::MGDA,
        Weighting::Mgda { normalized: false },
    ] {
        for pattern in ["trunk.0.*, trunk.1.*", "heads.digits.*", "trunk.3.*, trunk.4.*"] {
            let mut net = net.clone();
            net.freeze(pattern);
            let method = MultiTask::new(net.clone()).weighting(weighting.clone());
            let model = method.training(training(0.1)).fit(&tasks, &mut quiet()).unwrap();
            let states = (&net.state_dict(), &model.net.state_dict());
            assert_frozen(&format!("{weighting:?}"), pattern, states);
        }
    }
}

#[test]
fn every_zero_shot_model_on_a_network_leaves_frozen_parts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let digits = synthetic::digits(60, 3);
    let labels = digits.labels().unwrap();
    let seen: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] < 7).collect();
    let rows = (0..10).map(|c| (0..4).map(|j| f64::from((c * 7 + j * j) % 11)).collect()).collect();
    let names = (0..4).map(|j| format!("attribute {j}")).collect();
    let signatures = Signatures::new(digits.classes().to_vec(), names, rows).unwrap();
    let architecture = Architecture::named("cifar-cnn", &[1, 28, 28], 7);
    for kind in [
        Kind::Dap { penalty: 1.0 },
        Kind::Nearest,
        Kind::Eszsl(Coding::Signs),
        Kind::Sae(Direction::ToSignatures),
        Kind::Conse { top: 3 },
        Kind::Compatibility { margin: 1.0, width: 6 },
        Kind::Regression,
    ] {
        let pattern = "features.0.*, features.1.*, features.4.weight, features.5.*";
        let mut net = architecture.build(&mut Rng::seed(0)).unwrap();
        net.freeze(pattern);
        let mut before = net.state_dict();
        before.retain(|name, _| name.starts_with("features."));
        let method = ZeroShot::new(kind, signatures.clone()).network(net.features);
        let method = method.training(Training { epochs: 1, ..training(0.1) });
        let model = method.fit(&digits.select(&seen), &mut quiet()).unwrap();
        model.save(Some(&architecture), &path).unwrap();
        let after = StateDict::load(&path).unwrap().tensors;
        assert_frozen(&format!("{kind:?}"), pattern, (&before, &after));
    }
}
