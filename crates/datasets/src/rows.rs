//! The numbers of a data set: rows in one shared, row-major block of memory, or to be made.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArcArray, ArrayD, ArrayViewD, Axis, IxDyn, Slice};
use sha2::{Digest, Sha256};

use crate::DataError;
use crate::deferred::{Deferred, Identity};

/// At least one row of at least one value. Always in row-major order, so that a row is a slice.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    /// They are there.
    Held(ArcArray<f32, IxDyn>),
    /// They are made when they are asked for.
    Deferred(Arc<Deferred>),
}

impl Rows {
    pub(crate) fn new(from: &str, inputs: ArrayD<f32>) -> Result<Self, DataError> {
        if inputs.ndim() < 2 || inputs.is_empty() {
            return Err(DataError::Empty { from: from.into(), shape: inputs.shape().to_vec() });
        }
        if inputs.is_standard_layout() {
            Ok(Self::Held(inputs.into_shared()))
        } else {
            Ok(Self::Held(inputs.as_standard_layout().to_shared()))
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.shape()[0]
    }

    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Held(rows) => rows.shape(),
            Self::Deferred(rows) => rows.shape(),
        }
    }

    /// The rows, made if they are not there.
    pub(crate) fn ready(&self) -> Result<&ArcArray<f32, IxDyn>, DataError> {
        match self {
            Self::Held(rows) => Ok(rows),
            Self::Deferred(rows) => rows.make(),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Held(_) => true,
            Self::Deferred(rows) => rows.made().is_some(),
        }
    }

    /// What a row is made from.
    pub(crate) fn identity_of(&self, row: usize) -> Result<Identity, DataError> {
        let rows = match self {
            Self::Deferred(rows) => return rows.identity_of(row),
            Self::Held(rows) => rows,
        };
        let row = rows.index_axis(Axis(0), row);
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        let sum = Sha256::new_with_prefix(format!("numbers {:?}\n", row.shape()));
        Ok(sum.chain_update(bytes).finalize().into())
    }

    /// Where nobody expects that files have changed.
    #[track_caller]
    fn all(&self) -> &ArcArray<f32, IxDyn> {
        self.ready().unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    pub(crate) fn view(&self) -> ArrayViewD<'_, f32> {
        self.all().view()
    }

    #[track_caller]
    pub(crate) fn shared(&self) -> ArcArray<f32, IxDyn> {
        self.all().clone()
    }

    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        let part = |all: &ArcArray<f32, IxDyn>| {
            let mut part = all.clone();
            part.slice_axis_inplace(Axis(0), Slice::from(rows.clone()));
            part
        };
        match self {
            Self::Held(all) => Self::Held(part(all)),
            Self::Deferred(all) => {
                Self::Deferred(Arc::new(all.part(all.range(rows.clone()), all.made().map(part))))
            }
        }
    }

    #[track_caller]
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        some(rows);
        match self {
            Self::Held(_) => Self::Held(self.gather(rows).into_shared()),
            Self::Deferred(all) => {
                let made = all.made().map(|_| self.gather(rows).into_shared());
                Self::Deferred(Arc::new(all.part(all.chosen(rows), made)))
            }
        }
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
        some(rows);
        let len = self.len();
        let all = self.all().as_slice().expect("rows are kept in row-major order");
        let width = all.len() / len;
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

#[track_caller]
fn some(rows: &[usize]) {
    assert!(!rows.is_empty(), "no rows were selected; a data set or batch has at least one");
}
