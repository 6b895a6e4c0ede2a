//! Functions without parameters, for use between layers: `seq![linear, relu, linear]`. Each is the
//! op of the same name, with PyTorch's default options.

use crate::Layer;
use tensor_autograd::{Real, Var, module};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $(($($argument:expr),+))?;)+) => {$(
        $(#[$doc])*
        pub fn $name(x: Var<'_>) -> Var<'_> {
            x.$name($($($argument),+)?)
        }
    )+};
}

functions! {
    /// `max(x, 0)`.
    relu;
    /// `x` above 0, `0.01·x` below; [`LeakyRelu`] has other slopes.
    leaky_relu(0.01);
    /// `x` above 0, `eˣ - 1` below; [`Elu`] has other scales.
    elu(1.0);
    /// `x·Φ(x)`, with the normal distribution function Φ.
    gelu;
    /// The tanh approximation of [`gelu`].
    gelu_tanh;
    /// `x·σ(x)`, also called swish.
    silu;
    /// `ln(1 + eˣ)`.
    softplus;
    /// Hyperbolic tangent.
    tanh;
    /// `σ(x) = 1 / (1 + e⁻ˣ)`.
    sigmoid;
    /// `eˣ / Σ eˣ` over the last axis.
    softmax(-1);
    /// `ln(eˣ / Σ eˣ)` over the last axis.
    log_softmax(-1);
    /// `[n, ..] → [n, elements of an example]`.
    flatten(1);
}

/// `min(max(x, 0), 6)`, as MobileNet has it.
pub fn relu6(x: Var<'_>) -> Var<'_> {
    x.clamp(0.0, 6.0)
}

/// `x` above 0, `slope·x` below.
#[derive(Clone, Copy, Debug)]
pub struct LeakyRelu(
    /// The slope.
    pub Real,
);
module!(LeakyRelu);

impl Layer for LeakyRelu {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.leaky_relu(self.0)
    }
    fn describe(&self) -> String {
        format!("LeakyRelu({})", self.0)
    }
}

/// `x` above 0, `alpha·(eˣ - 1)` below.
#[derive(Clone, Copy, Debug)]
pub struct Elu(
    /// The scale of the negative part.
    pub Real,
);
module!(Elu);

impl Layer for Elu {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.elu(self.0)
    }
    fn describe(&self) -> String {
        format!("Elu({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;

    layer_tests! {
        relu: |_| super::relu, [2, 3];
        relu6: |_| super::relu6, [2, 3];
        leaky_relu: |_| LeakyRelu(0.2), [2, 3];
        leaky_relu_default: |_| super::leaky_relu, [2, 3];
        elu: |_| Elu(0.7), [2, 3];
        elu_default: |_| super::elu, [2, 3];
        gelu: |_| super::gelu, [2, 3];
        gelu_tanh: |_| super::gelu_tanh, [2, 3];
        silu: |_| super::silu, [2, 3];
        softplus: |_| super::softplus, [2, 3];
        tanh: |_| super::tanh, [2, 3];
        sigmoid: |_| super::sigmoid, [2, 3];
        softmax: |_| super::softmax, [2, 3];
        log_softmax: |_| super::log_softmax, [2, 3];
    }

    #[test]
    fn functions_are_called_by_their_names() {
        let net = crate::seq![super::gelu, LeakyRelu(0.2), super::flatten];
        assert_eq!(net.describe(), "Sequential(gelu, LeakyRelu(0.2), flatten)");
    }
}
