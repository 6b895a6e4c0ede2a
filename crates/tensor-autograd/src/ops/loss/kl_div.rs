//! The Kullback-Leibler divergence.

use super::{Pointwise, Reduction, pointwise};
use crate::kernels::math;
use crate::{Real, Var};

#[derive(Clone, Copy)]
struct Divergence;

impl Pointwise for Divergence {
    fn value(self, x: Real, t: Real) -> Real {
        if t > 0.0 { t * (math::ln(t) - x) } else { 0.0 }
    }
    fn dx(self, _: Real, t: Real) -> Real {
        -t
    }
    fn dt(self, x: Real, t: Real) -> Real {
        if t > 0.0 { math::ln(t) + 1.0 - x } else { 0.0 }
    }
}

#[derive(Clone, Copy)]
struct DivergenceOfLogs;

impl Pointwise for DivergenceOfLogs {
    fn value(self, x: Real, t: Real) -> Real {
        math::exp(t) * (t - x)
    }
    fn dx(self, _: Real, t: Real) -> Real {
        -math::exp(t)
    }
    fn dt(self, x: Real, t: Real) -> Real {
        math::exp(t) * (t - x + 1.0)
    }
}

impl<'t> Var<'t> {
    /// The terms of the Kullback-Leibler divergence of `target` from the distribution whose *log*
    /// probabilities are `self`: **t (ln t - x)**, reduced; with `log_target` the target holds
    /// logarithms too: **eᵗ (t - x)**.
    ///
    /// The divergence of a batch of `n` rows is the sum of the terms over `n` (PyTorch's
    /// `batchmean`): `x.kl_div(t, false, Reduction::Sum) / n`. The mean over all *elements* is a
    /// smaller number.
    ///
    /// # Gradient
    /// `dX = -T · dY` and `dT = (ln T + 1 - X) · dY`; with `log_target`, `dX = -eᵀ · dY` and
    /// `dT = eᵀ (T - X + 1) · dY`. A target probability of 0 contributes 0 and gets the gradient 0
    /// (its limit is -∞).
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn kl_div(self, target: Var<'t>, log_target: bool, reduction: Reduction) -> Var<'t> {
        match log_target {
            false => pointwise("kl_div", self, target, reduction, Divergence),
            true => pointwise("kl_div", self, target, reduction, DivergenceOfLogs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reduction::{Mean, None, Sum};
    use super::*;
    use crate::{Tape, Tensor, gradcheck, reference};

    gradcheck!(kl_div: |t, x| x.kl_div(t, false, Mean); t [2, 4] in 0.1..1.0, x [2, 4] in -2.0..0.0);
    gradcheck!(kl_div_sum: |t, x| x.kl_div(t, false, Sum); t [2, 4] in 0.1..1.0, x [2, 4] in -2.0..0.0);
    gradcheck!(kl_div_none: |t, x| x.kl_div(t, false, None); t [5] in 0.1..1.0, x [5] in -2.0..0.0);
    gradcheck!(kl_div_log_target: |t, x| x.kl_div(t, true, Mean); t [5] in -2.0..0.0, x [5] in -2.0..0.0);
    gradcheck!(kl_div_log_target_sum: |t, x| x.kl_div(t, true, Sum); t [5] in -2.0..0.0, x [5] in -2.0..0.0);
    gradcheck!(kl_div_log_target_none: |t, x| x.kl_div(t, true, None); t [5] in -2.0..0.0, x [5] in -2.0..0.0);
    reference!(kl_div);
    reference!(kl_div_sum);
    reference!(kl_div_none);
    reference!(kl_div_log_target);
    reference!(kl_div_log_target_sum);
    reference!(kl_div_log_target_none);

    #[test]
    fn an_impossible_outcome_costs_nothing() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::new([2], vec![Real::NEG_INFINITY, 0.0]));
        let t = tape.constant(Tensor::new([2], vec![0.0, 1.0]));
        assert_eq!(x.kl_div(t, false, Sum).value().item(), 0.0);
    }
}
