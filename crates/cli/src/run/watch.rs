//! Who watches the trainings of a run: progress for the user, a line an epoch for the folder.

use super::{Folder, Small};
use crate::context::{Context, Stop};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;
use transfer::fit::{EpochRecord, Observer, Outline, Progress};
use transfer::{Outcome, TransferError, Watch};

/// An error of writing metrics, found where no error can be returned.
pub(super) type Failure = Rc<RefCell<Option<TransferError>>>;

/// Watches every training of a study.
pub(super) struct Watcher {
    pub(super) folder: Folder,
    pub(super) context: Context,
    pub(super) failure: Failure,
}

impl Watch for Watcher {
    fn observer(&mut self, arm: &str, seed: u64) -> Box<dyn Observer> {
        Box::new(Seen {
            progress: match self.context.quiet {
                true => Progress::silent(),
                false => Progress::bar().labelled(format!("{arm}, seed {seed}")),
            },
            small: self.context.small.clone(),
            arm: arm.to_owned(),
            seed,
            folder: self.folder.clone(),
            stop: self.context.stop.clone(),
            failure: Rc::clone(&self.failure),
        })
    }

    fn finished(&mut self, outcome: &Outcome) -> Result<(), TransferError> {
        self.folder.outcome(outcome)
    }
}

/// Watches one training.
struct Seen {
    progress: Progress,
    small: Option<Rc<dyn Small>>,
    arm: String,
    seed: u64,
    folder: Folder,
    stop: Stop,
    failure: Failure,
}

impl Seen {
    fn check(&self, written: Result<(), TransferError>) {
        if let Err(e) = written {
            self.failure.borrow_mut().get_or_insert(e);
        }
    }
}

impl Observer for Seen {
    fn begin(&mut self, steps: usize, done: usize) {
        let ours = |line: &serde_json::Value| line["arm"] == self.arm && line["seed"] == self.seed;
        let before = |line: &serde_json::Value| {
            line["step"].as_u64().is_some_and(|step| step <= done as u64)
        };
        self.check(self.folder.retain_metrics(|line| !ours(line) || before(line)));
        self.progress.begin(steps, done);
        if let Some(small) = &self.small {
            small.begin(&self.arm, steps);
        }
    }

    fn step(&mut self, done: usize) {
        self.progress.step(done);
        if let Some(small) = &self.small {
            small.step();
        }
    }

    fn epoch(&mut self, record: &EpochRecord) {
        let mut line = json!({
            "arm": self.arm,
            "seed": self.seed,
            "epoch": record.epoch,
            "step": record.step,
            "lr": record.lr,
        });
        for (name, value) in
            record.means.iter().chain(record.criterion.iter().map(|c| (&c.0, &c.1)))
        {
            line[name] = json!(value);
        }
        self.check(self.folder.metrics(&line.to_string()));
        self.progress.epoch(record);
        if let Some(small) = &self.small {
            small.epoch(record);
        }
    }

    fn note(&mut self, text: &str) {
        self.progress.note(text);
    }

    fn end(&mut self) {
        self.progress.end();
    }

    fn outline(&mut self, outline: &Outline) {
        if let Some(small) = &self.small {
            small.outline(outline);
        }
    }

    fn enough(&self) -> bool {
        self.small.as_ref().is_some_and(|small| small.enough())
    }

    /// A run whose metrics cannot be kept stops, as one that the user stops.
    fn interrupted(&self) -> bool {
        self.stop.asked() || self.failure.borrow().is_some()
    }
}
