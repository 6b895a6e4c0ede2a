//! Runs that are stopped at random steps, or fall without a word, end with the same bits.

use crate::common::{bits, quiet, shallow};
use crate::estimators::{ESTIMATORS, Task, short};
use crate::others::OTHERS;
use crate::resume::{Stop, interrupt, kept};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;
use tensor_autograd::Rng;
use transfer::fit::{Checkpoints, Every, Observer};
use transfer::{Supervised, Training, TransferError};

/// Random steps that each method is stopped at.
const STOPS: usize = 20;

#[test]
fn a_run_resumed_from_any_step_has_the_bits_of_one_without_a_break() {
    let mut rng = Rng::seed(23);
    for estimator in ESTIMATORS {
        let fit = |training, observer: &mut dyn Observer| {
            let model = (estimator.fit)(training, &Task::moons(), observer)?;
            Ok::<_, TransferError>((bits(&model.net), model.history))
        };
        let whole = fit(short(), &mut quiet()).unwrap();
        for _ in 0..STOPS {
            let (folder, stop) = (tempfile::tempdir().unwrap(), rng.below(45));
            interrupt(&estimator, short(), &Task::moons(), folder.path(), stop);
            let resumed = fit(kept(short(), folder.path()), &mut quiet());
            assert!(resumed.unwrap() == whole, "{} from {stop}", estimator.name);
        }
    }
}

/// The larger methods, each stopped twenty times in one run: a single wrong bit at any of the
/// breaks would stay. What has no steps is begun again, and comes to the same.
#[test]
fn a_run_broken_twenty_times_has_the_bits_of_one_without_a_break() {
    let training = Training { steps: Some(40), batch_size: 4, seed: 5, ..Training::default() };
    let mut rng = Rng::seed(24);
    for other in &OTHERS {
        let whole = (other.fit)(training.clone(), &mut quiet()).unwrap().bits;
        let folder = tempfile::tempdir().unwrap();
        let mut stops = rng.permutation(40)[..STOPS].to_vec();
        stops.sort_unstable();
        let mut breaks = 0;
        for at in stops {
            let training = kept(training.clone(), folder.path());
            match (other.fit)(training, &mut Stop { done: 0, at }) {
                Err(TransferError::Interrupted { .. }) => breaks += 1,
                Ok(fitted) => assert_eq!(fitted.bits, whole, "{} at {at}", other.name),
                Err(e) => panic!("{} at {at}: {e}", other.name),
            }
        }
        let last = (other.fit)(kept(training.clone(), folder.path()), &mut quiet()).unwrap();
        assert_eq!(last.bits, whole, "{}", other.name);
        let steps = folder.path().read_dir().unwrap().count() > 0;
        assert!(!steps || breaks == STOPS, "{}: {breaks} breaks", other.name);
    }
}

/// Falls after so many steps, without any word to the run.
struct Fall(usize);

impl Observer for Fall {
    fn step(&mut self, done: usize) {
        if done == self.0 {
            std::panic::resume_unwind(Box::new("fallen"));
        }
    }
}

/// The names of the checkpoints in a folder.
fn checkpoints(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|e| e.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_fall_costs_no_more_than_the_steps_since_the_last_checkpoint() {
    let training = |folder: &Path, keep, every| {
        let checkpoints = Checkpoints::new(folder, "test").keep(keep).every(every);
        Training { checkpoints: Some(checkpoints), ..short() }
    };
    let fit = |training, observer: &mut dyn Observer| {
        let net = Supervised::new(shallow(0)).training(training);
        net.fit(&Task::moons().labelled, observer).map(|m| (bits(&m.net), m.history))
    };
    let whole = fit(short(), &mut quiet()).unwrap();
    let step = |n: usize| format!("step-{n:010}.safetensors");
    // Falls during step 23; epochs end at 15 and 30.
    for (keep, every, left) in [
        (2, Every::Epoch, vec![15]),
        (1, Every::Steps(4), vec![20]),
        (3, Every::Steps(4), vec![15, 16, 20]),
        (2, Every::Time(Duration::ZERO), vec![21, 22]),
        (2, Every::Time(Duration::from_secs(3600)), vec![15]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let training = || training(folder.path(), keep, every);
        let fallen = catch_unwind(AssertUnwindSafe(|| fit(training(), &mut Fall(23))));
        assert!(fallen.is_err());
        assert_eq!(checkpoints(folder.path()), left.into_iter().map(step).collect::<Vec<_>>());
        assert_eq!(fit(training(), &mut quiet()).unwrap(), whole, "{every:?}");
        assert_eq!(checkpoints(folder.path()).len(), keep);
    }
    for (keep, every, name) in [(0, Every::Epoch, "keep"), (2, Every::Steps(0), "every")] {
        let folder = tempfile::tempdir().unwrap();
        match fit(training(folder.path(), keep, every), &mut quiet()) {
            Err(TransferError::Setting { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{other:?}"),
        }
    }
}
