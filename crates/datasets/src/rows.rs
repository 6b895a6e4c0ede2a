//! The numbers of a data set: rows in one shared, row-major block of memory.

use std::ops::Range;

use ndarray::{ArcArray, ArrayD, ArrayViewD, Axis, IxDyn, Slice};

use crate::DataError;

/// At least one row of at least one value. Always in row-major order, so that a row is a slice.
#[derive(Debug, Clone)]
pub(crate) struct Rows(ArcArray<f32, IxDyn>);

impl Rows {
    pub(crate) fn new(from: &str, inputs: ArrayD<f32>) -> Result<Self, DataError> {
        if inputs.ndim() < 2 || inputs.is_empty() {
            return Err(DataError::Empty { from: from.into(), shape: inputs.shape().to_vec() });
        }
        if inputs.is_standard_layout() {
            Ok(Self(inputs.into_shared()))
        } else {
            Ok(Self(inputs.as_standard_layout().to_shared()))
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.shape()[0]
    }

    pub(crate) fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    pub(crate) fn view(&self) -> ArrayViewD<'_, f32> {
        self.0.view()
    }

    pub(crate) fn shared(&self) -> ArcArray<f32, IxDyn> {
        self.0.clone()
    }

    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        let mut part = self.0.clone();
        part.slice_axis_inplace(Axis(0), Slice::from(rows));
        Self(part)
    }

    #[track_caller]
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self(self.gather(rows).into_shared())
    }

    #[track_caller]
    pub(crate) fn map(&self, f: impl FnOnce(ArrayViewD<'_, f32>) -> ArrayD<f32>) -> Self {
        let mapped = f(self.view());
        let (before, after) = (self.len(), mapped.shape().to_vec());
        assert!(
            after.first() == Some(&before),
            "map_inputs: {before} rows went in, shape {after:?} came out"
        );
        Self::new("map_inputs", mapped).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Copies rows, in this order. Row by row with `memcpy`: `ndarray::select` on a dynamic shape
    /// walks element by element, which a training loop would feel.
    #[track_caller]
    pub(crate) fn gather(&self, rows: &[usize]) -> ArrayD<f32> {
        assert!(!rows.is_empty(), "no rows were selected; a data set or batch has at least one");
        let len = self.len();
        let width = self.0.len() / len;
        let all = self.0.as_slice().expect("rows are kept in row-major order");
        let mut out = Vec::with_capacity(rows.len() * width);
        for &row in rows {
            assert!(row < len, "row {row} of {len}: no such row");
            out.extend_from_slice(&all[row * width..(row + 1) * width]);
        }
        let mut shape = self.shape().to_vec();
        shape[0] = rows.len();
        ArrayD::from_shape_vec(shape, out).expect("as many values as rows times width")
    }
}
