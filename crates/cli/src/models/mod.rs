//! Saved models of every kind behind one face. To add a kind: a file, and a line in [`KINDS`].

mod classifier;
mod multi_task;
mod progressive;
mod self_taught;
mod zero_shot;

use crate::error::{InputError, UsageError, nearest};
use datasets::Unlabelled;
use nn_layers::StateListing;
use std::path::Path;
use tensor_autograd::Tensor;
use transfer::{TransferError, model_file};

/// A kind of model: the key of the file's metadata that tells it, and its reader.
struct Kind {
    key: &'static str,
    load: fn(&Path) -> Result<Box<dyn Saved>, TransferError>,
}

const KINDS: [Kind; 5] =
    [classifier::KIND, multi_task::KIND, progressive::KIND, self_taught::KIND, zero_shot::KIND];

/// A model that was read.
pub(crate) trait Saved {
    /// What it is, for a reader: kind, tasks, classes, layers.
    fn describe(&self) -> String;

    /// The part of it that was asked for.
    ///
    /// # Errors
    /// If it has no such part.
    fn serve(self: Box<Self>, ask: &Ask) -> anyhow::Result<Served>;

    /// Its features of samples, `[n, d]`: what the part that was asked for decides by.
    ///
    /// # Errors
    /// If it has no such part.
    fn embedder(self: Box<Self>, ask: &Ask) -> anyhow::Result<Embedder>;
}

/// Which part of a model is to answer.
pub(crate) struct Ask {
    /// The task, of a model that has several.
    pub(crate) task: Option<String>,
    /// The candidates, of a model that tells any classes.
    pub(crate) candidates: Option<Vec<String>>,
}

/// A model, or a part of it, that takes samples of one shape.
pub(crate) struct Served {
    /// The shape of a sample.
    pub(crate) input: Vec<usize>,
    pub(crate) meaning: Meaning,
    pub(crate) answer: Box<Answer>,
}

/// What makes features of samples of one shape.
pub(crate) struct Embedder {
    /// The shape of a sample.
    pub(crate) input: Vec<usize>,
    pub(crate) features: Box<Answer>,
}

type Answer = dyn Fn(&Unlabelled) -> Result<Tensor, TransferError>;

/// What the numbers mean that a model gives for each sample.
#[derive(Debug, PartialEq)]
pub(crate) enum Meaning {
    /// The probability of each of these classes, `[n, classes]`.
    Probabilities(Vec<String>),
    /// A score of each of these classes, the larger the likelier, `[n, classes]`.
    Scores(Vec<String>),
    /// The number itself, `[n, 1]`.
    Number,
}

impl Meaning {
    /// The classes, if there are some.
    pub(crate) fn classes(&self) -> Option<&[String]> {
        match self {
            Meaning::Probabilities(classes) | Meaning::Scores(classes) => Some(classes),
            Meaning::Number => None,
        }
    }
}

/// The model in a file, if `listing` says that it is one.
///
/// # Errors
/// If it is of a known kind and cannot be read.
pub(crate) fn known(
    listing: &StateListing,
    path: &Path,
) -> Result<Option<Box<dyn Saved>>, TransferError> {
    let kind = KINDS.iter().find(|kind| listing.metadata.contains_key(kind.key));
    kind.map(|kind| (kind.load)(path)).transpose()
}

/// Reads a model of any kind, from its file or from the folder of its run.
///
/// # Errors
/// If the file cannot be read or is no model.
pub(crate) fn load(path: &Path) -> anyhow::Result<Box<dyn Saved>> {
    let path = &model_file(path);
    let listing = StateListing::read(path)?;
    known(&listing, path)?.ok_or_else(|| {
        let keys: Vec<&str> = KINDS.iter().map(|kind| kind.key).collect();
        let keys = keys.join(", ");
        let why = match listing.metadata.keys().find(|key| key.starts_with("transfer.")) {
            Some(key) => format!(
                "it is a `{key}`, none of the kinds of model that this version reads: {keys}"
            ),
            None => format!(
                "its metadata has none of {keys}: these are bare weights, not a model saved by \
                 `transfer`"
            ),
        };
        InputError::File { path: path.to_owned(), why }.into()
    })
}

impl Ask {
    /// The place of the task among `names`: the one that was asked for, or the only one.
    fn task(&self, names: &[&str]) -> Result<usize, UsageError> {
        self.no_candidates()?;
        match (&self.task, names) {
            (None, [_]) => Ok(0),
            (Some(task), _) if names.contains(&task.as_str()) => {
                Ok(names.iter().position(|name| name == task).unwrap_or_default())
            }
            (task, _) => Err(UsageError::Task {
                found: task.clone(),
                nearest: task.as_deref().and_then(|task| nearest(task, names.iter().copied())),
                known: names.join(", "),
            }),
        }
    }

    /// Refuses a task, for a model that has one only.
    fn no_task(&self) -> Result<(), UsageError> {
        match self.task {
            None => Ok(()),
            Some(_) => Err(UsageError::Unused { flag: "--task", method: "a model of one task" }),
        }
    }

    /// Refuses candidates, for a model whose classes are those that it was trained on.
    fn no_candidates(&self) -> Result<(), UsageError> {
        let method = "a model with classes of its own";
        match self.candidates {
            None => Ok(()),
            Some(_) => Err(UsageError::Unused { flag: "--candidates", method }),
        }
    }
}

/// Their number, and their names as far as a line holds them.
fn counted(classes: &[String]) -> String {
    let shown: Vec<&str> = classes.iter().take(30).map(String::as_str).collect();
    let more = if classes.len() > shown.len() { ", ..." } else { "" };
    format!("{} classes ({}{more})", classes.len(), shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_found_by_its_name_or_is_the_only_one() {
        let ask = |task: Option<&str>| Ask { task: task.map(str::to_owned), candidates: None };
        assert_eq!(ask(None).task(&["a"]).unwrap(), 0);
        assert_eq!(ask(Some("right")).task(&["left", "right"]).unwrap(), 1);
        let error = |task| ask(task).task(&["left", "right"]).unwrap_err().to_string();
        assert_eq!(error(None), "--task is missing: the model has the tasks left, right");
        assert_eq!(
            error(Some("lefd")),
            "--task: the model has no task `lefd`, did you mean `left`?; tasks: left, right"
        );
        assert!(ask(Some("a")).no_task().is_err());
    }

    #[test]
    fn every_kind_has_a_key_of_its_own() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..i].iter().all(|other| other.key != kind.key), "{}", kind.key);
        }
    }
}
