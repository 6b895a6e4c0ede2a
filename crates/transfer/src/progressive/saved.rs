//! A progressive model on disk: one safetensors file that says what it is.

use super::model::{ProgressiveModel, Task};
use super::net::ProgressiveNet;
use super::plan::Plan;
use crate::input::Normalizer;
use crate::parts::{contradicts, described};
use crate::{History, TransferError};
use nn_layers::{LoadMode, StateDict, load_into};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tensor_autograd::Rng;

/// The key of the file's metadata under which the description stands.
const KEY: &str = "transfer.progressive/1";
/// More numbers than this are taken for a damaged description.
const LARGEST: usize = 1 << 28;

/// What the numbers do not say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    plan: Plan,
    tasks: Vec<TaskDescription>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskDescription {
    name: String,
    normalizer: Normalizer,
    classes: Vec<String>,
}

impl ProgressiveModel {
    /// The key of the file's metadata that tells a saved progressive model from other files.
    pub const METADATA_KEY: &'static str = KEY;

    /// Writes all columns to one file, atomically; how to build them and what their tasks are stands
    /// in the metadata. The tasks' histories are not kept.
    ///
    /// # Errors
    /// If the file cannot be written; an older one of that name is then untouched.
    pub fn save(&self, path: &Path) -> Result<(), TransferError> {
        let describe = |task: &Task| TaskDescription {
            name: task.name.clone(),
            normalizer: task.normalizer.clone(),
            classes: task.classes.clone(),
        };
        let tasks = self.tasks.iter().map(describe).collect();
        let description = Description { plan: self.net.plan().clone(), tasks };
        let json = serde_json::to_string(&description).expect("plain data becomes JSON");
        StateDict::of(&self.net).with_metadata(KEY, json).save(path)?;
        Ok(())
    }

    /// Reads a model that [`save`](ProgressiveModel::save) wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is no progressive model, or its tensors do not fit what it says
    /// they are.
    pub fn load(path: &Path) -> Result<Self, TransferError> {
        let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
        let (state, Description { plan, tasks }) =
            described(path, KEY, "this is no progressive model")?;
        let mut net = ProgressiveNet::new(plan).map_err(|e| unusable(e.to_string()))?;
        let mut numbers = 0;
        for (column, task) in tasks.iter().enumerate() {
            let input = net.plan().input();
            if task.classes.is_empty() || !task.normalizer.fits(input) {
                return Err(unusable(contradicts(
                    KEY,
                    "the classes of a task or its inputs are not those of the net",
                )));
            }
            // Before anything is made: the description alone must not take memory.
            let own = net.plan().column_parameters(column, task.classes.len());
            numbers = own.unwrap_or(LARGEST).saturating_add(numbers);
            if numbers >= LARGEST {
                return Err(unusable("it claims columns beyond any use".into()));
            }
        }
        let held: usize = state.tensors.values().map(|t| t.len()).sum();
        if numbers > held {
            let why = format!("its `{KEY}` claims {numbers} weights, it holds {held} numbers");
            return Err(unusable(why));
        }
        for task in &tasks {
            let column = net.grow(task.classes.len(), &Rng::seed(0));
            net = column.join();
        }
        load_into(&mut net, &state, LoadMode::Strict).map_err(|e| unusable(e.to_string()))?;
        let described = |task: TaskDescription| Task {
            name: task.name,
            normalizer: task.normalizer,
            classes: task.classes,
            history: History::default(),
        };
        Ok(ProgressiveModel { net, tasks: tasks.into_iter().map(described).collect() })
    }
}
