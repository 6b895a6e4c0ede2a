//! The table of schemes, and loading by it.

use super::{Grammar, RowRange, Spec, SpecError};
use crate::{DataError, Dataset, readers};

/// A kind of data that a spec can name.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    /// What stands before the colon.
    pub name: &'static str,
    /// The form of its specs, for help texts.
    pub usage: &'static str,
    /// What it reads.
    pub help: &'static str,
    /// What it takes; a generator's options depend on its name, hence a function.
    pub grammar: fn(&Spec) -> Result<Grammar, SpecError>,
    /// Reads it, all rows. Called with specs that fit the grammar only.
    pub load: fn(&Spec) -> Result<Dataset, DataError>,
}

/// All schemes, for help texts.
pub fn schemes() -> &'static [Scheme] {
    readers::SCHEMES
}

/// Reads or generates the data set that a spec names. It is called by its spec.
///
/// # Errors
/// [`DataError`]: whatever is wrong with the files; [`DataError::Rows`] if the row range reaches
/// beyond the end.
pub fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let scheme = find(&spec.scheme, &spec.to_string())?;
    let all = (scheme.load)(spec)?.with_name(spec.to_string());
    let RowRange { start, end } = spec.rows.unwrap_or(RowRange { start: 0, end: None });
    let mut part = all.slice(start..end.unwrap_or(all.len()))?;
    if let Some(limit) = spec.count("limit") {
        part = part.limit(limit);
    }
    // A slice keeps all rows in memory; a small part of a large file should not.
    Ok(if part.len() < all.len() { part.map_inputs(|rows| rows.to_owned()) } else { part })
}

pub(super) fn find(name: &str, text: &str) -> Result<&'static Scheme, SpecError> {
    let known = || schemes().iter().map(|scheme| scheme.name);
    schemes()
        .iter()
        .find(|scheme| scheme.name == name)
        .ok_or_else(|| SpecError::unknown(text, "scheme", name, known()))
}

pub(super) fn grammar_of(spec: &Spec) -> Result<Grammar, SpecError> {
    (find(&spec.scheme, &spec.to_string())?.grammar)(spec)
}
