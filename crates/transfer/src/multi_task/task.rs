//! [`Task`]: inputs, and what is to be said of each.

use crate::TransferError;
use crate::error::setting;
use datasets::readers::csv::Regression;
use datasets::{Dataset, Unlabelled};
use tensor_autograd::Rng;

/// One task of several: a name, inputs, and a label for each of them, or for some.
///
/// Tasks may have the same inputs, as the two digits of one image have; [`share_inputs`] finds that
/// out. A batch then holds the same rows for all of them, and passes the shared layers once.
#[derive(Clone, Debug)]
pub struct Task {
    name: String,
    inputs: Unlabelled,
    labels: Labels,
    batch_size: Option<usize>,
    loss_factor: f64,
}

/// What a task's rows are labelled with; `None` where a row is not.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Classes, as indices into their names.
    Classes {
        /// The class of each row.
        labels: Vec<Option<usize>>,
        /// The names of the classes.
        names: Vec<String>,
    },
    /// Numbers to be predicted.
    Numbers(Vec<Option<f32>>),
}

impl Labels {
    /// How many rows there are, labelled or not.
    fn rows(&self) -> usize {
        match self {
            Labels::Classes { labels, .. } => labels.len(),
            Labels::Numbers(numbers) => numbers.len(),
        }
    }

    /// The rows that have a label.
    pub(super) fn labelled(&self) -> Vec<usize> {
        let has = |row: &usize| match self {
            Labels::Classes { labels, .. } => labels[*row].is_some(),
            Labels::Numbers(numbers) => numbers[*row].is_some(),
        };
        (0..self.rows()).filter(has).collect()
    }

    fn select(&self, rows: &[usize]) -> Self {
        match self {
            Labels::Classes { labels, names } => {
                let labels = rows.iter().map(|&r| labels[r]).collect();
                Labels::Classes { labels, names: names.clone() }
            }
            Labels::Numbers(numbers) => Labels::Numbers(rows.iter().map(|&r| numbers[r]).collect()),
        }
    }
}

impl Task {
    /// A task of these inputs and labels.
    ///
    /// # Errors
    /// [`TransferError::Unsuitable`] with the task's name, if there are not as many labels as
    /// inputs, no row has one, a label names no class, or a number is not finite.
    pub fn new(
        name: impl Into<String>,
        inputs: Unlabelled,
        labels: Labels,
    ) -> Result<Self, TransferError> {
        let name = name.into();
        let refuse = |problem: String, remedy| {
            Err(TransferError::Unsuitable { data: format!("task `{name}`"), problem, remedy })
        };
        if labels.rows() != inputs.len() {
            let (rows, n) = (inputs.len(), labels.rows());
            return refuse(format!("{rows} examples and {n} labels"), "they must come in pairs");
        }
        if labels.labelled().is_empty() {
            return refuse("no example has a label".into(), "leave the task out, or give it data");
        }
        match &labels {
            Labels::Classes { labels, names } => {
                if let Some(label) = labels.iter().flatten().find(|l| **l >= names.len()) {
                    let problem = format!("label {label} of {} classes", names.len());
                    return refuse(problem, "name every class");
                }
            }
            Labels::Numbers(numbers) => {
                if let Some(number) = numbers.iter().flatten().find(|x| !x.is_finite()) {
                    return refuse(format!("a number to predict is {number}"), "mend it");
                }
            }
        }
        Ok(Task { name, inputs, labels, batch_size: None, loss_factor: 1.0 })
    }

    /// To tell the classes of `data`.
    ///
    /// # Errors
    /// If it has no labels.
    pub fn classification(name: impl Into<String>, data: &Dataset) -> Result<Self, TransferError> {
        let labels = data.require_labels()?.iter().map(|&l| Some(l)).collect();
        let labels = Labels::Classes { labels, names: data.classes().to_vec() };
        Task::new(name, data.without_labels(), labels)
    }

    /// To predict a number for each input.
    ///
    /// # Errors
    /// As for [`new`](Task::new).
    pub fn regression(
        name: impl Into<String>,
        inputs: Unlabelled,
        numbers: &[f32],
    ) -> Result<Self, TransferError> {
        Task::new(name, inputs, Labels::Numbers(numbers.iter().map(|&x| Some(x)).collect()))
    }

    /// The tasks of a table by its task column, called `NAME/TASK`, in the table's order; a table
    /// without such a column is one task, `NAME`.
    ///
    /// # Errors
    /// [`TransferError::Unsuitable`] with its name for a task that has no rows.
    pub fn family(name: &str, data: &Regression) -> Result<Vec<Self>, TransferError> {
        let one = |name: String, rows: Vec<usize>| {
            if rows.is_empty() {
                let (data, problem) = (format!("task `{name}`"), "it has no examples".to_owned());
                let remedy = "leave the task out, or take more rows";
                return Err(TransferError::Unsuitable { data, problem, remedy });
            }
            let inputs = data.inputs.select(ndarray::Axis(0), &rows).into_dyn();
            let inputs = Unlabelled::new(name.clone(), inputs)?;
            let numbers: Vec<f32> = rows.iter().map(|&r| data.targets[r]).collect();
            Task::regression(name, inputs, &numbers)
        };
        let Some(of) = &data.tasks else {
            return Ok(vec![one(name.to_owned(), (0..data.len()).collect())?]);
        };
        let names = data.task_names.iter().enumerate();
        let task = |(t, task): (usize, &String)| {
            let rows = (0..of.len()).filter(|&r| of[r] == t).collect();
            one(format!("{name}/{task}"), rows)
        };
        names.map(task).collect()
    }

    /// The rows of this task in each step, instead of the common batch size. Tasks of the same
    /// inputs go by the first of them.
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch_size = Some(rows);
        self
    }

    /// A factor of the task's loss before any weighting, as if it were measured in other units;
    /// positive.
    pub fn loss_factor(mut self, factor: f64) -> Self {
        self.loss_factor = factor;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The inputs.
    pub fn inputs(&self) -> &Unlabelled {
        &self.inputs
    }

    /// The labels.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Rows of this task in a step.
    pub(super) fn rows_a_step(&self, common: usize) -> usize {
        self.batch_size.unwrap_or(common)
    }

    /// The same task on these rows alone.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        let (inputs, labels) = (self.inputs.select(rows), self.labels.select(rows));
        Task { inputs, labels, ..self.clone() }
    }

    pub(super) fn factor(&self) -> f64 {
        self.loss_factor
    }

    pub(super) fn check(&self) -> Result<(), TransferError> {
        let factor = self.loss_factor;
        setting("loss_factor", factor, factor > 0.0 && factor.is_finite(), "positive")?;
        setting(
            "batch_size",
            self.batch_size.unwrap_or(1),
            self.batch_size != Some(0),
            "at least 1",
        )
    }

    /// A number for each output that the task's head must have.
    pub fn outputs(&self) -> usize {
        match &self.labels {
            Labels::Classes { names, .. } => names.len(),
            Labels::Numbers(_) => 1,
        }
    }

    /// The share of the rows that is held out, drawn by `seed`, and what is left: `(rest, held
    /// out)`. Tasks of the same inputs part with the same rows.
    ///
    /// # Errors
    /// [`TransferError::Unsuitable`] if the task has too few rows to leave a labelled one in each
    /// part.
    pub fn hold_out(&self, share: f64, seed: u64) -> Result<(Self, Self), TransferError> {
        let n = self.inputs.len();
        let order =
            Rng::seed(seed).fork(&format!("hold out {}", self.inputs.name())).permutation(n);
        let held = ((n as f64 * share).round() as usize).min(n);
        let part = |rows: &[usize]| {
            let mut rows = rows.to_vec();
            rows.sort_unstable();
            if self.labels.select(&rows).labelled().is_empty() {
                return Err(TransferError::Unsuitable {
                    data: format!("task `{}`", self.name),
                    problem: format!("{n} examples are too few to hold out a share of {share}"),
                    remedy: "give test data of its own, or leave the task out",
                });
            }
            Ok(self.select(&rows))
        };
        Ok((part(&order[held..])?, part(&order[..held])?))
    }
}

/// Whether both have their inputs in one memory.
pub(super) fn same_inputs(a: &Task, b: &Task) -> bool {
    let (a, b) = (a.inputs.inputs(), b.inputs.inputs());
    a.shape() == b.shape() && a.as_ptr() == b.as_ptr()
}

/// Lets tasks whose inputs are the same numbers have them in common.
pub fn share_inputs(tasks: &mut [Task]) {
    for t in 1..tasks.len() {
        let (before, after) = tasks.split_at_mut(t);
        let equal = |other: &&Task| other.inputs.inputs() == after[0].inputs.inputs();
        if let Some(other) = before.iter().find(equal) {
            after[0].inputs = other.inputs.clone();
        }
    }
}
