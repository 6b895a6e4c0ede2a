//! Elementary functions on one number.

use crate::Real;

/// `eˣ`.
#[inline(always)]
pub fn exp(x: Real) -> Real {
    x.exp()
}

/// The natural logarithm.
#[inline(always)]
pub fn ln(x: Real) -> Real {
    x.ln()
}

/// The hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: Real) -> Real {
    x.tanh()
}

/// The logistic function `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub fn sigmoid(x: Real) -> Real {
    1.0 / (1.0 + exp(-x))
}

/// `ln(1 + eˣ)` without overflow.
#[inline(always)]
pub fn softplus(x: Real) -> Real {
    x.max(0.0) + exp(-x.abs()).ln_1p()
}
