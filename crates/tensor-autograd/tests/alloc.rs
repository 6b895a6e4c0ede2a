//! A training step allocates no tensor memory once the buffers of the first steps are there to be
//! used again.

mod counting;

use counting::{LIST, assert_settles, assert_steady};
use tensor_autograd::kernels::{elementwise, parallel};
use tensor_autograd::{Param, Real, Rng, Tensor, grad};

const BATCH: usize = 32;
const CLASSES: usize = 10;

struct Mlp {
    weights: [Param; 4],
    x: Tensor,
    labels: Vec<usize>,
    rng: Rng,
}

impl Mlp {
    fn new() -> Self {
        let mut rng = Rng::seed(0);
        let mut weight = |shape| Param::weight(Tensor::normal(shape, 0.0, 0.05, &mut rng));
        let bias = |n| Param::weight(Tensor::zeros([n]));
        let weights = [weight([256, 784]), bias(256), weight([CLASSES, 256]), bias(CLASSES)];
        let x = Tensor::uniform([BATCH, 784], 0.0..1.0, &mut rng);
        let labels = (0..BATCH).map(|i| i % CLASSES).collect();
        Mlp { weights, x, labels, rng }
    }

    /// One step of gradient descent; returns the loss before it.
    fn step(&mut self) -> Real {
        let (loss, grads) = grad(&mut self.rng, |t| {
            let [w1, b1, w2, b2] = self.weights.each_ref().map(|w| t.param(w));
            let hidden = t.constant(&self.x).linear(w1, Some(b1)).relu();
            hidden.linear(w2, Some(b2)).cross_entropy(&self.labels)
        });
        for w in &mut self.weights {
            let g = grads.get(w).expect("every weight is trained").clone();
            elementwise::zip_inplace(w.value.make_mut(), g.as_slice(), |w, g| w - 0.1 * g);
        }
        loss
    }

    /// Trains as `run` does, and must have learnt then.
    fn train(run: impl FnOnce(&mut dyn FnMut())) {
        let mut net = Mlp::new();
        let (mut first, mut last) = (None, 0.0);
        run(&mut || {
            last = net.step();
            first.get_or_insert(last);
        });
        let first = first.expect("steps were run");
        assert!(last < 0.9 * first, "the loss went from {first} to {last}");
    }
}

#[test]
fn a_training_step_allocates_no_tensor_memory_once_warm() {
    // One thread: another one's queue of tasks grows when it will.
    parallel::with_num_threads(1, || {
        Mlp::train(|step| {
            let warm = assert_steady(step);
            assert!(warm.bytes < 4 * LIST, "a warm step allocates {warm:?}");
        });
    });
}

#[test]
fn nor_does_one_on_two_threads() {
    parallel::with_num_threads(2, || Mlp::train(|step| assert_settles(step)));
}
