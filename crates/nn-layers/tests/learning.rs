//! Nets of every kind of layer learn, and running statistics arrive.

use nn_layers::{
    AdaptiveAvgPool2d, BatchNorm1d, BatchNorm2d, Conv1d, Conv2d, ConvTranspose2d, Dropout, Elu,
    GroupNorm, Layer, LayerNorm, Linear, MaxPool1d, MaxPool2d, Sequential, flatten, gelu, metrics,
    models, relu, seq, silu, tanh,
};
use tensor_autograd::{Kind, Module, Param, Real, Rng, Tensor, eval, grad};

/// One step of plain gradient descent, buffers included.
fn step(net: &mut Sequential, x: &Tensor, labels: &[usize], lr: Real, rng: &mut Rng) -> Real {
    let (loss, grads) = grad(rng, |t| net.forward(t.constant(x.clone())).cross_entropy(labels));
    for (name, p) in net.named_params_mut() {
        match p.kind {
            Kind::Weight => {
                let g = grads.get(p).unwrap_or_else(|| panic!("{name} has no gradient"));
                p.value = p.value.zip(g, |w, g| w - lr * g);
            }
            Kind::Buffer => p.value = grads.buffer(p).expect("proposed in training").clone(),
        }
    }
    loss
}

/// Trains on three classes that differ in the place of a bright patch; returns the accuracy.
fn learn(mut net: Sequential, image: &[usize], lr: Real) -> f64 {
    let rng = &mut Rng::seed(3);
    let labels: Vec<usize> = (0..48).map(|i| i % 3).collect();
    let size: usize = image.iter().product();
    let x = Tensor::from_fn([&[48], image].concat().as_slice(), |i| {
        let (example, place) = (i / size, i % size);
        let patch = if place * 3 / size == labels[example] { 1.0 } else { 0.0 };
        patch + 0.3 * rng.normal()
    });
    let first = step(&mut net, &x, &labels, lr, rng);
    let last = (0..60).map(|_| step(&mut net, &x, &labels, lr, rng)).last().unwrap();
    assert!(last < 0.5 * first, "{}: {first} -> {last}", net.describe());
    let logits = eval(|t| net.forward(t.constant(x.clone())).value());
    metrics::accuracy(&logits, &labels)
}

#[test]
fn images_are_told_apart() {
    let rng = &mut Rng::seed(0);
    let net = seq![
        Conv2d::new(1, 4, 3, rng).padding(1).no_bias(),
        BatchNorm2d::new(4),
        relu,
        MaxPool2d::new(2),
        ConvTranspose2d::new(4, 4, 2, rng).stride(2),
        GroupNorm::new(2, 4),
        silu,
        AdaptiveAvgPool2d::new([3, 1]),
        flatten,
        Dropout::new(0.1),
        Linear::new(12, 3, rng),
    ];
    assert!(learn(net, &[1, 6, 4], 0.2) > 0.95);
    assert!(learn(models::lenet5(3, rng), &[1, 28, 28], 0.1) > 0.95);
}

#[test]
fn sequences_and_vectors_are_told_apart() {
    let rng = &mut Rng::seed(0);
    let net = seq![
        Conv1d::new(1, 4, 3, rng).padding(1),
        gelu,
        MaxPool1d::new(2),
        LayerNorm::new([4, 6]),
        flatten,
        Linear::new(24, 16, rng),
        BatchNorm1d::new(16),
        Elu(1.0),
        Linear::new(16, 3, rng),
        tanh,
    ];
    assert!(learn(net, &[1, 12], 0.2) > 0.95);
    assert!(learn(models::mlp(&[12, 16, 3], rng), &[12], 0.3) > 0.95);
}

#[test]
fn a_step_moves_the_running_statistics_and_the_forward_pass_does_not() {
    let rng = &mut Rng::seed(0);
    let mut net = seq![BatchNorm1d::new(2), Linear::new(2, 2, rng)];
    let x = Tensor::new([2, 2], vec![1.0, 0.0, 3.0, 4.0]);
    let before = net.state_dict();
    grad(rng, |t| net.forward(t.constant(x.clone())).cross_entropy(&[0, 1]));
    eval(|t| net.forward(t.constant(x.clone())).value());
    assert_eq!(net.state_dict(), before);
    step(&mut net, &x, &[0, 1], 0.1, rng);
    let after = net.state_dict();
    let close = |name: &str, want: [Real; 2]| {
        let got = after[name].as_slice();
        assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-6), "{name}: {got:?}");
    };
    close("0.running_mean", [0.2, 0.2]);
    close("0.running_var", [0.9 + 0.1 * 2.0, 0.9 + 0.1 * 8.0]);
    assert_eq!(after["0.num_batches_tracked"].item(), 1.0);
}

#[test]
fn default_biases_and_weights_depend_on_the_seed_alone() {
    let net = |seed| seq![Conv2d::new(3, 4, 3, &mut Rng::seed(seed)).stride(2).padding(1)];
    let plain = seq![Conv2d::new(3, 4, 3, &mut Rng::seed(0))];
    assert_eq!(net(0).state_dict(), plain.state_dict());
    assert_ne!(net(0).state_dict(), net(1).state_dict());
    let bound = 1.0 / (27.0 as Real).sqrt();
    let within = |p: &Param| p.value.as_slice().iter().all(|w| w.abs() <= bound);
    assert!(plain.named_params().iter().all(|(_, p)| within(p)));
}
