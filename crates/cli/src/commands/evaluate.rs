//! `evaluate`: how well a saved model does on labelled data.

use super::asked::{Answered, Asked};
use crate::args::{SPECS, Talk};
use crate::context::start_threads;
use crate::error::InputError;
use crate::models::Meaning;
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use nn_layers::metrics::{ConfusionMatrix, expected_calibration_error, log_loss};
use serde_json::json;
use std::fmt::Write;

/// Bins of the calibration error.
const BINS: usize = 15;
/// A confusion matrix of more classes is no longer read.
const MOST_COLUMNS: usize = 26;
/// Pairs of classes that are listed as taken for each other.
const PAIRS: usize = 5;

#[derive(Args)]
#[command(after_help = SPECS)]
pub(super) struct Flags {
    #[command(flatten)]
    asked: Asked,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    talk: Talk,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    start_threads(&flags.talk);
    let answered = flags.asked.answer(true)?;
    answered.data.require_labels()?;
    let Some(labels) = &answered.labels else {
        return Err(no_classes(&flags.asked, &answered).into());
    };
    let measured = Measured::new(&answered, labels);
    out::result(&match flags.json {
        true => measured.json(&flags.asked, &answered).to_string(),
        false => measured.text(&flags.asked, &answered),
    })
}

/// Labels that are no classes of the model.
fn no_classes(asked: &Asked, answered: &Answered) -> InputError {
    let shown = |classes: &[String]| match classes {
        [] => "numbers as its answers".to_owned(),
        _ => {
            let some: Vec<&str> = classes.iter().take(12).map(String::as_str).collect();
            let more = if classes.len() > some.len() { ", ..." } else { "" };
            format!("the classes {}{more}", some.join(", "))
        }
    };
    InputError::Mismatch {
        left: format!("the model {}", asked.model.display()),
        left_is: shown(answered.classes()),
        right: format!("--data {}", answered.data.name()),
        right_is: shown(answered.data.classes()),
        remedy: "give data whose labels are classes of the model".into(),
    }
}

struct Measured {
    confusion: ConfusionMatrix,
    /// Log loss and calibration error, of a model that says probabilities.
    sureness: Option<(f64, f64)>,
}

impl Measured {
    fn new(answered: &Answered, labels: &[usize]) -> Self {
        let p = &answered.outputs;
        let says = matches!(answered.meaning, Meaning::Probabilities(_));
        let sureness =
            says.then(|| (log_loss(p, labels), expected_calibration_error(p, labels, BINS)));
        Measured { confusion: ConfusionMatrix::of(p, labels), sureness }
    }

    /// Samples of a class.
    fn support(&self, class: usize) -> u64 {
        (0..self.confusion.classes()).map(|other| self.confusion.count(class, other)).sum()
    }

    /// The mean F1 of the classes that occur or were predicted.
    fn macro_f1(&self) -> f64 {
        let all: Vec<f64> = self.confusion.f1().into_iter().flatten().collect();
        all.iter().sum::<f64>() / all.len() as f64
    }

    /// The pairs (label, prediction) that are wrong most often, and how often.
    fn most_confused(&self) -> Vec<(usize, usize, u64)> {
        let k = self.confusion.classes();
        let pairs = (0..k).flat_map(|label| (0..k).map(move |guess| (label, guess)));
        let wrong = pairs.filter(|(label, guess)| label != guess);
        let mut all: Vec<_> = wrong.map(|(l, g)| (l, g, self.confusion.count(l, g))).collect();
        all.retain(|(_, _, count)| *count > 0);
        all.sort_by_key(|&(l, g, count)| (std::cmp::Reverse(count), l, g));
        all.truncate(PAIRS);
        all
    }

    fn json(&self, asked: &Asked, answered: &Answered) -> serde_json::Value {
        let (classes, seen) = (answered.classes(), &self.confusion);
        let (precision, recall, f1) = (seen.precision(), seen.recall(), seen.f1());
        let class = |c: usize| {
            json!({
                "class": classes[c],
                "samples": self.support(c),
                "precision": precision[c],
                "recall": recall[c],
                "f1": f1[c],
            })
        };
        let k = classes.len();
        let row = |label| (0..k).map(|guess| seen.count(label, guess)).collect::<Vec<_>>();
        let mut document = json!({
            "schema": "transfer.evaluate/1",
            "model": asked.model,
            "data": answered.data.name(),
            "samples": seen.total(),
            "accuracy": seen.accuracy(),
            "balanced_accuracy": seen.balanced_accuracy(),
            "macro_f1": self.macro_f1(),
            "log_loss": self.sureness.map(|s| s.0),
            "calibration_error": self.sureness.map(|s| s.1),
            "calibration_bins": self.sureness.map(|_| BINS),
            "classes": (0..k).map(class).collect::<Vec<_>>(),
            "confusion": (0..k).map(row).collect::<Vec<_>>(),
        });
        if let Some(task) = &asked.task {
            document["task"] = json!(task);
        }
        document
    }

    fn text(&self, asked: &Asked, answered: &Answered) -> String {
        let (classes, seen) = (answered.classes(), &self.confusion);
        let mut text = format!(
            "{} on {}, {} samples\n\naccuracy {:.1} %  balanced accuracy {:.1} %  macro F1 {:.3}\n",
            asked.model.display(),
            answered.data.name(),
            seen.total(),
            100.0 * seen.accuracy(),
            100.0 * seen.balanced_accuracy(),
            self.macro_f1(),
        );
        if let Some((loss, error)) = self.sureness {
            let _ = writeln!(
                text,
                "log loss {loss:.4} (chance {:.4})  calibration error {error:.4} ({BINS} bins)",
                (classes.len() as f64).ln()
            );
        }
        let share = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.3}"));
        let (precision, recall, f1) = (seen.precision(), seen.recall(), seen.f1());
        let mut rows =
            vec![["class", "samples", "precision", "recall", "F1"].map(str::to_owned).to_vec()];
        for (c, class) in classes.iter().enumerate() {
            let numbers = [precision[c], recall[c], f1[c]].map(share);
            let cells = [class.clone(), self.support(c).to_string()];
            rows.push(cells.into_iter().chain(numbers).collect());
        }
        let _ = write!(text, "\n{}", out::table(&rows, 1));
        if classes.len() <= MOST_COLUMNS {
            let _ =
                write!(text, "\nlabel (rows) and prediction (columns)\n{}", self.matrix(classes));
        }
        let wrong = self.most_confused();
        if !wrong.is_empty() {
            text.push_str("\nmost often wrong\n");
        }
        for (label, guess, count) in wrong {
            let of = 100.0 * count as f64 / self.support(label) as f64;
            let _ = writeln!(
                text,
                "  {} taken for {}: {count} times, {of:.1} % of {}",
                classes[label], classes[guess], classes[label]
            );
        }
        text
    }

    fn matrix(&self, classes: &[String]) -> String {
        let short = |name: &String| name.chars().take(8).collect::<String>();
        let mut rows =
            vec![std::iter::once(String::new()).chain(classes.iter().map(short)).collect()];
        for (label, class) in classes.iter().enumerate() {
            let counts = (0..classes.len()).map(|g| self.confusion.count(label, g).to_string());
            rows.push(std::iter::once(class.clone()).chain(counts).collect::<Vec<String>>());
        }
        out::table(&rows, 1)
    }
}
