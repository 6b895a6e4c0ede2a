//! The table of schemes, and loading by it.

use super::{Grammar, Part as _, RowRange, Spec, SpecError};
use crate::{DataError, Dataset, SparseDataset, readers};

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
    /// Reads it. Called with specs that fit the grammar only.
    pub load: Loader,
}

/// What a scheme reads into; sparse rows are made dense where dense ones are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Loader {
    /// An array of all rows.
    Dense(fn(&Spec) -> Result<Dataset, DataError>),
    /// An array of the rows that the spec asks for: a reader of many files opens those alone.
    Chosen(fn(&Spec) -> Result<Dataset, DataError>),
    /// As `Chosen`, and without opening more files than it must: see [`load_later`].
    Later {
        /// All of the rows are there.
        now: fn(&Spec) -> Result<Dataset, DataError>,
        /// They are made when they are asked for.
        later: fn(&Spec) -> Result<Dataset, DataError>,
    },
    /// Rows of which only the values other than 0 are kept.
    Sparse(fn(&Spec) -> Result<SparseDataset, DataError>),
}

/// All schemes, for help texts.
pub fn schemes() -> &'static [Scheme] {
    readers::SCHEMES
}

/// Reads or generates the data set that a spec names. It is called by its spec.
///
/// # Errors
/// [`DataError`]: whatever is wrong with the files; [`DataError::Rows`] if the row range reaches
/// beyond the end; [`DataError::TooDense`] if sparse rows would fill too much memory as `[n, f]`:
/// [`load_sparse`] reads them as they are.
pub fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let all = match find(&spec.scheme, &spec.to_string())?.load {
        Loader::Sparse(_) => return load_sparse(spec)?.to_dense(),
        Loader::Chosen(read) | Loader::Later { now: read, .. } => {
            return Ok(read(spec)?.with_name(spec.to_string()));
        }
        Loader::Dense(read) => read(spec)?.with_name(spec.to_string()),
    };
    chosen(all, spec)
}

/// As [`load`], with the pictures of folders not decoded before they are asked for, or are made
/// [`ready`](Dataset::ready). What of them was in an earlier run is known by their
/// [`identity`](Dataset::identity), for which their files are read and no more. Data of other schemes
/// are read at once.
///
/// ```no_run
/// let pets = datasets::load_later(&"images:pets?size=224".parse()?)?;
/// assert!(pets.identity()?.is_some() && !pets.is_ready());
/// pets.ready()?; // what is wrong with a picture is said here
/// # Ok::<(), datasets::DataError>(())
/// ```
///
/// # Errors
/// As [`load`], but for those of pictures.
pub fn load_later(spec: &Spec) -> Result<Dataset, DataError> {
    match find(&spec.scheme, &spec.to_string())?.load {
        Loader::Later { later, .. } => Ok(later(spec)?.with_name(spec.to_string())),
        _ => load(spec),
    }
}

/// The rows of a data set that a spec asks for.
pub(crate) fn chosen(all: Dataset, spec: &Spec) -> Result<Dataset, DataError> {
    let rows = all.len();
    let part = all.asked_for(spec)?;
    // A slice keeps all rows in memory; a small part of a large file should not.
    Ok(if part.len() < rows { part.map_inputs(|rows| rows.to_owned()) } else { part })
}

/// Reads the sparse data set that a spec names, and makes nothing dense. It is called by its spec.
///
/// ```no_run
/// let spec = "svmlight:books.svmlight.gz?features=5000".parse()?;
/// let books = datasets::load_sparse(&spec)?;
/// println!("{} rows of {} features", books.len(), books.features());
/// # Ok::<(), datasets::DataError>(())
/// ```
///
/// # Errors
/// As [`load`]; and [`SpecError::Unsuitable`] if the scheme is one of dense data.
pub fn load_sparse(spec: &Spec) -> Result<SparseDataset, DataError> {
    let Loader::Sparse(read) = find(&spec.scheme, &spec.to_string())?.load else {
        return Err(spec.unsuitable("sparse data is needed here, as svmlight:FILE is").into());
    };
    let all = read(spec)?.with_name(spec.to_string());
    all.asked_for(spec)
}

impl Spec {
    /// Whether [`load_sparse`] reads it: its scheme is one of sparse rows.
    pub fn is_sparse(&self) -> bool {
        let scheme = find(&self.scheme, &self.to_string());
        scheme.is_ok_and(|scheme| matches!(scheme.load, Loader::Sparse(_)))
    }

    /// The rows asked for, of so many.
    pub(crate) fn range(&self, len: usize) -> std::ops::Range<usize> {
        let RowRange { start, end } = self.rows.unwrap_or(RowRange { start: 0, end: None });
        start..end.unwrap_or(len)
    }
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
