//! Activation functions: one number to one number, with nothing to train.

use crate::kernels::{math, special};
use crate::{Real, Var};

/// `√(2/π)`.
const SQRT_2_OVER_PI: Real = 2.0 * special::INV_SQRT_TAU;

impl<'t> Var<'t> {
    /// **y = max(x, 0)**; NaN stays NaN.
    ///
    /// # Gradient
    /// `dx = dy` where `x > 0`, else 0 (0 at 0, as in PyTorch).
    pub fn relu(self) -> Var<'t> {
        self.unary_from_output(
            "relu",
            |x| if x <= 0.0 { 0.0 } else { x },
            |d, y| if y <= 0.0 { 0.0 } else { d },
        )
    }

    /// **y = x** for `x > 0`, else **y = slope · x** (Maas et al., 2013).
    ///
    /// # Gradient
    /// `dx = dy` where `x > 0`, else `slope · dy`.
    pub fn leaky_relu(self, slope: Real) -> Var<'t> {
        self.unary(
            "leaky_relu",
            move |x| if x > 0.0 { x } else { slope * x },
            move |d, x| if x > 0.0 { d } else { slope * d },
        )
    }

    /// **y = x** for `x > 0`, else **y = alpha · (eˣ - 1)** (Clevert et al., 2016).
    ///
    /// # Gradient
    /// `dx = dy` where `x > 0`, else `alpha · eˣ · dy`.
    pub fn elu(self, alpha: Real) -> Var<'t> {
        self.unary(
            "elu",
            move |x| if x > 0.0 { x } else { alpha * special::expm1(x) },
            move |d, x| if x > 0.0 { d } else { d * alpha * math::exp(x) },
        )
    }

    /// **y = x · Φ(x)** with the normal distribution function `Φ` (Hendrycks & Gimpel, 2016); the
    /// exact form.
    ///
    /// # Gradient
    /// `dx = (Φ(x) + x · φ(x)) · dy`, where `φ = Φ'`.
    pub fn gelu(self) -> Var<'t> {
        self.unary(
            "gelu",
            |x| x * special::normal(x).0,
            |d, x| {
                let (cdf, pdf) = special::normal(x);
                d * (cdf + x * pdf)
            },
        )
    }

    /// **y = ½x · (1 + tanh u)**, **u = √(2/π) · (x + 0.044715 x³)**: the approximation of
    /// [`gelu`](Var::gelu) that BERT and GPT-2 were trained with.
    ///
    /// # Gradient
    /// `dx = (½(1 + t) + ½x · (1 - t²) · u') · dy` with `t = tanh u`.
    pub fn gelu_tanh(self) -> Var<'t> {
        let inner = |x: Real| SQRT_2_OVER_PI * (x + 0.044715 * x * x * x);
        self.unary(
            "gelu_tanh",
            move |x| 0.5 * x * (1.0 + math::tanh(inner(x))),
            move |d, x| {
                let t = math::tanh(inner(x));
                let slope = SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044715 * x * x);
                d * 0.5 * ((1.0 + t) + x * (1.0 - t * t) * slope)
            },
        )
    }

    /// **y = x · σ(x)**, also called swish (Elfwing et al., 2018).
    ///
    /// # Gradient
    /// `dx = σ(x) · (1 + x · (1 - σ(x))) · dy`.
    pub fn silu(self) -> Var<'t> {
        self.unary(
            "silu",
            |x| x * math::sigmoid(x),
            |d, x| {
                let s = math::sigmoid(x);
                d * s * (1.0 + x * (1.0 - s))
            },
        )
    }

    /// **y = ln(1 + eˣ)**, without overflow.
    ///
    /// # Gradient
    /// `dx = σ(x) · dy`.
    pub fn softplus(self) -> Var<'t> {
        self.unary("softplus", math::softplus, |d, x| d * math::sigmoid(x))
    }

    /// **y = tanh x**.
    ///
    /// # Gradient
    /// `dx = (1 - y²) · dy`.
    pub fn tanh(self) -> Var<'t> {
        self.unary_from_output("tanh", math::tanh, |d, y| d * (1.0 - y * y))
    }

    /// **y = σ(x) = 1 / (1 + e⁻ˣ)**.
    ///
    /// # Gradient
    /// `dx = y · (1 - y) · dy`.
    pub fn sigmoid(self) -> Var<'t> {
        self.unary_from_output("sigmoid", math::sigmoid, |d, y| d * y * (1.0 - y))
    }
}

#[cfg(test)]
mod tests {
    use crate::ops::unary::testing::at;
    use crate::{Real, gradcheck, reference};

    gradcheck!(relu: |x| x.relu(); x [4, 5] in -1.0..1.0);
    gradcheck!(leaky_relu: |x| x.leaky_relu(0.1); x [4, 5] in -1.0..1.0);
    gradcheck!(elu: |x| x.elu(1.5); x [4, 5] in -2.0..1.0);
    gradcheck!(gelu: |x| x.gelu(); x [4, 5] in -4.0..4.0);
    gradcheck!(gelu_tanh: |x| x.gelu_tanh(); x [4, 5] in -4.0..4.0);
    gradcheck!(silu: |x| x.silu(); x [4, 5] in -4.0..4.0);
    gradcheck!(softplus: |x| x.softplus(); x [4, 5] in -4.0..4.0);
    gradcheck!(tanh: |x| x.tanh(); x [4, 5] in -2.0..2.0);
    gradcheck!(sigmoid: |x| x.sigmoid(); x [4, 5] in -4.0..4.0);
    reference!(relu);
    reference!(leaky_relu);
    reference!(elu);
    reference!(gelu);
    reference!(gelu_tanh);
    reference!(silu);
    reference!(softplus);
    reference!(tanh);
    reference!(sigmoid);

    #[test]
    fn kinks_have_the_gradient_of_the_left_side() {
        assert_eq!(at(0.0, |x| x.relu()), (0.0, 0.0));
        assert_eq!(at(0.0, |x| x.leaky_relu(0.25)), (0.0, 0.25));
        assert_eq!(at(0.0, |x| x.elu(2.0)), (0.0, 2.0));
    }

    #[test]
    fn nan_passes_through() {
        assert!(at(Real::NAN, |x| x.relu()).0.is_nan());
        assert!(at(Real::NAN, |x| x.leaky_relu(0.1)).0.is_nan());
        assert!(at(Real::NAN, |x| x.gelu()).0.is_nan());
        assert!(at(Real::NAN, |x| x.softplus()).0.is_nan());
    }

    #[test]
    fn far_out_values_stay_finite() {
        for x in [-200.0, 200.0] {
            for (value, slope) in [
                at(x, |x| x.gelu()),
                at(x, |x| x.gelu_tanh()),
                at(x, |x| x.silu()),
                at(x, |x| x.softplus()),
                at(x, |x| x.elu(1.0)),
                at(x, |x| x.sigmoid()),
                at(x, |x| x.tanh()),
            ] {
                assert!(value.is_finite() && slope.is_finite(), "at {x}: {value}, {slope}");
            }
        }
    }
}
