//! Plain training on labelled data: where transfer starts, and what it is compared with.

use crate::batches::Labelled;
use crate::fit::{At, Means, Objective, Observer, fit};
use crate::input::{Inputs, Normalizer};
use crate::model::Model;
use crate::network::Network;
use crate::training::training_methods;
use crate::{Training, TransferError};
use datasets::Dataset;
use nn_layers::metrics;
use optim::{Optimizer, Rule};
use std::marker::PhantomData;
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
    pub fn fit(
        &self,
        data: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        let start = Start {
            net: self.net.clone(),
            normalizer: Normalizer::fit(self.training.normalize, &data.without_labels()),
        };
        let sgd = self.training.sgd(data.len())?.bind(&self.net)?;
        train(start, sgd, &self.training, data, self.validation.as_ref(), observer)
    }
}

/// Where supervised training starts from.
pub(crate) struct Start<N> {
    pub(crate) net: N,
    pub(crate) normalizer: Normalizer,
}

/// Minimises the cross-entropy on `data`.
pub(crate) fn train<N: Network, R: Rule>(
    start: Start<N>,
    optimizer: Optimizer<R>,
    training: &Training,
    data: &Dataset,
    validation: Option<&Dataset>,
    observer: &mut dyn Observer,
) -> Result<Model<N>, TransferError> {
    let plan = training.plan(data.len())?;
    let validation = validation.map(|data| {
        let inputs = Inputs::new(&data.without_labels(), &start.normalizer)?;
        Ok::<_, TransferError>((inputs, data.require_labels()?.to_vec()))
    });
    let mut objective = CrossEntropy {
        batches: Labelled::new(data, &start.normalizer, training)?,
        validation: validation.transpose()?,
        net: PhantomData,
    };
    let fitted = fit(&mut objective, start.net, optimizer, &plan, observer)?;
    Ok(Model {
        net: fitted.net,
        normalizer: start.normalizer,
        classes: data.classes().to_vec(),
        history: fitted.history,
    })
}

/// The objective: mean cross-entropy of a batch.
struct CrossEntropy<N> {
    batches: Labelled,
    validation: Option<(Inputs, Vec<usize>)>,
    net: PhantomData<N>,
}

impl<N: Network> Objective for CrossEntropy<N> {
    type Net = N;

    fn step(&mut self, net: &N, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let (x, labels) = self.batches.batch(at.step);
        grad(rng, |t| {
            let logits = net.forward(t.constant(x));
            means.add("accuracy", metrics::accuracy(&logits.value(), &labels));
            logits.cross_entropy(&labels)
        })
    }

    fn criterion(&self, net: &N) -> Option<(&'static str, f64)> {
        let (inputs, labels) = self.validation.as_ref()?;
        let rows: Vec<usize> = (0..inputs.len()).collect();
        let sum: f64 = rows
            .chunks(256)
            .map(|rows| {
                let labels: Vec<usize> = rows.iter().map(|&r| labels[r]).collect();
                let mean = eval(|t| {
                    net.forward(t.constant(inputs.batch(rows)))
                        .cross_entropy(&labels)
                        .value()
                        .item()
                });
                f64::from(mean) * rows.len() as f64
            })
            .sum();
        Some(("minus_validation_loss", -sum / rows.len() as f64))
    }
}
