//! When a run ends before its time, and which epoch's network is kept.

use crate::common::{bits, quiet, two_moons};
use crate::estimators::{ESTIMATORS, Task, short};
use datasets::Dataset;
use nn_layers::models::DannNet;
use tensor_autograd::eval;
use transfer::{Inputs, Model, Network, Normalizer, Training, TransferError};

/// A run whose validation loss has its minimum on the way: turned moons.
fn overdone() -> (Task, Training) {
    let task = Task { validation: Some(two_moons(30, 8).1), ..Task::moons() };
    (task, Training { epochs: 40, lr: 0.02, ..short() })
}

/// The mean cross-entropy of a model.
fn loss(model: &Model<DannNet>, data: &Dataset) -> f64 {
    let inputs = Inputs::new(&data.without_labels(), &model.normalizer).unwrap();
    let rows: Vec<usize> = (0..data.len()).collect();
    let loss = eval(|t| {
        let logits = model.net.forward(t.constant(inputs.batch(&rows)));
        logits.cross_entropy(data.labels().unwrap()).value().item()
    });
    f64::from(loss)
}

fn criteria(model: &Model<DannNet>) -> Vec<f64> {
    let value = |r: &transfer::fit::EpochRecord| {
        let (name, value) = r.criterion.clone().unwrap();
        assert_eq!(name, "minus_validation_loss");
        value
    };
    model.history.records().iter().map(value).collect()
}

#[test]
fn the_best_epoch_by_the_validation_loss_is_kept() {
    for estimator in ESTIMATORS.into_iter().filter(|e| e.validates) {
        let (task, training) = overdone();
        let model = (estimator.fit)(training.clone(), &task, &mut quiet()).unwrap();
        let criteria = criteria(&model);
        assert_eq!(criteria.len(), 40);
        let best = (0..40).max_by(|&a, &b| criteria[a].total_cmp(&criteria[b])).unwrap();
        assert!((1..30).contains(&best), "{best}: the test needs a minimum on the way");
        // A model that was adapted serves the target, and the loss is the source's.
        let on_source = match estimator.tunes() || estimator.name == "supervised" {
            true => model.clone(),
            false => model.with_normalizer(Normalizer::fit(
                training.normalize,
                &task.labelled.without_labels(),
            )),
        };
        let kept = loss(&on_source, task.validation.as_ref().unwrap());
        assert!((kept + criteria[best]).abs() < 1e-6, "{kept} of {criteria:?}");

        // With patience the same epoch is kept, and as many follow it as were allowed.
        for patience in [1, 3] {
            let training = Training { patience: Some(patience), ..training.clone() };
            let patient = (estimator.fit)(training, &task, &mut quiet()).unwrap();
            let seen = self::criteria(&patient);
            assert_eq!(seen, criteria[..seen.len()]);
            let best = (0..seen.len()).max_by(|&a, &b| seen[a].total_cmp(&seen[b])).unwrap();
            assert_eq!(seen.len(), best + 1 + patience, "{}", estimator.name);
        }

        // Without validation data the last epoch is kept.
        let task = Task { validation: None, ..task };
        let last = (estimator.fit)(training, &task, &mut quiet()).unwrap();
        assert_ne!(bits(&last.net), bits(&model.net));
    }
}

/// The step of the divergence.
#[track_caller]
fn diverged(result: Result<Model<DannNet>, TransferError>, rate: f64) -> usize {
    match result {
        Err(TransferError::Diverged { step, steps: 45, loss, lr }) => {
            assert!(!loss.is_finite());
            assert!(lr <= rate && lr > 0.1 * rate, "{lr}");
            step
        }
        other => panic!("{:?}", other.map(|model| model.history)),
    }
}

#[test]
fn divergence_is_an_error_that_says_where() {
    let spoilt = |data: &Dataset| {
        data.map_inputs(|x| {
            let mut x = x.to_owned();
            x[[0, 0]] = f32::NAN;
            x
        })
    };
    for estimator in ESTIMATORS {
        let lr = if cfg!(real_f64) { 1e308 } else { 1e38 };
        let result = (estimator.fit)(Training { lr, ..short() }, &Task::moons(), &mut quiet());
        let step = diverged(result, lr);
        assert!((1..15).contains(&step), "{}: {step}", estimator.name);

        // Its mean is not a number either, so that all of the data is lost at once, unless the mean
        // is the source's.
        let mut task = Task::moons();
        task.labelled = spoilt(&task.labelled);
        if !estimator.tunes() {
            assert_eq!(diverged((estimator.fit)(short(), &task, &mut quiet()), 0.01), 0);
        }
        if estimator.validates {
            let task = Task { validation: Some(spoilt(&two_moons(10, 1).0)), ..Task::moons() };
            match (estimator.fit)(short(), &task, &mut quiet()) {
                Err(TransferError::Overflowed { step: 15, steps: 45, what, .. }) => {
                    assert_eq!(what, "the criterion `minus_validation_loss`");
                }
                other => panic!("{:?}", other.map(|model| model.history)),
            }
        }
    }
}
