//! Maximum and minimum over any axes.

use super::axes::{Axes, Plan};
use crate::kernels::axis::{self, Dims};
use crate::{Real, Var};

impl<'t> Var<'t> {
    /// The largest element over `axes`, which disappear; NaN if one is NaN.
    ///
    /// # Gradient
    /// Goes to the largest element, in equal shares to all that are equal (as `torch.amax`).
    ///
    /// # Panics
    /// If an axis does not exist, is named twice, or if there is nothing to choose from.
    #[track_caller]
    pub fn max(self, axes: impl Into<Axes>) -> Var<'t> {
        self.extreme("max", axes.into(), false, axis::max)
    }

    /// As [`max`](Var::max); the axes stay, with extent 1.
    #[track_caller]
    pub fn max_keepdim(self, axes: impl Into<Axes>) -> Var<'t> {
        self.extreme("max", axes.into(), true, axis::max)
    }

    /// The smallest element over `axes`, which disappear; NaN if one is NaN.
    ///
    /// # Gradient
    /// Goes to the smallest element, in equal shares to all that are equal (as `torch.amin`).
    ///
    /// # Panics
    /// If an axis does not exist, is named twice, or if there is nothing to choose from.
    #[track_caller]
    pub fn min(self, axes: impl Into<Axes>) -> Var<'t> {
        self.extreme("min", axes.into(), false, axis::min)
    }

    /// As [`min`](Var::min); the axes stay, with extent 1.
    #[track_caller]
    pub fn min_keepdim(self, axes: impl Into<Axes>) -> Var<'t> {
        self.extreme("min", axes.into(), true, axis::min)
    }

    #[track_caller]
    fn extreme(
        self,
        op: &'static str,
        axes: Axes,
        keepdim: bool,
        kernel: fn(&mut [Real], &[Real], Dims),
    ) -> Var<'t> {
        let x = self.value();
        let plan = Plan::new(op, x.shape(), axes, keepdim);
        assert!(plan.dims.len > 0, "{op}: {} has no element along the axes", x.shape());
        let x = plan.arrange(x);
        let y = plan.reduce(&x, kernel);
        let best = y.clone();
        self.tape()
            .record(op, y)
            .wrt(self, move |dy| {
                let ties = plan.sum_by(&x, &best, |x, best| if x == best { 1.0 } else { 0.0 });
                let share = dy.into_zip(&ties, |d, n| d / n);
                plan.spread(&x, &best, &share, |x, best, share| if x == best { share } else { 0.0 })
            })
            .var()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Param, Real, Tape, Tensor, gradcheck, reference};

    gradcheck!(max: |x| x.max(..); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(max_last: |x| x.max(-1); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(max_first: |x| x.max_keepdim(0); x [4, 2, 3] in -1.0..1.0);
    gradcheck!(max_apart: |x| x.max([0, 2]); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(min: |x| x.min(..); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(min_last: |x| x.min_keepdim(-1); x [2, 3, 4] in -1.0..1.0);
    reference!(max);
    reference!(max_last);
    reference!(max_first);
    reference!(max_apart);
    reference!(min);
    reference!(min_last);

    /// `max` over the rows of a matrix and the gradient of their sum.
    fn max_rows(rows: [[Real; 3]; 2]) -> (Tensor, Tensor) {
        let w = Param::weight(Tensor::new([2, 3], rows.concat()));
        let tape = Tape::new();
        let y = tape.param(&w).max(1);
        (y.value(), y.sum(..).backward().get(&w).unwrap().clone())
    }

    #[test]
    fn equal_elements_share_the_gradient() {
        let (y, g) = max_rows([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]]);
        assert_eq!(y.as_slice(), [2.0, 3.0]);
        let third = 1.0 / 3.0;
        assert_eq!(g.as_slice(), [0.0, 0.5, 0.5, third, third, third]);
    }

    #[test]
    fn nan_wins_wherever_it_stands() {
        for at in 0..100 {
            let mut x = Tensor::from_fn([100], |i| i as Real);
            x.make_mut()[at] = Real::NAN;
            let tape = Tape::new();
            let x = tape.constant(x);
            assert!(x.max(0).value().item().is_nan() && x.min(0).value().item().is_nan(), "{at}");
        }
    }

    #[test]
    fn infinities_are_numbers_like_others() {
        let inf = Real::INFINITY;
        let (y, g) = max_rows([[-inf, -inf, -inf], [0.0, inf, 1.0]]);
        assert_eq!(y.as_slice(), [-inf, inf]);
        assert_eq!(g.as_slice()[3..], [0.0, 1.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "max: [2, 0] has no element along the axes")]
    fn there_must_be_something_to_choose_from() {
        Tape::new().constant(Tensor::zeros([2, 0])).max(1);
    }
}
