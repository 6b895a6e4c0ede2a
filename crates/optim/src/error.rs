//! What can be wrong with settings and saved state that come from outside.

use tensor_autograd::Shape;
use thiserror::Error;

/// A hyper-parameter or a group that cannot be.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number outside its range.
    #[error("{name} = {value}: must be {range}; {hint}")]
    OutOfRange {
        /// The hyper-parameter.
        name: &'static str,
        /// What it was set to.
        value: f64,
        /// What is allowed.
        range: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// Two settings that exclude each other.
    #[error("{what}: {hint}")]
    Conflict {
        /// The settings.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A group's pattern that fits no name of the model.
    #[error("the group `{pattern}` names no parameter; this model has {}", listed(names))]
    EmptyGroup {
        /// The pattern.
        pattern: String,
        /// The names there are.
        names: Vec<String>,
    },
}

impl ConfigError {
    /// `Ok` if `fits`.
    pub(crate) fn unless(
        fits: bool,
        name: &'static str,
        value: f64,
        range: &'static str,
        hint: &'static str,
    ) -> Result<(), ConfigError> {
        if fits { Ok(()) } else { Err(ConfigError::OutOfRange { name, value, range, hint }) }
    }

    /// Checks a number that must be finite and at least 0.
    pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), ConfigError> {
        let fits = value >= 0.0 && value.is_finite();
        Self::unless(fits, name, value, "a finite number ≥ 0", "0 turns it off")
    }

    /// Checks a coefficient of a running average.
    pub(crate) fn averaging(
        name: &'static str,
        value: f64,
        hint: &'static str,
    ) -> Result<(), ConfigError> {
        Self::unless((0.0..1.0).contains(&value), name, value, "in [0, 1)", hint)
    }

    /// Checks a learning rate.
    pub(crate) fn lr(name: &'static str, value: f64) -> Result<(), ConfigError> {
        let fits = value >= 0.0 && value.is_finite();
        Self::unless(fits, name, value, "a finite number ≥ 0", "try 0.001")
    }

    /// Checks a number of steps.
    pub(crate) fn steps(name: &'static str, value: u64) -> Result<(), ConfigError> {
        let hint = "give the length in optimiser steps";
        Self::unless(value > 0, name, value as f64, "at least 1", hint)
    }
}

/// Saved state that belongs to another optimiser or another model. The optimiser that refused it is
/// unchanged.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// It was saved by another rule.
    #[error(
        "the state was saved by `{found}`, this optimiser is `{expected}`: continue with `{found}`, or start without the saved state"
    )]
    Rule {
        /// The rule of this optimiser.
        expected: String,
        /// The rule that saved the state.
        found: String,
    },
    /// Its names or shapes are not those of the model.
    #[error("the saved state does not fit the model: {0}; load the model that it was saved with")]
    Mismatch(Mismatch),
}

/// Everything in which saved names and shapes differ from the model's.
#[derive(Clone, Debug, Default, PartialEq, Error)]
#[error("{} missing ({}), {} unexpected ({}), {} of another shape ({})",
    missing.len(), listed(missing), unexpected.len(), listed(unexpected),
    misshapen.len(), listed(&shapes(misshapen)))]
pub struct Mismatch {
    /// Names that the model has and the saved state has not.
    pub missing: Vec<String>,
    /// Names in the saved state that the model has not.
    pub unexpected: Vec<String>,
    /// Names in both: (name, shape expected, shape found).
    pub misshapen: Vec<(String, Shape, Shape)>,
}

impl Mismatch {
    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshapen.is_empty()
    }
}

fn shapes(misshapen: &[(String, Shape, Shape)]) -> Vec<String> {
    let text = |(name, want, found): &(String, Shape, Shape)| {
        format!("{name}: expected {want}, found {found}")
    };
    misshapen.iter().map(text).collect()
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
