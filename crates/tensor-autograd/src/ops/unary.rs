//! Powers, roots, exponential, logarithm, absolute value and clamping, element by element.

use crate::kernels::math;
use crate::{Real, Tensor, Var};

impl<'t> Var<'t> {
    /// An elementwise op `y = f(x)` whose gradient `dx = rule(dy, x)` needs the input.
    pub(crate) fn unary(
        self,
        op: &'static str,
        f: impl Fn(Real) -> Real + Sync,
        rule: impl Fn(Real, Real) -> Real + Sync + 'static,
    ) -> Var<'t> {
        let x = self.value();
        self.tape().record(op, x.map(f)).wrt(self, move |dy| dy.into_zip(&x, rule)).var()
    }

    /// An elementwise op `y = f(x)` whose gradient `dx = rule(dy, y)` needs only the output.
    pub(crate) fn unary_from_output(
        self,
        op: &'static str,
        f: impl Fn(Real) -> Real + Sync,
        rule: impl Fn(Real, Real) -> Real + Sync + 'static,
    ) -> Var<'t> {
        let y = self.value().map(f);
        let saved = y.clone();
        self.tape().record(op, y).wrt(self, move |dy| dy.into_zip(&saved, rule)).var()
    }

    /// **y = xᵖ** for a number `p`; [`pow`](Var::pow) has a variable for it.
    ///
    /// # Gradient
    /// `dx = p · xᵖ⁻¹ · dy`; 0 for `p = 0`.
    pub fn powf(self, p: Real) -> Var<'t> {
        let x = self.value();
        self.tape()
            .record("powf", power(&x, p))
            .wrt(self, move |dy| match p {
                0.0 => dy.into_map(|_| 0.0),
                2.0 => dy.into_zip(&x, |d, x| d * 2.0 * x),
                _ => dy.into_zip(&power(&x, p - 1.0), move |d, z| d * (p * z)),
            })
            .var()
    }

    /// **y = √x**; NaN for `x < 0`.
    ///
    /// # Gradient
    /// `dx = dy / (2y)`, infinite at 0.
    pub fn sqrt(self) -> Var<'t> {
        self.unary_from_output("sqrt", Real::sqrt, |d, y| d / (2.0 * y))
    }

    /// **y = eˣ**.
    ///
    /// # Gradient
    /// `dx = y · dy`.
    pub fn exp(self) -> Var<'t> {
        self.unary_from_output("exp", math::exp, |d, y| d * y)
    }

    /// **y = ln x**; minus infinity at 0, NaN for `x < 0`.
    ///
    /// # Gradient
    /// `dx = dy / x`.
    pub fn ln(self) -> Var<'t> {
        self.unary("ln", math::ln, |d, x| d / x)
    }

    /// **y = |x|**.
    ///
    /// # Gradient
    /// `dx = sign(x) · dy`, with 0 at 0.
    pub fn abs(self) -> Var<'t> {
        let sign = |x: Real| Real::from(i8::from(x > 0.0) - i8::from(x < 0.0));
        self.unary("abs", Real::abs, move |d, x| d * sign(x))
    }

    /// **y = min(max(x, lo), hi)**; NaN stays NaN. An infinite bound leaves that side open.
    ///
    /// # Gradient
    /// `dx = dy` where `lo < x < hi`, else 0. At a bound it is 0 as well, like
    /// [`relu`](Var::relu)'s at 0 (PyTorch 2.15 does the same).
    ///
    /// # Panics
    /// If `lo > hi`, or if a bound is NaN.
    #[track_caller]
    pub fn clamp(self, lo: Real, hi: Real) -> Var<'t> {
        assert!(lo <= hi, "clamp: the bounds {lo} and {hi} leave no room");
        self.unary(
            "clamp",
            move |x| {
                if x < lo {
                    lo
                } else if x > hi {
                    hi
                } else {
                    x
                }
            },
            move |d, x| if lo < x && x < hi { d } else { 0.0 },
        )
    }
}

/// `xᵖ`, by the cheapest way that the exponent allows.
fn power(x: &Tensor, p: Real) -> Tensor {
    match p {
        0.0 => Tensor::ones(x.shape()),
        1.0 => x.clone(),
        2.0 => x.map(|x| x * x),
        3.0 => x.map(|x| x * x * x),
        0.5 => x.map(Real::sqrt),
        -0.5 => x.map(|x| 1.0 / x.sqrt()),
        -1.0 => x.map(|x| 1.0 / x),
        -2.0 => x.map(|x| 1.0 / (x * x)),
        _ => x.map(|x| x.powf(p)),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::{Param, Real, Tape, Tensor, Var};

    /// The value and the slope of `f` at one point.
    pub(crate) fn at(x: Real, f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> (Real, Real) {
        let param = Param::weight(Tensor::scalar(x));
        let tape = Tape::new();
        let y = f(tape.param(&param));
        let value = y.value().item();
        (value, y.backward().get(&param).expect("a gradient").item())
    }
}

#[cfg(test)]
mod tests {
    use super::testing::at;
    use super::*;
    use crate::{Tape, gradcheck, reference};

    const INF: Real = Real::INFINITY;

    gradcheck!(powf: |x| x.powf(2.3); x [3, 4] in 0.5..1.5);
    gradcheck!(powf_square: |x| x.powf(2.0); x [3, 4] in -1.0..1.0);
    gradcheck!(powf_cube: |x| x.powf(3.0); x [3, 4] in -1.0..1.0);
    gradcheck!(powf_root: |x| x.powf(0.5); x [3, 4] in 0.5..1.5);
    gradcheck!(powf_inverse: |x| x.powf(-1.0); x [3, 4] in 0.5..1.5);
    gradcheck!(powf_inverse_square: |x| x.powf(-2.0); x [3, 4] in 0.7..1.5);
    gradcheck!(powf_inverse_root: |x| x.powf(-0.5); x [3, 4] in 0.5..1.5);
    gradcheck!(powf_one: |x| x.powf(1.0); x [3, 4] in -1.0..1.0);
    gradcheck!(powf_zero: |x| x.powf(0.0); x [3, 4] in -1.0..1.0);
    gradcheck!(sqrt: |x| x.sqrt(); x [3, 4] in 0.3..1.5);
    gradcheck!(exp: |x| x.exp(); x [3, 4] in -1.0..1.0);
    gradcheck!(ln: |x| x.ln(); x [3, 4] in 0.5..2.0);
    gradcheck!(abs: |x| x.abs(); x [3, 4] in -1.0..1.0);
    gradcheck!(clamp: |x| x.clamp(-0.5, 0.25); x [3, 8] in -1.0..1.0);
    gradcheck!(clamp_above: |x| x.clamp(Real::NEG_INFINITY, 0.25); x [3, 8] in -1.0..1.0);
    reference!(powf);
    reference!(powf_square);
    reference!(powf_cube);
    reference!(powf_root);
    reference!(powf_inverse);
    reference!(powf_inverse_square);
    reference!(powf_inverse_root);
    reference!(powf_one);
    reference!(powf_zero);
    reference!(sqrt);
    reference!(exp);
    reference!(ln);
    reference!(abs);
    reference!(clamp);
    reference!(clamp_above);

    #[test]
    fn zero_is_met_as_in_pytorch() {
        assert_eq!(at(0.0, |x| x.abs()), (0.0, 0.0));
        assert_eq!(at(0.0, |x| x.sqrt()), (0.0, INF));
        assert_eq!(at(0.0, |x| x.ln()), (-INF, INF));
        assert_eq!(at(0.0, |x| x.powf(0.0)), (1.0, 0.0));
        assert_eq!(at(0.0, |x| x.powf(1.0)), (0.0, 1.0));
        assert_eq!(at(0.0, |x| x.powf(3.0)), (0.0, 0.0));
        assert_eq!(at(0.0, |x| x.powf(0.5)), (0.0, INF));
        assert_eq!(at(0.0, |x| x.powf(-1.0)), (INF, -INF));
    }

    #[test]
    fn the_bounds_of_clamp_have_no_gradient() {
        assert_eq!(at(1.0, |x| x.clamp(0.0, 1.0)), (1.0, 0.0));
        assert_eq!(at(0.0, |x| x.clamp(0.0, 1.0)), (0.0, 0.0));
        assert_eq!(at(0.5, |x| x.clamp(0.0, 1.0)), (0.5, 1.0));
        let (value, slope) = at(Real::NAN, |x| x.clamp(0.0, 1.0));
        assert!(value.is_nan() && slope == 0.0);
    }

    #[test]
    #[should_panic(expected = "clamp: the bounds 1 and 0 leave no room")]
    fn crossed_bounds_are_refused() {
        Tape::new().constant(Tensor::scalar(0.0)).clamp(1.0, 0.0);
    }
}
