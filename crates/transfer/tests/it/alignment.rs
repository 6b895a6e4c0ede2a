//! The adversary's rivals: what each changes, and what it leaves alone.

use crate::common::{bits, bits_of, quiet, shallow, two_moons, two_papers};
use nn_layers::models::{self, DannNet, cifar_net};
use nn_layers::{BatchNorm2d, Conv2d, Dropout, flatten, relu, seq};
use tensor_autograd::{Module, Real, Rng};
use transfer::domain_adversarial::alignment::recalibrate;
use transfer::fit::Observer;
use transfer::{
    Alignment, DomainAdversarial, Inputs, Normalize, Normalizer, Supervised, TransferError,
};

fn aligned(net: &DannNet, alignment: Alignment) -> DomainAdversarial {
    DomainAdversarial::new(net.clone()).align(alignment).steps(20).batch_size(8).seed(2)
}

fn with_batch_norm() -> DannNet {
    cifar_net([1, 28, 28], 10, &mut Rng::seed(0))
}

#[test]
fn without_alignment_it_is_the_network_of_the_source() {
    let (source, target) = two_papers(40);
    let net = with_batch_norm();
    let none = aligned(&net, Alignment::None);
    let none = none.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
    let plain = Supervised::new(net).steps(20).batch_size(8).seed(2);
    assert_eq!(bits(&none.net), bits(&plain.fit(&source, &mut quiet()).unwrap().net));
}

#[test]
fn adaptive_batch_norm_changes_statistics_alone() {
    let (source, target) = two_papers(40);
    let net = with_batch_norm();
    let fit = |alignment| {
        let target = target.without_labels();
        aligned(&net, alignment).fit(&source, &target, &mut quiet()).unwrap().net
    };
    let (adapted, plain) = (fit(Alignment::Adabn), fit(Alignment::None));
    let weights = |net: &DannNet| bits_of(net, "*.weight, *.bias");
    assert_eq!(weights(&adapted), weights(&plain));
    assert_ne!(bits(&adapted), bits(&plain));
}

/// The first layer's statistics, from its convolution's own output.
#[test]
fn the_statistics_are_those_of_the_target() {
    let target = two_papers(40).1.without_labels();
    let normalizer = Normalizer::fit(Normalize::Standard, &target);
    let mut net = with_batch_norm();
    let rows: Vec<usize> = (0..target.len()).collect();
    let x = Inputs::new(&target, &normalizer).unwrap().batch(&rows);
    let first = tensor_autograd::eval(|t| net.features[0].forward(t.constant(x)).value());
    recalibrate(&mut net, &target, &normalizer).unwrap();
    let state = net.state_dict();
    let (mean, var) = (&state["features.1.running_mean"], &state["features.1.running_var"]);
    let (n, channels) = (first.shape()[0], first.shape()[1]);
    let plane = first.shape()[2] * first.shape()[3];
    for c in 0..channels {
        let values = (0..n).flat_map(|i| &first.as_slice()[(i * channels + c) * plane..][..plane]);
        let values: Vec<f64> = values.map(|&v| f64::from(v)).collect();
        let count = values.len() as f64;
        let m = values.iter().sum::<f64>() / count;
        let v = values.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (count - 1.0);
        let close = |got: Real, want: f64| (f64::from(got) - want).abs() < 1e-4 * (1.0 + want);
        assert!(close(mean.as_slice()[c], m), "channel {c}: {} for {m}", mean.as_slice()[c]);
        assert!(close(var.as_slice()[c], v), "channel {c}: {} for {v}", var.as_slice()[c]);
    }
}

/// What is frozen, and what a momentum of 0 keeps, stays and is used as it is; the rest is adapted.
#[test]
fn statistics_that_are_kept_stay_and_the_others_are_adapted() {
    let target = two_papers(40).1.without_labels();
    let normalizer = Normalizer::fit(Normalize::Standard, &target);
    let three = |momenta: [Real; 3]| {
        let rng = &mut Rng::seed(0);
        let [a, b, c] = momenta.map(|m| BatchNorm2d::new(4).momentum(m));
        DannNet {
            features: seq![
                Conv2d::new(1, 4, 5, rng),
                a,
                relu,
                Conv2d::new(4, 4, 3, rng),
                b,
                relu,
                Conv2d::new(4, 4, 3, rng),
                c,
                relu,
                flatten,
            ],
            label: seq![],
            domain: seq![],
        }
    };
    let adapted = |mut net: DannNet| {
        recalibrate(&mut net, &target, &normalizer).unwrap();
        assert!(net.state_dict().values().all(|value| value.is_finite()));
        net
    };
    let statistics = |layer: usize| {
        let name = format!("features.{layer}.running");
        format!("{name}_mean, {name}_var, features.{layer}.num_batches_tracked")
    };
    let mut frozen = three([0.1; 3]);
    frozen.freeze("features.4.running_*");
    for start in [frozen, three([0.1, 0.0, 0.1])] {
        let end = adapted(start.clone());
        let kept = |layer| bits_of(&end, &statistics(layer)) == bits_of(&start, &statistics(layer));
        assert_eq!([1, 4, 7].map(kept), [false, true, false]);
    }
    // What comes after a layer that keeps its statistics sees it as it will be used.
    let (held, mut none) = (adapted(three([0.1, 0.0, 0.1])), three([0.1; 3]));
    none.freeze("features.4.running_*");
    assert_eq!(bits_of(&held, &statistics(7)), bits_of(&adapted(none), &statistics(7)));
    // The momentum does not matter but where it is 0.
    let [slow, fast] = [0.1, 0.5].map(|m| adapted(three([m; 3])).state_dict());
    for (name, value) in &slow {
        let apart = value.zip(&fast[name], |a, b| (a - b).abs() / (1.0 + b.abs()));
        assert!(apart.as_slice().iter().all(|x| *x < 1e-4), "{name}");
    }
}

/// The statistics are for use, where dropout is off.
#[test]
fn statistics_are_adapted_without_dropout() {
    let target = two_papers(40).1.without_labels();
    let normalizer = Normalizer::fit(Normalize::Standard, &target);
    let statistics = |first: Dropout| {
        let features = seq![first, BatchNorm2d::new(1), flatten];
        let mut net = DannNet { features, label: seq![], domain: seq![] };
        recalibrate(&mut net, &target, &normalizer).unwrap();
        bits_of(&net, "features.1.running*")
    };
    assert_eq!(statistics(Dropout::new(0.5)), statistics(Dropout::new(0.0)));
}

#[test]
fn a_network_that_keeps_every_statistic_is_refused_before_training() {
    let (source, target) = two_papers(20);
    let target = target.without_labels();
    let mut frozen = with_batch_norm();
    frozen.freeze("features.*.running_mean, features.*.running_var");
    let still = DannNet {
        features: seq![BatchNorm2d::new(1).momentum(0.0), flatten],
        label: models::mlp(&[784, 10], &mut Rng::seed(0)),
        domain: models::mlp(&[784, 1], &mut Rng::seed(0)),
    };
    let what = "the network keeps the statistics of every batch normalisation";
    for mut net in [frozen, still] {
        let before = bits(&net);
        let method = aligned(&net, Alignment::Adabn);
        let trained = method.fit(&source, &target, &mut Never).map(|_| ());
        assert!(matches!(trained, Err(TransferError::Mismatch { what: w, .. }) if w == what));
        let normalizer = Normalizer::fit(Normalize::Standard, &target);
        assert!(recalibrate(&mut net, &target, &normalizer).is_err());
        assert_eq!(bits(&net), before);
    }
}

/// A training must not begin.
struct Never;

impl Observer for Never {
    fn begin(&mut self, _: usize, _: usize) {
        panic!("it trains first");
    }
}

#[test]
fn each_domain_is_served_by_its_own_statistics() {
    let (source, target) = two_papers(40);
    let inputs = source.without_labels();
    let own = Normalizer::fit(Normalize::Standard, &inputs);
    for alignment in [Alignment::Adabn, Alignment::Mmd] {
        let method = aligned(&with_batch_norm(), alignment);
        let model = method.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
        let on_source = alignment.on_source(&model, &inputs, &own).unwrap();
        let mut expected = model.net.clone();
        if alignment == Alignment::Adabn {
            recalibrate(&mut expected, &inputs, &own).unwrap();
            assert_ne!(bits(&expected), bits(&model.net));
        }
        assert_eq!(bits(&on_source.net), bits(&expected), "{alignment:?}");
        assert_eq!(on_source.normalizer, own);
    }
}

#[test]
fn a_network_without_batch_norm_is_refused_before_training() {
    let (source, target) = two_moons(20, 0);
    let result = aligned(&shallow(0), Alignment::Adabn)
        .fit(&source, &target.without_labels(), &mut quiet())
        .map(|_| ());
    let what = "the network has no batch normalisation to adapt";
    assert!(matches!(result, Err(TransferError::Mismatch { what: w, .. }) if w == what));
}

#[test]
fn a_weight_for_no_loss_is_refused() {
    let (source, target) = two_moons(20, 0);
    let lambda = |x| {
        let method = aligned(&shallow(0), Alignment::None).lambda(x);
        method.fit(&source, &target.without_labels(), &mut quiet()).map(|_| ())
    };
    assert!(lambda(0.0).is_ok());
    let refused = matches!(lambda(1.0), Err(TransferError::Setting { name: "lambda", .. }));
    assert!(refused);
}

/// Every loss does what it is for: at the end of training it is smaller than without its weight.
#[test]
fn each_distance_falls() {
    let (source, target) = two_papers(96);
    let net = crate::common::small_conv(0);
    for alignment in [Alignment::Coral, Alignment::Mmd] {
        let end = |lambda| {
            let method = aligned(&net, alignment).steps(60).batch_size(32).lambda(lambda);
            let model = method.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
            model.history.last("alignment_loss").unwrap()
        };
        let (without, with) = (end(0.0), end(10.0));
        assert!(with < 0.8 * without, "{alignment:?}: {with}, {without} without");
    }
}
