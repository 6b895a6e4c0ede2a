//! The risk on source data that was not trained on.

use crate::TransferError;
use crate::model::Model;
use datasets::Dataset;
use nn_layers::models::DannNet;

/// The share of `held_out` that the model gets wrong: what is left where the target says nothing. It
/// is the target's risk only if the domains do not differ.
///
/// `model` is the one that serves the source: normalised as that is.
///
/// # Errors
/// As for [`Model::accuracy`].
pub fn source_risk(model: &Model<DannNet>, held_out: &Dataset) -> Result<f64, TransferError> {
    Ok(1.0 - model.accuracy(held_out)?)
}
