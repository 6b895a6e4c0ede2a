//! The same bits on any number of threads.

use crate::common::{Net, noise};
use optim::{Adagrad, Adam, Ema, Optimizer, RmsProp, Rule, Sgd, clip_norm};
use tensor_autograd::Module;
use tensor_autograd::kernels::parallel::with_num_threads;

/// Weights, state and average after four steps of a layer large enough to be split.
fn check<R: Rule>(make: impl Fn() -> Optimizer<R> + Sync) {
    let run = || {
        let mut net = Net::new(390, 260);
        let mut opt = make();
        let mut ema = Ema::new(&net, 0.9).unwrap();
        for step in 0..4 {
            let mut grads = noise(&net, step);
            clip_norm(&mut grads, 10.0);
            opt.step(&mut net, &grads);
            ema.update(&net);
        }
        (net.state_dict(), opt.state(), ema.state())
    };
    let one = with_num_threads(1, run);
    for threads in 2..=4 {
        assert!(with_num_threads(threads, run) == one, "{threads} threads give other bits");
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    check(|| Sgd::new(0.1).momentum(0.9).weight_decay(0.01));
    check(|| Adam::new(0.1));
    check(|| RmsProp::new(0.1).momentum(0.9).centered());
    check(|| Adagrad::new(0.1));
}
