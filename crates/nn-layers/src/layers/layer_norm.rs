//! Normalisation of each example by itself.

use crate::Layer;
use tensor_autograd::{Param, Real, Shape, Tensor, Var, module};

/// **Y = (X - mean) / √(var + ε) · weight + bias**, with the mean and the biased variance of the
/// last axes, those of `shape` (Ba et al., *Layer Normalization*, 2016).
///
/// # Shapes
/// `[.., shape..] → [.., shape..]`; `weight` and `bias` have shape `shape`.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Starts as 1.
    pub weight: Option<Param>,
    /// Starts as 0.
    pub bias: Option<Param>,
    shape: Shape,
    eps: Real,
}
module!(LayerNorm: weight, bias);

impl LayerNorm {
    /// Normalises over the last axes, which have these extents; ε = 1e-5.
    pub fn new(shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        LayerNorm {
            weight: Some(Param::weight(Tensor::ones(shape))),
            bias: Some(Param::weight(Tensor::zeros(shape))),
            shape,
            eps: 1e-5,
        }
    }

    /// With this ε.
    pub fn eps(self, eps: Real) -> Self {
        LayerNorm { eps, ..self }
    }

    /// Without weight and bias.
    pub fn no_affine(self) -> Self {
        LayerNorm { weight: None, bias: None, ..self }
    }
}

impl Layer for LayerNorm {
    /// # Panics
    /// If the last axes are not those of `shape`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, tape) = (x.shape(), x.tape());
        assert!(
            shape.ends_with(&self.shape),
            "{}: expected the last axes to be {}, got {shape}",
            self.describe(),
            self.shape
        );
        let [weight, bias] = [&self.weight, &self.bias].map(|p| p.as_ref().map(|p| tape.param(p)));
        x.layer_norm(self.shape.rank(), weight, bias, self.eps)
    }

    fn describe(&self) -> String {
        format!("LayerNorm({})", self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;
    use tensor_autograd::eval;

    layer_tests! {
        layer_norm: |_| LayerNorm::new([4]), [2, 3, 4];
        layer_norm_two_axes: |_| LayerNorm::new([3, 2]).eps(1e-3), [2, 3, 2];
        layer_norm_no_affine: |_| LayerNorm::new([5]).no_affine(), [2, 5];
    }

    #[test]
    #[should_panic(expected = "LayerNorm([4]): expected the last axes to be [4], got [2, 3]")]
    fn another_width_is_refused_by_name() {
        eval(|t| LayerNorm::new([4]).forward(t.constant(Tensor::zeros([2, 3]))).value());
    }
}
