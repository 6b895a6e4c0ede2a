//! Normalisation by groups of channels.

use crate::Layer;
use tensor_autograd::{Param, Real, Tensor, Var, module};

/// **Y = (X - mean) / √(var + ε) · weight + bias**, with the mean and the biased variance of each
/// group of channels of each example (Wu and He, *Group Normalization*, 2018). One group is layer
/// normalisation of an image, as many as channels instance normalisation.
///
/// # Shapes
/// `[n, channels, ..] → [n, channels, ..]`; `weight` and `bias` are `[channels]`.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    /// Starts as 1.
    pub weight: Option<Param>,
    /// Starts as 0.
    pub bias: Option<Param>,
    groups: usize,
    channels: usize,
    eps: Real,
}
module!(GroupNorm: weight, bias);

impl GroupNorm {
    /// `groups` groups of `channels / groups` channels; ε = 1e-5.
    ///
    /// # Panics
    /// If the groups do not divide the channels.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> Self {
        assert!(
            groups > 0 && channels.is_multiple_of(groups),
            "GroupNorm: {groups} groups do not divide {channels} channels"
        );
        GroupNorm {
            weight: Some(Param::weight(Tensor::ones([channels]))),
            bias: Some(Param::weight(Tensor::zeros([channels]))),
            groups,
            channels,
            eps: 1e-5,
        }
    }

    /// With this ε.
    pub fn eps(self, eps: Real) -> Self {
        GroupNorm { eps, ..self }
    }

    /// Without weight and bias.
    pub fn no_affine(self) -> Self {
        GroupNorm { weight: None, bias: None, ..self }
    }
}

impl Layer for GroupNorm {
    /// # Panics
    /// If axis 1 does not have `channels` channels.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, tape, channels) = (x.shape(), x.tape(), self.channels);
        assert!(
            shape.get(1) == Some(&channels),
            "{}: expected [n, {channels}, ..], got {shape}",
            self.describe()
        );
        let [weight, bias] = [&self.weight, &self.bias].map(|p| p.as_ref().map(|p| tape.param(p)));
        x.group_norm(self.groups, weight, bias, self.eps)
    }

    fn describe(&self) -> String {
        format!("GroupNorm({} groups of {} channels)", self.groups, self.channels / self.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;

    layer_tests! {
        group_norm: |_| GroupNorm::new(2, 4), [2, 4, 3];
        group_norm_images: |_| GroupNorm::new(3, 3).eps(1e-3), [2, 3, 2, 3];
        group_norm_no_affine: |_| GroupNorm::new(1, 2).no_affine(), [2, 2, 2];
    }

    #[test]
    #[should_panic(expected = "GroupNorm: 3 groups do not divide 4 channels")]
    fn groups_of_unequal_size_are_refused() {
        GroupNorm::new(3, 4);
    }
}
