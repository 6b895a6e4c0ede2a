//! [`Unlabelled`]: what an unsupervised method is given, so that it cannot peek.

use std::ops::Range;

use ndarray::{ArcArray, ArrayD, ArrayViewD, IxDyn};

use crate::DataError;
use crate::rows::Rows;

/// Examples without labels: not hidden, not there.
///
/// A method of domain adaptation that takes its target as `&Unlabelled` can choose nothing by the
/// target's labels, neither weights nor the epoch it keeps, and the reader of its signature knows.
///
/// ```
/// use datasets::synthetic;
/// let target = synthetic::digits_textured(100, 1).without_labels();
/// assert_eq!(target.batch(&[3, 1, 4]).shape(), [3, 3, 28, 28]);
/// ```
#[derive(Debug, Clone)]
pub struct Unlabelled {
    name: String,
    inputs: Rows,
}

impl Unlabelled {
    /// Takes inputs `[n, ...]`.
    ///
    /// # Errors
    /// [`DataError::Empty`] if there are no rows or a row has no values.
    pub fn new(name: impl Into<String>, inputs: ArrayD<f32>) -> Result<Self, DataError> {
        let name = name.into();
        let inputs = Rows::new(&name, inputs)?;
        Ok(Self { name, inputs })
    }

    pub(crate) fn from_rows(name: String, inputs: Rows) -> Self {
        Self { name, inputs }
    }

    pub(crate) fn rows(&self) -> &Rows {
        &self.inputs
    }

    /// What the data set is called in reports and messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of examples; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// The shape of all inputs, `[n, ...]`.
    pub fn shape(&self) -> &[usize] {
        self.inputs.shape()
    }

    /// The shape of one example, `shape()` without its first axis.
    pub fn sample_shape(&self) -> &[usize] {
        &self.shape()[1..]
    }

    /// All inputs, `[n, ...]`, in row-major order.
    ///
    /// # Panics
    /// If they were put off and can no longer be made; see [`Unlabelled::ready`].
    pub fn inputs(&self) -> ArrayViewD<'_, f32> {
        self.inputs.view()
    }

    /// All inputs, sharing the memory.
    pub fn shared_inputs(&self) -> ArcArray<f32, IxDyn> {
        self.inputs.shared()
    }

    /// These rows, in this order; a row may occur twice.
    ///
    /// # Panics
    /// If `rows` is empty or names a row that does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self { name: self.name.clone(), inputs: self.inputs.select(rows) }
    }

    /// The rows of a range, sharing the memory.
    ///
    /// # Errors
    /// [`DataError::Rows`] if the range is empty or reaches beyond the end.
    pub fn slice(&self, rows: Range<usize>) -> Result<Self, DataError> {
        if rows.is_empty() || rows.end > self.len() {
            let (start, end, len) = (rows.start, rows.end, self.len());
            return Err(DataError::Rows { dataset: self.name.clone(), start, end, len });
        }
        Ok(Self { name: self.name.clone(), inputs: self.inputs.slice(rows) })
    }

    /// Inputs `[b, ...]` of these rows.
    ///
    /// # Panics
    /// If `rows` is empty or names a row that does not exist.
    #[track_caller]
    pub fn batch(&self, rows: &[usize]) -> ArrayD<f32> {
        self.inputs.gather(rows)
    }

    /// The inputs changed by `f`, which must keep the number of rows.
    ///
    /// # Panics
    /// If `f` changes the number of rows or leaves none.
    #[track_caller]
    pub fn map_inputs(&self, f: impl FnOnce(ArrayViewD<'_, f32>) -> ArrayD<f32>) -> Self {
        Self { name: self.name.clone(), inputs: self.inputs.map(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_same_inputs() {
        let inputs = ArrayD::from_shape_vec(vec![3, 2], vec![0., 1., 2., 3., 4., 5.]).unwrap();
        let data = Unlabelled::new("u", inputs).unwrap();
        assert_eq!(data.batch(&[2, 0]).into_raw_vec_and_offset().0, [4., 5., 0., 1.]);
        assert_eq!(data.slice(1..2).unwrap().inputs()[[0, 1]], 3.0);
        assert_eq!(data.select(&[1]).sample_shape(), [2]);
        assert_eq!(data.map_inputs(|x| &x * 2.0).inputs()[[2, 1]], 10.0);
        assert!(matches!(data.slice(3..3), Err(DataError::Rows { .. })));
    }
}
