//! The smooth maximum.

use super::axes::{Axes, Plan};
use crate::Var;
use crate::kernels::{axis, math};

impl<'t> Var<'t> {
    /// The logarithm of a sum of exponentials over `axes`, which disappear, without overflow:
    /// **y = ln Σ eˣ = m + ln Σ eˣ⁻ᵐ** with the maximum `m`.
    ///
    /// # Gradient
    /// `dX = eˣ⁻ʸ · dY`: the softmax.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp(self, axes: impl Into<Axes>) -> Var<'t> {
        self.logsumexp_over(axes.into(), false)
    }

    /// As [`logsumexp`](Var::logsumexp); the axes stay, with extent 1.
    #[track_caller]
    pub fn logsumexp_keepdim(self, axes: impl Into<Axes>) -> Var<'t> {
        self.logsumexp_over(axes.into(), true)
    }

    #[track_caller]
    fn logsumexp_over(self, axes: Axes, keepdim: bool) -> Var<'t> {
        let x = self.value();
        let plan = Plan::new("logsumexp", x.shape(), axes, keepdim);
        let x = plan.arrange(x);
        // An infinite maximum would give ∞ - ∞.
        let top = plan.reduce(&x, axis::max).into_map(|m| if m.is_infinite() { 0.0 } else { m });
        let sum = plan.sum_by(&x, &top, |x, m| math::exp(x - m));
        let y = sum.into_zip(&top, |s, m| m + math::ln(s));
        let saved = y.clone();
        self.tape()
            .record("logsumexp", y)
            .wrt(self, move |dy| plan.spread(&x, &saved, &dy, |x, y, d| d * math::exp(x - y)))
            .var()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Real, Tape, Tensor, gradcheck, reference};

    gradcheck!(logsumexp: |x| x.logsumexp(..); x [2, 3, 4] in -2.0..2.0);
    gradcheck!(logsumexp_last: |x| x.logsumexp_keepdim(-1); x [2, 3, 4] in -2.0..2.0);
    gradcheck!(logsumexp_first: |x| x.logsumexp(0); x [4, 2, 3] in -2.0..2.0);
    gradcheck!(logsumexp_apart: |x| x.logsumexp([0, 2]); x [2, 3, 4] in -2.0..2.0);
    reference!(logsumexp);
    reference!(logsumexp_last);
    reference!(logsumexp_first);
    reference!(logsumexp_apart);

    #[test]
    fn large_and_infinite_elements() {
        let inf = Real::INFINITY;
        let of = |x: [Real; 2]| {
            let tape = Tape::new();
            tape.constant(Tensor::new([2], x.to_vec())).logsumexp(0).value().item()
        };
        assert_eq!(of([1000.0, 0.0]), 1000.0);
        assert_eq!(of([-1000.0, -2000.0]), -1000.0);
        assert_eq!(of([-inf, 1.0]), 1.0);
        assert_eq!(of([-inf, -inf]), -inf);
        assert_eq!(of([inf, 1.0]), inf);
        assert!(of([Real::NAN, 1.0]).is_nan());
    }
}
