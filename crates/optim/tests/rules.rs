//! Every rule and option against PyTorch: 20 steps from recorded gradients.

use crate::common::{grads_of, reference};
use optim::{Adagrad, Adam, AdamW, OneCycle, Optimizer, RmsProp, Rule, Sgd};
use std::collections::BTreeMap;
use tensor_autograd::reference::assert_close;
use tensor_autograd::{Module, Param, Tensor, module};

struct Softmax {
    weight: Param,
    bias: Param,
}
module!(Softmax: weight, bias);

/// Row `i` of a recorded series.
fn at(series: &Tensor, i: usize) -> Tensor {
    series.rows(i..i + 1).reshape(&series.shape()[1..])
}

/// Repeats the steps of `testdata/reference/NAME.txt`: values after each of them, arrays at the end.
#[track_caller]
fn follow<R: Rule>(name: &str, opt: Optimizer<R>) {
    let want = reference(name);
    let param = |n: &str| Param::weight(want[&format!("input {n}")].clone());
    let mut net = Softmax { weight: param("weight"), bias: param("bias") };
    let mut opt = opt.bind(&net).unwrap();
    for step in 0..20 {
        let grads = grads_of(&net, 0, |n, _| Some(at(&want[&format!("grads {n}")], step)));
        opt.step(&mut net, &grads);
        for (n, value) in net.state_dict() {
            let what = format!("{name}: {n} after step {step}");
            assert_close(&value, &at(&want[&format!("values {n}")], step), &what);
        }
    }
    let recorded: BTreeMap<&str, &Tensor> =
        want.iter().filter_map(|(k, t)| Some((k.strip_prefix("state ")?, t))).collect();
    let state = opt.state();
    assert!(state.tensors.keys().eq(recorded.keys()), "{name}: {:?}", state.tensors.keys());
    for (key, tensor) in &state.tensors {
        assert_close(tensor, recorded[key.as_str()], &format!("{name}: {key}"));
    }
}

#[test]
fn sgd() {
    follow("sgd", Sgd::new(0.1));
    follow("sgd_decay", Sgd::new(0.1).weight_decay(0.05));
    follow("sgd_momentum", Sgd::new(0.1).momentum(0.9));
    follow("sgd_dampening", Sgd::new(0.1).momentum(0.8).dampening(0.3).weight_decay(0.01));
    follow("sgd_nesterov", Sgd::new(0.1).momentum(0.9).nesterov().weight_decay(0.01));
}

#[test]
fn adam() {
    follow("adam", Adam::new(0.05));
    follow("adam_betas", Adam::new(0.05).betas(0.8, 0.99).eps(1e-4).weight_decay(0.1));
    follow("adam_amsgrad", Adam::new(0.2).betas(0.9, 0.9).amsgrad());
}

#[test]
fn adamw() {
    follow("adamw", AdamW::new(0.05));
    follow("adamw_decay", AdamW::new(0.05).betas(0.8, 0.95).eps(1e-6).weight_decay(0.3));
    follow("adamw_amsgrad", AdamW::new(0.2).betas(0.9, 0.9).amsgrad());
}

#[test]
fn rmsprop() {
    follow("rmsprop", RmsProp::new(0.02));
    follow("rmsprop_alpha", RmsProp::new(0.02).alpha(0.9).eps(1e-3).weight_decay(0.1));
    follow("rmsprop_centered", RmsProp::new(0.02).alpha(0.9).centered());
    follow("rmsprop_momentum", RmsProp::new(0.02).momentum(0.7));
    let all = RmsProp::new(0.02).alpha(0.9).momentum(0.7).centered().weight_decay(0.05);
    follow("rmsprop_all", all);
}

#[test]
fn adagrad() {
    follow("adagrad", Adagrad::new(0.2));
    let all = Adagrad::new(0.2).lr_decay(0.1).initial_accumulator(0.3).eps(1e-4);
    follow("adagrad_all", all.weight_decay(0.05));
}

#[test]
fn groups() {
    let bias = |opt: Optimizer<Adam>| opt.group("bias", |g| g.lr(0.005).weight_decay(0.0));
    follow("groups", bias(Adam::new(0.05).weight_decay(0.1)));
    let scaled = Adam::new(0.05).weight_decay(0.1);
    follow("groups", scaled.group("bias", |g| g.lr_scale(0.1).weight_decay(0.0)));
}

#[test]
fn a_cycle_moves_rate_and_momentum() {
    let cycle = |max| OneCycle::new(max, 21).cycle_momentum(0.8, 0.95);
    follow("sgd_one_cycle", Sgd::new(cycle(0.5)).momentum(0.9));
    follow("adam_one_cycle", Adam::new(cycle(0.1)));
}

/// Where the gradient is constant its variance is 0, and rounding must not make it negative.
#[test]
fn centred_rmsprop_survives_a_constant_gradient() {
    let mut w = Param::weight(Tensor::from_fn([64], |i| 1.0 + i as tensor_autograd::Real));
    let mut opt = RmsProp::new(1e-6).alpha(0.5).centered();
    for _ in 0..200 {
        let grads = grads_of(&w, 0, |_, p| {
            Some(Tensor::from_fn(p.shape(), |i| 0.1 + 0.37 * i as tensor_autograd::Real))
        });
        opt.step(&mut w, &grads);
    }
    assert!(w.value.is_finite());
}
