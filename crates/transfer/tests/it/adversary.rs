//! Is the adversary alive? One that cannot learn looks just like one that the features have beaten.

use crate::common::{quiet, shallow};
use datasets::{Dataset, synthetic};
use nn_layers::{Layer, Linear, seq};
use optim::Sgd;
use tensor_autograd::{Real, Rng, Tensor, Var, grad};
use transfer::DomainAdversarial;
use transfer::domain_adversarial::parts::domain_loss;

/// The share of both domains that the classifier tells, and the largest gradient that it saw, after
/// 200 steps on fixed features that a plane separates but for a few.
fn trained<L: Layer>(mut classifier: L) -> (f64, Real) {
    let rng = &mut Rng::seed(0);
    let [source, target] = [1.0, -1.0].map(|mean| Tensor::normal([100, 4], mean, 1.0, rng));
    let mut sgd = Sgd::new(0.1).bind(&classifier).unwrap();
    let (mut accuracy, mut largest): (f64, Real) = (0.0, 0.0);
    for _ in 0..200 {
        let (_, grads) = grad(rng, |t| {
            let (source, target) = (t.constant(source.clone()), t.constant(target.clone()));
            let domain = domain_loss(&classifier, source, target, 1.0);
            accuracy = domain.accuracy;
            domain.loss
        });
        largest = largest.max(grads.norm());
        sgd.step(&mut classifier, &grads);
    }
    (accuracy, largest)
}

#[test]
fn on_separable_features_the_classifier_tells_the_domains() {
    let (accuracy, gradient) = trained(Linear::new(4, 1, &mut Rng::seed(1)));
    assert!(accuracy > 0.9 && gradient > 0.1, "{accuracy}, {gradient}");
}

/// A probability over a single class is 1 whatever the logit is.
fn softmax_of_one<'t>(logit: Var<'t>) -> Var<'t> {
    logit.softmax(1)
}

#[test]
fn a_softmax_over_one_logit_is_dead() {
    let dead = seq![Linear::new(4, 1, &mut Rng::seed(1)), softmax_of_one];
    assert_eq!(trained(dead), (0.5, 0.0));
}

#[test]
fn in_a_run_the_trace_shows_it_alive() {
    let shifted =
        |by: f32| -> Dataset { synthetic::moons(100, 0).map_inputs(|x| x.mapv(|v| v + by)) };
    // Without centring, and with λ = 0, nothing hides the shift from the classifier.
    let dann = DomainAdversarial::new(shallow(0)).lambda(0.0).lr(0.1).batch_size(20).epochs(100);
    let dann = dann.normalize(transfer::Normalize::None);
    let target = shifted(4.0).without_labels();
    let history = dann.fit(&shifted(0.0), &target, &mut quiet()).unwrap().history;
    assert!(history.trace("domain_grad_norm").iter().all(|&norm| norm > 0.0));
    assert!(history.last("domain_accuracy").unwrap() > 0.9, "{:?}", history.records().last());
    assert!(history.last("domain_loss").unwrap() < history.trace("domain_loss")[0]);
}
