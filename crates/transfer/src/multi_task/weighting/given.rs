//! Fixed weights: **L = Σ w_t L_t**.

use crate::TransferError;
use crate::error::setting;
use std::collections::BTreeMap;

/// Checks that each weight is a number that makes sense, and belongs to a task.
pub(super) fn check(weights: &BTreeMap<String, f64>, tasks: &[&str]) -> Result<(), TransferError> {
    for (name, &weight) in weights {
        let ok = weight >= 0.0 && weight.is_finite();
        setting("weights", format!("{name}={weight}"), ok, "0 or positive")?;
        if !tasks.contains(&name.as_str()) {
            return Err(TransferError::Mismatch {
                what: "there is no task of the name that a weight is given to",
                left: format!("`{name}`"),
                right: tasks.join(", "),
                remedy: "name one of these",
            });
        }
    }
    Ok(())
}
