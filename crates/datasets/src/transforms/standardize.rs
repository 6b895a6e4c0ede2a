//! Standardisation: mean 0 and standard deviation 1, by channel.

use ndarray::{ArrayD, ArrayViewD, Axis};

/// `(x - mean) / std` by channel, with statistics taken once and applied to anything.
///
/// The channel is axis 1: the colour of images `[n, c, h, w]`, the column of features `[n, f]`.
/// Fit on training data only, and apply the same numbers to the test data.
///
/// With two domains there is a choice. One transform for both keeps the difference between them;
/// one for each removes what differs in brightness and contrast, and with it a cue by which a
/// domain classifier could tell them apart without looking at anything else. Domain-adversarial
/// training (Ganin et al. 2016) subtracts each domain's mean: [`Standardize::mean_only`].
///
/// ```
/// use datasets::{synthetic, transforms::Standardize};
/// let train = synthetic::digits(200, 0);
/// let scale = Standardize::fit(train.inputs());
/// let train = train.map_inputs(|x| scale.apply(x));
/// assert!(train.inputs().mean().unwrap().abs() < 1e-4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardize {
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Standardize {
    /// Mean and standard deviation of each channel of `[n, c, ...]`, over rows and places.
    ///
    /// The standard deviation divides by the number of values, as in NumPy. A channel that is
    /// constant is left unscaled (1 is stored).
    ///
    /// # Panics
    /// If there are fewer than two axes or no values.
    #[track_caller]
    pub fn fit(inputs: ArrayViewD<'_, f32>) -> Self {
        assert!(
            inputs.ndim() >= 2 && !inputs.is_empty(),
            "standardize: expected [n, c, ...] with values, found {:?}",
            inputs.shape()
        );
        let (mut mean, mut std) = (Vec::new(), Vec::new());
        for channel in inputs.axis_iter(Axis(1)) {
            // Twice through in f64: a sum of 47 million pixels in f32 has lost its last digits.
            let n = channel.len() as f64;
            let m = channel.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let variance = channel.iter().map(|&x| (f64::from(x) - m).powi(2)).sum::<f64>() / n;
            mean.push(m as f32);
            // The mean of equal values may round, and leave a variance of 1e-18 behind.
            let constant = variance.sqrt() <= 1e-7 * m.abs();
            std.push(if constant { 1.0 } else { variance.sqrt() as f32 });
        }
        Self { mean, std }
    }

    /// The same means, and no scaling.
    pub fn mean_only(self) -> Self {
        Self { std: vec![1.0; self.mean.len()], ..self }
    }

    /// From stored numbers, one of each for every channel.
    ///
    /// # Panics
    /// If the lengths differ or a standard deviation is not positive.
    #[track_caller]
    pub fn from_parts(mean: Vec<f32>, std: Vec<f32>) -> Self {
        assert!(
            mean.len() == std.len() && std.iter().all(|&s| s > 0.0),
            "standardize: means {mean:?} and standard deviations {std:?} do not fit"
        );
        Self { mean, std }
    }

    /// ImageNet's: what networks trained on it were given is pictures in `0..=1` less these means,
    /// divided by these standard deviations (torchvision's, which are those of Torch7's recipe).
    pub fn imagenet() -> Self {
        Self::from_parts(vec![0.485, 0.456, 0.406], vec![0.229, 0.224, 0.225])
    }

    /// The mean of each channel.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// What each channel is divided by.
    pub fn std(&self) -> &[f32] {
        &self.std
    }

    /// `(x - mean) / std` by channel.
    ///
    /// # Panics
    /// If axis 1 is not as long as there are channels.
    #[track_caller]
    pub fn apply(&self, inputs: ArrayViewD<'_, f32>) -> ArrayD<f32> {
        self.apply_to(inputs.as_standard_layout().into_owned())
    }

    /// As [`Standardize::apply`], in the same memory.
    ///
    /// # Panics
    /// If axis 1 is not as long as there are channels.
    #[track_caller]
    pub fn apply_to(&self, mut inputs: ArrayD<f32>) -> ArrayD<f32> {
        assert!(
            inputs.ndim() >= 2 && inputs.shape()[1] == self.mean.len(),
            "standardize: fitted on {} channels, applied to {:?}",
            self.mean.len(),
            inputs.shape()
        );
        for ((mut channel, &mean), &std) in
            inputs.axis_iter_mut(Axis(1)).zip(&self.mean).zip(&self.std)
        {
            channel.mapv_inplace(|x| (x - mean) / std);
        }
        inputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_by_itself() {
        let inputs = ArrayD::from_shape_fn(vec![50, 3, 4, 5], |ix| {
            (ix[1] as f32 + 1.0) * ((ix[0] * 7 + ix[2] * 5 + ix[3]) % 13) as f32 + ix[1] as f32
        });
        let scale = Standardize::fit(inputs.view());
        let again = Standardize::fit(scale.apply(inputs.view()).view());
        for channel in 0..3 {
            assert!(again.mean()[channel].abs() < 1e-5, "{:?}", again.mean());
            assert!((again.std()[channel] - 1.0).abs() < 1e-5, "{:?}", again.std());
        }
        let centred = scale.clone().mean_only().apply(inputs.view());
        let left = Standardize::fit(centred.view());
        assert!(left.mean().iter().all(|m| m.abs() < 1e-4));
        assert!(left.std().iter().zip(scale.std()).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn features_by_column_and_constants_unscaled() {
        let inputs = ndarray::arr2(&[[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]]).into_dyn();
        let scale = Standardize::fit(inputs.view());
        assert_eq!(scale.mean(), [3.0, 0.1]);
        assert_eq!(scale.std(), [(8.0f64 / 3.0).sqrt() as f32, 1.0]);
        assert_eq!(scale.apply(inputs.view())[[2, 1]], 0.0);
    }

    #[test]
    #[should_panic(expected = "fitted on 1 channels, applied to [2, 3]")]
    fn channels_must_fit() {
        let scale = Standardize::from_parts(vec![0.0], vec![1.0]);
        scale.apply(ArrayD::zeros(vec![2, 3]).view());
    }
}
