//! What every rule shares: the walk over the model.

use crate::common::{Net, grads_of, noise, panic_text};
use optim::{Adam, Sgd};
use std::collections::BTreeMap;
use tensor_autograd::{Module, Param, Tensor};

#[test]
fn weights_are_updated_in_place() {
    let mut net = Net::small();
    let address = |net: &Net| net.features[0].weight.value.as_slice().as_ptr();
    let before = address(&net);
    let mut opt = Adam::new(0.1).bind(&net).unwrap();
    for step in 0..3 {
        let grads = noise(&net, step);
        opt.step(&mut net, &grads);
    }
    assert_eq!(address(&net), before);
}

#[test]
fn a_snapshot_keeps_its_values() {
    let mut net = Net::small();
    let (before, bytes) = (net.state_dict(), net.head.bias.value.as_slice().to_vec());
    let grads = noise(&net, 0);
    Sgd::new(0.1).step(&mut net, &grads);
    assert_eq!(before["head.bias"].as_slice(), bytes);
    assert_ne!(net.head.bias.value, before["head.bias"]);
}

#[test]
fn buffers_take_what_the_forward_pass_proposed() {
    let mut net = Net::small();
    net.freeze("head.*");
    let grads = noise(&net, 7);
    Sgd::new(0.1).step(&mut net, &grads);
    assert_eq!(net.features[0].running.value, Tensor::full([4], 7.0));
    assert_eq!(net.head.running.value, Tensor::zeros([2]));
}

#[test]
fn what_is_frozen_keeps_its_bytes_and_its_state() {
    let mut net = Net::small();
    let mut opt = Adam::new(0.1).weight_decay(0.1);
    let grads = noise(&net, 0);
    opt.step(&mut net, &grads);
    net.freeze("features.*");
    let part = |all: BTreeMap<String, Tensor>| -> BTreeMap<String, Tensor> {
        all.into_iter().filter(|(name, _)| name.starts_with("features")).collect()
    };
    let (weights, state) = (part(net.state_dict()), opt.state());
    for step in 1..4 {
        // A frozen parameter is left alone even where a gradient was computed for it.
        let grads = grads_of(&net, step, |_, p| Some(Tensor::ones(p.shape())));
        opt.step(&mut net, &grads);
    }
    assert_eq!(part(net.state_dict()), weights);
    let now = opt.state();
    assert_eq!(part(now.tensors), part(state.tensors));
    assert_eq!(now.updates["features.0.weight"], 1);
    assert_eq!(now.updates["head.weight"], 4);
    assert_eq!(now.step, 4);
}

#[test]
fn a_weight_without_gradient_is_left_alone() {
    let mut net = Net::small();
    let before = net.state_dict();
    let grads = grads_of(&net, 0, |name, p| (name == "head.bias").then(|| Tensor::ones(p.shape())));
    Sgd::new(0.1).weight_decay(0.5).step(&mut net, &grads);
    let after = net.state_dict();
    let moved: Vec<&str> =
        after.iter().filter(|(n, t)| before[*n] != **t).map(|(n, _)| n.as_str()).collect();
    assert_eq!(moved, ["head.bias"]);
}

/// The state follows the name when the model is taken apart and put together in another order.
#[test]
fn state_follows_names_not_positions() {
    let values = |seed| Tensor::from_fn([3], |i| (i as tensor_autograd::Real) + seed);
    let pair = || [("a", values(1.0)), ("b", values(5.0))];
    struct Named(Vec<(&'static str, Param)>);
    impl Module for Named {
        fn visit<'a>(
            &'a self,
            path: &mut tensor_autograd::Path,
            f: tensor_autograd::Visitor<'_, 'a>,
        ) {
            self.0.iter().for_each(|(name, p)| path.enter(name, |path| f(path.as_str(), p)));
        }
        fn visit_mut<'a>(
            &'a mut self,
            path: &mut tensor_autograd::Path,
            f: tensor_autograd::VisitorMut<'_, 'a>,
        ) {
            self.0.iter_mut().for_each(|(name, p)| path.enter(name, |path| f(path.as_str(), p)));
        }
    }
    let make = || Named(pair().into_iter().map(|(n, t)| (n, Param::weight(t))).collect());
    let (mut kept, mut shuffled) = (make(), make());
    let (mut opt1, mut opt2) = (Adam::new(0.1), Adam::new(0.1));
    for step in 0..4 {
        let (g1, g2) = (noise(&kept, step), noise(&shuffled, step));
        opt1.step(&mut kept, &g1);
        opt2.step(&mut shuffled, &g2);
        shuffled.0.reverse();
    }
    assert_eq!(kept.state_dict(), shuffled.state_dict());

    shuffled.0[1].0 = shuffled.0[0].0;
    let grads = noise(&shuffled, 9);
    let text = panic_text(|| opt2.step(&mut shuffled, &grads));
    assert!(text.contains("two parameters of the model are named `a`"), "{text}");
}

#[test]
fn a_replaced_parameter_must_be_forgotten() {
    let mut net = Net::small();
    let mut opt = Sgd::new(0.1).momentum(0.9);
    let grads = noise(&net, 0);
    opt.step(&mut net, &grads);
    net.head.bias = Param::weight(Tensor::zeros([7]));
    let grads = noise(&net, 1);
    let text = panic_text(|| opt.step(&mut net, &grads));
    assert!(text.contains("`head.bias` has shape [7]") && text.contains("`forget`"), "{text}");
    opt.forget("head.*");
    opt.step(&mut net, &grads);
    assert_eq!(opt.state().updates["head.bias"], 1);
}

#[test]
fn an_optimiser_chosen_at_run_time_is_the_same_optimiser() {
    let (mut a, mut b) = (Net::small(), Net::small());
    let mut plain = Sgd::new(0.1).momentum(0.9);
    let mut chosen = Sgd::new(0.1).momentum(0.9).erased();
    for step in 0..3 {
        let (ga, gb) = (noise(&a, step), noise(&b, step));
        plain.step(&mut a, &ga);
        chosen.step(&mut b, &gb);
    }
    assert_eq!(a.state_dict(), b.state_dict());
    assert_eq!(plain.state(), chosen.state());
}
