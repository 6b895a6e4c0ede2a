//! Rows of which only the values other than 0 are kept, in three arrays.

use std::ops::Range;
use std::sync::Arc;

/// A sparse matrix `[rows, features]` in the form known as CSR: the values of row `i` are
/// `values[indptr[i]..indptr[i + 1]]`, in the columns `indices[indptr[i]..indptr[i + 1]]`, which
/// ascend. Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Csr {
    indptr: Arc<[usize]>,
    indices: Arc<[u32]>,
    values: Arc<[f32]>,
    features: usize,
}

impl Csr {
    /// Takes the three arrays.
    ///
    /// # Panics
    /// If they contradict each other: `indptr` does not begin with 0, end with the number of
    /// values or ascends not; there are not as many indices as values; the indices of a row do not
    /// ascend strictly, or one is not below `features`; a value is not finite.
    #[track_caller]
    pub fn new(indptr: Vec<usize>, indices: Vec<u32>, values: Vec<f32>, features: usize) -> Self {
        let n = values.len();
        assert!(indices.len() == n, "csr: {} indices for {n} values", indices.len());
        let ends = (indptr.first(), indptr.last());
        assert!(ends == (Some(&0), Some(&n)), "csr: indptr must go from 0 to {n}, found {ends:?}");
        assert!(indptr.is_sorted(), "csr: indptr must ascend");
        for row in indptr.windows(2) {
            let columns = &indices[row[0]..row[1]];
            let ascend = columns.is_sorted_by(|a, b| a < b);
            assert!(ascend, "csr: the indices of a row must ascend strictly");
            let below = columns.last().is_none_or(|&last| (last as usize) < features);
            assert!(below, "csr: an index is not below {features} features");
        }
        assert!(values.iter().all(|value| value.is_finite()), "csr: every value must be finite");
        Self { indptr: indptr.into(), indices: indices.into(), values: values.into(), features }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The number of columns.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Where each row begins among the values, and at last their number: `rows + 1` numbers.
    pub fn indptr(&self) -> &[usize] {
        &self.indptr
    }

    /// The columns of all values, row after row.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Column and value of each entry of a row, the columns ascending.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (usize, f32)> + '_ {
        let part = self.part(row);
        let columns = self.indices[part.clone()].iter().map(|&column| column as usize);
        columns.zip(self.values[part].iter().copied())
    }

    /// These rows, in this order; a row may occur twice.
    ///
    /// # Panics
    /// If there are none, or one does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        assert!(!rows.is_empty(), "no rows were selected; a data set has at least one");
        let (mut indptr, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
        for &row in rows {
            let part = self.part(row);
            indices.extend_from_slice(&self.indices[part.clone()]);
            values.extend_from_slice(&self.values[part]);
            indptr.push(values.len());
        }
        let (indptr, indices, values) = (indptr.into(), indices.into(), values.into());
        Self { indptr, indices, values, features: self.features }
    }

    /// The numbers of these rows, zeros and all, row after row.
    pub(super) fn dense(&self) -> Vec<f32> {
        let mut dense = vec![0.0; self.rows() * self.features];
        for (row, out) in dense.chunks_exact_mut(self.features).enumerate() {
            for (column, value) in self.row(row) {
                out[column] = value;
            }
        }
        dense
    }

    #[track_caller]
    fn part(&self, row: usize) -> Range<usize> {
        assert!(row < self.rows(), "row {row} of {}: no such row", self.rows());
        self.indptr[row]..self.indptr[row + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_given_back() {
        let csr = Csr::new(vec![0, 2, 2, 3], vec![0, 3, 1], vec![1., 2., -3.], 4);
        assert_eq!(csr.rows(), 3);
        assert_eq!(csr.row(0).collect::<Vec<_>>(), [(0, 1.0), (3, 2.0)]);
        assert_eq!(csr.row(1).len(), 0);
        assert_eq!(csr.dense(), [1., 0., 0., 2., 0., 0., 0., 0., 0., -3., 0., 0.]);
        let some = csr.select(&[2, 0, 2]);
        assert_eq!(some.indptr(), [0, 1, 3, 4]);
        assert_eq!(some.dense(), [0., -3., 0., 0., 1., 0., 0., 2., 0., -3., 0., 0.]);
    }

    #[test]
    fn arrays_that_contradict_each_other_are_refused() {
        type Arrays = (Vec<usize>, Vec<u32>, Vec<f32>);
        let wrong: [Arrays; 7] = [
            (vec![0, 1], vec![0, 1], vec![1.]),
            (vec![1, 1], vec![0], vec![1.]),
            (vec![0, 2], vec![0], vec![1.]),
            (vec![0, 1, 0, 2], vec![0, 1], vec![1., 1.]),
            (vec![0, 2], vec![1, 1], vec![1., 1.]),
            (vec![0, 1], vec![4], vec![1.]),
            (vec![0, 1], vec![0], vec![f32::NAN]),
        ];
        for (indptr, indices, values) in wrong {
            let made = std::panic::catch_unwind(|| Csr::new(indptr, indices, values, 4));
            assert!(made.is_err());
        }
    }
}
