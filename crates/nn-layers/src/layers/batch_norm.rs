//! Normalisation of each channel over the batch.

use crate::Layer;
use tensor_autograd::{Module, Param, Real, Tensor, Var, module};

/// **Y = (X - mean) / √(var + ε) · weight + bias** for each channel (Ioffe and Szegedy, *Batch
/// Normalization*, 2015). `D` is the number of axes that an example's channel has at most; use the
/// names [`BatchNorm1d`] and [`BatchNorm2d`].
///
/// In training, mean and biased variance are the batch's, and the running statistics move towards
/// them: `running ← (1 - momentum) · running + momentum · batch`, with the unbiased variance, as in
/// PyTorch. They are proposed to the tape; the optimiser's step stores them. Two passes in one step
/// (a source and a target batch) move them twice, in order. Otherwise the running statistics are
/// used.
///
/// A layer whose `running_mean` is frozen uses the running statistics in training too, and does not
/// move them.
///
/// # Shapes
/// `[n, channels]` or `[n, channels, length]` for 1d, `[n, channels, h, w]` for 2d; the output's is
/// the input's. Parameters and statistics are `[channels]`.
#[derive(Clone, Debug)]
pub struct BatchNorm<const D: usize> {
    /// Starts as 1.
    pub weight: Option<Param>,
    /// Starts as 0.
    pub bias: Option<Param>,
    /// Starts as 0.
    pub running_mean: Param,
    /// Unbiased; starts as 1.
    pub running_var: Param,
    /// Training passes so far; a scalar.
    pub num_batches_tracked: Param,
    momentum: Real,
    eps: Real,
}
module!(BatchNorm<1>: weight, bias, running_mean, running_var, num_batches_tracked);
module!(BatchNorm<2>: weight, bias, running_mean, running_var, num_batches_tracked);

/// Batch normalisation of feature vectors and sequences.
pub type BatchNorm1d = BatchNorm<1>;
/// Batch normalisation of images.
pub type BatchNorm2d = BatchNorm<2>;

impl<const D: usize> BatchNorm<D> {
    /// For this many channels; momentum 0.1, ε = 1e-5.
    pub fn new(channels: usize) -> Self {
        BatchNorm {
            weight: Some(Param::weight(Tensor::ones([channels]))),
            bias: Some(Param::weight(Tensor::zeros([channels]))),
            running_mean: Param::buffer(Tensor::zeros([channels])),
            running_var: Param::buffer(Tensor::ones([channels])),
            num_batches_tracked: Param::buffer(Tensor::scalar(0.0)),
            momentum: 0.1,
            eps: 1e-5,
        }
    }

    /// The share of the batch in the running statistics.
    pub fn momentum(self, momentum: Real) -> Self {
        BatchNorm { momentum, ..self }
    }

    /// With this ε.
    pub fn eps(self, eps: Real) -> Self {
        BatchNorm { eps, ..self }
    }

    /// Without weight and bias.
    pub fn no_affine(self) -> Self {
        BatchNorm { weight: None, bias: None, ..self }
    }

    fn channels(&self) -> usize {
        self.running_mean.value.len()
    }

    /// Proposes the statistics after a batch of `n` values a channel.
    fn track(&self, x: Var<'_>, mean: &Tensor, var: &Tensor, n: usize) {
        let (tape, keep, m) = (x.tape(), 1.0 - self.momentum, self.momentum);
        let unbiased = m * n as Real / (n - 1) as Real;
        let moved = |buffer, batch, share: Real| {
            tape.buffer(buffer).zip(batch, move |old, new| keep * old + share * new)
        };
        tape.propose(&self.running_mean, moved(&self.running_mean, mean, m));
        tape.propose(&self.running_var, moved(&self.running_var, var, unbiased));
        let count = tape.buffer(&self.num_batches_tracked).map(|n| n + 1.0);
        tape.propose(&self.num_batches_tracked, count);
    }
}

impl<const D: usize> Layer for BatchNorm<D>
where
    BatchNorm<D>: Module,
{
    /// # Panics
    /// If the input has another rank or another number of channels, or in training a single value a
    /// channel.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, tape, channels) = (x.shape(), x.tape(), self.channels());
        let rank = shape.rank() == D + 2 || (D == 1 && shape.rank() == 2);
        assert!(
            rank && shape[1] == channels,
            "{}: expected {}, got {shape}",
            self.describe(),
            match D {
                1 => format!("[n, {channels}] or [n, {channels}, length]"),
                _ => format!("[n, {channels}, h, w]"),
            }
        );
        let [weight, bias] = [&self.weight, &self.bias].map(|p| p.as_ref().map(|p| tape.param(p)));
        if !tape.is_training() || self.running_mean.frozen {
            let [mean, var] = [&self.running_mean, &self.running_var].map(|p| &p.value);
            return x.batch_norm_with(mean, var, weight, bias, self.eps);
        }
        let n = shape.size() / channels;
        assert!(
            n > 1,
            "{}: training needs more than one value a channel, got {shape}",
            self.describe()
        );
        let (y, mean, var) = x.batch_norm(weight, bias, self.eps);
        self.track(x, &mean, &var, n);
        y
    }

    fn describe(&self) -> String {
        format!("BatchNorm{D}d({})", self.channels())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;
    use tensor_autograd::{Rng, eval, grad};

    layer_tests! {
        batch_norm1d: |_| BatchNorm1d::new(3), [5, 3];
        batch_norm1d_sequence: |_| BatchNorm1d::new(2).momentum(0.3).eps(1e-3), [3, 2, 4];
        batch_norm2d: |_| BatchNorm2d::new(2), [3, 2, 2, 3];
        batch_norm2d_no_affine: |_| BatchNorm2d::new(2).no_affine(), [2, 2, 3, 2];
    }

    fn images(seed: u64) -> Tensor {
        Tensor::normal([4, 2, 3, 3], 2.0, 3.0, &mut Rng::seed(seed))
    }

    /// A layer whose statistics are not those of any batch here.
    fn trained() -> BatchNorm2d {
        let mut layer = BatchNorm2d::new(2);
        layer.running_mean.value = Tensor::new([2], vec![0.5, -1.0]);
        layer.running_var.value = Tensor::new([2], vec![4.0, 0.25]);
        layer
    }

    #[test]
    fn a_frozen_layer_uses_its_statistics_in_training_and_keeps_them() {
        let mut layer = trained();
        layer.freeze("running_*, num_*");
        let inference = eval(|t| layer.forward(t.constant(images(0))).value());
        let mut training = None;
        let (_, grads) = grad(&mut Rng::seed(0), |t| {
            let y = layer.forward(t.constant(images(0)));
            training = Some(y.value());
            y.sum(..)
        });
        assert_eq!(training, Some(inference));
        assert!(grads.buffer(&layer.running_mean).is_none());
        assert!(grads.buffer(&layer.num_batches_tracked).is_none());
        assert!(grads.get(layer.weight.as_ref().unwrap()).is_some());
    }

    #[test]
    fn the_frozen_form_has_right_gradients() {
        let mut layer = trained();
        layer.freeze("running_*");
        crate::check::gradients(&layer, &[2, 2, 2, 2], -1.0..1.0);
    }

    #[test]
    fn two_passes_in_one_step_move_the_statistics_twice() {
        let layer = trained();
        let pass = |layer: &BatchNorm2d, batches: &[Tensor]| {
            let (_, grads) = grad(&mut Rng::seed(0), |t| {
                let ys = batches.iter().map(|x| layer.forward(t.constant(x.clone())).sum(..));
                ys.reduce(|a, b| a + b).expect("at least one batch")
            });
            let mut next = layer.clone();
            for (new, old) in next.named_params_mut().into_iter().zip(layer.named_params()) {
                if let Some(value) = grads.buffer(old.1) {
                    new.1.value = value.clone();
                }
            }
            next
        };
        let once = pass(&layer, &[images(0), images(1)]);
        let twice = pass(&pass(&layer, &[images(0)]), &[images(1)]);
        assert_eq!(once.state_dict(), twice.state_dict());
        assert_eq!(once.num_batches_tracked.value.item(), 2.0);
    }

    #[test]
    #[should_panic(expected = "BatchNorm1d(3): training needs more than one value a channel")]
    fn one_example_has_no_variance() {
        let layer = BatchNorm1d::new(3);
        grad(&mut Rng::seed(0), |t| layer.forward(t.constant(Tensor::zeros([1, 3]))).sum(..));
    }

    #[test]
    #[should_panic(expected = "BatchNorm2d(3): expected [n, 3, h, w], got [4, 3]")]
    fn vectors_for_an_image_layer_are_refused_by_name() {
        eval(|t| BatchNorm2d::new(3).forward(t.constant(Tensor::zeros([4, 3]))).value());
    }
}
