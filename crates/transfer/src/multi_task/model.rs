//! [`MultiTaskModel`]: trained on several tasks, used on each.

use super::batch::Kind;
use super::measures::{TaskScore, classes_score, numbers_score};
use super::task::{Labels, Task};
use super::{MultiTaskArchitecture, MultiTaskNet};
use crate::input::{Inputs, Normalizer};
use crate::parts::{contradicts, described};
use crate::{History, TransferError};
use datasets::Unlabelled;
use nn_layers::{Layer, LoadMode, StateDict, load_into, metrics};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use tensor_autograd::{Real, Rng, Tensor, Var, eval};

/// Samples that pass through the network at once.
const BATCH: usize = 256;
/// The key of the file's metadata under which the description stands.
const KEY: &str = "transfer.multi-task/1";

/// How one task is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    /// The normalisation of its inputs.
    pub normalizer: Normalizer,
    /// What its output means.
    pub kind: Kind,
}

/// A network for several tasks with what it needs to be used.
#[derive(Clone, Debug)]
pub struct MultiTaskModel {
    /// The network.
    pub net: MultiTaskNet,
    /// The tasks by name.
    pub tasks: BTreeMap<String, Served>,
    /// How often training passed each task's examples.
    pub epochs: BTreeMap<String, f64>,
    /// The epochs of the training.
    pub history: History,
}

/// What is said of each input.
#[derive(Clone, Debug, PartialEq)]
pub enum Predictions {
    /// The likeliest classes.
    Classes(Vec<usize>),
    /// The numbers, in the labels' units.
    Numbers(Vec<f64>),
}

/// What a file says beside the numbers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    architecture: MultiTaskArchitecture,
    tasks: BTreeMap<String, Served>,
}

impl MultiTaskModel {
    /// The key of the file's metadata that tells a saved model of several tasks from other files.
    pub const METADATA_KEY: &'static str = KEY;

    /// Logits `[n, classes]`, or standardised numbers `[n, 1]`.
    ///
    /// # Errors
    /// If there is no such task, or the samples have another shape than in its training.
    pub fn output(&self, task: &str, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        self.map(task, inputs, |net, x| net.forward(task, x))
    }

    /// Features `[n, d]`: what the shared layers make of a task's inputs, and its head decides by.
    ///
    /// # Errors
    /// As for [`output`](MultiTaskModel::output).
    pub fn embed(&self, task: &str, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        self.map(task, inputs, |net, x| net.trunk.forward(net.enter(task, x)).flatten(1))
    }

    fn map(
        &self,
        task: &str,
        inputs: &Unlabelled,
        f: impl for<'t> Fn(&MultiTaskNet, Var<'t>) -> Var<'t>,
    ) -> Result<Tensor, TransferError> {
        let inputs = Inputs::new(inputs, &self.served(task)?.normalizer)?;
        let rows: Vec<usize> = (0..inputs.len()).collect();
        let (mut out, mut width) = (Vec::<Real>::new(), 0);
        for rows in rows.chunks(BATCH) {
            let y = eval(|t| f(&self.net, t.constant(inputs.batch(rows))).value());
            width = y.shape()[1];
            out.extend_from_slice(y.as_slice());
        }
        Ok(Tensor::new([inputs.len(), width], out))
    }

    /// What the model says of each input.
    ///
    /// # Errors
    /// As for [`output`](MultiTaskModel::output).
    pub fn predict(&self, task: &str, inputs: &Unlabelled) -> Result<Predictions, TransferError> {
        let output = self.output(task, inputs)?;
        Ok(match &self.served(task)?.kind {
            Kind::Numbers { mean, scale } => {
                let number = |&x: &Real| mean + scale * f64::from(x);
                Predictions::Numbers(output.as_slice().iter().map(number).collect())
            }
            Kind::Classes(_) => Predictions::Classes(metrics::predictions(&output)),
        })
    }

    /// How well the model does on the labelled rows of these tasks, which are known to it by their
    /// names and taken together: the accuracy of all, or the error and the explained variance over
    /// all. For one task give a slice of one.
    ///
    /// # Errors
    /// As for [`output`](MultiTaskModel::output); if there are no tasks, or they are of both kinds.
    pub fn score(&self, tasks: &[Task]) -> Result<TaskScore, TransferError> {
        let (mut classes, mut numbers) = (Vec::new(), Vec::new());
        for task in tasks {
            match (self.predict(task.name(), task.inputs())?, task.labels()) {
                (Predictions::Classes(said), Labels::Classes { labels, .. }) => {
                    classes
                        .extend(said.into_iter().zip(labels).filter_map(|(s, l)| Some((s, (*l)?))));
                }
                (Predictions::Numbers(said), Labels::Numbers(labels)) => {
                    let pairs = said.into_iter().zip(labels);
                    numbers.extend(pairs.filter_map(|(s, l)| Some((s, f64::from((*l)?)))));
                }
                _ => return Err(mixed(task.name())),
            }
        }
        match (classes.is_empty(), numbers.is_empty()) {
            (false, true) => Ok(classes_score(&classes)),
            (true, false) => Ok(numbers_score(&numbers)),
            _ => Err(mixed(tasks.first().map_or("no task", Task::name))),
        }
    }

    fn served(&self, task: &str) -> Result<&Served, TransferError> {
        self.tasks.get(task).ok_or_else(|| TransferError::Mismatch {
            what: "the model was not trained on such a task",
            left: format!("`{task}`"),
            right: self.tasks.keys().cloned().collect::<Vec<_>>().join(", "),
            remedy: "name one of these",
        })
    }

    /// Writes the model to one file, atomically.
    ///
    /// # Errors
    /// If the file cannot be written; an older one of that name is then untouched.
    pub fn save(
        &self,
        architecture: &MultiTaskArchitecture,
        path: &Path,
    ) -> Result<(), TransferError> {
        let (architecture, tasks) = (architecture.clone(), self.tasks.clone());
        let json = serde_json::to_string(&Description { architecture, tasks });
        let json = json.expect("plain data becomes JSON");
        StateDict::of(&self.net).with_metadata(KEY, json).save(path)?;
        Ok(())
    }

    /// Reads a model that [`save`](MultiTaskModel::save) wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is no such model, or its tensors do not fit the network that it
    /// names.
    pub fn load(path: &Path) -> Result<(Self, MultiTaskArchitecture), TransferError> {
        let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
        let (state, Description { architecture, tasks }) =
            described(path, KEY, "it is no model of several tasks")?;
        if !architecture.outputs.keys().eq(tasks.keys()) {
            return Err(unusable(contradicts(KEY, "the tasks are not those of the net's outputs")));
        }
        let held = state.tensors.values().map(Tensor::len).sum();
        architecture.check_weights(held).map_err(|e| unusable(e.to_string()))?;
        let mut net = architecture.build(&Rng::seed(0))?;
        load_into(&mut net, &state, LoadMode::Strict).map_err(|e| unusable(e.to_string()))?;
        let (epochs, history) = (BTreeMap::new(), History::default());
        Ok((MultiTaskModel { net, tasks, epochs, history }, architecture))
    }
}

fn mixed(task: &str) -> TransferError {
    TransferError::Mismatch {
        what: "a task's labels are not of the kind that it was trained on",
        left: format!("`{task}`"),
        right: "classes and numbers".into(),
        remedy: "score tasks of one kind together, and at least one",
    }
}
