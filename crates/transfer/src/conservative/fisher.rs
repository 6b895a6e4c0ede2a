//! How much each weight matters to what a model says: the diagonal of its Fisher information.

use crate::input::Inputs;
use crate::{Model, Network, TransferError};
use datasets::{Dataset, Unlabelled};
use std::collections::BTreeMap;
use tensor_autograd::{Module, Pattern, Real, Tape, Tensor};

/// The diagonal of the Fisher information of a model at its weights, by their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Fisher(BTreeMap<String, Tensor>);

impl Fisher {
    /// **F = mean over x, expectation over y ~ p(y | x) of (∂ log p(y | x) / ∂w)²**, the expectation
    /// summed over all classes. The squares are those of single samples, never of a batch's mean:
    /// the square of a mean is smaller by about the batch's size.
    ///
    /// Layers that behave otherwise in training (dropout, batch normalisation) do as in inference.
    ///
    /// # Errors
    /// If the inputs do not fit the model.
    pub fn of_model<N: Network>(
        model: &Model<N>,
        inputs: &Unlabelled,
    ) -> Result<Self, TransferError> {
        let batch = Inputs::new(inputs, &model.normalizer)?;
        let mut fisher = Fisher::zero(&model.net);
        for row in 0..batch.len() {
            for class in 0..model.classes.len() {
                let tape = Tape::new();
                let logits = model.net.forward(tape.constant(batch.batch(&[row])));
                let loss = logits.cross_entropy(&[class]);
                let probability = (-loss.value().item()).exp();
                fisher.add_squares(&model.net, loss, probability / batch.len() as Real);
            }
        }
        Ok(fisher)
    }

    /// The *empirical* Fisher information: as [`of_model`](Fisher::of_model), but at the label that
    /// each sample has instead of the expectation over what the model would say. Cheaper by the
    /// number of classes, and another quantity (Kunstner et al., 2019).
    ///
    /// # Errors
    /// If the data has no labels or does not fit the model.
    pub fn empirical<N: Network>(model: &Model<N>, data: &Dataset) -> Result<Self, TransferError> {
        let labels = data.require_labels()?;
        let batch = Inputs::new(&data.without_labels(), &model.normalizer)?;
        crate::supervised::same_classes(&model.net, &model.normalizer, data, &model.classes)?;
        let mut fisher = Fisher::zero(&model.net);
        for (row, label) in labels.iter().enumerate() {
            let tape = Tape::new();
            let logits = model.net.forward(tape.constant(batch.batch(&[row])));
            let loss = logits.cross_entropy(&[*label]);
            fisher.add_squares(&model.net, loss, 1.0 / batch.len() as Real);
        }
        Ok(fisher)
    }

    /// The information of one parameter.
    pub fn of(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// The information without the parameters that a pattern names, such as a head that was replaced.
    pub fn without(mut self, pattern: &str) -> Self {
        let pattern = Pattern::new(pattern);
        self.0.retain(|name, _| !pattern.matches(name));
        self
    }

    /// Multiplies the information of one parameter, where one layer is to be held otherwise than the
    /// others.
    ///
    /// # Panics
    /// If there is no such parameter.
    #[track_caller]
    pub fn scale(&mut self, name: &str, factor: Real) {
        let Some(values) = self.0.get_mut(name) else { panic!("no information on `{name}`") };
        values.make_mut().iter_mut().for_each(|f| *f *= factor);
    }

    fn zero(net: &impl Module) -> Self {
        let params = net.named_params().into_iter().filter(|(_, p)| p.trainable());
        Fisher(params.map(|(name, p)| (name, Tensor::zeros(p.shape()))).collect())
    }

    /// Adds `weight` times the squares of the loss's gradient.
    fn add_squares(&mut self, net: &impl Module, loss: tensor_autograd::Var<'_>, weight: Real) {
        let grads = loss.backward();
        for (name, param) in net.named_params() {
            if let (Some(sum), Some(gradient)) = (self.0.get_mut(&name), grads.get(param)) {
                let squares = sum.make_mut().iter_mut().zip(gradient.as_slice());
                squares.for_each(|(sum, g)| *sum += weight * g * g);
            }
        }
    }
}
