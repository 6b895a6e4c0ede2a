//! Layer normalisation (Ba, Kiros and Hinton, 2016).

use super::scale_and_shift;
use crate::kernels::norm;
use crate::{Real, Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// Layer norm over the last `rank` axes: **y = γ (x - μ) / √(σ² + ε) + β** with mean `μ` and
    /// biased variance `σ²` of those axes.
    ///
    /// # Shapes
    /// `[.., d..] → [.., d..]`; `gamma` and `beta` have the shape `[d..]` of the last `rank` axes,
    /// and are 1 and 0 if absent.
    ///
    /// # Gradient
    /// With `x̂ = (x - μ) / √(σ² + ε)`, `G = γ·dY` and means over the last axes:
    /// `dX = (G - mean(G) - x̂ · mean(G·x̂)) / √(σ² + ε)`, `dγ = Σ dY·x̂`, `dβ = Σ dY` over the rest.
    ///
    /// # Panics
    /// If there are fewer than `rank` axes, `rank` is 0, the last axes are empty, or `gamma` or
    /// `beta` has another shape than they.
    #[track_caller]
    pub fn layer_norm(
        self,
        rank: usize,
        gamma: Option<Var<'t>>,
        beta: Option<Var<'t>>,
        eps: Real,
    ) -> Var<'t> {
        let x = self.value();
        let shape = x.shape();
        assert!(
            (1..=shape.rank()).contains(&rank),
            "layer_norm: {shape} cannot be normalised over {rank} axes"
        );
        let inner = Shape::new(&shape[shape.rank() - rank..]);
        assert!(inner.size() > 0, "layer_norm: there is no mean of nothing: {shape}");
        let [gamma, beta] = scale_and_shift("layer_norm", self, inner, gamma, beta);
        let (g, b) = (gamma.value(), beta.value());
        let mut statistics = Tensor::stale([x.len() / inner.size(), 2]);
        let y = Tensor::build(shape, |y| {
            let affine = (g.as_slice(), b.as_slice());
            norm::layer_norm(y, statistics.make_mut(), x.as_slice(), affine, eps);
        });
        self.tape()
            .record("layer_norm", y)
            .wrt_each([self, gamma, beta], move |mut dy, _| {
                let (mut dg, mut db) = (Tensor::stale(inner), Tensor::stale(inner));
                norm::layer_norm_backward(
                    dy.make_mut(),
                    (dg.make_mut(), db.make_mut()),
                    x.as_slice(),
                    statistics.as_slice(),
                    g.as_slice(),
                );
                [Some(dy), Some(dg), Some(db)]
            })
            .var()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, Rng, Tape, gradcheck, kernels::parallel::with_num_threads, reference};

    const EPS: Real = 1e-3;

    gradcheck!(layer_norm: |b, g, x| x.layer_norm(1, Some(g), Some(b), EPS);
        b [5] in -1.0..1.0, g [5] in 0.5..1.5, x [4, 5] in -1.0..1.0);
    gradcheck!(layer_norm_two_axes: |b, g, x| x.layer_norm(2, Some(g), Some(b), EPS);
        b [3, 4] in -1.0..1.0, g [3, 4] in 0.5..1.5, x [2, 3, 4] in -1.0..1.0);
    gradcheck!(layer_norm_plain: |x| x.layer_norm(1, None, None, EPS); x [2, 2, 6] in -1.0..1.0);
    gradcheck!(layer_norm_shifted: |b, x| x.layer_norm(1, None, Some(b), EPS);
        b [6] in -1.0..1.0, x [3, 6] in -1.0..1.0);
    reference!(layer_norm);
    reference!(layer_norm_two_axes);
    reference!(layer_norm_plain);
    reference!(layer_norm_shifted);

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        let x = Param::weight(Tensor::normal([700, 150], 1.0, 2.0, &mut Rng::seed(6)));
        let gamma = Param::weight(Tensor::ones([150]));
        let run = |n| {
            with_num_threads(n, || {
                let tape = Tape::new();
                let y = tape.param(&x).layer_norm(1, Some(tape.param(&gamma)), None, EPS);
                let (value, u) = (y.value(), y.value().map(|y| y * y));
                let grads = crate::gradcheck::weighted_sum(y, u).backward();
                (value, grads.get(&x).unwrap().clone(), grads.get(&gamma).unwrap().clone())
            })
        };
        assert!(run(1) == run(3));
    }

    #[test]
    #[should_panic(expected = "layer_norm: [4, 3] cannot be normalised over 3 axes")]
    fn too_many_axes_are_refused() {
        Tape::new().constant(Tensor::zeros([4, 3])).layer_norm(3, None, None, EPS);
    }

    #[test]
    #[should_panic(expected = "layer_norm: beta is [4], the input [4, 3] needs [3]")]
    fn a_shift_of_another_size_is_named() {
        let tape = Tape::new();
        let beta = tape.constant(Tensor::ones([4]));
        tape.constant(Tensor::zeros([4, 3])).layer_norm(1, None, Some(beta), EPS);
    }
}
