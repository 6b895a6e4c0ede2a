//! The affine map of the last axis.

use crate::{Layer, init};
use tensor_autograd::{Param, Rng, Var, module};

/// **Y = X·Wᵀ + b** over the last axis.
///
/// # Shapes
/// `[.., in] → [.., out]`; `weight` is `[out, in]`, `bias` `[out]`, as in PyTorch.
///
/// # Initial values
/// `U(-1/√in, 1/√in)` for both, PyTorch's default; see [`init`] for others.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Param,
    /// `[out]`.
    pub bias: Option<Param>,
}
module!(Linear: weight, bias);

impl Linear {
    /// A layer from `inputs` to `outputs` features.
    pub fn new(inputs: usize, outputs: usize, rng: &mut Rng) -> Self {
        let (weight, bias) = init::default_weight_and_bias([outputs, inputs], outputs, rng);
        Linear { weight: Param::weight(weight), bias: Some(Param::weight(bias)) }
    }

    /// Without a bias; the weight stays as it was drawn.
    pub fn no_bias(self) -> Self {
        Linear { bias: None, ..self }
    }

    /// Features that it takes.
    pub fn inputs(&self) -> usize {
        self.weight.shape()[1]
    }

    /// Features that it gives.
    pub fn outputs(&self) -> usize {
        self.weight.shape()[0]
    }
}

impl Layer for Linear {
    /// # Panics
    /// If the last axis does not have `in` features.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, inputs) = (x.shape(), self.inputs());
        assert!(
            shape.last() == Some(&inputs),
            "{}: expected [.., {inputs}], got {shape}",
            self.describe()
        );
        let tape = x.tape();
        x.linear(tape.param(&self.weight), self.bias.as_ref().map(|b| tape.param(b)))
    }

    fn describe(&self) -> String {
        let bias = if self.bias.is_none() { ", no bias" } else { "" };
        format!("Linear({} -> {}{bias})", self.inputs(), self.outputs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;
    use tensor_autograd::{Tensor, eval};

    layer_tests! {
        linear: |rng| Linear::new(4, 3, rng), [2, 4];
        linear_no_bias: |rng| Linear::new(3, 2, rng).no_bias(), [3];
        linear_sequence: |rng| Linear::new(3, 4, rng), [2, 5, 3];
    }

    #[test]
    #[should_panic(expected = "Linear(784 -> 256): expected [.., 784], got [128, 783]")]
    fn another_width_is_refused_by_name() {
        let layer = Linear::new(784, 256, &mut Rng::seed(0));
        eval(|t| layer.forward(t.constant(Tensor::zeros([128, 783]))).value());
    }
}
