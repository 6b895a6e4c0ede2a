//! Group normalisation (Wu and He, 2018).

use super::{channels, scale_and_shift};
use crate::kernels::norm;
use crate::{Real, Tensor, Var};

impl<'t> Var<'t> {
    /// Group norm: the channels of each image in `groups` groups of neighbours, each normalised by
    /// its own mean and biased variance, **y = γ (x - μ) / √(σ² + ε) + β**. As many groups as
    /// channels make instance norm.
    ///
    /// # Shapes
    /// `[n, c, d..] → [n, c, d..]`; `gamma` and `beta` are `[c]`, 1 and 0 if absent.
    ///
    /// # Gradient
    /// With `x̂ = (x - μ) / √(σ² + ε)`, `G = γ·dY` and means over a group:
    /// `dX = (G - mean(G) - x̂ · mean(G·x̂)) / √(σ² + ε)`, `dγ = Σ dY·x̂`, `dβ = Σ dY` over a channel.
    ///
    /// # Panics
    /// If the input has fewer than two axes, the groups do not divide the channels, a group is
    /// empty, or `gamma` or `beta` is not `[c]`.
    #[track_caller]
    pub fn group_norm(
        self,
        groups: usize,
        gamma: Option<Var<'t>>,
        beta: Option<Var<'t>>,
        eps: Real,
    ) -> Var<'t> {
        let x = self.value();
        let (shape, dims) = (x.shape(), channels("group_norm", x.shape()));
        assert!(
            groups > 0 && dims.c > 0 && dims.c.is_multiple_of(groups),
            "group_norm: {groups} groups do not share out the {} channels of {shape}",
            dims.c
        );
        assert!(dims.hw > 0, "group_norm: there is no mean of nothing: {shape}");
        let [gamma, beta] = scale_and_shift("group_norm", self, [dims.c].into(), gamma, beta);
        let (g, b) = (gamma.value(), beta.value());
        let mut statistics = Tensor::stale([dims.n, groups, 2]);
        let y = Tensor::build(shape, |y| {
            let (statistics, affine) = (statistics.make_mut(), (g.as_slice(), b.as_slice()));
            norm::group_norm(y, statistics, x.as_slice(), affine, groups, eps, dims);
        });
        self.tape()
            .record("group_norm", y)
            .wrt_each([self, gamma, beta], move |mut dy, _| {
                let (mut dg, mut db) = (Tensor::stale([dims.c]), Tensor::stale([dims.c]));
                norm::group_norm_backward(
                    dy.make_mut(),
                    (dg.make_mut(), db.make_mut()),
                    x.as_slice(),
                    statistics.as_slice(),
                    g.as_slice(),
                    groups,
                    dims,
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

    gradcheck!(group_norm: |b, g, x| x.group_norm(2, Some(g), Some(b), EPS);
        b [4] in -1.0..1.0, g [4] in 0.5..1.5, x [2, 4, 2, 3] in -1.0..1.0);
    gradcheck!(group_norm_instance: |b, g, x| x.group_norm(3, Some(g), Some(b), EPS);
        b [3] in -1.0..1.0, g [3] in 0.5..1.5, x [2, 3, 4] in -1.0..1.0);
    gradcheck!(group_norm_rows: |x| x.group_norm(2, None, None, EPS); x [3, 6] in -1.0..1.0);
    reference!(group_norm);
    reference!(group_norm_instance);
    reference!(group_norm_rows);

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        let x = Param::weight(Tensor::normal([20, 8, 25, 25], 1.0, 2.0, &mut Rng::seed(6)));
        let gamma = Param::weight(Tensor::ones([8]));
        let run = |n| {
            with_num_threads(n, || {
                let tape = Tape::new();
                let y = tape.param(&x).group_norm(4, Some(tape.param(&gamma)), None, EPS);
                let (value, u) = (y.value(), y.value().map(|y| y * y));
                let grads = crate::gradcheck::weighted_sum(y, u).backward();
                (value, grads.get(&x).unwrap().clone(), grads.get(&gamma).unwrap().clone())
            })
        };
        assert!(run(1) == run(3));
    }

    #[test]
    #[should_panic(expected = "group_norm: 4 groups do not share out the 6 channels of [2, 6]")]
    fn groups_that_do_not_divide_are_named() {
        Tape::new().constant(Tensor::zeros([2, 6])).group_norm(4, None, None, EPS);
    }
}
