//! Variance and Euclidean norm over any axes.

use super::axes::{Axes, Plan};
use crate::kernels::axis;
use crate::{Real, Tensor, Var};

impl<'t> Var<'t> {
    /// The variance over `axes`, which disappear: **v = Σ (x - m)² / (n - correction)** with the
    /// mean `m` of the `n` elements. A correction of 1 gives the unbiased estimate, 0 the mean
    /// squared deviation.
    ///
    /// # Gradient
    /// `dX = 2 (x - m) / (n - correction) · dY`.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn var(self, axes: impl Into<Axes>, correction: usize) -> Var<'t> {
        self.var_over(axes.into(), correction, false)
    }

    /// As [`var`](Var::var); the axes stay, with extent 1.
    #[track_caller]
    pub fn var_keepdim(self, axes: impl Into<Axes>, correction: usize) -> Var<'t> {
        self.var_over(axes.into(), correction, true)
    }

    /// The Euclidean norm over `axes`, which disappear: **‖x‖ = √(Σ x²)**.
    ///
    /// # Gradient
    /// `dX = x / ‖x‖ · dY`; 0 where the norm is 0, as in PyTorch.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn norm(self, axes: impl Into<Axes>) -> Var<'t> {
        self.norm_over(axes.into(), false)
    }

    /// As [`norm`](Var::norm); the axes stay, with extent 1.
    #[track_caller]
    pub fn norm_keepdim(self, axes: impl Into<Axes>) -> Var<'t> {
        self.norm_over(axes.into(), true)
    }

    #[track_caller]
    fn var_over(self, axes: Axes, correction: usize, keepdim: bool) -> Var<'t> {
        let x = self.value();
        let plan = Plan::new("var", x.shape(), axes, keepdim);
        let x = plan.arrange(x);
        let n = plan.dims.len;
        let mean = plan.reduce(&x, axis::total).into_map(|s| s / n as Real);
        let freedom = n.saturating_sub(correction) as Real;
        let y = plan.sum_by(&x, &mean, |x, m| (x - m) * (x - m)).into_map(|s| s / freedom);
        self.tape()
            .record("var", y)
            .wrt(self, move |dy| {
                let scaled = dy.into_map(|d| 2.0 / freedom * d);
                plan.spread(&x, &mean, &scaled, |x, m, d| d * (x - m))
            })
            .var()
    }

    #[track_caller]
    fn norm_over(self, axes: Axes, keepdim: bool) -> Var<'t> {
        let x = self.value();
        let plan = Plan::new("norm", x.shape(), axes, keepdim);
        let x = plan.arrange(x);
        let y = plan.reduce(&x, axis::squares).into_map(Real::sqrt);
        let norm = y.clone();
        self.tape()
            .record("norm", y)
            .wrt(self, move |dy| {
                let share: Tensor = dy.into_zip(&norm, |d, n| if n == 0.0 { 0.0 } else { d / n });
                plan.spread(&x, &share, &share, |x, s, _| x * s)
            })
            .var()
    }
}

#[cfg(test)]
mod tests {
    use crate::ops::unary::testing::at;
    use crate::{Tape, Tensor, gradcheck, reference};

    gradcheck!(var: |x| x.var(.., 1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(var_last: |x| x.var_keepdim(-1, 0); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(var_first: |x| x.var(0, 1); x [4, 2, 3] in -1.0..1.0);
    gradcheck!(var_apart: |x| x.var([0, 2], 1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(norm: |x| x.norm(..); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(norm_last: |x| x.norm_keepdim(-1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(norm_first: |x| x.norm(0); x [4, 2, 3] in -1.0..1.0);
    gradcheck!(norm_apart: |x| x.norm_keepdim([0, 2]); x [2, 3, 4] in -1.0..1.0);
    reference!(var);
    reference!(var_last);
    reference!(var_first);
    reference!(var_apart);
    reference!(norm);
    reference!(norm_last);
    reference!(norm_first);
    reference!(norm_apart);

    #[test]
    fn the_norm_of_zero_has_no_slope() {
        assert_eq!(at(0.0, |x| x.norm(..)), (0.0, 0.0));
    }

    #[test]
    fn a_variance_far_from_zero_keeps_its_digits() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::from_fn([1000], |i| 4096.0 + (i % 2) as crate::Real));
        assert_eq!(x.var(0, 0).value().item(), 0.25);
    }

    #[test]
    fn one_element_has_no_unbiased_variance() {
        let (value, slope) = at(1.0, |x| x.var(.., 1));
        assert!(value.is_nan() && slope.is_nan());
    }
}
