//! Which samples a step sees: a function of seed and step alone.

use crate::error::setting;
use crate::input::{Inputs, Normalizer};
use crate::{Training, TransferError};
use datasets::{BatchStream, Dataset, Unlabelled};
use tensor_autograd::{Real, Rng, Tensor};

/// An endless stream of batches without labels.
pub(crate) struct Stream {
    inputs: Inputs,
    rows: BatchStream,
}

impl Stream {
    /// Batches of the size and the examples that `training` says, shuffled by `seed`.
    pub(crate) fn new(
        data: &Unlabelled,
        normalizer: &Normalizer,
        training: &Training,
        seed: u64,
    ) -> Result<Self, TransferError> {
        let few = training.few(data.name(), data.len())?.map(|rows| data.select(&rows));
        let inputs = Inputs::new(few.as_ref().unwrap_or(data), normalizer)?;
        Ok(Stream::of(inputs, training, seed))
    }

    fn of(inputs: Inputs, training: &Training, seed: u64) -> Self {
        let rows = BatchStream::new(inputs.len(), training.rows_a_step(), seed);
        Stream { inputs, rows }
    }

    pub(crate) fn batch(&mut self, step: usize) -> Tensor {
        self.inputs.batch(&self.rows.batch(step as u64))
    }
}

/// An endless stream of batches with their labels.
pub(crate) struct Labelled {
    stream: Stream,
    labels: Vec<usize>,
    /// The seed of the mirroring, if there is any.
    flip: Option<u64>,
}

impl Labelled {
    pub(crate) fn new(
        data: &Dataset,
        normalizer: &Normalizer,
        training: &Training,
    ) -> Result<Self, TransferError> {
        let batches = Labelled::later(data, normalizer, training)?;
        batches.all().ready()?;
        Ok(batches)
    }

    /// As [`new`](Labelled::new), of inputs that may stay put off until they are made ready.
    pub(crate) fn later(
        data: &Dataset,
        normalizer: &Normalizer,
        training: &Training,
    ) -> Result<Self, TransferError> {
        let labels = data.require_labels()?.to_vec();
        let images = data.sample_shape().len() == 3;
        setting(
            "flip",
            training.flip,
            images || !training.flip,
            "false: the samples are no images",
        )?;
        let (data, labels) = match training.few(data.name(), labels.len())? {
            Some(rows) => {
                let labels = rows.iter().map(|&row| labels[row]).collect();
                (data.without_labels().select(&rows), labels)
            }
            None => (data.without_labels(), labels),
        };
        let inputs = Inputs::later(&data, normalizer)?;
        let stream = Stream::of(inputs, training, training.seed);
        Ok(Labelled { stream, labels, flip: training.flip.then_some(training.seed) })
    }

    pub(crate) fn batch(&mut self, step: usize) -> (Tensor, Vec<usize>) {
        let rows = self.rows(step);
        (self.inputs(&rows, step), self.labels(&rows))
    }

    /// How many examples there are, if their inputs are the same in every step.
    pub(crate) fn fixed(&self) -> Option<usize> {
        self.flip.is_none().then_some(self.labels.len())
    }

    /// All examples.
    pub(crate) fn all(&self) -> &Inputs {
        &self.stream.inputs
    }

    /// Which examples a step sees.
    pub(crate) fn rows(&mut self, step: usize) -> Vec<usize> {
        self.stream.rows.batch(step as u64)
    }

    /// Their inputs in that step.
    pub(crate) fn inputs(&self, rows: &[usize], step: usize) -> Tensor {
        let mut inputs = self.stream.inputs.batch(rows);
        if let Some(seed) = self.flip {
            mirror_half(&mut inputs, seed, step);
        }
        inputs
    }

    /// Their labels.
    pub(crate) fn labels(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().map(|&r| self.labels[r]).collect()
    }
}

/// Mirrors half of the images `[n, c, h, w]`: which ones is a function of seed and step.
fn mirror_half(images: &mut Tensor, seed: u64, step: usize) {
    let shape = images.shape();
    let (width, image) = (shape[3], shape[1] * shape[2] * shape[3]);
    let mut rng = Rng::seed(seed).fork(&format!("flip {step}"));
    for image in images.make_mut().chunks_exact_mut(image) {
        if rng.uniform() < 0.5 {
            image.chunks_exact_mut(width).for_each(<[Real]>::reverse);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_images_are_mirrored_and_others_at_the_next_step() {
        let images = || Tensor::from_fn([200, 2, 3, 4], |i| i as Real);
        let mirrored = |step| {
            let mut out = images();
            mirror_half(&mut out, 7, step);
            let original = images();
            let pairs = out.as_slice().chunks_exact(24).zip(original.as_slice().chunks_exact(24));
            let flags = pairs.map(|(out, before)| {
                let turned: Vec<Real> =
                    before.chunks_exact(4).flat_map(|row| row.iter().rev().copied()).collect();
                assert!(out == before || out == turned);
                out != before
            });
            flags.collect::<Vec<bool>>()
        };
        let (a, b) = (mirrored(0), mirrored(1));
        assert!((70..130).contains(&a.iter().filter(|m| **m).count()));
        assert!(a == mirrored(0) && a != b);
    }
}
