//! A step of domain-adversarial training – the paper's net for digits, the optimiser and the
//! objective, as an estimator puts them together – allocates no tensor memory once the buffers of
//! the first steps are there to be used again.

#[path = "../../tensor-autograd/tests/counting.rs"]
mod counting;

use counting::{assert_settles, assert_steady};
use nn_layers::Layer;
use nn_layers::models::{DannNet, dann_mnist};
use optim::{Optimizer, Sgd};
use tensor_autograd::kernels::parallel;
use tensor_autograd::{Real, Rng, Tensor, grad};
use transfer::domain_adversarial::parts::domain_loss;

const BATCH: usize = 8;
const CLASSES: usize = 10;

struct Dann {
    net: DannNet,
    opt: Optimizer<Sgd>,
    source: Tensor,
    target: Tensor,
    labels: Vec<usize>,
    rng: Rng,
}

impl Dann {
    fn new() -> Self {
        let rng = &mut Rng::seed(0);
        let net = dann_mnist([3, 28, 28], CLASSES, rng);
        let images = |mean, rng: &mut Rng| Tensor::normal([BATCH, 3, 28, 28], mean, 1.0, rng);
        Dann {
            net,
            opt: Sgd::new(0.005).momentum(0.9),
            source: images(0.0, rng),
            target: images(0.5, rng),
            labels: (0..BATCH).map(|i| i % CLASSES).collect(),
            rng: rng.clone(),
        }
    }

    /// One step; returns the labels' loss before it.
    fn step(&mut self) -> Real {
        let Dann { net, opt, source, target, labels, rng } = self;
        let mut of_labels = 0.0;
        let (_, grads) = grad(rng, |t| {
            let source = net.features.forward(t.constant(&*source));
            let target = net.features.forward(t.constant(&*target));
            let task = net.label.forward(source).cross_entropy(labels);
            of_labels = task.value().item();
            task + domain_loss(&net.domain, source, target, 0.1).loss
        });
        opt.step(net, &grads);
        of_labels
    }
}

/// Trains on this many threads as `run` does, and must have learnt then.
fn train(threads: usize, run: fn(&mut dyn FnMut())) {
    parallel::with_num_threads(threads, || {
        let mut dann = Dann::new();
        let (mut first, mut last) = (None, 0.0);
        run(&mut || {
            last = dann.step();
            first.get_or_insert(last);
        });
        let first = first.expect("steps were run");
        assert!(last < 0.5 * first, "the labels' loss went from {first} to {last}");
    });
}

#[test]
fn a_step_of_dann_allocates_no_tensor_memory_once_warm() {
    train(1, |step| {
        assert_steady(step);
    });
}

#[test]
fn nor_does_one_on_two_threads() {
    train(2, |step| assert_settles(step));
}
