//! A trained classifier with what it needs to be used.

use crate::input::{Inputs, Normalizer};
use crate::network::Network;
use crate::{History, TransferError};
use datasets::{Dataset, Unlabelled};
use nn_layers::metrics::{self, ConfusionMatrix};
use tensor_autograd::{Real, Tensor, Var, eval};

/// Samples, and numbers of them, that pass through the network at once at most: all values of a large
/// network for 256 large pictures would fill the memory.
const BATCH: usize = 256;
const NUMBERS: usize = 1 << 21;

/// How many samples of this shape pass through a network at once, where no training says it.
pub(crate) fn together(sample: &[usize]) -> usize {
    let numbers: usize = sample.iter().product();
    BATCH.min(NUMBERS / numbers.max(1)).max(1)
}

/// What `fit` gives: a network, the normalisation of the domain it serves, and how it got there.
#[derive(Clone, Debug)]
pub struct Model<N> {
    /// The network.
    pub net: N,
    /// The normalisation of the inputs it is used on.
    pub normalizer: Normalizer,
    /// The names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// The epochs of its training.
    pub history: History,
}

impl<N: Network> Model<N> {
    /// The same network for inputs of another domain, normalised as that domain is.
    pub fn with_normalizer(&self, normalizer: Normalizer) -> Self {
        Model { normalizer, ..self.clone() }
    }

    /// Logits `[n, classes]`.
    ///
    /// # Errors
    /// If the samples have another shape than those that the model serves.
    pub fn logits(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        self.map(inputs, |net, x| net.forward(x))
    }

    /// Features `[n, d]`: what the feature extractor makes of the inputs.
    ///
    /// # Errors
    /// As for [`logits`](Model::logits).
    pub fn embed(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        self.map(inputs, |net, x| net.features(x).flatten(1))
    }

    /// Class probabilities `[n, classes]`.
    ///
    /// # Errors
    /// As for [`logits`](Model::logits).
    pub fn probabilities(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        self.map(inputs, |net, x| net.forward(x).softmax(1))
    }

    /// The likeliest class of each sample.
    ///
    /// # Errors
    /// As for [`logits`](Model::logits).
    pub fn predict(&self, inputs: &Unlabelled) -> Result<Vec<usize>, TransferError> {
        Ok(metrics::predictions(&self.logits(inputs)?))
    }

    /// The share of samples whose likeliest class is their label.
    ///
    /// # Errors
    /// If `data` has no labels, or samples of another shape than those that the model serves.
    pub fn accuracy(&self, data: &Dataset) -> Result<f64, TransferError> {
        let labels = data.require_labels()?;
        Ok(metrics::accuracy(&self.logits(&data.without_labels())?, labels))
    }

    /// Label against prediction, counted.
    ///
    /// # Errors
    /// As for [`accuracy`](Model::accuracy), and if a label is no class of the model.
    pub fn confusion(&self, data: &Dataset) -> Result<ConfusionMatrix, TransferError> {
        let labels = known_labels(data, self.classes.len())?;
        Ok(ConfusionMatrix::of(&self.logits(&data.without_labels())?, labels))
    }

    /// The inputs as the network takes them, all in one batch.
    pub(crate) fn batch(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        let inputs = Inputs::new(inputs, &self.normalizer)?;
        Ok(inputs.batch(&(0..inputs.len()).collect::<Vec<_>>()))
    }

    /// The inputs as the network takes them, as many together as pass through it at once.
    pub(crate) fn batches(&self, inputs: &Unlabelled) -> Result<Vec<Tensor>, TransferError> {
        let inputs = Inputs::new(inputs, &self.normalizer)?;
        let rows: Vec<usize> = (0..inputs.len()).collect();
        let some = rows.chunks(together(self.normalizer.sample()));
        Ok(some.map(|rows| inputs.batch(rows)).collect())
    }

    fn map(
        &self,
        inputs: &Unlabelled,
        f: impl for<'t> Fn(&N, Var<'t>) -> Var<'t>,
    ) -> Result<Tensor, TransferError> {
        let inputs = Inputs::new(inputs, &self.normalizer)?;
        let rows: Vec<usize> = (0..inputs.len()).collect();
        let mut out: Vec<Real> = Vec::new();
        let mut width = 0;
        for rows in rows.chunks(together(self.normalizer.sample())) {
            let y = eval(|t| f(&self.net, t.constant(inputs.batch(rows))).value());
            width = y.shape()[1];
            out.extend_from_slice(y.as_slice());
        }
        Ok(Tensor::new([inputs.len(), width], out))
    }
}

/// The labels of `data`, each of them a class of a model of so many.
pub(crate) fn known_labels(data: &Dataset, classes: usize) -> Result<&[usize], TransferError> {
    let labels = data.require_labels()?;
    if let Some(label) = labels.iter().find(|l| **l >= classes) {
        return Err(TransferError::Mismatch {
            what: "a label is no class of the model",
            left: format!("label {label} of {}", data.name()),
            right: format!("{classes} classes"),
            remedy: "evaluate on data with the classes that the model was trained on",
        });
    }
    Ok(labels)
}
