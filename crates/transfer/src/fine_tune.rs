//! Fine-tuning: a network trained on the source goes on with few labelled target examples.
//!
//! *Source labelled, target labelled, and little of it.* The trunk starts where the source left it
//! and moves slowly; the head, which has more to learn, moves ten times as fast.
//!
//! **When it hurts.** With one or two examples a class, moving every layer can do worse than moving
//! the last one: compare with `train_only("label.*")`, and with training from scratch.

use crate::error::setting;
use crate::fit::Observer;
use crate::model::Model;
use crate::network::Network;
use crate::supervised::{Start, train};
use crate::training::training_methods;
use crate::{Decay, Training, TransferError};
use datasets::Dataset;
use tensor_autograd::{Module, Pattern};

/// Trains a source model further on labelled target data.
#[derive(Clone, Debug)]
pub struct FineTune<N> {
    source: Model<N>,
    training: Training,
    trunk_lr: f64,
    trained: String,
    validation: Option<Dataset>,
}

impl<N: Network> FineTune<N> {
    /// Starts from `source`, whose normalisation of the inputs is kept. 50 passes over the target
    /// in batches of 16, at a learning rate of 0.01 for the head and a tenth of it for the trunk.
    pub fn new(source: Model<N>) -> Self {
        let decay = Decay::Constant;
        let training = Training { epochs: 50, batch_size: 16, decay, ..Training::default() };
        let trained = "*".to_owned();
        FineTune { source, training, trunk_lr: 0.1, trained, validation: None }
    }

    training_methods!();

    /// The trunk's learning rate as a multiple of the head's; in `[0, 1]`. The trunk is every
    /// parameter whose name begins with `features.`.
    pub fn trunk_lr(mut self, factor: f64) -> Self {
        self.trunk_lr = factor;
        self
    }

    /// Trains only the parameters that the pattern names; the others are frozen meanwhile, buffers
    /// included. What is frozen in the source model stays frozen.
    pub fn train_only(mut self, pattern: impl Into<String>) -> Self {
        self.trained = pattern.into();
        self
    }

    /// Keeps the epoch with the smallest loss on `data`, which must be labelled target data that is
    /// not in the training set. Without it the last epoch is kept.
    pub fn validation(mut self, data: Dataset) -> Self {
        self.validation = Some(data);
        self
    }

    /// Stops after this many epochs without a smaller validation loss.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.training.patience = Some(epochs);
        self
    }

    /// Trains on `target`.
    ///
    /// # Errors
    /// If a setting is out of range, the pattern names no weight, the target has no labels or
    /// does not fit the network, training diverges, or the observer interrupts it.
    pub fn fit(
        &self,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        let in_range = (0.0..=1.0).contains(&self.trunk_lr);
        setting("trunk_lr", self.trunk_lr, in_range, "in [0, 1]")?;
        let method = format!("fine-tune {} {}", self.trunk_lr, self.trained);
        let plan = self.training.plan(&method, target.len())?;
        let mut net = self.source.net.clone();
        let trained = Pattern::new(&self.trained);
        let mut named = false;
        for (name, param) in net.named_params_mut() {
            param.frozen |= !trained.matches(&name);
            named |= param.trainable();
        }
        setting("train_only", &self.trained, named, "a pattern that names a trainable weight")?;
        let mut sgd = self.training.sgd(&plan);
        if net.named_params().iter().any(|(name, _)| name.starts_with("features.")) {
            sgd = sgd.group("features.*", |g| g.lr_scale(self.trunk_lr));
        }
        let sgd = sgd.bind(&net)?;
        let start = Start { net, normalizer: self.source.normalizer.clone() };
        let validation = self.validation.as_ref();
        let mut model = train(start, sgd, &self.training, &plan, target, validation, observer)?;
        let before = self.source.net.named_params();
        for ((_, param), (_, before)) in model.net.named_params_mut().into_iter().zip(before) {
            param.frozen = before.frozen;
        }
        Ok(model)
    }
}

/// Copies every value of `from` whose name and shape `into` has too; returns the names of `into`
/// that keep the values they have.
///
/// How a network with a head for other classes starts from a source model: the trunk is copied, the
/// head keeps its fresh initial values.
pub fn copy_matching(from: &impl Module, into: &mut impl Module) -> Vec<String> {
    let values = from.state_dict();
    let mut kept = Vec::new();
    for (name, param) in into.named_params_mut() {
        match values.get(&name).filter(|v| v.shape() == param.shape()) {
            Some(value) => param.value = value.clone(),
            None => kept.push(name),
        }
    }
    kept
}
