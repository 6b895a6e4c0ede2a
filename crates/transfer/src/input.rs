//! From data sets to batches on the tape: one gather that also normalises.

use crate::TransferError;
use datasets::Unlabelled;
use serde::{Deserialize, Serialize};
use tensor_autograd::{Real, Shape, Tensor};

/// What is subtracted from, and divided out of, each channel before a network sees it.
///
/// The first axis of a sample is its channel: colour planes of an image, or the features of a row.
/// Each domain has its own, measured on its inputs alone; a label is never read. It knows the shape
/// of the samples that it was measured on, and serves no others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalizer {
    sample: Vec<usize>,
    mean: Vec<f32>,
    scale: Vec<f32>,
}

/// Which [`Normalizer`] a method measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// Inputs as they are.
    None,
    /// Each channel's mean is subtracted (Ganin et al., 2016, section 5.2.2).
    Mean,
    /// Each channel gets mean 0 and standard deviation 1.
    #[default]
    Standard,
    /// The red, green and blue of a picture, numbers in 0..1, get the mean and the deviation that
    /// ImageNet's have: what torchvision's pretrained networks expect. Samples of another number of
    /// channels stay as they are.
    #[serde(rename = "imagenet")]
    ImageNet,
}

impl Normalize {
    /// Whether it depends on the samples: they must then be [`ready`](Unlabelled::ready).
    pub fn is_measured(self) -> bool {
        matches!(self, Normalize::Mean | Normalize::Standard)
    }
}

/// Numbers that are turned into bytes at once.
const PIECE: usize = 1 << 14;

/// Mean and standard deviation of ImageNet's red, green and blue, as torchvision has them.
const IMAGENET: [[f32; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];

impl Normalizer {
    /// Measures `data` as `kind` says.
    ///
    /// # Panics
    /// If the samples were put off and can no longer be made; see [`Unlabelled::ready`].
    pub fn fit(kind: Normalize, data: &Unlabelled) -> Self {
        let Normalizer { sample, mut mean, mut scale } =
            Normalizer::of_kind(kind, data.sample_shape());
        if !kind.is_measured() {
            return Normalizer { sample, mean, scale };
        }
        let (channels, inputs) = (sample[0], data.inputs());
        for c in 0..channels {
            let plane = inputs.index_axis(ndarray::Axis(1), c);
            let n = plane.len().max(1) as f64;
            let m = plane.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            mean[c] = m as f32;
            if kind == Normalize::Standard {
                let v = plane.iter().map(|&x| (f64::from(x) - m).powi(2)).sum::<f64>() / n;
                // A constant channel is left at 0 rather than divided by nothing.
                scale[c] = if v > 1e-12 { 1.0 / v.sqrt() as f32 } else { 1.0 };
            }
        }
        Normalizer { sample, mean, scale }
    }

    /// What `kind` does to samples of this shape before anything is measured.
    pub(crate) fn of_kind(kind: Normalize, sample: &[usize]) -> Self {
        let (sample, channels) = (sample.to_vec(), sample[0]);
        match (kind, channels) {
            (Normalize::ImageNet, 3) => {
                let [mean, deviation] = IMAGENET;
                let scale = deviation.iter().map(|d| 1.0 / d).collect();
                Normalizer { sample, mean: mean.to_vec(), scale }
            }
            _ => Normalizer { sample, mean: vec![0.0; channels], scale: vec![1.0; channels] },
        }
    }

    /// Whether this is a whole normaliser of samples of such a shape.
    pub(crate) fn fits(&self, sample: &[usize]) -> bool {
        let channels = sample.first().copied();
        self.sample == sample
            && Some(self.mean.len()) == channels
            && Some(self.scale.len()) == channels
    }

    /// The shape of the samples that it serves.
    pub(crate) fn sample(&self) -> &[usize] {
        &self.sample
    }

    /// What is subtracted from each channel.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }
}

/// The inputs of a data set, to be gathered into batches.
pub struct Inputs {
    data: Unlabelled,
    normalizer: Normalizer,
    sample: Shape,
}

impl Inputs {
    /// The inputs of `data`, normalised on the way out.
    ///
    /// # Errors
    /// If the normaliser was measured on samples of another shape; if the inputs were put off and
    /// cannot be made.
    pub fn new(data: &Unlabelled, normalizer: &Normalizer) -> Result<Self, TransferError> {
        let inputs = Inputs::later(data, normalizer)?;
        inputs.ready()?;
        Ok(inputs)
    }

    /// As [`new`](Inputs::new), of inputs that may stay put off until they are made
    /// [`ready`](Inputs::ready).
    pub(crate) fn later(data: &Unlabelled, normalizer: &Normalizer) -> Result<Self, TransferError> {
        let sample = data.sample_shape();
        if sample != normalizer.sample {
            return Err(TransferError::Mismatch {
                what: "the samples have another shape than those of the training",
                left: format!("{} {sample:?}", data.name()),
                right: format!("{:?}", normalizer.sample),
                remedy: "give data of that shape, or resize it",
            });
        }
        let sample = Shape::new(sample);
        Ok(Inputs { data: data.clone(), normalizer: normalizer.clone(), sample })
    }

    /// Makes them, if they were put off.
    ///
    /// # Errors
    /// If that fails.
    pub(crate) fn ready(&self) -> Result<(), TransferError> {
        Ok(self.data.ready()?)
    }

    /// These samples alone as a tensor, without those that are put off being made.
    ///
    /// # Errors
    /// If they cannot be made.
    pub(crate) fn peek(&self, rows: &[usize]) -> Result<Tensor, TransferError> {
        let some = Inputs::new(&self.data.select(rows), &self.normalizer)?;
        Ok(some.batch(&(0..rows.len()).collect::<Vec<_>>()))
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `f` with all that the batches depend on, in pieces: the shape, the normalisation, and
    /// what the samples are made from, or else the samples as they are.
    ///
    /// # Errors
    /// If what they are made from cannot be read.
    pub(crate) fn identify(&self, f: &mut dyn FnMut(&[u8])) -> Result<(), TransferError> {
        let mut bytes = Vec::new();
        let mut numbers = |numbers: &[f32]| {
            for piece in numbers.chunks(PIECE) {
                bytes.clear();
                piece.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
                f(&bytes);
            }
        };
        let shape: Vec<f32> = self.data.shape().iter().map(|&n| n as f32).collect();
        numbers(&shape);
        numbers(&self.normalizer.mean);
        numbers(&self.normalizer.scale);
        match self.data.identity()? {
            Some(identity) => f(&identity),
            None => numbers(self.data.inputs().as_slice().expect("row-major order")),
        }
        Ok(())
    }

    /// The samples `rows` as one tensor, `[rows, ...]`.
    pub fn batch(&self, rows: &[usize]) -> Tensor {
        let size = self.sample.size();
        let plane = size / self.sample[0];
        let inputs = self.data.inputs();
        let source = inputs.as_slice().expect("rows are in row-major order");
        let mut shape = vec![rows.len()];
        shape.extend_from_slice(&self.sample);
        Tensor::build(&shape, |out| {
            for (out, &row) in out.chunks_exact_mut(size).zip(rows) {
                let x = &source[row * size..(row + 1) * size];
                let channels = self.normalizer.mean.iter().zip(&self.normalizer.scale);
                let planes = out.chunks_exact_mut(plane).zip(x.chunks_exact(plane));
                for ((out, x), (&mean, &scale)) in planes.zip(channels) {
                    for (out, &x) in out.iter_mut().zip(x) {
                        *out = Real::from((x - mean) * scale);
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    fn data() -> Unlabelled {
        let values = vec![1.0, 3.0, 10.0, 10.0, 5.0, 7.0, 10.0, 10.0];
        Unlabelled::new("two", ArrayD::from_shape_vec(vec![2, 2, 1, 2], values).unwrap()).unwrap()
    }

    #[test]
    fn each_channel_is_centred_on_its_own_mean() {
        let normalizer = Normalizer::fit(Normalize::Mean, &data());
        assert_eq!(normalizer.mean(), [4.0, 10.0]);
        let batch = Inputs::new(&data(), &normalizer).unwrap().batch(&[1, 0, 1]);
        assert_eq!(batch.shape(), Shape::from([3, 2, 1, 2]));
        assert_eq!(batch.as_slice()[..8], [1.0, 3.0, 0.0, 0.0, -3.0, -1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_constant_channel_survives_standardising() {
        let normalizer = Normalizer::fit(Normalize::Standard, &data());
        let batch = Inputs::new(&data(), &normalizer).unwrap().batch(&[0, 1]);
        let first: Vec<Real> = batch.as_slice().iter().copied().filter(|x| *x != 0.0).collect();
        assert_eq!(first.len(), 4);
        assert!((first.iter().map(|x| x * x).sum::<Real>() / 4.0 - 1.0).abs() < 1e-6);
        assert!(batch.is_finite());
    }

    #[test]
    fn pictures_get_imagenets_mean_and_deviation_and_nothing_is_measured() {
        let picture = ArrayD::from_shape_vec(vec![1, 3, 1, 1], vec![0.714, 0.456, 0.181]).unwrap();
        let picture = Unlabelled::new("picture", picture).unwrap();
        let normalizer = Normalizer::fit(Normalize::ImageNet, &picture);
        let x = Inputs::new(&picture, &normalizer).unwrap().batch(&[0]);
        let near = |a: Real, b: Real| (a - b).abs() < 1e-5;
        assert!(x.as_slice().iter().zip([1.0, 0.0, -1.0]).all(|(&a, b)| near(a, b)), "{x:?}");
        assert_eq!(Normalizer::fit(Normalize::ImageNet, &data()).mean(), [0.0, 0.0]);
        assert_eq!(serde_json::to_string(&Normalize::ImageNet).unwrap(), "\"imagenet\"");
    }

    #[test]
    fn another_shape_is_an_error() {
        let wide = Unlabelled::new("wide", ArrayD::zeros(vec![1, 2, 1, 3])).unwrap();
        let normalizer = Normalizer::fit(Normalize::None, &wide);
        let error = Inputs::new(&data(), &normalizer).err().expect("it fits by accident");
        assert!(error.to_string().contains("two [2, 1, 2] against [2, 1, 3]"), "{error}");
    }
}
