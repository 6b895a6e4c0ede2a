//! Frozen means frozen: every byte, those of running statistics too.

use crate::common::{bits_of, quiet, two_moons};
use nn_layers::{BatchNorm1d, Layer, Linear, Sequential, relu, seq};
use tensor_autograd::{Module, Rng, Var, module};
use transfer::conservative::{Distillation, Ewc, Fisher, L2Sp};
use transfer::{Conservative, FineTune, LayerTransfer, Model, Network, Supervised, TransferError};

/// A net with running statistics on both sides of the cut.
#[derive(Clone)]
struct Normed {
    features: Sequential,
    label: Sequential,
}
module!(Normed: features, label);

impl Network for Normed {
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.features.forward(x)
    }
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        self.label.forward(features)
    }
}

/// Trained on the moons.
fn source() -> Model<Normed> {
    let rng = &mut Rng::seed(0);
    let net = Normed {
        features: seq![Linear::new(2, 8, rng), BatchNorm1d::new(8), relu],
        label: seq![Linear::new(8, 8, rng), BatchNorm1d::new(8), relu, Linear::new(8, 2, rng)],
    };
    Supervised::new(net).epochs(3).batch_size(10).fit(&two_moons(40, 0).0, &mut quiet()).unwrap()
}

fn tuned(train_only: &str) -> Model<Normed> {
    let tune = FineTune::new(source()).train_only(train_only).weight_decay(0.1).epochs(4);
    tune.fit(&two_moons(40, 0).1, &mut quiet()).unwrap()
}

/// Which parameters differ in some bit.
fn changed(a: &Normed, b: &Normed) -> Vec<String> {
    let (a, b) = (a.state_dict(), b.state_dict());
    a.into_iter().filter(|(name, value)| b[name] != *value).map(|(name, _)| name).collect()
}

#[test]
fn what_the_pattern_does_not_name_keeps_every_byte() {
    let before = source();
    let all: Vec<String> = before.net.state_dict().into_keys().collect();
    for pattern in ["label.*", "features.*", "label.3.*", "*.bias", "features.1.weight"] {
        let after = tuned(pattern);
        let named = tensor_autograd::Pattern::new(pattern);
        let (named, rest): (Vec<String>, Vec<String>) =
            all.iter().cloned().partition(|name| named.matches(name));
        let rest = rest.join(", ");
        assert_eq!(bits_of(&before.net, &rest), bits_of(&after.net, &rest), "{pattern}");
        // The control: statistics and weights that are named do move.
        assert_eq!(changed(&before.net, &after.net), named, "{pattern}");
    }
    assert_eq!(changed(&before.net, &tuned("*").net), all);
}

#[test]
fn what_the_user_froze_stays_frozen_and_all_else_is_free_again() {
    let mut before = source();
    before.net.freeze("features.0.*");
    let tune = FineTune::new(before.clone()).train_only("features.*").epochs(2);
    let after = tune.fit(&two_moons(40, 0).1, &mut quiet()).unwrap();
    let trunk = bits_of(&before.net, "features.0.*, label.*");
    assert_eq!(bits_of(&after.net, "features.0.*, label.*"), trunk);
    for (name, param) in after.net.named_params() {
        assert_eq!(param.frozen, name.starts_with("features.0."), "{name}");
    }
}

#[test]
fn a_trunk_rate_of_zero_holds_weights_but_not_statistics() {
    let before = source();
    let tune = FineTune::new(before.clone()).trunk_lr(0.0).epochs(2);
    let after = tune.fit(&two_moons(40, 0).1, &mut quiet()).unwrap();
    let moved = changed(&before.net, &after.net);
    let weights = ["features.0.weight", "features.0.bias", "features.1.weight", "features.1.bias"];
    assert!(weights.iter().all(|name| !moved.iter().any(|m| m == name)), "{moved:?}");
    assert!(moved.iter().any(|name| name == "features.1.running_mean"), "{moved:?}");
}

#[test]
fn the_trunk_moves_by_its_share() {
    let before = source();
    let [whole, tenth] = [1.0, 0.1].map(|factor| {
        let tune = FineTune::new(before.clone()).trunk_lr(factor).momentum(0.0).steps(1);
        tune.fit(&two_moons(40, 0).1, &mut quiet()).unwrap().net
    });
    assert_eq!(bits_of(&whole, "label.*"), bits_of(&tenth, "label.*"));
    let weight = |net: &Normed| net.state_dict()["features.0.weight"].clone();
    let moved =
        |net: &Normed| weight(net).zip(&weight(&before.net), |after, before| after - before);
    let (whole, tenth) = (moved(&whole), moved(&tenth));
    for (whole, tenth) in whole.as_slice().iter().zip(tenth.as_slice()) {
        assert!(*whole != 0.0 && (0.1 * whole - tenth).abs() < 1e-6, "{whole}, {tenth}");
    }
}

#[test]
fn statistics_alone_are_nothing_to_train() {
    let tune = FineTune::new(source()).train_only("*.running_mean");
    let result = tune.fit(&two_moons(40, 0).1, &mut quiet());
    assert!(matches!(result, Err(TransferError::Setting { name: "train_only", .. })));
}

/// Every hold and the transfer of layers, weight decay or a pull to zero beside them where they bear
/// it.
#[test]
fn what_is_frozen_keeps_every_byte_whatever_method_trains_the_rest() {
    let before = source();
    let target = two_moons(40, 0).1;
    let tuning = || FineTune::new(before.clone()).train_only("label.*").epochs(3);
    let held = || Conservative::new(tuning());
    let fisher = Fisher::empirical(&before, &two_moons(40, 0).0).unwrap();
    let decayed = Conservative::new(tuning().weight_decay(0.1));
    let decayed = decayed.distillation(Distillation { rho: 0.5 });
    let l2_sp = L2Sp { alpha: 0.5, beta: 0.5, fresh: "features.*".into() };
    let layers = LayerTransfer::new(FineTune::new(before.clone()).epochs(3), before.net.clone());
    for (name, fitted) in [
        ("l2-sp", held().l2_sp(l2_sp).fit(&target, &mut quiet())),
        ("ewc", held().ewc(Ewc { lambda: 1.0, fisher }).fit(&target, &mut quiet())),
        ("distillation", decayed.fit(&target, &mut quiet())),
        ("layer-transfer", layers.copy("features.*").fit(&target, &mut quiet())),
    ] {
        let after = fitted.unwrap().net;
        assert_eq!(bits_of(&before.net, "features.*"), bits_of(&after, "features.*"), "{name}");
        // The control: the rest moves, running statistics too.
        let moved = changed(&before.net, &after);
        assert!(moved.iter().any(|name| name == "label.1.running_mean"), "{name}: {moved:?}");
        assert!(moved.iter().any(|name| name == "label.3.weight"), "{name}: {moved:?}");
    }
}
