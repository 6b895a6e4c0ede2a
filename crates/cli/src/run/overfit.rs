//! A run in small that asks whether a network can learn at all: the same few examples, until it knows
//! them by heart. One that cannot will learn nothing of many either.

use super::{Shared, Small};
use crate::error::UsageError;
use crate::out;
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::time::Duration;
use transfer::Training;
use transfer::fit::{EpochRecord, Outline};

/// Steps of each training, where --steps does not say.
const STEPS: usize = 1000;
/// A loss that is taken for zero.
const NEAR_ZERO: f64 = 0.01;
/// A loss that has come down to this share of what it was has fallen.
const FALLEN: f64 = 0.9;

const NO_NETWORK: &str = "--overfit tries a network, and none is trained with these settings; leave it out, or \
                          choose a --features or --net that is one";

/// Notes of the trainings on few examples.
#[derive(Debug)]
pub(crate) struct Overfit {
    examples: usize,
    /// Which examples these are, in words.
    of: &'static str,
    steps: Cell<usize>,
    trainings: RefCell<Vec<Tried>>,
}

/// One training.
#[derive(Debug)]
struct Tried {
    label: String,
    steps: usize,
    /// Numbers that are trained, of so many.
    trained: Option<[usize; 2]>,
    first: Option<Fit>,
    last: Fit,
}

/// How well the examples are fitted in an epoch.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    loss: f64,
    /// That of the worst task; none where only numbers are learnt.
    accuracy: Option<f64>,
}

impl Fit {
    /// The loss of the labels, where others are added to it; of several tasks the worst.
    fn of(record: &EpochRecord) -> Self {
        let named = |exact: &str, begin: &str| {
            let means = record.means.iter();
            let own = means.filter(|(name, _)| *name == exact || name.starts_with(begin));
            own.map(|(_, value)| *value).collect::<Vec<f64>>()
        };
        let tasks = named("label_loss", "loss_");
        let losses = if tasks.is_empty() { named("loss", "loss_") } else { tasks };
        let accuracy = named("accuracy", "accuracy_").into_iter().reduce(f64::min);
        Fit { loss: losses.into_iter().fold(f64::NEG_INFINITY, f64::max), accuracy }
    }

    /// Whether every example has its label, or its number.
    fn knows_all(self) -> bool {
        self.accuracy.map_or(self.loss <= NEAR_ZERO, |accuracy| accuracy == 1.0)
    }

    /// Whether there is nothing left to be learnt.
    fn is_complete(self) -> bool {
        self.knows_all() && self.loss <= NEAR_ZERO
    }

    fn accuracy(self) -> String {
        self.accuracy.map_or("-".to_owned(), |accuracy| format!("{:.1}", 100.0 * accuracy))
    }
}

impl Overfit {
    /// For so many examples, which are those that `of` says.
    pub(crate) fn new(examples: usize, of: &'static str) -> Self {
        let (steps, trainings) = (Cell::new(STEPS), RefCell::default());
        Overfit { examples, of, steps, trainings }
    }

    /// The trainings that did not come to know their examples.
    fn failed(&self) -> Vec<String> {
        let trainings = self.trainings.borrow();
        let failed = trainings.iter().filter(|t| !t.last.knows_all());
        failed.map(|t| format!("`{}`", t.label)).collect()
    }
}

impl Tried {
    /// Where to look for what is wrong.
    fn hints(&self) -> String {
        let before = self.first.unwrap_or(self.last).loss;
        let mut text = format!("\n`{}` does not know its examples:\n", self.label);
        let _ = match self.last.loss <= FALLEN * before {
            true => writeln!(
                text,
                "  its loss fell from {before:.3} to {:.3}: more --steps or a higher --lr may do; \
                 examples\n  that are the same but for their labels cannot be told apart",
                self.last.loss
            ),
            false => writeln!(
                text,
                "  its loss did not fall, {before:.3} to {:.3}: --lr may be far off (`transfer \
                 lr-find`), or the\n  inputs all the same (`transfer data SPEC` describes them)",
                self.last.loss
            ),
        };
        if let Some([trained, all]) = self.trained.filter(|[trained, all]| trained < all) {
            let _ = writeln!(
                text,
                "  {trained} of {all} numbers are trained: what is frozen learns nothing (--dry-run \
                 lists it)"
            );
        }
        text
    }
}

impl Small for Overfit {
    fn opened(&self, shared: &Shared, _: String) {
        self.steps.set(shared.steps.unwrap_or(STEPS));
    }

    fn training(&self, training: Training) -> Training {
        let (overfit, steps) = (Some(self.examples), Some(self.steps.get()));
        // Saving each epoch, of one step perhaps, would take longer than the steps.
        // And what is held out says when to stop learning, which is not the question here.
        let patience = None;
        Training {
            overfit,
            steps,
            patience,
            flip: false,
            checkpoints: None,
            cache: None,
            ..training
        }
    }

    fn baselines(&self) -> bool {
        false
    }

    fn begin(&self, label: &str, _: usize) {
        let (label, last) = (label.to_owned(), Fit { loss: f64::NAN, accuracy: None });
        let tried = Tried { label, steps: 0, trained: None, first: None, last };
        self.trainings.borrow_mut().push(tried);
    }

    fn outline(&self, outline: &Outline) {
        if let Some(tried) = self.trainings.borrow_mut().last_mut() {
            let numbers = |trained: bool| {
                let some = outline.weights.iter().filter(|w| !trained || w.lr.is_some());
                some.map(|w| w.shape.iter().product::<usize>()).sum()
            };
            tried.trained = Some([numbers(true), numbers(false)]);
        }
    }

    fn epoch(&self, record: &EpochRecord) {
        if let Some(tried) = self.trainings.borrow_mut().last_mut()
            && !tried.last.is_complete()
        {
            (tried.last, tried.steps) = (Fit::of(record), record.step);
            tried.first.get_or_insert(tried.last);
        }
    }

    fn enough(&self) -> bool {
        self.trainings.borrow().last().is_some_and(|tried| tried.last.is_complete())
    }

    fn text(&self, method: &'static str, _: Duration) -> anyhow::Result<String> {
        let trainings = self.trainings.borrow();
        if trainings.is_empty() {
            return Err(UsageError::Conflict(NO_NETWORK).into());
        }
        let n = self.examples;
        let mut text = format!("{method} on {n} {}, nothing is kept\n\n", self.of);
        let heading = ["training", "steps", "loss", "accuracy, %"];
        let mut rows = vec![heading.map(str::to_owned).to_vec()];
        for tried in trainings.iter() {
            let loss = format!("{:.4}", tried.last.loss);
            rows.push(vec![
                tried.label.clone(),
                tried.steps.to_string(),
                loss,
                tried.last.accuracy(),
            ]);
        }
        text.push_str(&out::table(&rows, 1));
        for tried in trainings.iter().filter(|t| !t.last.knows_all()) {
            text.push_str(&tried.hints());
        }
        if trainings.iter().all(|t| t.last.knows_all()) {
            let loss = trainings.iter().map(|t| t.last.loss).fold(f64::NEG_INFINITY, f64::max);
            let near = if loss <= NEAR_ZERO { "near zero" } else { "not near zero" };
            let _ = writeln!(text, "\nthe network can fit {n} examples; the loss is {near}");
        }
        Ok(text)
    }

    fn failure(&self) -> Option<String> {
        let failed = self.failed();
        (!failed.is_empty()).then(|| {
            format!(
                "{} cannot fit {} examples in {} steps",
                failed.join(", "),
                self.examples,
                self.steps.get()
            )
        })
    }
}
