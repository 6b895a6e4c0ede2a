//! The moons of the paper (Ganin et al., 2016, section 5.1), by its own protocol: one source and
//! one target sample a step, a constant learning rate, λ = 6 on everything.

use crate::common::{quiet, shallow, two_moons};
use transfer::measures::Summary;
use transfer::{Decay, DomainAdversarial, LambdaSchedule, Normalize};

/// Accuracy on the target and on the source, for each seed.
fn accuracies(lambda: f64) -> (Summary, Summary) {
    let run = |seed| {
        let (source, target) = two_moons(300, seed);
        let dann = DomainAdversarial::new(shallow(seed)).seed(seed).batch_size(1).epochs(100);
        let dann = dann.lr(0.05).decay(Decay::Constant).momentum(0.0).normalize(Normalize::None);
        let dann = dann.lambda(lambda).lambda_schedule(LambdaSchedule::Constant);
        let dann = dann.lambda_on_domain_head(true);
        let model = dann.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
        (model.accuracy(&target).unwrap(), model.accuracy(&source).unwrap())
    };
    let (target, source) = (0..6).map(run).unzip();
    (Summary::of(target), Summary::of(source))
}

/// Single runs gain between nothing and 15 points: only the mean of several says anything.
#[test]
fn the_adversary_helps_on_average() {
    let ((plain, source), (adversarial, still)) = (accuracies(0.0), accuracies(6.0));
    let gain = adversarial.minus(&plain);
    assert!(gain.mean > 0.03, "{gain:?} from {plain:?}");
    assert!((0.78..0.88).contains(&plain.mean), "{plain:?}");
    assert!(source.mean > 0.96 && still.mean > 0.96, "{source:?}, {still:?}");
}
