//! Sparse tables of counts: how often each word is in each document.

use crate::TransferError;
use datasets::{SparseUnlabelled, Unlabelled};

/// A matrix of counts `[rows, cols]`, compressed by rows (CSR): documents by words, pictures by
/// visual words. What is not stored is 0.
///
/// No row is empty: an example without a single word says nothing about where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    cols: usize,
    indptr: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
}

impl Counts {
    /// Row `i` has `values[k]` in column `indices[k]`, for `k` in `indptr[i]..indptr[i + 1]`.
    /// `name` is the data set's, for the errors.
    ///
    /// # Errors
    /// [`TransferError::Counts`] names the first row with a negative or infinite value, with NaN,
    /// or with zeros alone.
    ///
    /// # Panics
    /// If the arrays are no such matrix: `indptr` must rise from 0 to the number of values, the
    /// columns of a row must rise and be below `cols`.
    #[track_caller]
    pub fn new(
        name: &str,
        cols: usize,
        indptr: Vec<usize>,
        indices: Vec<u32>,
        values: Vec<f64>,
    ) -> Result<Self, TransferError> {
        let n = values.len();
        assert_eq!(indices.len(), n, "a column for each of {n} values, got {}", indices.len());
        assert_eq!(
            (indptr.first(), indptr.last()),
            (Some(&0), Some(&n)),
            "indptr spans the values"
        );
        assert!(indptr.is_sorted(), "indptr must not fall");
        let counts = Counts { cols, indptr, indices, values };
        for row in 0..counts.rows() {
            let (indices, values) = counts.row(row);
            assert!(indices.is_sorted_by(|a, b| a < b), "row {row}: columns must rise");
            assert!(
                indices.last().is_none_or(|&j| (j as usize) < cols),
                "row {row}: {cols} columns"
            );
            let fail = |why: String| TransferError::Counts { data: name.to_owned(), row, why };
            if let Some(bad) = values.iter().find(|x| !(x.is_finite() && **x >= 0.0)) {
                return Err(fail(format!("{bad} is no count; counts are 0 or positive")));
            }
            if !values.iter().any(|&x| x > 0.0) {
                return Err(fail("every count is 0; leave the row out".into()));
            }
        }
        Ok(counts)
    }

    /// The counts of a dense data set, each example as one row.
    ///
    /// # Errors
    /// As [`Counts::new`].
    pub fn from_dense(data: &Unlabelled) -> Result<Self, TransferError> {
        let cols: usize = data.sample_shape().iter().product();
        let (mut indptr, mut indices, mut values) = (vec![0], vec![], vec![]);
        for row in data.inputs().outer_iter() {
            for (j, &x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                indices.push(j as u32);
                values.push(f64::from(x));
            }
            indptr.push(values.len());
        }
        Counts::new(data.name(), cols, indptr, indices, values)
    }

    /// The counts of sparse rows, which are never made dense: the same, to the bit, as those of
    /// [`from_dense`](Counts::from_dense) for the same rows.
    ///
    /// # Errors
    /// As [`Counts::new`].
    pub fn from_sparse(data: &SparseUnlabelled) -> Result<Self, TransferError> {
        let rows = data.rows();
        let (mut indptr, mut indices, mut values) = (vec![0], vec![], vec![]);
        for row in 0..data.len() {
            // A file may write zeros out.
            for (j, x) in rows.row(row).filter(|&(_, x)| x != 0.0) {
                indices.push(j as u32);
                values.push(f64::from(x));
            }
            indptr.push(values.len());
        }
        Counts::new(data.name(), data.features(), indptr, indices, values)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The columns of a row that are stored, rising, and their values.
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let span = self.indptr[i]..self.indptr[i + 1];
        (&self.indices[span.clone()], &self.values[span])
    }

    /// The stored values of a row with their columns.
    pub fn entries(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (indices, values) = self.row(i);
        indices.iter().map(|&j| j as usize).zip(values.iter().copied())
    }

    /// How many values are stored.
    pub fn stored(&self) -> usize {
        self.values.len()
    }

    /// These rows, in this order.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut part = self.without_rows();
        rows.iter().for_each(|&row| part.push(self, row));
        part
    }

    /// The rows of both, these first.
    ///
    /// # Errors
    /// If the numbers of columns differ.
    pub fn stack(&self, below: &Counts) -> Result<Self, TransferError> {
        self.check_columns(below)?;
        let mut both = self.clone();
        (0..below.rows()).for_each(|row| both.push(below, row));
        Ok(both)
    }

    /// Each value by the inverse document frequency of its column, *ln((1 + n) / (1 + df)) + 1*,
    /// and each row brought to Euclidean length 1 (the smoothed form of scikit-learn).
    pub fn tf_idf(&self) -> Self {
        let mut frequency = vec![0usize; self.cols];
        for row in 0..self.rows() {
            self.entries(row).filter(|e| e.1 > 0.0).for_each(|(j, _)| frequency[j] += 1);
        }
        let n = self.rows() as f64;
        let mut weighted = self.clone();
        for (x, &j) in weighted.values.iter_mut().zip(&weighted.indices) {
            *x *= ((1.0 + n) / (1.0 + frequency[j as usize] as f64)).ln() + 1.0;
        }
        for span in weighted.indptr.windows(2) {
            let row = &mut weighted.values[span[0]..span[1]];
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        weighted
    }

    pub(crate) fn check_columns(&self, other: &Counts) -> Result<(), TransferError> {
        match self.cols == other.cols {
            true => Ok(()),
            false => Err(TransferError::Mismatch {
                what: "the two tables of counts have not the same words",
                left: format!("{} columns", self.cols),
                right: format!("{} columns", other.cols),
                remedy: "count both over one vocabulary",
            }),
        }
    }

    fn without_rows(&self) -> Self {
        Counts { cols: self.cols, indptr: vec![0], indices: vec![], values: vec![] }
    }

    fn push(&mut self, from: &Counts, row: usize) {
        let (indices, values) = from.row(row);
        self.indices.extend_from_slice(indices);
        self.values.extend_from_slice(values);
        self.indptr.push(self.values.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::Csr;
    use ndarray::ArrayD;

    fn dense(values: &[f32], cols: usize) -> Unlabelled {
        let shape = vec![values.len() / cols, cols];
        Unlabelled::new("words", ArrayD::from_shape_vec(shape, values.to_vec()).unwrap()).unwrap()
    }

    #[test]
    fn rows_come_out_as_they_went_in() {
        let counts = Counts::from_dense(&dense(&[0.0, 2.0, 1.0, 3.0, 0.0, 0.0], 3)).unwrap();
        assert_eq!((counts.rows(), counts.cols()), (2, 3));
        assert_eq!(counts.row(0), (&[1, 2][..], &[2.0, 1.0][..]));
        assert_eq!(counts.select(&[1, 0, 1]).row(2), (&[0][..], &[3.0][..]));
        assert_eq!(counts.stack(&counts).unwrap(), counts.select(&[0, 1, 0, 1]));
        let wider = Counts::from_dense(&dense(&[1.0; 4], 4)).unwrap();
        assert!(counts.stack(&wider).unwrap_err().to_string().contains("3 columns against 4"));
    }

    #[test]
    fn what_is_no_count_is_refused_with_its_row() {
        let text = |values: &[f32]| Counts::from_dense(&dense(values, 2)).unwrap_err().to_string();
        assert_eq!(
            text(&[1.0, 2.0, 3.0, -1.0]),
            "words, row 1: -1 is no count; counts are 0 or positive"
        );
        assert!(text(&[1.0, f32::NAN]).starts_with("words, row 0: NaN"));
        assert!(text(&[f32::INFINITY, 0.0]).starts_with("words, row 0: inf"));
        assert_eq!(
            text(&[1.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
            "words, row 1: every count is 0; leave the row out"
        );
    }

    #[test]
    fn sparse_rows_are_the_same_counts_and_refused_in_the_same_words() {
        let sparse = |indptr: &[usize], indices: &[u32], values: &[f32]| {
            let rows = Csr::new(indptr.to_vec(), indices.to_vec(), values.to_vec(), 4);
            SparseUnlabelled::new("words", rows).unwrap()
        };
        // A zero that is written out is none.
        let rows = sparse(&[0, 3, 4], &[0, 1, 3, 2], &[0.1, 0.0, 3.0, 1e-7]);
        let counts = Counts::from_sparse(&rows).unwrap();
        assert_eq!(counts, Counts::from_dense(&rows.to_dense().unwrap()).unwrap());
        assert_eq!((counts.cols(), counts.stored()), (4, 3));
        for (indices, values) in [(&[1][..], &[-1.0][..]), (&[0, 2], &[0.0, -0.0]), (&[], &[])] {
            let rows = sparse(&[0, values.len()], indices, values);
            let dense = Counts::from_dense(&rows.to_dense().unwrap()).unwrap_err().to_string();
            assert_eq!(Counts::from_sparse(&rows).unwrap_err().to_string(), dense);
        }
    }

    #[test]
    #[should_panic(expected = "row 0: columns must rise")]
    fn a_column_twice_is_no_matrix() {
        let _ = Counts::new("d", 3, vec![0, 2], vec![1, 1], vec![1.0, 1.0]);
    }

    /// The values of `TfidfTransformer` for these counts, worked out by its formula: n = 2, the
    /// first word in both documents (weight 1), the others in one (ln(3/2) + 1).
    #[test]
    fn rare_words_weigh_more() {
        let counts = Counts::from_dense(&dense(&[1.0, 1.0, 0.0, 2.0, 0.0, 1.0], 3)).unwrap();
        let w = 1.5f64.ln() + 1.0;
        let (a, b) = ((1.0 + w * w).sqrt(), (4.0 + w * w).sqrt());
        let weighted = counts.tf_idf();
        for (row, want) in [(0, [1.0 / a, w / a]), (1, [2.0 / b, w / b])] {
            for (x, want) in weighted.row(row).1.iter().zip(want) {
                assert!((x - want).abs() < 1e-15);
            }
        }
    }
}
