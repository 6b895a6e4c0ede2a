//! Plain training on labelled data: where transfer starts, and what it is compared with.

use crate::batches::Labelled;
use crate::conservative::Holds;
use crate::depth::Thaw;
use crate::fit::{At, Means, Objective, Observer, Plan, fit};
use crate::input::{Inputs, Normalizer};
use crate::model::Model;
use crate::network::Network;
use crate::prefix::{Prefix, Shelf};
use crate::training::training_methods;
use crate::validation::Validation;
use crate::{Training, TransferError};
use datasets::Dataset;
use nn_layers::metrics;
use optim::{Optimizer, Rule};
use tensor_autograd::{Grads, Real, Rng, eval, grad};

/// Cross-entropy on labelled data, by SGD with the learning rate annealed as in the paper of
/// domain-adversarial training, so that the two can be compared at equal budget. On the source it
/// is the *source-only* baseline, on the labelled target the *train-on-target* bound.
#[derive(Clone, Debug)]
pub struct Supervised<N> {
    net: N,
    training: Training,
    validation: Option<Dataset>,
}

impl<N: Network> Supervised<N> {
    /// Trains `net`, from the values it has.
    pub fn new(net: N) -> Self {
        Supervised { net, training: Training::default(), validation: None }
    }

    training_methods!();

    /// Keeps the epoch with the smallest loss on `data` instead of the last one.
    pub fn validation(mut self, data: Dataset) -> Self {
        self.validation = Some(data);
        self
    }

    /// Stops after this many epochs without a smaller validation loss.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.training.patience = Some(epochs);
        self
    }

    /// Trains on `data`.
    ///
    /// # Errors
    /// If a setting is out of range, `data` has no labels or does not fit the network, training
    /// diverges, or the observer interrupts it.
    ///
    /// # Panics
    /// If a layer of the network does not take samples of this shape.
    pub fn fit(
        &self,
        data: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        data.ready()?;
        let start = Start {
            net: self.net.clone(),
            normalizer: Normalizer::fit(self.training.normalize, &data.without_labels()),
            thaw: Thaw::default(),
        };
        let plan = self.training.plan("supervised", data.len())?;
        let sgd = self.training.sgd(&plan).bind(&self.net)?;
        let validation = self.validation.as_ref();
        train(start, sgd, &self.training, &plan, (data, validation), None, observer)
    }
}

/// Where supervised training starts from.
pub(crate) struct Start<N> {
    pub(crate) net: N,
    pub(crate) normalizer: Normalizer,
    /// What is frozen at first.
    pub(crate) thaw: Thaw,
}

/// Minimises the cross-entropy on `data`, or the loss that `holds` make of it.
pub(crate) fn train<N: Network, R: Rule>(
    start: Start<N>,
    optimizer: Optimizer<R>,
    training: &Training,
    plan: &Plan,
    (data, validation): (&Dataset, Option<&Dataset>),
    holds: Option<Holds<N>>,
    observer: &mut dyn Observer,
) -> Result<Model<N>, TransferError> {
    let batches = Labelled::later(data, &start.normalizer, training)?;
    same_classes(&start.net, &start.normalizer, data, data.classes())?;
    let served = (&start.net, &start.normalizer);
    let validation = Validation::new(validation, served, data, training.patience)?;
    let (mut prefix, mut net, thaw) = (Prefix::of(batches.fixed()), start.net, start.thaw);
    if let Some(folder) = training.cache.as_ref().filter(|_| batches.fixed().is_some()) {
        thaw.apply(&mut net, 0);
        let shelf = Shelf::new(folder, batches.all())?;
        let batch = training.batch_size;
        let note = prefix.open(&shelf, (&net, batch), batches.all())?;
        note.iter().for_each(|note| observer.note(note));
    }
    // Where all features are there, the pictures that they are of need not be.
    let seen = holds.as_ref().is_some_and(Holds::see_inputs);
    if seen || thaw.moves() || !prefix.is_full() {
        batches.all().ready()?;
    }
    let mut objective = CrossEntropy { batches, prefix, validation, holds, thaw };
    let fitted = fit(&mut objective, net, optimizer, plan, observer);
    // What cannot be kept costs time alone; the model is there.
    if let Err(error) = objective.prefix.close() {
        observer.note(&format!("the features are not kept for the next run: {error}"));
    }
    let fitted = fitted?;
    Ok(Model {
        net: fitted.net,
        normalizer: start.normalizer,
        classes: data.classes().to_vec(),
        history: fitted.history,
    })
}

/// Refuses data whose classes are not those that the network was made for, or that it is trained on.
pub(crate) fn same_classes(
    net: &impl Network,
    normalizer: &Normalizer,
    data: &Dataset,
    trained: &[String],
) -> Result<(), TransferError> {
    let sample = Inputs::later(&data.without_labels(), normalizer)?.peek(&[0])?;
    let logits = eval(|t| net.forward(t.constant(sample)).shape()[1]);
    let classes = data.classes().len();
    if logits == classes && trained.len() == classes {
        return Ok(());
    }
    Err(TransferError::Mismatch {
        what: "the data has another number of classes than the network",
        left: format!("{}, {classes} classes", data.name()),
        right: format!("{logits} logits, {} classes trained", trained.len()),
        remedy: "give the network a head for the classes of the data",
    })
}

/// The objective: mean cross-entropy of a batch, and what holds the network back.
struct CrossEntropy<N> {
    batches: Labelled,
    prefix: Prefix,
    validation: Option<Validation>,
    holds: Option<Holds<N>>,
    thaw: Thaw,
}

impl<N: Network> Objective for CrossEntropy<N> {
    type Net = N;

    fn freeze(&self, net: &mut N, at: At) {
        self.thaw.apply(net, at.step);
    }

    fn step(&mut self, net: &N, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let rows = self.batches.rows(at.step);
        let (batches, labels) = (&self.batches, self.batches.labels(&rows));
        let inputs = |rows: &[usize]| batches.inputs(rows, at.step);
        let x = self.prefix.run(net, &rows, inputs);
        let word = self.holds.as_mut().and_then(|holds| holds.word(&rows, inputs));
        grad(rng, |t| {
            let logits = self.prefix.rest(net, t.constant(x));
            means.add("accuracy", metrics::accuracy(&logits.value(), &labels));
            match &self.holds {
                None => logits.cross_entropy(&labels),
                Some(holds) => holds.loss(t, net, logits, &labels, word),
            }
        })
    }

    fn criterion(&self, net: &N) -> Option<(&'static str, f64)> {
        Some(self.validation.as_ref()?.criterion(net))
    }
}
