//! The workloads: products of matrices, and training steps (forward, loss, backward, update) of
//! small nets. Each begins at fixed parameters and goes round fixed batches.

use crate::generator::{self, BATCHES, centred, input_seed, label_seed, labels, uniform};
use nn_layers::models::{Backbone, DannNet, mlp, resnet18};
use nn_layers::{BatchNorm2d, Conv2d, Layer, MaxPool2d, Sequential, flatten, relu, seq};
use optim::{Adam, Optimizer, Rule, Sgd};
use tensor_autograd::{Module, Reduction, Rng, Tape, Tensor, Var, eval, grad};

/// Every workload, with the losses of the first and the eleventh step as PyTorch 2.15 has them
/// (`f32`, one thread).
pub const WORKLOADS: &[(&str, f64, f64)] = &[
    ("matmul_128", 8.965679, 8.965679),
    ("matmul_256", 12.69023, 12.69023),
    ("matmul_512", 18.06475, 18.06475),
    ("matmul_1024", 25.54138, 25.54138),
    ("mlp_tiny", 1.262324, 0.778301),
    ("mlp_mnist", 3.038037, 2.679902),
    ("cnn_dann", 8.386933, 3.455777),
    ("autoencoder", 0.1157754, 0.08772538),
    ("resnet18_infer_b1", 50.27052, 50.46964),
    ("resnet18_infer_b8", 50.73593, 50.62896),
    ("resnet18_finetune_head", 19.09017, 3.232817),
    ("conv_train", 835028.5, 832203.4),
];

/// A workload that is ready to take steps.
pub struct Workload {
    /// Floating-point operations of a step, where the rate of these is the figure of interest.
    pub flops: Option<f64>,
    /// Takes step `i` and gives its loss if it is asked for.
    take: Box<dyn FnMut(usize, bool) -> Option<f64>>,
}

impl Workload {
    /// The workload of this name; `None` if there is none.
    pub fn named(name: &str) -> Option<Workload> {
        if !WORKLOADS.iter().any(|(known, ..)| *known == name) {
            return None;
        }
        Some(match name {
            "mlp_tiny" => mlp_tiny(),
            "mlp_mnist" => mlp_mnist(),
            "cnn_dann" => cnn_dann(),
            "autoencoder" => autoencoder(),
            "resnet18_infer_b1" => resnet18_infer(1),
            "resnet18_infer_b8" => resnet18_infer(8),
            "resnet18_finetune_head" => resnet18_finetune_head(),
            "conv_train" => conv_train(),
            _ => matmul(name.strip_prefix("matmul_")?.parse().ok()?),
        })
    }

    /// Takes step `i`.
    pub fn step(&mut self, i: usize) {
        (self.take)(i, false);
    }

    /// Takes step `i` and gives its loss.
    pub fn loss_of_step(&mut self, i: usize) -> f64 {
        (self.take)(i, true).expect("a step gives its loss when asked")
    }
}

/// `[n, n] · [n, n]`.
fn matmul(n: usize) -> Workload {
    let (a, b) = (centred(1, [n, n]), centred(2, [n, n]));
    let take = move |_: usize, asked: bool| {
        let y = eval(|t| t.constant(&a).matmul(t.constant(&b)).value());
        asked.then(|| mean_magnitude(&y))
    };
    Workload { flops: Some(2.0 * (n as f64).powi(3)), take: Box::new(take) }
}

fn mean_magnitude(y: &Tensor) -> f64 {
    y.as_slice().iter().map(|&y| f64::from(y.abs())).sum::<f64>() / y.len() as f64
}

/// Training of `net` on `batch(0)`, `batch(1)`, .. in turn.
fn training<M: Module + 'static, R: Rule + 'static, B: 'static>(
    mut net: M,
    optimizer: Optimizer<R>,
    batch: impl Fn(usize) -> B,
    loss: impl for<'t> Fn(&'t Tape, &M, &B) -> Var<'t> + 'static,
) -> Workload {
    generator::start(&mut net);
    training_from(net, optimizer, batch, loss)
}

/// As [`training`], from the values that the net has.
fn training_from<M: Module + 'static, R: Rule + 'static, B: 'static>(
    mut net: M,
    mut optimizer: Optimizer<R>,
    batch: impl Fn(usize) -> B,
    loss: impl for<'t> Fn(&'t Tape, &M, &B) -> Var<'t> + 'static,
) -> Workload {
    let batches: Vec<B> = (0..BATCHES).map(batch).collect();
    let mut rng = Rng::seed(0);
    let take = move |i: usize, _: bool| {
        let (loss, grads) = grad(&mut rng, |t| loss(t, &net, &batches[i % BATCHES]));
        optimizer.step(&mut net, &grads);
        Some(f64::from(loss))
    };
    Workload { flops: None, take: Box::new(take) }
}

/// Inputs of this shape with labels.
fn labelled(shape: &'static [usize], n: usize, classes: usize) -> impl Fn(usize) -> Labelled {
    move |i| (centred(input_seed(i), shape), labels(label_seed(i), n, classes))
}

type Labelled = (Tensor, Vec<usize>);

fn cross_entropy<'t>(t: &'t Tape, net: &Sequential, (x, y): &Labelled) -> Var<'t> {
    net.forward(t.constant(x)).cross_entropy(y)
}

/// 2-32-32-2, batch 32: what an op costs when the arithmetic is nothing.
fn mlp_tiny() -> Workload {
    let net = mlp(&[2, 32, 32, 2], &mut Rng::seed(0));
    training(net, Sgd::new(0.01).momentum(0.9), labelled(&[32, 2], 32, 2), cross_entropy)
}

/// 784-256-256-10, batch 128, Adam.
fn mlp_mnist() -> Workload {
    let net = mlp(&[784, 256, 256, 10], &mut Rng::seed(0));
    training(net, Adam::new(1e-4), labelled(&[128, 784], 128, 10), cross_entropy)
}

/// The MNIST net of domain-adversarial training with two domain logits: 64 + 64 images in one
/// forward pass, the labels' loss on the first half, the domain's on all.
fn cnn_dann() -> Workload {
    let rng = &mut Rng::seed(0);
    let features = seq![
        Conv2d::new(3, 32, 5, rng),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(32, 48, 5, rng),
        relu,
        MaxPool2d::new(2),
        flatten,
    ];
    let (label, domain) = (mlp(&[768, 100, 100, 10], rng), mlp(&[768, 100, 2], rng));
    let net = DannNet { features, label, domain };
    let domains: Vec<usize> = (0..128).map(|i| usize::from(i >= 64)).collect();
    let batch = labelled(&[128, 3, 28, 28], 64, 10);
    training(net, Sgd::new(1e-3).momentum(0.9), batch, move |t, net: &DannNet, (x, y)| {
        let features = net.features.forward(t.constant(x));
        let label = net.label.forward(features.slice(0, 0..64));
        let domain = net.domain.forward(features.gradient_reversal(1.0));
        label.cross_entropy(y) + domain.cross_entropy(&domains)
    })
}

/// 784-512-128-512-784 with a sigmoid at the end, squared error, batch 128, Adam.
fn autoencoder() -> Workload {
    let net = mlp(&[784, 512, 128, 512, 784], &mut Rng::seed(0));
    let batch = |i| uniform(input_seed(i), [128, 784]);
    training(net, Adam::new(1e-4), batch, |t, net: &Sequential, x: &Tensor| {
        let x = t.constant(x);
        net.forward(x).sigmoid().mse_loss(x, Reduction::Mean)
    })
}

/// torchvision's ResNet-18 on `n` images 3×224×224; the loss is the mean magnitude of the logits.
fn resnet18_infer(n: usize) -> Workload {
    let mut net = resnet18(1000, &mut Rng::seed(0));
    generator::start_trained(&mut net);
    let batches: Vec<_> = (0..BATCHES).map(|i| centred(input_seed(i), [n, 3, 224, 224])).collect();
    let take = move |i: usize, asked: bool| {
        let y = eval(|t| net.forward(t.constant(&batches[i % BATCHES])).value());
        asked.then(|| mean_magnitude(&y))
    };
    Workload { flops: None, take: Box::new(take) }
}

/// The head for two classes of a ResNet-18 that is frozen otherwise, batch 8.
fn resnet18_finetune_head() -> Workload {
    let mut net = resnet18(2, &mut Rng::seed(0));
    generator::start_trained(&mut net);
    net.freeze("*");
    net.unfreeze("fc.*");
    let batch = labelled(&[8, 3, 224, 224], 8, 2);
    training_from(net, Sgd::new(1e-5).momentum(0.9), batch, |t, net: &Backbone, (x, y)| {
        net.forward(t.constant(x)).cross_entropy(y)
    })
}

/// Two blocks of convolution 3×3 64-64, batch normalisation and ReLU on 32×32, batch 32; the loss
/// is the sum of the output.
fn conv_train() -> Workload {
    let rng = &mut Rng::seed(0);
    let mut conv = || Conv2d::new(64, 64, 3, rng).padding(1).no_bias();
    let net = seq![conv(), BatchNorm2d::new(64), relu, conv(), BatchNorm2d::new(64), relu];
    let batch = |i| centred(input_seed(i), [32, 64, 32, 32]);
    training(net, Sgd::new(1e-8), batch, |t, net: &Sequential, x: &Tensor| {
        net.forward(t.constant(x)).sum(..)
    })
}
