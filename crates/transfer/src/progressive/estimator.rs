//! Adding a column for a task, and the controls that have one column only.

use super::model::{ProgressiveModel, Task, one_column};
use super::net::{NewColumn, ProgressiveNet};
use crate::batches::Labelled;
use crate::fit::{At, Means, Objective, Observer, fit};
use crate::input::{Inputs, Normalizer};
use crate::model::known_labels;
use crate::training::training_methods;
use crate::{Decay, Training, TransferError};
use datasets::Dataset;
use nn_layers::metrics;
use tensor_autograd::{Grads, Module, Real, Rng, eval, grad};

/// The name in the history of the accuracy on held-out data at the beginning of each epoch.
pub(super) const CURVE: &str = "held_out_accuracy";
/// Samples that pass through the network at once.
const BATCH: usize = 256;

/// Trains a new column on a task, beside the frozen columns of the tasks before.
#[derive(Clone, Debug)]
pub struct Progressive {
    older: ProgressiveModel,
    training: Training,
    curve: Option<Dataset>,
}

impl Progressive {
    /// Beside the columns of `older`, which may be none, with the settings of
    /// [`defaults`](Progressive::defaults).
    pub fn new(older: ProgressiveModel) -> Self {
        Progressive { older, training: Progressive::defaults(), curve: None }
    }

    /// The settings that every column and every control starts with: 20 passes over the task in
    /// batches of 16 at a constant learning rate of 0.003. At 0.01 a column that reads grey images
    /// in three equal channels dies in its first pass: they add up.
    pub fn defaults() -> Training {
        let decay = Decay::Constant;
        Training { epochs: 20, batch_size: 16, lr: 0.003, decay, ..Training::default() }
    }

    training_methods!();

    /// Measures the accuracy on `data` at the beginning of every epoch, for
    /// [`curve_area`](super::curve_area). Nothing is chosen by it.
    pub fn curve_on(mut self, data: Dataset) -> Self {
        self.curve = Some(data);
        self
    }

    /// Trains a column on `task`; gives the older columns and the new one, all frozen.
    ///
    /// # Errors
    /// If a setting is out of range, the task has no labels or samples of another shape than the
    /// plan's, training diverges, or the observer interrupts it.
    pub fn fit(
        &self,
        name: &str,
        task: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<ProgressiveModel, TransferError> {
        let (column, normalizer) = self.start(name, task)?;
        let net = &self.older.net;
        let words = format!("progressive column {} {:?}", net.len(), net.plan());
        let run = Run { training: &self.training, curve: self.curve.as_ref(), words };
        run.train(column, normalizer, (name, task), &self.older.tasks, observer)
    }

    /// The same without training: a column of random weights, frozen. In place of every older column,
    /// each under a name of its own for other weights, it is the paper's control of what trained ones
    /// are worth: as many parameters, nothing learnt in them.
    ///
    /// # Errors
    /// If the samples have another shape than the plan's.
    pub fn untrained(&self, name: &str, task: &Dataset) -> Result<ProgressiveModel, TransferError> {
        let (column, normalizer) = self.start(name, task)?;
        let mut tasks = self.older.tasks.clone();
        tasks.push(described(name, task, normalizer, crate::History::default()));
        Ok(ProgressiveModel { net: column.join(), tasks })
    }

    fn start(&self, name: &str, task: &Dataset) -> Result<(NewColumn, Normalizer), TransferError> {
        check_shape(&self.older.net, task)?;
        // By the task's name, not the column's number: a column that stands alone starts alike.
        let rng = Rng::seed(self.training.seed).fork(&format!("column {name}"));
        let column = self.older.net.grow(task.classes().len(), &rng);
        let normalizer = Normalizer::fit(self.training.normalize, &task.without_labels());
        Ok((column, normalizer))
    }
}

/// Trains the column of one task further on another: the baselines that have a single column. The
/// head is a new one, for the other task's classes.
#[derive(Clone, Debug)]
pub struct Continue {
    from: ProgressiveModel,
    head_only: bool,
    training: Training,
    curve: Option<Dataset>,
}

impl Continue {
    /// Goes on from the one column of `from`, with the defaults of [`Progressive`].
    pub fn new(from: ProgressiveModel) -> Self {
        Continue { from, head_only: false, training: Progressive::defaults(), curve: None }
    }

    training_methods!();

    /// Trains the head alone; the hidden layers are frozen, buffers and dropout included.
    pub fn head_only(mut self, on: bool) -> Self {
        self.head_only = on;
        self
    }

    /// As for [`Progressive::curve_on`].
    pub fn curve_on(mut self, data: Dataset) -> Self {
        self.curve = Some(data);
        self
    }

    /// Trains on `task`; gives a model of one column, which serves this task alone.
    ///
    /// # Errors
    /// As for [`Progressive::fit`], and if `from` has not exactly one column.
    pub fn fit(
        &self,
        name: &str,
        task: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<ProgressiveModel, TransferError> {
        let (net, _) = self.from.alone().ok_or_else(|| one_column(self.from.net.len()))?;
        check_shape(net, task)?;
        let empty = ProgressiveNet::new(net.plan().clone())?;
        let rng = Rng::seed(self.training.seed).fork(&format!("column {name}"));
        let mut start = empty.grow(task.classes().len(), &rng);
        let last = start.column.layers.len() - 1;
        start.column.layers[..last].clone_from_slice(&net.columns[0].layers[..last]);
        for (layer, unit) in start.column.layers.iter_mut().enumerate() {
            let frozen = self.head_only && layer < last;
            unit.named_params_mut().into_iter().for_each(|(_, p)| p.frozen = frozen);
        }
        let normalizer = Normalizer::fit(self.training.normalize, &task.without_labels());
        let words = format!("column goes on, head only {} {:?}", self.head_only, net.plan());
        let run = Run { training: &self.training, curve: self.curve.as_ref(), words };
        run.train(start, normalizer, (name, task), &[], observer)
    }
}

fn check_shape(net: &ProgressiveNet, task: &Dataset) -> Result<(), TransferError> {
    if task.sample_shape() == net.plan().input() {
        return Ok(());
    }
    Err(TransferError::Mismatch {
        what: "the task's samples have another shape than the columns take",
        left: format!("{} {:?}", task.name(), task.sample_shape()),
        right: format!("{:?}", net.plan().input()),
        remedy: "bring all tasks to one shape: resize images, repeat grey as three channels",
    })
}

fn described(name: &str, task: &Dataset, normalizer: Normalizer, history: crate::History) -> Task {
    Task { name: name.into(), normalizer, classes: task.classes().to_vec(), history }
}

/// One training of a column.
struct Run<'a> {
    training: &'a Training,
    curve: Option<&'a Dataset>,
    /// What tells this training from others.
    words: String,
}

impl Run<'_> {
    fn train(
        &self,
        start: NewColumn,
        normalizer: Normalizer,
        (name, task): (&str, &Dataset),
        older: &[Task],
        observer: &mut dyn Observer,
    ) -> Result<ProgressiveModel, TransferError> {
        let patience = self.training.patience;
        let range = "left out: nothing is held out to be patient about";
        crate::error::setting("patience", patience.unwrap_or(0), patience.is_none(), range)?;
        let plan = self.training.plan(&format!("{} {name}", self.words), task.len())?;
        let batches = Labelled::new(task, &normalizer, self.training)?;
        let held_out = self.curve.map(|data| {
            let labels = known_labels(data, task.classes().len())?.to_vec();
            Ok::<_, TransferError>((Inputs::new(&data.without_labels(), &normalizer)?, labels))
        });
        let every = plan.steps_per_epoch;
        let mut objective = CrossEntropy { batches, held_out: held_out.transpose()?, every };
        let sgd = self.training.sgd(&plan).bind(&start)?;
        let fitted = fit(&mut objective, start, sgd, &plan, observer)?;
        let mut tasks = older.to_vec();
        tasks.push(described(name, task, normalizer, fitted.history));
        Ok(ProgressiveModel { net: fitted.net.join(), tasks })
    }
}

/// The objective: mean cross-entropy of a batch. The accuracy on held-out data is only noted.
struct CrossEntropy {
    batches: Labelled,
    held_out: Option<(Inputs, Vec<usize>)>,
    every: usize,
}

impl Objective for CrossEntropy {
    type Net = NewColumn;

    fn step(&mut self, net: &NewColumn, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        if let Some((inputs, labels)) = &self.held_out
            && at.step.is_multiple_of(self.every)
        {
            means.add(CURVE, accuracy(net, inputs, labels));
        }
        let (x, labels) = self.batches.batch(at.step);
        grad(rng, |t| {
            let logits = net.forward(t.constant(&x));
            means.add("accuracy", metrics::accuracy(&logits.value(), &labels));
            logits.cross_entropy(&labels)
        })
    }
}

fn accuracy(net: &NewColumn, inputs: &Inputs, labels: &[usize]) -> f64 {
    let rows: Vec<usize> = (0..inputs.len()).collect();
    let right = rows.chunks(BATCH).map(|rows| {
        let logits = eval(|t| net.forward(t.constant(inputs.batch(rows))).value());
        metrics::accuracy(&logits, &labels[rows[0]..rows[0] + rows.len()]) * rows.len() as f64
    });
    right.sum::<f64>() / labels.len() as f64
}
