//! Clipping and averaging against PyTorch.

use crate::common::{Net, grads_of, noise, panic_text, reference};
use optim::{Ema, Sgd, StateError, clip_norm, clip_value};
use tensor_autograd::reference::assert_close;
use tensor_autograd::{Grads, Module, Param, Real, Tensor, module};

struct Layer {
    weight: Param,
    bias: Param,
}
module!(Layer: weight, bias);

/// Clips the recorded gradients with `clip` and compares with the tensors called `name`.
fn clipped(name: &str, clip: impl FnOnce(&mut Grads)) {
    let want = reference("clip");
    let zeros = |n: &str| Param::weight(Tensor::zeros(want[&format!("input {n}")].shape()));
    let layer = Layer { weight: zeros("weight"), bias: zeros("bias") };
    let mut grads = grads_of(&layer, 0, |n, _| Some(want[&format!("input {n}")].clone()));
    clip(&mut grads);
    for (n, p) in layer.named_params() {
        assert_close(grads.get(p).unwrap(), &want[&format!("{name} {n}")], name);
    }
}

#[test]
fn clipping_is_pytorchs() {
    let norm = reference("clip")["norm"].item();
    let near = |got: Real| assert!((got - norm).abs() < 1e-5 * norm, "{got}, PyTorch has {norm}");
    clipped("clip_norm", |g| near(clip_norm(g, 1.5)));
    clipped("clip_norm_loose", |g| near(clip_norm(g, 100.0)));
    clipped("clip_value", |g| clip_value(g, 0.7));
}

#[test]
fn a_norm_that_is_not_finite_is_reported_and_left() {
    let net = Net::small();
    let bad = |value: Real| {
        grads_of(&net, 0, |n, p| {
            let fill = if n == "head.bias" { value } else { 1.0 };
            p.trainable().then(|| Tensor::full(p.shape(), fill))
        })
    };
    for value in [Real::NAN, Real::INFINITY] {
        let mut grads = bad(value);
        assert!(!clip_norm(&mut grads, 0.1).is_finite());
        assert_eq!(grads.get(&net.head.weight).unwrap().as_slice()[0], 1.0);
    }
    let text = panic_text(|| clip_value(&mut bad(1.0), -1.0));
    assert_eq!(text, "clip_value: max = -1, must be > 0");
}

#[test]
fn the_average_is_pytorchs() {
    let want = reference("ema");
    let row = |name: &str, i: usize| want[name].rows(i..i + 1).reshape([3, 5]);
    let mut w = Param::weight(row("weights", 0));
    let mut ema = Ema::new(&w, 0.9).unwrap();
    for i in 0..10 {
        w.value = row("weights", i + 1);
        ema.update(&w);
        assert_close(&ema.state().0[""], &row("averages", i), &format!("average {i}"));
    }
}

#[test]
fn averages_are_swapped_in_and_out() {
    let mut net = Net::small();
    let mut ema = Ema::new(&net, 0.5).unwrap();
    let start = net.state_dict();
    let grads = noise(&net, 2);
    Sgd::new(0.1).step(&mut net, &grads);
    ema.update(&net);
    let trained = net.state_dict();
    ema.swap(&mut net);
    for (name, average) in net.state_dict() {
        // Buffers are copied, weights averaged.
        let d = if name.ends_with("running") { 0.0 } else { 0.5 };
        let mean = start[&name].zip(&trained[&name], |a, b| d * a + (1.0 - d) * b);
        assert_close(&average, &mean, &name);
    }
    let averages = net.state_dict();
    ema.swap(&mut net);
    assert_eq!(net.state_dict(), trained);
    let mut copy = Net::small();
    ema.copy_to(&mut copy);
    assert_eq!(copy.state_dict(), averages);
}

#[test]
fn warming_up_forgets_the_first_weights() {
    let mut w = Param::weight(Tensor::scalar(0.0));
    let mut ema = Ema::new(&w, 0.6).unwrap().warmup();
    let decays: Vec<f64> = (0..12)
        .map(|_| {
            w.value = Tensor::scalar(1.0);
            let decay = ema.decay();
            ema.update(&w);
            decay
        })
        .collect();
    assert!((decays[0] - 2.0 / 11.0).abs() < 1e-12 && (decays[1] - 3.0 / 12.0).abs() < 1e-12);
    assert_eq!(decays[11], 13.0 / 22.0);
    assert_eq!(ema.decay(), 0.6);
}

#[test]
fn frozen_weights_average_to_themselves() {
    let net = Net::small();
    let mut ema = Ema::new(&net, 0.9).unwrap();
    (0..5).for_each(|_| ema.update(&net));
    assert_eq!(ema.state().0, net.state_dict());
}

#[test]
fn a_saved_average_goes_on() {
    let mut net = Net::small();
    let mut ema = Ema::new(&net, 0.9).unwrap().warmup();
    ema.update(&net);
    let mut other = Ema::new(&net, 0.9).unwrap().warmup();
    let (average, updates) = ema.state();
    other.load_state(average.clone(), updates).unwrap();
    assert_eq!(other, ema);
    net.head.weight.value = Tensor::zeros([2, 4]);
    ema.update(&net);
    other.update(&net);
    assert_eq!(other, ema);

    let mut wrong = average;
    wrong.remove("head.bias");
    wrong.insert("tail".into(), Tensor::zeros([1]));
    wrong.insert("head.weight".into(), Tensor::zeros([4, 2]));
    let error = other.load_state(wrong, 3).unwrap_err();
    let StateError::Mismatch(differs) = &error else { panic!("{error}") };
    assert_eq!(
        (differs.missing.len(), differs.unexpected.len(), differs.misshapen.len()),
        (1, 1, 1)
    );
    assert_eq!(other, ema);
}
