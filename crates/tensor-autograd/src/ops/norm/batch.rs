//! Batch normalisation (Ioffe and Szegedy, 2015).

use super::{channels, scale_and_shift};
use crate::kernels::norm;
use crate::{Real, Tensor, Var};

impl<'t> Var<'t> {
    /// Batch norm with the statistics of this batch (training):
    /// **y = γ (x - μ) / √(σ² + ε) + β** with mean `μ` and biased variance `σ²` of each channel,
    /// which are returned too, `[c]` each, for running averages.
    ///
    /// # Shapes
    /// `[n, c, d..] → [n, c, d..]`; `gamma` and `beta` are `[c]`, 1 and 0 if absent.
    ///
    /// # Gradient
    /// With `x̂ = (x - μ) / √(σ² + ε)` and sums and means over a channel:
    /// `dX = γ / √(σ² + ε) · (dY - mean(dY) - x̂ · mean(dY·x̂))`, `dγ = Σ dY·x̂`, `dβ = Σ dY`.
    /// None flows through the returned statistics.
    ///
    /// # Panics
    /// If the input has fewer than two axes, a channel has no elements, or `gamma` or `beta` is not
    /// `[c]`.
    #[track_caller]
    pub fn batch_norm(
        self,
        gamma: Option<Var<'t>>,
        beta: Option<Var<'t>>,
        eps: Real,
    ) -> (Var<'t>, Tensor, Tensor) {
        let x = self.value();
        let (shape, dims) = (x.shape(), channels("batch_norm", x.shape()));
        assert!(dims.n * dims.hw > 0, "batch_norm: there is no mean of nothing: {shape}");
        let [gamma, beta] = scale_and_shift("batch_norm", self, [dims.c].into(), gamma, beta);
        let (g, b) = (gamma.value(), beta.value());
        let (mut mean, mut var) = (Tensor::stale([dims.c]), Tensor::stale([dims.c]));
        let y = Tensor::build(shape, |y| {
            let affine = (g.as_slice(), b.as_slice());
            let statistics = (mean.make_mut(), var.make_mut());
            norm::batch_norm(y, statistics, x.as_slice(), affine, eps, dims);
        });
        let (m, v) = (mean.clone(), var.clone());
        let y = self
            .tape()
            .record("batch_norm", y)
            .wrt_each([self, gamma, beta], move |mut dy, _| {
                let (mut dg, mut db) = (Tensor::stale([dims.c]), Tensor::stale([dims.c]));
                norm::batch_norm_backward(
                    dy.make_mut(),
                    (dg.make_mut(), db.make_mut()),
                    x.as_slice(),
                    (m.as_slice(), v.as_slice()),
                    g.as_slice(),
                    eps,
                    dims,
                );
                [Some(dy), Some(dg), Some(db)]
            })
            .var();
        (y, mean, var)
    }

    /// Batch norm with a given mean and variance of each channel (inference):
    /// **y = γ (x - μ) / √(σ² + ε) + β**.
    ///
    /// # Shapes
    /// `[n, c, d..] → [n, c, d..]`; `mean`, `var`, `gamma` and `beta` are `[c]`.
    ///
    /// # Gradient
    /// `dX = γ / √(σ² + ε) · dY`, `dγ = Σ dY (x - μ) / √(σ² + ε)`, `dβ = Σ dY`, the sums over a
    /// channel. Mean and variance are constants.
    ///
    /// # Panics
    /// If the input has fewer than two axes, or one of the others is not `[c]`.
    #[track_caller]
    pub fn batch_norm_with(
        self,
        mean: &Tensor,
        var: &Tensor,
        gamma: Option<Var<'t>>,
        beta: Option<Var<'t>>,
        eps: Real,
    ) -> Var<'t> {
        let x = self.value();
        let (shape, dims) = (x.shape(), channels("batch_norm_with", x.shape()));
        for (name, t) in [("mean", mean), ("variance", var)] {
            let got = t.shape();
            assert!(*got == [dims.c], "batch_norm_with: the {name} is {got}, not [{}]", dims.c);
        }
        let [gamma, beta] = scale_and_shift("batch_norm_with", self, mean.shape(), gamma, beta);
        let (g, b, mean, var) = (gamma.value(), beta.value(), mean.clone(), var.clone());
        let y = Tensor::build(shape, |y| {
            let (statistics, affine) =
                ((mean.as_slice(), var.as_slice()), (g.as_slice(), b.as_slice()));
            norm::batch_norm_with(y, statistics, x.as_slice(), affine, eps, dims);
        });
        self.tape()
            .record("batch_norm_with", y)
            .wrt_each([self, gamma, beta], move |dy, [need_x, need_gamma, need_beta]| {
                let zero = Tensor::zeros([dims.c]);
                let dx = need_x.then(|| {
                    let (zero, var, g) = (zero.as_slice(), var.as_slice(), g.as_slice());
                    Tensor::build(shape, |dx| {
                        norm::batch_norm_with(dx, (zero, var), dy.as_slice(), (g, zero), eps, dims);
                    })
                });
                let affine = (need_gamma || need_beta).then(|| {
                    let (mut dg, mut db) = (Tensor::stale([dims.c]), Tensor::stale([dims.c]));
                    let statistics = (mean.as_slice(), var.as_slice());
                    norm::batch_norm_with_backward(
                        (dg.make_mut(), db.make_mut()),
                        dy.as_slice(),
                        x.as_slice(),
                        statistics,
                        eps,
                        dims,
                    );
                    (dg, db)
                });
                let (dg, db) = affine.unzip();
                [dx, dg, db]
            })
            .var()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rng, Tape, gradcheck, kernels::parallel::with_num_threads, reference};

    const EPS: Real = 1e-3;

    fn running() -> [Tensor; 2] {
        [Tensor::new([2], vec![0.25, -0.5]), Tensor::new([2], vec![1.5, 0.75])]
    }

    gradcheck!(batch_norm: |b, g, x| x.batch_norm(Some(g), Some(b), EPS).0;
        b [2] in -1.0..1.0, g [2] in 0.5..1.5, x [5, 2] in -1.0..1.0);
    gradcheck!(batch_norm_image: |b, g, x| x.batch_norm(Some(g), Some(b), EPS).0;
        b [2] in -1.0..1.0, g [2] in 0.5..1.5, x [2, 2, 4, 5] in -1.0..1.0);
    gradcheck!(batch_norm_small_image: |b, g, x| x.batch_norm(Some(g), Some(b), EPS).0;
        b [3] in -1.0..1.0, g [3] in 0.5..1.5, x [4, 3, 2] in -1.0..1.0);
    gradcheck!(batch_norm_plain: |x| x.batch_norm(None, None, EPS).0; x [6, 2] in -1.0..1.0);
    gradcheck!(batch_norm_scaled: |g, x| x.batch_norm(Some(g), None, EPS).0;
        g [2] in 0.5..1.5, x [6, 2] in -1.0..1.0);
    gradcheck!(batch_norm_with: |b, g, x| {
        let [mean, var] = running();
        x.batch_norm_with(&mean, &var, Some(g), Some(b), EPS)
    }; b [2] in -1.0..1.0, g [2] in 0.5..1.5, x [4, 2] in -1.0..1.0);
    gradcheck!(batch_norm_with_image: |b, g, x| {
        let [mean, var] = running();
        x.batch_norm_with(&mean, &var, Some(g), Some(b), EPS)
    }; b [2] in -1.0..1.0, g [2] in 0.5..1.5, x [2, 2, 4, 4] in -1.0..1.0);
    gradcheck!(batch_norm_with_plain: |x| {
        let [mean, var] = running();
        x.batch_norm_with(&mean, &var, None, None, EPS)
    }; x [2, 2, 3] in -1.0..1.0);
    reference!(batch_norm);
    reference!(batch_norm_image);
    reference!(batch_norm_small_image);
    reference!(batch_norm_plain);
    reference!(batch_norm_scaled);
    reference!(batch_norm_with);
    reference!(batch_norm_with_image);
    reference!(batch_norm_with_plain);

    #[test]
    fn the_statistics_are_mean_and_biased_variance_even_far_from_zero() {
        // A naive E[x²] - E[x]² has no correct digit here in f32.
        let noise = Tensor::normal([8, 1, 60, 75], 0.0, 1.0, &mut Rng::seed(5));
        let x = noise.map(|x| x + 4096.0);
        let exact: Vec<f64> = x.as_slice().iter().map(|&x| f64::from(x)).collect();
        let mean = exact.iter().sum::<f64>() / exact.len() as f64;
        let var = exact.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / exact.len() as f64;
        for shape in [[8, 1, 60, 75], [36_000, 1, 1, 1], [4500, 1, 8, 1]] {
            let tape = Tape::new();
            let (_, m, v) = tape.constant(x.reshape(shape)).batch_norm(None, None, EPS);
            assert!((f64::from(m.item()) - mean).abs() < 1e-3, "{shape:?}: {m:?}, not {mean}");
            assert!((f64::from(v.item()) - var).abs() < 1e-3, "{shape:?}: {v:?}, not {var}");
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        for shape in [[16, 12, 30, 31], [3000, 30, 1, 1], [300, 30, 3, 3]] {
            let x = crate::Param::weight(Tensor::normal(shape, 1.0, 2.0, &mut Rng::seed(6)));
            let run = |n| {
                with_num_threads(n, || {
                    let tape = Tape::new();
                    let (y, mean, var) = tape.param(&x).batch_norm(None, None, EPS);
                    let (value, u) = (y.value(), y.value().map(|y| y * y));
                    let grads = crate::gradcheck::weighted_sum(y, u).backward();
                    (value, mean, var, grads.get(&x).unwrap().clone())
                })
            };
            assert!(run(1) == run(3), "{shape:?}");
        }
    }

    #[test]
    #[should_panic(expected = "batch_norm: gamma is [2], the input [4, 3] needs [3]")]
    fn a_scale_of_another_size_is_named() {
        let tape = Tape::new();
        let gamma = tape.constant(Tensor::ones([2]));
        tape.constant(Tensor::zeros([4, 3])).batch_norm(Some(gamma), None, EPS);
    }

    #[test]
    #[should_panic(expected = "batch_norm_with: the mean is [2], not [3]")]
    fn a_mean_of_another_size_is_named() {
        let [mean, var] = running();
        Tape::new().constant(Tensor::zeros([4, 3])).batch_norm_with(&mean, &var, None, None, EPS);
    }
}
