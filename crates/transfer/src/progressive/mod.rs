//! Progressive neural networks (Rusu et al., *Progressive Neural Networks*, 2016).
//!
//! *Source labelled, target labelled, tasks one after another.* Every task gets a column of its own,
//! which also reads the frozen columns of the older tasks:
//!
//! **hᵢᵏ = f(Wᵢᵏ hᵢ₋₁ᵏ + Uᵢᵏ σ(Vᵢᵏ(αᵢᵏ hᵢ₋₁^{<k})))**
//!
//! So nothing is forgotten, by construction: an older task's outputs stay what they were, to the bit
//! ([`ProgressiveModel::digest`] shows it). What it costs is parameters, which grow with the square
//! of the number of tasks ([`Plan::column_parameters`]).
//!
//! [`Progressive`] adds a column; [`Continue`] is what it is compared with, a column that goes on
//! with the next task, all of it or its head alone; [`Sensitivity`] tells which columns and layers a
//! task's column makes use of.
//!
//! **When it hurts.** With a target like the source, fine-tuning learns as fast with a fraction of
//! the parameters; and a later column has more features to choose from even where the older ones
//! were never trained: compare with [`Progressive::untrained`] for each of them.

mod column;
mod estimator;
mod lateral;
mod model;
mod net;
mod plan;
mod saved;
mod sensitivity;
#[cfg(test)]
mod tests;

pub use estimator::{Continue, Progressive};
pub use model::{ProgressiveModel, Task};
pub use net::{NewColumn, ProgressiveNet};
pub use plan::{Hidden, Laterals, Plan};
pub use sensitivity::Sensitivity;

use crate::TransferError;
use crate::fit::History;

/// The area under a learning curve: the mean height of the line through the accuracies on held-out
/// data at the beginning of every epoch and, last, at the end (trapezoids). In `[0, 1]`; what the
/// paper takes of a run's rewards.
///
/// # Errors
/// If the training kept no such curve: it takes [`Progressive::curve_on`].
pub fn curve_area(history: &History, last: f64) -> Result<f64, TransferError> {
    let mut curve = history.trace(estimator::CURVE);
    if curve.is_empty() {
        return Err(TransferError::Setting {
            name: "curve_on",
            value: "not given".into(),
            range: "given for an area under the learning curve",
        });
    }
    curve.push(last);
    let sum: f64 = curve.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum();
    Ok(sum / (curve.len() - 1) as f64)
}
