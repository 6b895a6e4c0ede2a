//! Values from a state dict into a model.

use super::write::is_counter;
use super::{StateDict, nearest::nearest};
use std::collections::BTreeSet;
use std::fmt;
use tensor_autograd::{Module, Param, Shape};

/// What to do where names or shapes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadMode {
    /// Every name on both sides, every shape equal, or nothing is changed.
    Strict,
    /// Loads what fits and reports the rest, as for a pre-trained net under a new head.
    Partial,
}

/// A name that one side lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Misfit {
    /// The name.
    pub name: String,
    /// Its shape on the side that has it.
    pub shape: Shape,
    /// The most similar of the other side's names that nothing matches.
    pub nearest: Option<String>,
}

/// What [`load_into`] did, or why it did nothing. `Display` lists all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// Names that fit.
    pub loaded: Vec<String>,
    /// Names of the module that the state dict lacks.
    pub missing: Vec<Misfit>,
    /// Names of the state dict that the module lacks.
    pub unexpected: Vec<Misfit>,
    /// Names whose shapes differ, as (name, shape in the module, shape in the state dict).
    pub misshaped: Vec<(String, Shape, Shape)>,
}

impl LoadReport {
    /// Whether everything fits.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshaped.is_empty()
    }
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The state dict is not one of this module, and strictness was asked for.
    #[error("the state dict does not fit the model, nothing was loaded\n{0}")]
    Mismatch(Box<LoadReport>),
    /// Not a single tensor fits.
    #[error("no tensor of the state dict fits the model\n{0}")]
    NothingFits(Box<LoadReport>),
    /// A tensor that would be loaded holds a value that is not finite.
    #[error("tensor `{name}` holds a value that is not finite, nothing was loaded")]
    NotFinite {
        /// The tensor, the first by its name's place in the module.
        name: String,
    },
}

/// Copies the values of `state` into the parameters and buffers of the same name and shape.
///
/// A missing `num_batches_tracked` is forgiven, as in PyTorch: files from before version 0.4.1 do
/// not have it, and nothing but a cumulative average reads it.
///
/// # Errors
/// In [strict](LoadMode::Strict) mode if any name or shape differs, in
/// [partial](LoadMode::Partial) mode if nothing fits; in both if a tensor that fits is not finite. The
/// module is then unchanged, and the error lists every missing, unexpected and mis-shaped name at
/// once, or names the tensor.
pub fn load_into<M: Module + ?Sized>(
    module: &mut M,
    state: &StateDict,
    mode: LoadMode,
) -> Result<LoadReport, LoadError> {
    let mut params = module.named_params_mut();
    let report = compare(&params, state);
    if mode == LoadMode::Strict && !report.is_complete() {
        return Err(LoadError::Mismatch(Box::new(report)));
    }
    if report.loaded.is_empty() && !params.is_empty() {
        return Err(LoadError::NothingFits(Box::new(report)));
    }
    if let Some(name) = report.loaded.iter().find(|name| !state.tensors[*name].is_finite()) {
        return Err(LoadError::NotFinite { name: name.clone() });
    }
    for (name, p) in &mut params {
        if let Some(value) = state.tensors.get(name.as_str()).filter(|t| t.shape() == p.shape()) {
            p.value = value.clone();
        }
    }
    Ok(report)
}

fn compare(params: &[(String, &mut Param)], state: &StateDict) -> LoadReport {
    let mut report = LoadReport::default();
    let mut missing = Vec::new();
    for (name, p) in params {
        match state.tensors.get(name) {
            Some(t) if t.shape() == p.shape() => report.loaded.push(name.clone()),
            Some(t) => report.misshaped.push((name.clone(), p.shape(), t.shape())),
            None if is_counter(name) => {}
            None => missing.push((name, p.shape())),
        }
    }
    let own: BTreeSet<&String> = params.iter().map(|(name, _)| name).collect();
    let unexpected: Vec<_> = state.tensors.iter().filter(|(name, _)| !own.contains(name)).collect();
    // Hints take a comparison per pair; a file of another kind altogether gets none.
    let hints = missing.len() * unexpected.len() <= 10_000;
    let missing_names = || missing.iter().map(|(name, _)| name.as_str()).filter(|_| hints);
    let unexpected_names = || unexpected.iter().map(|(name, _)| name.as_str()).filter(|_| hints);

    let misfit = |name: &String, shape, nearest| Misfit { name: name.clone(), shape, nearest };
    report.missing = missing
        .iter()
        .map(|(name, shape)| misfit(name, *shape, nearest(name, unexpected_names())))
        .collect();
    report.unexpected = unexpected
        .iter()
        .map(|(name, t)| misfit(name, t.shape(), nearest(name, missing_names())))
        .collect();
    report
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tensors fit", self.loaded.len())?;
        for (label, misfits) in [("missing", &self.missing), ("unexpected", &self.unexpected)] {
            for Misfit { name, shape, nearest } in misfits {
                write!(f, "\n  {label} {name} {shape}")?;
                if let Some(nearest) = nearest {
                    write!(f, " (is it {nearest}?)")?;
                }
            }
        }
        for (name, expected, found) in &self.misshaped {
            write!(f, "\n  {name}: expected {expected}, found {found}")?;
        }
        Ok(())
    }
}
