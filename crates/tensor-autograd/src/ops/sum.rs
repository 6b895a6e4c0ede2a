//! Sum and mean over any axes.

use super::axes::{Axes, Plan};
use crate::kernels::axis;
use crate::{Real, Var};

impl<'t> Var<'t> {
    /// The sum over `axes`, which disappear.
    ///
    /// # Shapes
    /// `[2, 3, 4]` over `1` gives `[2, 4]`; over `..` gives a scalar.
    ///
    /// # Gradient
    /// `dY`, repeated along the axes.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(self, axes: impl Into<Axes>) -> Var<'t> {
        self.sum_over(axes.into(), false)
    }

    /// As [`sum`](Var::sum); the axes stay, with extent 1.
    #[track_caller]
    pub fn sum_keepdim(self, axes: impl Into<Axes>) -> Var<'t> {
        self.sum_over(axes.into(), true)
    }

    /// The mean over `axes`, which disappear; NaN over nothing.
    ///
    /// # Gradient
    /// `dY / n`, repeated along the axes, for `n` elements a mean.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(self, axes: impl Into<Axes>) -> Var<'t> {
        self.mean_over(axes.into(), false)
    }

    /// As [`mean`](Var::mean); the axes stay, with extent 1.
    #[track_caller]
    pub fn mean_keepdim(self, axes: impl Into<Axes>) -> Var<'t> {
        self.mean_over(axes.into(), true)
    }

    #[track_caller]
    fn sum_over(self, axes: Axes, keepdim: bool) -> Var<'t> {
        let x = self.value();
        let plan = Plan::new("sum", x.shape(), axes, keepdim);
        let y = plan.reduce(&plan.arrange(x), axis::total);
        self.tape().record("sum", y).wrt(self, move |dy| plan.repeat(dy)).var()
    }

    #[track_caller]
    fn mean_over(self, axes: Axes, keepdim: bool) -> Var<'t> {
        let x = self.value();
        let plan = Plan::new("mean", x.shape(), axes, keepdim);
        let n = plan.dims.len as Real;
        let y = plan.reduce(&plan.arrange(x), axis::total).into_map(|s| s / n);
        self.tape().record("mean", y).wrt(self, move |dy| plan.repeat(dy.into_map(|d| d / n))).var()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Shape, Tape, Tensor, gradcheck, reference};

    gradcheck!(sum: |x| x.sum(..); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(sum_last: |x| x.sum(-1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(sum_first: |x| x.sum(0); x [4, 2, 3] in -1.0..1.0);
    gradcheck!(sum_middle: |x| x.sum_keepdim(1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(sum_apart: |x| x.sum([0, 2]); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(mean: |x| x.mean(..); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(mean_last: |x| x.mean_keepdim(-1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(mean_apart: |x| x.mean_keepdim([0, -1]); x [2, 3, 2, 2] in -1.0..1.0);
    reference!(sum);
    reference!(sum_last);
    reference!(sum_first);
    reference!(sum_middle);
    reference!(sum_apart);
    reference!(mean);
    reference!(mean_last);
    reference!(mean_apart);

    #[test]
    fn sums_over_nothing() {
        let tape = Tape::new();
        let empty = tape.constant(Tensor::zeros([2, 0]));
        assert_eq!(empty.sum(1).value(), Tensor::zeros([2]));
        assert!(empty.mean(1).value().as_slice().iter().all(|m| m.is_nan()));
        assert_eq!(empty.sum(0).shape(), Shape::from([0]));
        let x = tape.constant(Tensor::ones([2, 3]));
        assert_eq!(x.sum([]).value(), x.value());
    }
}
