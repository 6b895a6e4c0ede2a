//! The gradient that a step follows, against finite differences of the *separate* losses: features
//! climb the domain loss with factor λ, the domain classifier descends it.

use crate::common::{quiet, shallow, two_moons};
use datasets::Dataset;
use nn_layers::models::DannNet;
use nn_layers::{Layer, Linear};
use tensor_autograd::{Module, Param, Real, Rng, Tensor, eval, grad};
use transfer::domain_adversarial::{parts::domain_loss, schedules};
use transfer::{Decay, DomainAdversarial, LambdaSchedule, Normalize};

/// Step of the central difference, and the error allowed relative to 1 and the gradient. At 32 bits
/// a loss of size 1 is known to 1e-7, its difference over two steps to 3e-5; the rest is margin.
const SETTING: (Real, f64) = if cfg!(real_f64) { (1e-5, 1e-7) } else { (4e-3, 1e-3) };

/// ln (1 + e^z)
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// Mean logistic loss of source logits (domain 0) plus that of target logits (domain 1).
fn logistic(source: &Tensor, target: &Tensor) -> f64 {
    let mean = |z: &Tensor, sign: f64| {
        z.as_slice().iter().map(|&z| softplus(sign * f64::from(z))).sum::<f64>() / z.len() as f64
    };
    mean(source, 1.0) + mean(target, -1.0)
}

/// Mean cross-entropy.
fn cross_entropy(logits: &Tensor, labels: &[usize]) -> f64 {
    let width = logits.shape()[1];
    let rows = logits.as_slice().chunks_exact(width).zip(labels);
    let loss = |(row, &label): (&[Real], &usize)| {
        row.iter().map(|&z| f64::from(z - row[label]).exp()).sum::<f64>().ln()
    };
    rows.map(loss).sum::<f64>() / labels.len() as f64
}

/// The central difference of `f` in every element of the parameter `name` of `module`.
fn differences<M: Module>(module: &mut M, name: &str, f: impl Fn(&M) -> f64) -> Vec<f64> {
    let eps = SETTING.0;
    let len = module.state_dict()[name].len();
    let mut all = Vec::new();
    for i in 0..len {
        let mut at = |change: Real| {
            let mut named = module.named_params_mut();
            let (_, param) = named.iter_mut().find(|(n, _)| n == name).unwrap();
            let old = param.value.as_slice()[i];
            param.value.make_mut()[i] = old + change;
            let step = f64::from(old + change) - f64::from(old);
            drop(named);
            let value = f(module);
            let mut named = module.named_params_mut();
            let (_, param) = named.iter_mut().find(|(n, _)| n == name).unwrap();
            param.value.make_mut()[i] = old;
            (value, step)
        };
        let ((up, plus), (down, minus)) = (at(eps), at(-eps));
        all.push((up - down) / (plus - minus));
    }
    all
}

#[track_caller]
fn assert_close(what: &str, got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let allowed = SETTING.1 * (1.0 + want.abs());
        assert!((got - want).abs() <= allowed, "{what}[{i}]: {got}, by differences {want}");
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.as_slice().iter().map(|&x| f64::from(x)).collect()
}

/// Source and target features and a linear domain classifier, as one module.
struct Ends {
    source: Param,
    target: Param,
    head: Linear,
}
tensor_autograd::module!(Ends: source, target, head);

#[test]
fn behind_the_reversal_features_get_minus_lambda_times_the_gradient() {
    let rng = &mut Rng::seed(4);
    let random = |n, rng: &mut Rng| Param::weight(Tensor::normal([n, 3], 0.0, 1.0, rng));
    let mut ends =
        Ends { source: random(4, rng), target: random(6, rng), head: Linear::new(3, 1, rng) };
    let loss = |ends: &Ends| {
        let [s, t] = [&ends.source, &ends.target].map(|features| {
            eval(|t| ends.head.forward(t.constant(features.value.clone())).value())
        });
        logistic(&s, &t)
    };
    for lambda in [0.0, 0.1, 1.0, 6.0] {
        let (value, grads) = grad(&mut Rng::seed(0), |t| {
            let (source, target) = (t.param(&ends.source), t.param(&ends.target));
            domain_loss(&ends.head, source, target, lambda).loss
        });
        assert!((f64::from(value) - loss(&ends)).abs() < 1e-5, "the loss does not depend on λ");
        let got = |name: &str| {
            let params = ends.named_params();
            numbers(grads.get(params.iter().find(|(n, _)| n == name).unwrap().1).unwrap())
        };
        let names = ["source", "target", "head.weight", "head.bias"];
        let got = names.map(|name| (name, got(name)));
        for (name, got) in got {
            let factor = if name.starts_with("head") { 1.0 } else { -f64::from(lambda) };
            let want: Vec<f64> =
                differences(&mut ends, name, loss).iter().map(|d| factor * d).collect();
            assert_close(&format!("{name} at λ = {lambda}"), &got, &want);
        }
    }
}

/// Label loss and domain loss of a net.
fn losses(net: &DannNet, source: &Dataset, target: &Dataset) -> (f64, f64) {
    let tensor = |data: &Dataset| {
        let values = data.inputs().iter().map(|&x| Real::from(x)).collect();
        Tensor::new([data.len(), 2], values)
    };
    let (xs, xt) = (tensor(source), tensor(target));
    eval(|t| {
        let (s, t) = (net.features.forward(t.constant(xs)), net.features.forward(t.constant(xt)));
        let label = cross_entropy(&net.label.forward(s).value(), source.labels().unwrap());
        (label, logistic(&net.domain.forward(s).value(), &net.domain.forward(t).value()))
    })
}

/// With learning rate 1, no momentum and the whole data in the batch, the one step of a run *is* the
/// gradient.
#[test]
fn a_step_of_the_estimator_follows_both_losses() {
    let (source, target) = two_moons(8, 1);
    let mut net = shallow(1);
    // At its initial value of 0 the classifier would send no gradient to the features.
    let weight = Tensor::uniform([1, 15], -1.0..1.0, &mut Rng::seed(2));
    net.domain.named_params_mut()[0].1.value = weight;
    for (lambda, on_head) in [(0.0, false), (0.3, false), (2.0, false), (2.0, true)] {
        let dann = DomainAdversarial::new(net.clone()).steps(1).batch_size(8);
        let dann = dann.lr(1.0).decay(Decay::Constant).momentum(0.0).normalize(Normalize::None);
        let dann = dann.lambda(lambda).lambda_schedule(LambdaSchedule::Constant);
        let dann = dann.lambda_on_domain_head(on_head);
        let model = dann.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
        let (before, after) = (net.state_dict(), model.net.state_dict());
        for (name, before) in before {
            let got: Vec<f64> =
                numbers(&before).iter().zip(numbers(&after[&name])).map(|(b, a)| b - a).collect();
            let label = differences(&mut net, &name, |net| losses(net, &source, &target).0);
            let domain = differences(&mut net, &name, |net| losses(net, &source, &target).1);
            let factor = match name.split('.').next().unwrap() {
                "features" => -lambda,
                "domain" if on_head => lambda,
                "domain" => 1.0,
                _ => 0.0,
            };
            let want: Vec<f64> = label.iter().zip(domain).map(|(l, d)| l + factor * d).collect();
            assert_close(&format!("{name} at λ = {lambda}"), &got, &want);
        }
    }
}

#[test]
fn the_clocks_run_over_the_whole_run() {
    let (source, target) = two_moons(20, 0);
    // One step an epoch, so that the history has every step.
    let dann = DomainAdversarial::new(shallow(0)).steps(40).batch_size(20).lambda(3.0);
    let history = dann.fit(&source, &target.without_labels(), &mut quiet()).unwrap().history;
    assert_eq!(history.len(), 40);
    for (step, (record, lambda)) in
        history.records().iter().zip(history.trace("lambda")).enumerate()
    {
        let p = step as f64 / 40.0;
        assert_eq!(lambda, schedules::lambda(3.0, p), "step {step}");
        assert!((record.lr - schedules::lr(0.01, p)).abs() < 1e-12, "step {step}");
    }
}
