//! Data of many features of which each example has few, such as counts of words.

mod csr;
mod unlabelled;

pub use csr::Csr;
pub use unlabelled::SparseUnlabelled;

use std::ops::Range;
use std::sync::Arc;

use ndarray::ArrayD;

use crate::dataset::check_labels;
use crate::{DataError, Dataset};

/// The most numbers that sparse rows are made dense into: 2²⁸, a gigabyte.
const MOST_DENSE: usize = 1 << 28;
/// A single large index claims a row of its size, a gigabyte from a file of ten bytes. So beyond a few
/// numbers, one in so many must be stored; of words in short texts it is one in thousands.
const FREE_DENSE: usize = 1 << 22;
const DENSE_PER_STORED: usize = 1 << 14;

/// Labelled examples as sparse rows: [`Dataset`]'s twin for data that would be mostly zeros.
///
/// The rows are a [`Csr`] matrix `[n, features]`; a label is an index into `classes`. There is at
/// least one row of at least one feature.
///
/// ```
/// use datasets::{Csr, SparseDataset};
/// let rows = Csr::new(vec![0, 2, 3], vec![1, 4, 0], vec![3.0, 1.0, 2.0], 5);
/// let words = SparseDataset::new("words", rows, vec![0, 1], vec!["ham".into(), "spam".into()])?;
/// assert_eq!(words.row(0).collect::<Vec<_>>(), [(1, 3.0), (4, 1.0)]);
/// assert_eq!(words.to_dense()?.inputs()[[1, 0]], 2.0);
/// # Ok::<(), datasets::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SparseDataset {
    name: String,
    rows: Csr,
    labels: Arc<[usize]>,
    classes: Arc<[String]>,
}

impl SparseDataset {
    /// Puts rows and their labels together.
    ///
    /// # Errors
    /// [`DataError::Empty`] if there are no rows or no features, [`DataError::CountMismatch`] if
    /// there are not as many labels as rows, [`DataError::LabelOutOfRange`] if a label is not
    /// below `classes.len()`.
    pub fn new(
        name: impl Into<String>,
        rows: Csr,
        labels: Vec<usize>,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        check(&name, &rows)?;
        check_labels(&name, rows.rows(), &labels, classes.len())?;
        Ok(Self { name, rows, labels: labels.into(), classes: classes.into() })
    }

    /// What the data set is called in reports and messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same data under another name.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
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

    /// The labels.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The names of the classes; a label is an index into these.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How many examples each class has.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.labels.iter().for_each(|&label| counts[label] += 1);
        counts
    }

    /// The rows alone, in a type that has no labels to look at.
    pub fn without_labels(&self) -> SparseUnlabelled {
        SparseUnlabelled::from_checked(self.name.clone(), self.rows.clone())
    }

    /// These rows, in this order; a row may occur twice.
    ///
    /// # Panics
    /// If `rows` is empty or names a row that does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        let labels = rows.iter().map(|&row| self.labels[row]).collect();
        let (name, classes) = (self.name.clone(), Arc::clone(&self.classes));
        Self { name, rows: self.rows.select(rows), labels, classes }
    }

    /// The rows of a range.
    ///
    /// # Errors
    /// [`DataError::Rows`] if the range is empty or reaches beyond the end.
    pub fn slice(&self, rows: Range<usize>) -> Result<Self, DataError> {
        check_range(&self.name, &rows, self.len())?;
        // The whole is the usual case, and shares the memory.
        let all = rows == (0..self.len());
        Ok(if all { self.clone() } else { self.select(&rows.collect::<Vec<_>>()) })
    }

    /// The first `n` rows, or all if there are no more.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn limit(&self, n: usize) -> Self {
        assert!(n > 0, "limit(0): a data set has at least one row");
        self.slice(0..n.min(self.len())).expect("the range was clipped to the rows")
    }

    /// The same data as an array `[n, features]`.
    ///
    /// # Errors
    /// [`DataError::TooDense`] if that would be more than 2²⁸ numbers, a gigabyte, or more than 2²² and
    /// 2¹⁴ for each value that is stored.
    pub fn to_dense(&self) -> Result<Dataset, DataError> {
        let inputs = dense(&self.name, &self.rows)?;
        Dataset::new(&self.name, inputs, Some(self.labels.to_vec()), self.classes.to_vec())
    }
}

/// The rows as an array, if it is not too large.
fn dense(dataset: &str, rows: &Csr) -> Result<ArrayD<f32>, DataError> {
    let (n, features, stored) = (rows.rows(), rows.features(), rows.values().len());
    let limit = stored.saturating_mul(DENSE_PER_STORED).saturating_add(FREE_DENSE).min(MOST_DENSE);
    if n.checked_mul(features).is_none_or(|numbers| numbers > limit) {
        return Err(DataError::TooDense {
            dataset: dataset.into(),
            rows: n,
            features,
            limit,
            stored,
        });
    }
    let shape = vec![n, features];
    Ok(ArrayD::from_shape_vec(shape, rows.dense()).expect("as many numbers as rows times features"))
}

fn check(name: &str, rows: &Csr) -> Result<(), DataError> {
    let shape = vec![rows.rows(), rows.features()];
    let empty = shape.contains(&0);
    if empty { Err(DataError::Empty { from: name.into(), shape }) } else { Ok(()) }
}

fn check_range(name: &str, rows: &Range<usize>, len: usize) -> Result<(), DataError> {
    if rows.is_empty() || rows.end > len {
        let (start, end) = (rows.start, rows.end);
        return Err(DataError::Rows { dataset: name.into(), start, end, len });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> SparseDataset {
        let rows = Csr::new(vec![0, 2, 2, 3], vec![0, 3, 1], vec![1., 2., -3.], 4);
        SparseDataset::new("s", rows, vec![1, 0, 1], vec!["a".into(), "b".into()]).unwrap()
    }

    #[test]
    fn sparse_and_dense_say_the_same() {
        let sparse = small();
        let dense = sparse.to_dense().unwrap();
        assert_eq!(dense.shape(), [3, 4]);
        assert_eq!((sparse.class_counts(), dense.class_counts()), (vec![1, 2], vec![1, 2]));
        for rows in [&[2, 0, 0][..], &[1], &[0, 1, 2]] {
            let (a, b) = (sparse.select(rows).to_dense().unwrap(), dense.select(rows));
            assert_eq!((a.inputs(), a.labels()), (b.inputs(), b.labels()));
            let bare = sparse.without_labels().select(rows).to_dense().unwrap();
            assert_eq!(bare.inputs(), b.inputs());
        }
        assert_eq!(sparse.slice(1..3).unwrap().labels(), [0, 1]);
        assert_eq!(sparse.limit(2).len(), 2);
        assert!(matches!(sparse.slice(1..4), Err(DataError::Rows { end: 4, len: 3, .. })));
    }

    #[test]
    fn what_is_too_large_stays_sparse() {
        let rows = Csr::new(vec![0, 1], vec![u32::MAX - 1], vec![1.0], u32::MAX as usize);
        let wide = SparseDataset::new("wide", rows, vec![0], vec!["a".into()]).unwrap();
        let expected = "wide: 1 rows of 4294967295 features are more than 4210688 numbers when \
                        dense, the most for 1 that are stored; look for an index that is too large, \
                        take fewer rows or a method for sparse data";
        assert_eq!(wide.to_dense().unwrap_err().to_string(), expected);
        assert!(matches!(wide.without_labels().to_dense(), Err(DataError::TooDense { .. })));
    }

    /// A row of words among five million, as texts have them, may be dense; the same width for one
    /// value may not: that file is ten bytes long.
    #[test]
    fn how_large_depends_on_what_is_stored() {
        let of = |stored: u32| {
            let rows = Csr::new(
                vec![0, stored as usize],
                (0..stored).collect(),
                vec![1.0; stored as usize],
                5_000_000,
            );
            SparseDataset::new("words", rows, vec![0], vec!["a".into()]).unwrap().to_dense()
        };
        assert!(matches!(of(1), Err(DataError::TooDense { stored: 1, .. })));
        assert_eq!(of(100).unwrap().inputs().len(), 5_000_000);
    }

    #[test]
    fn the_constructor_refuses_what_is_no_data_set() {
        let rows = |features| Csr::new(vec![0, 0], vec![], vec![], features);
        let new =
            |features, labels| SparseDataset::new("d", rows(features), labels, vec!["a".into()]);
        assert!(new(2, vec![0]).is_ok());
        assert!(matches!(new(0, vec![0]), Err(DataError::Empty { .. })));
        assert!(matches!(new(2, vec![0, 0]), Err(DataError::CountMismatch { .. })));
        assert!(matches!(new(2, vec![1]), Err(DataError::LabelOutOfRange { label: 1, .. })));
    }
}
