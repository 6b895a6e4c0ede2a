//! What unlabelled data taught: a map from inputs to features that no label can change.

use super::encoding::Encoding;
use crate::fit::Observer;
use crate::input::{Inputs, Normalizer};
use crate::{History, Normalize, TransferError};
use datasets::Unlabelled;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tensor_autograd::{Real, Tensor};

/// Learns features from data without labels.
pub trait Learner: fmt::Debug {
    /// Learns from `source` alone.
    ///
    /// # Errors
    /// If a setting is out of range, the source does not suit the learner, or the observer
    /// interrupts it.
    fn learn(
        &self,
        source: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Features, TransferError>;
}

/// The map that a [`Learner`] found.
pub(super) trait Encode: Send + Sync {
    /// Numbers of a feature vector.
    fn width(&self) -> usize;
    /// Features `[n, width]` of samples `[n, ...]`.
    fn encode(&self, x: &Tensor) -> Tensor;
    /// Everything that was learnt, by name.
    fn parameters(&self) -> BTreeMap<String, Tensor>;
    /// What the parameters do not say: how the encoder is made of them.
    fn encoding(&self) -> Encoding;
    /// What was learnt as pictures `[k, c, h, w]`, if it can be seen; for samples of this shape.
    fn bases(&self, _sample: &[usize]) -> Option<Tensor> {
        None
    }
    /// Numbers of the code that are not 0, in the mean over codes, where codes are sparse.
    fn nonzeros(&self, _x: &Tensor) -> Option<f64> {
        None
    }
    /// Samples that are encoded at once: what bounds the memory.
    fn batch(&self) -> usize {
        256
    }
}

/// Features learnt from unlabelled data, to be used with any number of labels. Cloning shares them.
#[derive(Clone)]
pub struct Features {
    name: String,
    sample: Vec<usize>,
    normalizer: Normalizer,
    encoder: Arc<dyn Encode>,
    history: History,
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({:?} -> {}, learnt from {})", self.sample, self.width(), self.name)
    }
}

impl Features {
    pub(super) fn new(
        source: &Unlabelled,
        encoder: impl Encode + 'static,
        history: History,
    ) -> Self {
        let (name, sample) = (source.name().to_owned(), source.sample_shape().to_vec());
        let normalizer = Normalizer::fit(Normalize::None, source);
        Features { name, sample, normalizer, encoder: Arc::new(encoder), history }
    }

    /// Features that were saved; their history was not.
    pub(super) fn saved(name: String, normalizer: Normalizer, encoder: Arc<dyn Encode>) -> Self {
        let sample = normalizer.sample().to_vec();
        Features { name, sample, normalizer, encoder, history: History::default() }
    }

    /// The same features, of inputs that are normalised first.
    pub(super) fn normalized(self, normalizer: Normalizer) -> Self {
        Features { normalizer, ..self }
    }

    /// Numbers of a feature vector.
    pub fn width(&self) -> usize {
        self.encoder.width()
    }

    /// The shape of the samples that it takes.
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample
    }

    /// What they were learnt from, what normalises their inputs, and how the encoder is made.
    pub(super) fn description(&self) -> (&str, &Normalizer, Encoding) {
        (&self.name, &self.normalizer, self.encoder.encoding())
    }

    /// How the learning went: an entry for each round or epoch.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Features `[n, width]`.
    ///
    /// # Errors
    /// If the samples have another shape than those it was learnt from, or a value is not finite.
    pub fn encode(&self, data: &Unlabelled) -> Result<Tensor, TransferError> {
        let rows = self.rows(data)?;
        let n = rows.len();
        let mut out: Vec<Real> = Vec::with_capacity(n * self.width());
        for start in (0..n).step_by(self.encoder.batch()) {
            let batch: Vec<usize> = (start..n.min(start + self.encoder.batch())).collect();
            out.extend_from_slice(self.encoder.encode(&rows.batch(&batch)).as_slice());
        }
        Ok(Tensor::new([n, self.width()], out))
    }

    /// How many numbers of a sparse code are not 0, in the mean over the codes of `data`; `None`
    /// for features that are not sparse codes.
    ///
    /// # Errors
    /// As for [`encode`](Features::encode).
    pub fn mean_nonzeros(&self, data: &Unlabelled) -> Result<Option<f64>, TransferError> {
        let rows = self.rows(data)?;
        let batch: Vec<usize> = (0..rows.len().min(self.encoder.batch())).collect();
        Ok(self.encoder.nonzeros(&rows.batch(&batch)))
    }

    /// Everything that was learnt, by name.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        self.encoder.parameters()
    }

    /// The SHA-256 of everything that was learnt, in hexadecimal digits: the proof that labels left
    /// it alone.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, value) in self.parameters() {
            hash.update(name.as_bytes());
            value.shape().iter().for_each(|n| hash.update(n.to_le_bytes()));
            value.as_slice().iter().for_each(|x| hash.update(x.to_le_bytes()));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What was learnt as pictures with values from 0 to 1, each stretched to that range: atoms,
    /// centroids, principal components or filters. `None` if it cannot be seen.
    pub fn bases(&self) -> Option<Unlabelled> {
        let bases = self.encoder.bases(&self.sample)?;
        let size = bases.len() / bases.shape()[0];
        let mut values = Vec::with_capacity(bases.len());
        for basis in bases.as_slice().chunks_exact(size) {
            let low = basis.iter().copied().fold(Real::INFINITY, Real::min);
            let high = basis.iter().copied().fold(Real::NEG_INFINITY, Real::max);
            let scale = 1.0 / (high - low).max(1e-12);
            values.extend(basis.iter().map(|x| f64::from((x - low) * scale) as f32));
        }
        let array = ndarray::ArrayD::from_shape_vec(bases.shape().to_vec(), values);
        Unlabelled::new("bases", array.expect("as many values as before")).ok()
    }

    fn rows(&self, data: &Unlabelled) -> Result<Inputs, TransferError> {
        if data.sample_shape() != self.sample {
            return Err(TransferError::Mismatch {
                what: "source and target samples have different shapes",
                left: format!("{} {:?}", self.name, self.sample),
                right: format!("{} {:?}", data.name(), data.sample_shape()),
                remedy: "resize one of them, or repeat grey over the channels",
            });
        }
        finite(data)?;
        Inputs::new(data, &self.normalizer)
    }
}

/// The samples as they are.
///
/// # Errors
/// If a value is not finite.
pub(super) fn inputs(data: &Unlabelled) -> Result<Inputs, TransferError> {
    finite(data)?;
    Inputs::new(data, &Normalizer::fit(Normalize::None, data))
}

/// Checks that every value is a number.
///
/// # Errors
/// If one is not.
pub(super) fn finite(data: &Unlabelled) -> Result<(), TransferError> {
    let values = data.inputs();
    let size = values.len() / data.len();
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) => Err(TransferError::Unsuitable {
            data: data.name().into(),
            problem: format!("row {} holds a value that is not finite", at / size),
            remedy: "remove the row, or fill in what is missing",
        }),
    }
}

/// All samples as rows `[n, d]`.
///
/// # Errors
/// If a value is not finite.
pub(super) fn rows(data: &Unlabelled) -> Result<Tensor, TransferError> {
    let inputs = inputs(data)?;
    let all = inputs.batch(&(0..inputs.len()).collect::<Vec<_>>());
    let d = all.len() / inputs.len();
    Ok(all.reshape([inputs.len(), d]))
}

/// A batch as rows `[n, d]`.
pub(super) fn flat(x: &Tensor) -> Tensor {
    let n = x.shape()[0];
    x.reshape([n, x.len() / n])
}
