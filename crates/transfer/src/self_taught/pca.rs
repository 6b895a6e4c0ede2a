//! Principal components of the source: the linear control, and what goes before sparse coding.

use super::encoding::Encoding;
use super::features::{Encode, Features, Learner, flat, rows};
use super::spectrum::Spectrum;
use crate::error::setting;
use crate::fit::Observer;
use crate::parts::Parts;
use crate::{History, TransferError};
use datasets::Unlabelled;
use std::collections::BTreeMap;
use tensor_autograd::kernels::gemm::{Epilogue, MatRef, gemm};
use tensor_autograd::{Real, Tensor};

/// The first principal components of the source.
#[derive(Clone, Copy, Debug)]
pub struct Pca {
    components: usize,
}

impl Pca {
    /// This many components; no more than samples or numbers in one.
    pub fn new(components: usize) -> Self {
        Pca { components }
    }
}

impl Learner for Pca {
    fn learn(&self, source: &Unlabelled, _: &mut dyn Observer) -> Result<Features, TransferError> {
        let x = rows(source)?;
        let spectrum = Spectrum::of(&x, source.name())?;
        let (matrix, shift) = spectrum.projection(checked(self.components, source)?, |_| 1.0);
        Ok(Features::new(source, Projection { matrix, shift }, History::default()))
    }
}

/// `components`, if the source has as many.
pub(super) fn checked(components: usize, source: &Unlabelled) -> Result<usize, TransferError> {
    let d: usize = source.sample_shape().iter().product();
    let fits = (1..=d.min(source.len())).contains(&components);
    let range = "at least 1, and no more than the source has samples or a sample has numbers";
    setting("components", components, fits, range)?;
    Ok(components)
}

/// An affine map **x·A + s**.
///
/// Saved as `pca.matrix` and `pca.shift`.
pub(super) struct Projection {
    /// `[d, k]`.
    pub(super) matrix: Tensor,
    /// `[k]`.
    pub(super) shift: Vec<Real>,
}

impl Projection {
    /// The one that was saved, of inputs of `d` numbers.
    pub(super) fn saved(d: usize, parts: &mut Parts) -> Result<Self, String> {
        let [_, k] = parts.shape("pca.matrix")?;
        let matrix = parts.take("pca.matrix", &[d, k])?;
        let shift = parts.take("pca.shift", &[k])?.as_slice().to_vec();
        Ok(Projection { matrix, shift })
    }

    /// `[n, d] → [n, k]`.
    pub(super) fn apply(&self, x: &Tensor) -> Tensor {
        let (n, [d, k]) = (x.shape()[0], crate::matrix::sizes(&self.matrix));
        let bias = Epilogue::bias_per_col(&self.shift);
        let a = MatRef::row_major(x.as_slice(), n, d);
        let b = MatRef::row_major(self.matrix.as_slice(), d, k);
        Tensor::build([n, k], |c| gemm(c, a, b, bias))
    }
}

impl Encode for Projection {
    fn width(&self) -> usize {
        self.shift.len()
    }
    fn encode(&self, x: &Tensor) -> Tensor {
        self.apply(&flat(x))
    }
    fn encoding(&self) -> Encoding {
        Encoding::Pca
    }
    fn parameters(&self) -> BTreeMap<String, Tensor> {
        let shift = Tensor::new([self.shift.len()], self.shift.clone());
        [("pca.matrix".into(), self.matrix.clone()), ("pca.shift".into(), shift)].into()
    }
    fn bases(&self, sample: &[usize]) -> Option<Tensor> {
        let [c, h, w] = *sample else { return None };
        let k = self.width();
        let d = c * h * w;
        let columns = Tensor::from_fn([k, d], |i| self.matrix.as_slice()[(i % d) * k + i / d]);
        Some(columns.reshape([k, c, h, w]))
    }
}
