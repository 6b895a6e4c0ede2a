//! Multi-task learning: several tasks at once on shared layers (Caruana, 1997).
//!
//! *Labelled data of every task.* One trunk, a head for each task; what one task teaches the trunk
//! serves the others.
//!
//! * [`Task`]: a task's inputs and labels; [`MultiTaskNet`]: the network.
//! * [`weighting`]: how the tasks' losses or gradients are put together, a file a rule.
//! * [`MultiTask`]: the estimator; [`delta_m`]: what it gained.
//!
//! **When it hurts.** Tasks that need different features fight for the trunk, and a large task can
//! drown a small one. Only the comparison with each task trained alone tells, on as many steps and
//! with as many parameters on its way: [`MultiTaskNet::apart`] is that baseline.

mod batch;
mod measures;
mod model;
mod net;
mod objective;
mod task;
#[cfg(test)]
mod tests;
pub mod weighting;

pub use batch::Kind;
pub use measures::{TaskScore, delta_m};
pub use model::{MultiTaskModel, Predictions, Served};
pub use net::{MultiTaskArchitecture, MultiTaskNet};
pub use task::{Labels, Task, share_inputs};
pub use weighting::Weighting;

use crate::error::setting;
use crate::fit::{Observer, fit};
use crate::training::training_methods;
use crate::{Training, TransferError};
use batch::Batches;
use objective::{Tasks, Weighted, shared_weights};
use tensor_autograd::{Rng, eval};
use weighting::Balance;

/// Trains a [`MultiTaskNet`] on several tasks at once.
///
/// Each step draws a batch of every task. An epoch of the run is one of the task that takes the most
/// steps; the others go round more often, as often as [`MultiTaskModel::epochs`] says. The network
/// of the last step is kept.
///
/// ```no_run
/// # use transfer::{MultiTask, fit::Progress};
/// # use transfer::multi_task::{MultiTaskArchitecture, Task, Weighting, share_inputs};
/// # use tensor_autograd::Rng;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let digits = |which| datasets::load(&format!("multi:synthetic:digits#{which}").parse()?);
/// let digits = |which| digits(which).map_err(|e: datasets::DataError| e);
/// let mut tasks = [
///     Task::classification("left", &digits("left")?)?,
///     Task::classification("right", &digits("right")?)?,
/// ];
/// share_inputs(&mut tasks);
/// let net = MultiTaskArchitecture::of(Some("lenet"), &tasks).build(&Rng::seed(0))?;
/// let method = MultiTask::new(net).weighting(Weighting::Uncertainty).epochs(5);
/// let model = method.fit(&tasks, &mut Progress::bar())?;
/// println!("{:?}", model.score(&tasks[..1])?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MultiTask {
    net: MultiTaskNet,
    training: Training,
    weighting: Weighting,
    trunk_lr: Option<f64>,
}

impl MultiTask {
    /// Trains `net`, from the values it has, on the sum of the losses.
    pub fn new(net: MultiTaskNet) -> Self {
        let (training, weighting) = (Training::default(), Weighting::Equal);
        MultiTask { net, training, weighting, trunk_lr: None }
    }

    training_methods!();

    /// How the tasks are put together.
    pub fn weighting(mut self, weighting: Weighting) -> Self {
        self.weighting = weighting;
        self
    }

    /// The trunk's learning rate as a multiple of the heads', in `[0, 1]`. Without it, one over the
    /// root of the number of tasks: each head follows one gradient, and the trunk the sum of all,
    /// whose noise grows as that root.
    pub fn trunk_lr(mut self, factor: f64) -> Self {
        self.trunk_lr = Some(factor);
        self
    }

    /// Trains on `tasks`; the network has a head for each, and for no other.
    ///
    /// The history has `loss`, and for up to 16 tasks `loss_NAME`, for classes `accuracy_NAME`, and
    /// `weight_NAME` where the weights move; `gradient_cosine`, the mean over pairs of tasks, where
    /// the weighting looks at gradients.
    ///
    /// # Errors
    /// If a setting is out of range, two tasks have one name, a head is missing or of another width,
    /// samples do not fit, the weighting looks at gradients of shared layers and there are none,
    /// training diverges, or the observer interrupts it.
    pub fn fit(
        &self,
        tasks: &[Task],
        observer: &mut dyn Observer,
    ) -> Result<MultiTaskModel, TransferError> {
        let few = self.few(tasks)?;
        let tasks = few.as_deref().unwrap_or(tasks);
        let plan = self.plan(tasks)?;
        let own_input: Vec<bool> =
            tasks.iter().map(|task| self.net.inputs.contains_key(task.name())).collect();
        let Training { normalize, seed, .. } = self.training;
        let rows = self.training.rows_a_step();
        let batches = Batches::new(tasks, &own_input, normalize, rows, seed)?;
        self.check_widths(&batches)?;
        let mut objective = Tasks { batches, weighting: self.weighting.clone() };
        let first = objective.first(&self.net, &Rng::seed(seed));
        let balance = Balance::new(&self.weighting, &first);
        let weighted = Weighted { net: self.net.clone(), balance };
        let mut sgd = self.training.sgd(&plan);
        if !shared_weights(&self.net).is_empty() {
            let scale = self.trunk_lr.unwrap_or((tasks.len() as f64).sqrt().recip());
            sgd = sgd.group("net.trunk.*", |g| g.lr_scale(scale));
        }
        if self.weighting == Weighting::Uncertainty {
            sgd = sgd.group("balance.*", |g| g.weight_decay(0.0));
        }
        let sgd = sgd.bind(&weighted)?;
        let fitted = fit(&mut objective, weighted, sgd, &plan, observer)?;
        let served = objective.batches.served().map(|(name, normalizer, kind)| {
            (name.to_owned(), Served { normalizer: normalizer.clone(), kind: kind.clone() })
        });
        let epochs = tasks.iter().zip(objective.batches.epochs(plan.steps));
        Ok(MultiTaskModel {
            net: fitted.net.net,
            tasks: served.collect(),
            epochs: epochs.map(|(task, n)| (task.name().to_owned(), n)).collect(),
            history: fitted.history,
        })
    }

    /// Few examples of each task, where the training asks for it.
    fn few(&self, tasks: &[Task]) -> Result<Option<Vec<Task>>, TransferError> {
        if self.training.overfit.is_none() {
            return Ok(None);
        }
        let mut few = Vec::new();
        for task in tasks {
            let labelled = task.labels().labelled();
            let rows = self.training.few(&format!("task `{}`", task.name()), labelled.len())?;
            let rows: Vec<usize> = rows.into_iter().flatten().map(|row| labelled[row]).collect();
            few.push(task.select(&rows));
        }
        share_inputs(&mut few);
        Ok(Some(few))
    }

    /// How long the run is, all settings checked.
    fn plan(&self, tasks: &[Task]) -> Result<crate::fit::Plan, TransferError> {
        setting("tasks", tasks.len(), !tasks.is_empty(), "at least 1")?;
        let names: Vec<&str> = tasks.iter().map(Task::name).collect();
        tasks.iter().try_for_each(Task::check)?;
        self.weighting.check(&names)?;
        let factor = self.trunk_lr.unwrap_or(1.0);
        setting("trunk_lr", factor, (0.0..=1.0).contains(&factor), "in [0, 1]")?;
        setting(
            "flip",
            self.training.flip,
            !self.training.flip,
            "false: tasks may read directions",
        )?;
        let shares = !shared_weights(&self.net).is_empty();
        let by_gradients = self.weighting.by_gradients();
        let range = "one of losses: there are no shared layers whose gradients could be compared";
        setting("weighting", format!("{:?}", self.weighting), shares || !by_gradients, range)?;
        for (t, name) in names.iter().enumerate() {
            let once = !names[..t].contains(name);
            setting("tasks", format!("`{name}` twice"), once, "of one name each")?;
        }
        let mut sorted = names.clone();
        sorted.sort_unstable();
        if !self.net.heads.keys().map(String::as_str).eq(sorted.iter().copied()) {
            return Err(TransferError::Mismatch {
                what: "the network's heads are not those of the tasks",
                left: self.net.heads.keys().cloned().collect::<Vec<_>>().join(", "),
                right: sorted.join(", "),
                remedy: "give it a head for each task, by its name",
            });
        }
        // Of the rows that a step takes of a task, its epoch's steps; the longest is the run's.
        let steps = |task: &Task| {
            task.inputs().len().div_ceil(task.rows_a_step(self.training.batch_size).max(1))
        };
        let longest = tasks.iter().map(steps).max().unwrap_or(1);
        let rows = longest.saturating_mul(self.training.batch_size.max(1));
        let own = (&self.weighting, self.trunk_lr, names);
        let plan = self.training.plan(&format!("multi-task {own:?}"), rows)?;
        let patience = plan.patience.unwrap_or(0);
        setting("patience", patience, plan.patience.is_none(), "left out: there is no criterion")?;
        Ok(plan)
    }

    /// Refuses heads of another width than their tasks' labels.
    fn check_widths(&self, batches: &Batches<'_>) -> Result<(), TransferError> {
        for (t, task) in batches.tasks().iter().enumerate() {
            let sample = batches.some(t).inputs.rows(0..1);
            let width =
                eval(|tape| self.net.forward(task.name(), tape.constant(sample)).shape()[1]);
            if width != task.outputs() {
                return Err(TransferError::Mismatch {
                    what: "a head has another width than its task's labels",
                    left: format!("`{}`, {width} outputs", task.name()),
                    right: format!("{} classes, or 1 for a number", task.outputs()),
                    remedy: "give the task a head for its labels",
                });
            }
        }
        Ok(())
    }
}
