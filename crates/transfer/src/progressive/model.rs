//! A progressive network with what its tasks need to be used.

use super::net::ProgressiveNet;
use super::plan::Plan;
use crate::input::Normalizer;
use crate::{History, Model, TransferError};
use datasets::{Dataset, Unlabelled};
use sha2::{Digest, Sha256};

/// The task of a column.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// The normalisation of its inputs; every column reads them so when it serves this task.
    pub normalizer: Normalizer,
    /// The names of its classes, in the order of the logits.
    pub classes: Vec<String>,
    /// The epochs of its column's training.
    pub history: History,
}

/// What [`Progressive`](super::Progressive) gives: a network, and a task for each of its columns.
#[derive(Clone, Debug)]
pub struct ProgressiveModel {
    pub(super) net: ProgressiveNet,
    pub(super) tasks: Vec<Task>,
}

impl ProgressiveModel {
    /// Without columns: where the first task starts.
    ///
    /// # Errors
    /// As for [`Plan::shapes`].
    pub fn new(plan: Plan) -> Result<Self, TransferError> {
        Ok(ProgressiveModel { net: ProgressiveNet::new(plan)?, tasks: Vec::new() })
    }

    /// The network.
    pub fn net(&self) -> &ProgressiveNet {
        &self.net
    }

    /// The tasks, in the order of the columns.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The classifier of task `task` (from 0): its column, and the older ones that it reads.
    ///
    /// # Panics
    /// If there is no such task.
    #[track_caller]
    pub fn task(&self, task: usize) -> Model<ProgressiveNet> {
        let Task { normalizer, classes, history, .. } = self.tasks[task].clone();
        Model { net: self.net.first(task + 1), normalizer, classes, history }
    }

    /// The likeliest classes of a task's inputs.
    ///
    /// # Errors
    /// If the samples have another shape than the task's.
    ///
    /// # Panics
    /// If there is no such task.
    #[track_caller]
    pub fn predict(&self, task: usize, inputs: &Unlabelled) -> Result<Vec<usize>, TransferError> {
        self.task(task).predict(inputs)
    }

    /// The share of a task's samples whose likeliest class is their label.
    ///
    /// # Errors
    /// If `data` has no labels, or samples of another shape than the task's.
    ///
    /// # Panics
    /// If there is no such task.
    #[track_caller]
    pub fn score(&self, task: usize, data: &Dataset) -> Result<f64, TransferError> {
        self.task(task).accuracy(data)
    }

    /// The column of a task alone, as a model of one column. It is what was trained only if nothing
    /// stood beside it.
    pub(super) fn alone(&self) -> Option<(&ProgressiveNet, &Task)> {
        (self.net.len() == 1).then(|| (&self.net, &self.tasks[0]))
    }

    /// The SHA-256 of the bits of a task's logits, in hexadecimal.
    ///
    /// # Errors
    /// If the samples have another shape than the task's.
    ///
    /// # Panics
    /// If there is no such task.
    #[track_caller]
    pub fn digest(&self, task: usize, inputs: &Unlabelled) -> Result<String, TransferError> {
        let logits = self.task(task).logits(inputs)?;
        let mut hash = Sha256::new();
        logits.as_slice().iter().for_each(|x| hash.update(x.to_le_bytes()));
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The accuracy on an earlier task of a column that went on with another one: its hidden layers
    /// as they are now under the head that they had then. How much was forgotten.
    ///
    /// # Errors
    /// If one of the two models has more than one column, the plans differ, or `data` does not fit
    /// the earlier task.
    pub fn accuracy_under_the_head_of(
        &self,
        earlier: &ProgressiveModel,
        data: &Dataset,
    ) -> Result<f64, TransferError> {
        let (Some((now, _)), Some((then, task))) = (self.alone(), earlier.alone()) else {
            return Err(one_column(self.net.len().max(earlier.net.len())));
        };
        if now.plan() != then.plan() {
            return Err(TransferError::Mismatch {
                what: "a head of another network",
                left: format!("{:?}", now.plan()),
                right: format!("{:?}", then.plan()),
                remedy: "give the model that this one went on from",
            });
        }
        let mut net = now.clone();
        let head = then.columns[0].layers.last().expect("a head at least");
        *net.columns[0].layers.last_mut().expect("a head at least") = head.clone();
        let Task { normalizer, classes, history, .. } = task.clone();
        Model { net, normalizer, classes, history }.accuracy(data)
    }
}

/// The error of a model that should have one column.
pub(super) fn one_column(found: usize) -> TransferError {
    TransferError::Mismatch {
        what: "only a single column can go on with another task",
        left: format!("{found} columns"),
        right: "1".into(),
        remedy: "give the model of the first task",
    }
}
