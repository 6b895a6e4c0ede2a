//! Labelled data kept out of the training, to choose the epoch by.

use crate::TransferError;
use crate::error::setting;
use crate::input::{Inputs, Normalizer};
use crate::model::together;
use crate::network::Network;
use crate::prefix::Prefix;
use crate::supervised::same_classes;
use datasets::Dataset;
use std::cell::RefCell;
use tensor_autograd::eval;

/// Held-out samples, ready to be passed through a network, and their labels.
pub(crate) struct Validation {
    inputs: Inputs,
    labels: Vec<usize>,
    prefix: RefCell<Prefix>,
    together: usize,
}

impl Validation {
    /// `held_out`, if there is any, for a network that learns the classes of `data`.
    ///
    /// # Errors
    /// If it does not fit the network, or there is a patience and nothing to be patient about.
    pub(crate) fn new(
        held_out: Option<&Dataset>,
        (net, normalizer): (&impl Network, &Normalizer),
        data: &Dataset,
        patience: Option<usize>,
    ) -> Result<Option<Self>, TransferError> {
        let needless = patience.is_none() || held_out.is_some();
        let patience = patience.unwrap_or(0);
        setting("patience", patience, needless, "given together with validation data")?;
        let Some(held_out) = held_out else { return Ok(None) };
        same_classes(net, normalizer, held_out, data.classes())?;
        let inputs = Inputs::new(&held_out.without_labels(), normalizer)?;
        let prefix = RefCell::new(Prefix::of(Some(inputs.len())));
        let (labels, together) =
            (held_out.require_labels()?.to_vec(), together(normalizer.sample()));
        Ok(Some(Validation { inputs, labels, prefix, together }))
    }

    /// The criterion of the fit loop: minus the mean cross-entropy.
    pub(crate) fn criterion(&self, net: &impl Network) -> (&'static str, f64) {
        let mut prefix = self.prefix.borrow_mut();
        let rows: Vec<usize> = (0..self.inputs.len()).collect();
        let sum: f64 = rows
            .chunks(self.together)
            .map(|rows| {
                let labels: Vec<usize> = rows.iter().map(|&r| self.labels[r]).collect();
                let x = prefix.run(net, rows, |rows| self.inputs.batch(rows));
                let mean =
                    eval(|t| prefix.rest(net, t.constant(x)).cross_entropy(&labels).value().item());
                f64::from(mean) * rows.len() as f64
            })
            .sum();
        ("minus_validation_loss", -sum / rows.len() as f64)
    }
}
