//! Copying parameters by name, with an account of each.

use crate::TransferError;
use serde::Serialize;
use std::fmt;
use tensor_autograd::{Module, Pattern};

/// What became of the parameters that a pattern names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Copying {
    /// Those that have the source's values now.
    pub copied: Vec<String>,
    /// Those that were named and not copied, and why.
    pub skipped: Vec<(String, Skipped)>,
}

/// Why a parameter that the pattern names was not copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skipped {
    /// Its shape is another one.
    Shape {
        /// In the source model.
        source: Vec<usize>,
        /// In the new network.
        target: Vec<usize>,
    },
    /// The source model has none of this name.
    Missing,
    /// The new network has none of this name.
    Extra,
    /// It belongs to the output layer, and the classes are others.
    Classes,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skipped::Shape { source, target } => write!(f, "shape {source:?}, not {target:?}"),
            Skipped::Missing => f.write_str("missing in the source model"),
            Skipped::Extra => f.write_str("missing in the new network"),
            Skipped::Classes => f.write_str("the output layer is for other classes"),
        }
    }
}

/// `copied features.0.weight, features.0.bias; skipped label.0.weight (shape [8, 16], not [2, 16])`.
impl fmt::Display for Copying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copied = if self.copied.is_empty() { "nothing".into() } else { self.copied.join(", ") };
        write!(f, "copied {copied}")?;
        for (i, (name, why)) in self.skipped.iter().enumerate() {
            write!(f, "{} {name} ({why})", if i == 0 { "; skipped" } else { "," })?;
        }
        Ok(())
    }
}

/// Copies every value of `from` that the pattern names, and whose name and shape `into` has too,
/// buffers included. What `output` names is not copied, for it is for other classes.
///
/// # Errors
/// [`TransferError::Pattern`] if the pattern names no parameter of either, or none that can be copied.
pub fn copy_layers(
    from: &impl Module,
    into: &mut impl Module,
    pattern: &str,
    output: &Pattern,
) -> Result<Copying, TransferError> {
    let (values, chosen) = (from.state_dict(), Pattern::new(pattern));
    let mut report = Copying::default();
    let mut names = Vec::new();
    // ANCHOR: copy
    for (name, param) in into.named_params_mut() {
        names.push(name.clone());
        if !chosen.matches(&name) {
            continue;
        }
        let why = match values.get(&name) {
            _ if output.matches(&name) => Skipped::Classes,
            None => Skipped::Missing,
            Some(value) if value.shape() != param.shape() => {
                let (source, target) = (value.shape().to_vec(), param.shape().to_vec());
                Skipped::Shape { source, target }
            }
            Some(value) => {
                param.value = value.clone();
                report.copied.push(name);
                continue;
            }
        };
        report.skipped.push((name, why));
    }
    // ANCHOR_END: copy
    for name in values.into_keys().filter(|n| chosen.matches(n) && !names.contains(n)) {
        report.skipped.push((name, Skipped::Extra));
    }
    if report.copied.is_empty() {
        let problem = match report.skipped.is_empty() {
            true => "names no parameter".to_owned(),
            false => format!("names nothing that can be copied ({report})"),
        };
        return Err(TransferError::Pattern {
            what: "the pattern of the layers to copy",
            pattern: pattern.to_owned(),
            problem,
            names,
        });
    }
    Ok(report)
}
