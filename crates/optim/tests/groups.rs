//! Groups by name pattern.

use crate::common::{Net, noise};
use optim::{Exponential, Sgd};
use tensor_autograd::{Module, Real, Tensor};

/// How far each parameter moves in one step of plain descent, relative to its gradient.
fn moved(opt: optim::Optimizer<Sgd>) -> Vec<(String, f64)> {
    let mut net = Net::small();
    let (before, grads) = (net.state_dict(), noise(&net, 0));
    let gradient = |net: &Net| -> Vec<(String, Tensor)> {
        let all = net.named_params().into_iter();
        all.filter_map(|(n, p)| Some((n, grads.get(p)?.clone()))).collect()
    };
    let given = gradient(&net);
    let mut opt = opt.bind(&net).unwrap();
    opt.step(&mut net, &grads);
    let after = net.state_dict();
    let first = |t: &Tensor| f64::from(t.as_slice()[0]);
    given
        .into_iter()
        .map(|(n, g)| {
            let rate = (first(&before[&n]) - first(&after[&n])) / first(&g);
            (n, (rate * 1e4).round() / 1e4)
        })
        .collect()
}

fn rates(expected: [f64; 4]) -> Vec<(String, f64)> {
    let names = ["features.0.weight", "features.0.bias", "head.weight", "head.bias"];
    names.map(str::to_owned).into_iter().zip(expected).collect()
}

#[test]
fn a_group_has_a_rate_of_its_own_or_a_share() {
    let own = Sgd::new(0.1).group("features.*", |g| g.lr(0.02));
    assert_eq!(moved(own), rates([0.02, 0.02, 0.1, 0.1]));
    let share = Sgd::new(0.1).group("features.*", |g| g.lr_scale(0.1));
    assert_eq!(moved(share), rates([0.01, 0.01, 0.1, 0.1]));
}

#[test]
fn the_rate_that_is_told_is_the_one_that_is_taken() {
    let opt = || {
        Sgd::new(Exponential::new(0.1, 0.5))
            .group("*.bias", |g| g.lr(0.05))
            .group("features.*", |g| g.lr_scale(0.1))
    };
    let told = |opt: &optim::Optimizer<Sgd>| {
        let names = ["features.0.weight", "features.0.bias", "head.weight", "head.bias"];
        names.map(|name| opt.lr_of(name).map(|lr| (lr * 1e4).round() / 1e4).unwrap())
    };
    assert_eq!(moved(opt()), rates(told(&opt())));
    let (mut net, mut later) = (Net::small(), opt());
    let grads = noise(&net, 0);
    later.step(&mut net, &grads);
    assert_eq!(told(&later), [0.005, 0.005, 0.05, 0.05]);
    let frozen = opt().group("head.*", |g| g.frozen(true));
    assert!(frozen.lr_of("head.bias").is_none() && frozen.lr_of("features.0.bias").is_some());
}

#[test]
fn the_last_group_that_sets_a_setting_decides_it() {
    let opt = Sgd::new(0.1)
        .group("*.bias", |g| g.lr(0.05))
        .group("features.*", |g| g.lr_scale(0.1))
        .group("*.0.bias", |g| g.weight_decay(0.0));
    assert_eq!(moved(opt), rates([0.01, 0.01, 0.1, 0.05]));
}

#[test]
fn weight_decay_is_a_groups_own() {
    let mut net = Net::small();
    let mut plain = Net::small();
    let grads = noise(&net, 0);
    let mut opt = Sgd::new(0.1).weight_decay(0.5).group("*.bias", |g| g.weight_decay(0.0));
    opt.step(&mut net, &grads);
    let grads = noise(&plain, 0);
    Sgd::new(0.1).step(&mut plain, &grads);
    assert_eq!(net.head.bias.value, plain.head.bias.value);
    assert_ne!(net.head.weight.value, plain.head.weight.value);
}

#[test]
fn a_frozen_group_keeps_weights_buffers_and_state() {
    let mut net = Net::small();
    let before = net.state_dict();
    let mut opt = Sgd::new(0.1).momentum(0.9).group("features.*", |g| g.frozen(true));
    let grads = noise(&net, 3);
    opt.step(&mut net, &grads);
    let after = net.state_dict();
    let same = |name: &str| before[name] == after[name];
    assert!(same("features.0.weight") && same("features.0.bias") && same("features.0.running"));
    assert!(!same("head.weight") && !same("head.bias") && !same("head.running"));
    assert_eq!(opt.state().updates["features.0.weight"], 0);

    let thawed =
        Sgd::new(0.1).group("features.*", |g| g.frozen(true)).group("*.bias", |g| g.frozen(false));
    let grads = noise(&net, 4);
    thawed.bind(&net).unwrap().step(&mut net, &grads);
    assert_eq!(net.features[0].weight.value, before["features.0.weight"]);
    assert_ne!(net.features[0].bias.value, before["features.0.bias"]);
}

#[test]
fn rates_follow_their_schedules() {
    let halves = |lr| Exponential::new(lr, 0.5);
    let mut net = Net::small();
    let mut opt = Sgd::new(halves(0.8))
        .group("head.weight", |g| g.lr_scale(0.5))
        .group("head.bias", |g| g.lr(Exponential::new(0.1, 0.1)));
    let ones = |net: &Net| {
        crate::common::grads_of(net, 0, |_, p| {
            Some(Tensor::ones(p.shape())).filter(|_| p.trainable())
        })
    };
    assert_eq!((opt.lr(), opt.steps()), (0.8, 0));
    for (features, weight, bias) in [(0.8, 0.4, 0.1), (0.4, 0.2, 0.01), (0.2, 0.1, 0.001)] {
        let before = net.state_dict();
        let grads = ones(&net);
        opt.step(&mut net, &grads);
        let after = net.state_dict();
        let fell = |n: &str| before[n].as_slice()[0] - after[n].as_slice()[0];
        let near = |got: Real, want: Real| (got - want).abs() < 1e-6;
        assert!(near(fell("features.0.weight"), features), "{}", fell("features.0.weight"));
        assert!(near(fell("head.weight"), weight) && near(fell("head.bias"), bias));
    }
    assert_eq!(opt.steps(), 3);
    opt.set_lr(0.3).unwrap();
    assert_eq!(opt.lr(), 0.3);
    assert!(opt.set_lr(-1.0).is_err());
    assert_eq!(opt.lr(), 0.3);
}
