//! Which samples a step sees: a function of seed and step alone.

use crate::input::{Inputs, Normalizer};
use crate::{Training, TransferError};
use datasets::{BatchStream, Dataset, Unlabelled};
use tensor_autograd::Tensor;

/// An endless stream of batches without labels.
pub(crate) struct Stream {
    inputs: Inputs,
    rows: BatchStream,
}

impl Stream {
    /// Batches of `size` samples, shuffled by `seed`.
    pub(crate) fn new(
        data: &Unlabelled,
        normalizer: &Normalizer,
        size: usize,
        seed: u64,
    ) -> Result<Self, TransferError> {
        let inputs = Inputs::new(data, normalizer)?;
        let rows = BatchStream::new(inputs.len(), size, seed);
        Ok(Stream { inputs, rows })
    }

    pub(crate) fn batch(&mut self, step: usize) -> Tensor {
        self.inputs.batch(&self.rows.batch(step as u64))
    }
}

/// An endless stream of batches with their labels.
pub(crate) struct Labelled {
    stream: Stream,
    labels: Vec<usize>,
}

impl Labelled {
    pub(crate) fn new(
        data: &Dataset,
        normalizer: &Normalizer,
        training: &Training,
    ) -> Result<Self, TransferError> {
        let labels = data.require_labels()?.to_vec();
        let (size, seed) = (training.batch_size, training.seed);
        let stream = Stream::new(&data.without_labels(), normalizer, size, seed)?;
        Ok(Labelled { stream, labels })
    }

    pub(crate) fn batch(&mut self, step: usize) -> (Tensor, Vec<usize>) {
        let rows = self.stream.rows.batch(step as u64);
        (self.stream.inputs.batch(&rows), rows.iter().map(|&r| self.labels[r]).collect())
    }
}
