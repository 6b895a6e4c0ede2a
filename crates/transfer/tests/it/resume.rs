//! A run that was interrupted goes on as if it had not been, to the bit.

use crate::common::{bits, quiet, shallow, two_moons};
use crate::estimators::{ESTIMATORS, Estimator, Task, short};
use nn_layers::models::{DannNet, dann_shallow};
use nn_layers::{Dropout, Linear, seq, sigmoid};
use std::path::Path;
use tensor_autograd::Rng;
use transfer::fit::{Checkpoints, Observer};
use transfer::{DomainAdversarial, FineTune, Model, Normalize, Training, TransferError};

/// Stops a run after so many steps.
pub(crate) struct Stop {
    pub(crate) done: usize,
    pub(crate) at: usize,
}

impl Observer for Stop {
    fn begin(&mut self, _: usize, done: usize) {
        self.done = done;
    }
    fn step(&mut self, done: usize) {
        self.done = done;
    }
    fn interrupted(&self) -> bool {
        self.done == self.at
    }
}

/// Settings with checkpoints in a folder.
pub(crate) fn kept(training: Training, folder: &Path) -> Training {
    Training { checkpoints: Some(Checkpoints::new(folder, "test")), ..training }
}

/// Runs until step `at`, which leaves a checkpoint in `folder`.
#[track_caller]
pub(crate) fn interrupt(
    estimator: &Estimator,
    training: Training,
    task: &Task,
    folder: &Path,
    at: usize,
) {
    let result = (estimator.fit)(kept(training, folder), task, &mut Stop { done: 0, at });
    match result {
        Err(TransferError::Interrupted { step, checkpoint: Some(file) }) => {
            assert_eq!(step, at);
            assert!(file.starts_with(folder) && file.exists());
        }
        other => panic!("{}: {:?}", estimator.name, other.map(|model| model.history)),
    }
}

/// What must be equal: the weights, and all that was written down on the way.
fn outcome(model: Model<DannNet>) -> (String, transfer::History) {
    (bits(&model.net), model.history)
}

/// A net that draws random numbers in every step.
fn with_dropout() -> DannNet {
    let rng = &mut Rng::seed(0);
    DannNet {
        features: seq![Linear::new(2, 15, rng), sigmoid, Dropout::new(0.2)],
        label: seq![Linear::new(15, 2, rng)],
        domain: seq![Linear::new(15, 1, rng)],
    }
}

#[test]
fn a_resumed_run_has_the_bits_of_one_without_a_break() {
    let mut rng = Rng::seed(11);
    for estimator in ESTIMATORS {
        let task = Task { net: with_dropout(), ..Task::moons() };
        let whole = outcome((estimator.fit)(short(), &task, &mut quiet()).unwrap());
        // 45 steps in epochs of 15: the first step, an epoch's end, and others in the middle.
        let stops = [0, 15, 30].into_iter().chain((0..5).map(|_| 1 + rng.below(44)));
        for stop in stops {
            let folder = tempfile::tempdir().unwrap();
            interrupt(&estimator, short(), &task, folder.path(), stop);
            let resumed = (estimator.fit)(kept(short(), folder.path()), &task, &mut quiet());
            assert_eq!(outcome(resumed.unwrap()), whole, "{} from {stop}", estimator.name);
        }
        // Stopped again and again, in one folder; and asked once more when all is done.
        let folder = tempfile::tempdir().unwrap();
        for stop in [3, 4, 17, 31, 44] {
            interrupt(&estimator, short(), &task, folder.path(), stop);
        }
        for _ in 0..2 {
            let resumed = (estimator.fit)(kept(short(), folder.path()), &task, &mut quiet());
            assert_eq!(outcome(resumed.unwrap()), whole, "{}", estimator.name);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "the newest two are kept");
    }
}

#[test]
fn the_best_epoch_and_the_patience_survive_a_break() {
    for estimator in ESTIMATORS.into_iter().filter(|e| e.validates) {
        // Turned moons: their loss soon rises, while that of the training goes on falling.
        let task = Task { validation: Some(two_moons(30, 8).1), ..Task::moons() };
        let training = Training { epochs: 60, patience: Some(4), lr: 0.02, ..short() };
        let whole = (estimator.fit)(training.clone(), &task, &mut quiet()).unwrap();
        let epochs = whole.history.len();
        assert!((6..60).contains(&epochs), "{epochs} epochs: patience was not tried");
        let whole = outcome(whole);
        // Before the best epoch, right after it, and while patience runs out.
        let best = epochs - 4;
        for stop in [best * 15 - 7, best * 15, best * 15 + 1, best * 15 + 33, epochs * 15 - 1] {
            let folder = tempfile::tempdir().unwrap();
            interrupt(&estimator, training.clone(), &task, folder.path(), stop);
            for _ in 0..2 {
                let again = kept(training.clone(), folder.path());
                let resumed = (estimator.fit)(again, &task, &mut quiet()).unwrap();
                assert_eq!(outcome(resumed), whole, "{} from {stop}", estimator.name);
            }
        }
    }
}

#[track_caller]
fn assert_unusable(result: Result<Model<DannNet>, TransferError>, why: &str) {
    match result {
        Err(e @ TransferError::Unusable { .. }) => assert!(e.to_string().contains(why), "{e}"),
        other => panic!("{why}: {:?}", other.map(|model| model.history)),
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let others: [fn(&mut Training); 9] = [
        |t| t.seed = 8,
        |t| t.lr = 0.02,
        |t| t.batch_size = 5,
        |t| t.epochs = 4,
        |t| t.steps = Some(44),
        |t| t.momentum = 0.8,
        |t| t.weight_decay = 0.1,
        |t| t.normalize = Normalize::None,
        |t| t.decay = transfer::Decay::Constant,
    ];
    let run = "it belongs to another run";
    for (i, estimator) in ESTIMATORS.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let task = Task::moons();
        interrupt(estimator, short(), &task, folder.path(), 20);
        for change in others {
            let mut training = kept(short(), folder.path());
            change(&mut training);
            // Refused before anything is read: it would pull to zero what L2-SP pulls elsewhere.
            if estimator.name == "conservative, l2-sp" && training.weight_decay > 0.0 {
                continue;
            }
            assert_unusable((estimator.fit)(training, &task, &mut quiet()), run);
        }
        let mut training = kept(short(), folder.path());
        training.checkpoints = Some(Checkpoints::new(folder.path(), "another"));
        assert_unusable((estimator.fit)(training, &task, &mut quiet()), run);
        let other = &ESTIMATORS[(i + 1) % ESTIMATORS.len()];
        let result = (other.fit)(kept(short(), folder.path()), &task, &mut quiet());
        assert_unusable(result, run);
        // A net of other sizes.
        let task = Task { net: dann_shallow(2, 16, 2, &mut Rng::seed(0)), ..task };
        let result = (estimator.fit)(kept(short(), folder.path()), &task, &mut quiet());
        assert_unusable(result, "features.0.weight");
    }
}

#[test]
fn a_checkpoint_of_other_settings_of_the_method_is_refused() {
    let run = "it belongs to another run";
    let task = Task::moons();
    let folder = tempfile::tempdir().unwrap();
    interrupt(&ESTIMATORS[3], short(), &task, folder.path(), 20);
    let dann = || DomainAdversarial::new(shallow(0)).training(kept(short(), folder.path()));
    for dann in [
        dann().lambda(0.25),
        dann().lambda_schedule(transfer::LambdaSchedule::Constant),
        dann().lambda_on_domain_head(true),
    ] {
        assert_unusable(dann.fit(&task.labelled, &task.unlabelled, &mut quiet()), run);
    }
    let folder = tempfile::tempdir().unwrap();
    interrupt(&ESTIMATORS[1], short(), &task, folder.path(), 20);
    let model = crate::estimators::source_model(shallow(0));
    let tune = || FineTune::new(model.clone()).training(kept(short(), folder.path()));
    for tune in [
        tune().trunk_lr(0.5),
        tune().train_only("label.*"),
        tune().unfreeze_every(1),
        tune().lr_decay_by_depth(2.0),
        tune().frozen_for("features.*", 1),
    ] {
        assert_unusable(tune.fit(&task.labelled, &mut quiet()), run);
    }
}
