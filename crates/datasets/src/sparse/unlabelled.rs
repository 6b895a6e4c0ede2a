//! [`SparseUnlabelled`]: sparse rows for a method that may not see labels.

use std::ops::Range;

use super::{Csr, check, check_range, dense};
use crate::{DataError, Unlabelled};

/// Sparse rows without labels: not hidden, not there. [`Unlabelled`]'s twin.
#[derive(Debug, Clone)]
pub struct SparseUnlabelled {
    name: String,
    rows: Csr,
}

impl SparseUnlabelled {
    /// Takes a matrix `[n, features]`.
    ///
    /// # Errors
    /// [`DataError::Empty`] if there are no rows or no features.
    pub fn new(name: impl Into<String>, rows: Csr) -> Result<Self, DataError> {
        let name = name.into();
        check(&name, &rows)?;
        Ok(Self { name, rows })
    }

    pub(super) fn from_checked(name: String, rows: Csr) -> Self {
        Self { name, rows }
    }

    /// What the data set is called in reports and messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of examples; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.rows.rows()
    }

    /// The number of features; at least 1.
    pub fn features(&self) -> usize {
        self.rows.features()
    }

    /// The rows as a matrix.
    pub fn rows(&self) -> &Csr {
        &self.rows
    }

    /// Feature and value of each entry of a row, the features ascending, counted from 0.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (usize, f32)> + '_ {
        self.rows.row(row)
    }

    /// These rows, in this order; a row may occur twice.
    ///
    /// # Panics
    /// If `rows` is empty or names a row that does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self { name: self.name.clone(), rows: self.rows.select(rows) }
    }

    /// The rows of a range.
    ///
    /// # Errors
    /// [`DataError::Rows`] if the range is empty or reaches beyond the end.
    pub fn slice(&self, rows: Range<usize>) -> Result<Self, DataError> {
        check_range(&self.name, &rows, self.len())?;
        Ok(self.select(&rows.collect::<Vec<_>>()))
    }

    /// The same rows as an array `[n, features]`.
    ///
    /// # Errors
    /// [`DataError::TooDense`] as of [`SparseDataset::to_dense`](crate::SparseDataset::to_dense).
    pub fn to_dense(&self) -> Result<Unlabelled, DataError> {
        Unlabelled::new(&self.name, dense(&self.name, &self.rows)?)
    }
}
