//! From the cells of a table to numbers and labels, for the formats whose rows are cells of text.
//!
//! A column of numbers stays one. A column of words becomes an indicator for each of its words
//! ("one-hot"): 1 where it stands, else 0.

mod builder;

use std::collections::BTreeMap;

pub(super) use builder::{Builder, Built};

use crate::LineError;
use crate::error::shown;
use crate::spec::{Kind, OptionHelp, Spec, SpecError, unescape};

/// A column of words with more different ones holds names or free text: no features.
pub(super) const MOST_CATEGORIES: usize = 64;

/// More different words than these are no classes but identifiers.
pub(super) const MOST_CLASSES: usize = 65_536;

pub(super) const MISSING: OptionHelp = OptionHelp {
    name: "missing",
    kind: Kind::NumberOr(&["mean", "zero", "drop"]),
    help: "what missing values become, or drop their rows; default: they are an error",
};

pub(super) const IGNORE: OptionHelp =
    OptionHelp { name: "ignore", kind: Kind::Names, help: "columns that are left out" };

/// What is done about missing values. A missing word is none of the words: all indicators are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Missing {
    #[default]
    Refuse,
    /// The mean of the column's other values.
    Mean,
    Value(f32),
    /// Their rows are left out.
    Drop,
}

impl Missing {
    /// What a spec says.
    ///
    /// # Errors
    /// [`SpecError::Value`] if it is a number beyond 32 bits.
    pub(super) fn of(spec: &Spec) -> Result<Self, SpecError> {
        Ok(match spec.option("missing") {
            None => Self::Refuse,
            Some("mean") => Self::Mean,
            Some("zero") => Self::Value(0.0),
            Some("drop") => Self::Drop,
            Some(_) => {
                let value = spec.number("missing").unwrap_or(f64::INFINITY) as f32;
                if !value.is_finite() {
                    return Err(spec.bad_value("missing", "a number that is finite in 32 bits"));
                }
                Self::Value(value)
            }
        })
    }
}

/// The names that an option lists.
pub(super) fn listed(spec: &Spec, option: &str) -> Vec<String> {
    spec.option(option).into_iter().flat_map(|names| names.split(',')).map(unescape).collect()
}

/// The column of a name, or of a number counted from 1.
///
/// # Errors
/// [`SpecError::Unknown`].
pub(super) fn find(spec: &str, names: &[String], wanted: &str) -> Result<usize, SpecError> {
    let named = names.iter().position(|name| name == wanted);
    let numbered = || {
        let number: usize = wanted.parse().ok()?;
        (1..=names.len()).contains(&number).then(|| number - 1)
    };
    named
        .or_else(numbered)
        .ok_or_else(|| SpecError::unknown(spec, "column", wanted, names.iter().map(String::as_str)))
}

/// Words in order, each with its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Words {
    pub(super) names: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Words {
    /// Each once, in this order.
    pub(super) fn new(names: Vec<String>) -> Self {
        let places = names.iter().cloned().enumerate().map(|(place, name)| (name, place)).collect();
        Self { names, places }
    }

    /// What is wrong with so many words as indicators, if they are too many.
    pub(super) fn free_text(&self, column: &str) -> Option<LineError> {
        let limit = MOST_CATEGORIES as u64;
        let column = shown(column);
        (self.names.len() > MOST_CATEGORIES).then_some(LineError::FreeText { column, limit })
    }

    /// In the order of their numbers if all are numbers, else of their bytes.
    pub(super) fn ordered(names: impl IntoIterator<Item = String>) -> Self {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        let value = |word: &str| word.parse::<f64>().ok().filter(|value| value.is_finite());
        if names.iter().all(|word| value(word).is_some()) {
            names.sort_by(|a, b| {
                value(a).partial_cmp(&value(b)).unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        Self::new(names)
    }
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    Number,
    /// Numbers that are never made up.
    Target,
    Words(Words),
    /// The words that the labels name.
    Class(Words),
    Ignored,
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) role: Role,
}

impl Role {
    /// How many numbers of a row the column becomes.
    fn width(&self) -> usize {
        match self {
            Self::Number | Self::Target => 1,
            Self::Words(words) => words.names.len(),
            Self::Class(_) | Self::Ignored => 0,
        }
    }
}

/// A cell of a column of numbers.
pub(super) fn number(column: &str, cell: &str) -> Result<f32, LineError> {
    match cell.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(LineError::NotFinite { column: shown(column), found: shown(cell) }),
        Err(_) => {
            let hint = "; mend it, or say ?ignore= with the column's name";
            Err(LineError::NotANumber { column: shown(column), found: shown(cell), hint })
        }
    }
}
