//! Convolution of images.

use super::pair::{Pair, describe_option};
use crate::{Layer, init};
use tensor_autograd::{Conv2d as Options, Param, Rng, Var, module};

/// **Y = W ⋆ X + b**: each output channel is the sum, over the input channels of its group, of the
/// cross-correlation with a filter.
///
/// # Shapes
/// `[n, in, h, w] → [n, out, h', w']` with
/// `h' = (h + 2·padding - dilation·(kernel - 1) - 1) / stride + 1`, rounded down; `weight` is
/// `[out, in / groups, kh, kw]`, `bias` `[out]`, as in PyTorch.
///
/// # Initial values
/// `U(-1/√fan, 1/√fan)` with `fan = in / groups · kh · kw` for both, PyTorch's default; see
/// [`init`] for others.
///
/// ```
/// use nn_layers::Conv2d;
/// use tensor_autograd::Rng;
///
/// let rng = &mut Rng::seed(0);
/// let conv = Conv2d::new(3, 64, 3, rng).stride(2).padding(1).no_bias();
/// let tall = Conv2d::new(3, 8, [5, 1], rng).padding([2, 0]);
/// ```
#[derive(Clone, Debug)]
pub struct Conv2d {
    /// `[out, in / groups, kh, kw]`.
    pub weight: Param,
    /// `[out]`.
    pub bias: Option<Param>,
    options: Options,
}
module!(Conv2d: weight, bias);

impl Conv2d {
    /// From `inputs` to `outputs` channels by filters of size `kernel`, one number or
    /// `[height, width]`.
    pub fn new(inputs: usize, outputs: usize, kernel: impl Into<Pair>, rng: &mut Rng) -> Self {
        Conv2d::grouped(1, inputs, outputs, kernel, rng)
    }

    /// With the channels shared out to `groups` independent convolutions; as many groups as input
    /// channels are a depthwise convolution.
    ///
    /// # Panics
    /// If the groups do not divide both numbers of channels.
    #[track_caller]
    pub fn grouped(
        groups: usize,
        inputs: usize,
        outputs: usize,
        kernel: impl Into<Pair>,
        rng: &mut Rng,
    ) -> Self {
        assert!(
            groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
            "Conv2d: {groups} groups do not divide {inputs} and {outputs} channels"
        );
        let Pair([kh, kw]) = kernel.into();
        let (weight, bias) =
            init::default_weight_and_bias([outputs, inputs / groups, kh, kw], outputs, rng);
        Conv2d {
            weight: Param::weight(weight),
            bias: Some(Param::weight(bias)),
            options: Options { groups, ..Options::default() },
        }
    }

    /// Steps of the filter; 1 by default.
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.options.stride = stride.into().0;
        self
    }

    /// Zeros on each side of the image; 0 by default.
    pub fn padding(mut self, padding: impl Into<Pair>) -> Self {
        self.options.padding = padding.into().0;
        self
    }

    /// Distance between the filter's taps; 1 by default.
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> Self {
        self.options.dilation = dilation.into().0;
        self
    }

    /// Without a bias; the weight stays as it was drawn.
    pub fn no_bias(self) -> Self {
        Conv2d { bias: None, ..self }
    }

    fn inputs(&self) -> usize {
        self.weight.shape()[1] * self.options.groups
    }
}

impl Layer for Conv2d {
    /// # Panics
    /// If the input is not `[n, in, h, w]`, or smaller than the filter.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, inputs) = (x.shape(), self.inputs());
        assert!(
            shape.rank() == 4 && shape[1] == inputs,
            "{}: expected [n, {inputs}, h, w], got {shape}",
            self.describe()
        );
        let tape = x.tape();
        let bias = self.bias.as_ref().map(|b| tape.param(b));
        x.conv2d(tape.param(&self.weight), bias, self.options)
    }

    fn describe(&self) -> String {
        let (w, o) = (self.weight.shape(), &self.options);
        let mut text = format!("Conv2d({} -> {}, {}x{}", self.inputs(), w[0], w[2], w[3]);
        describe_option(&mut text, "stride", Pair(o.stride), 1.into());
        describe_option(&mut text, "padding", Pair(o.padding), 0.into());
        describe_option(&mut text, "dilation", Pair(o.dilation), 1.into());
        describe_option(&mut text, "groups", o.groups, 1);
        text.push_str(if self.bias.is_none() { ", no bias)" } else { ")" });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;
    use tensor_autograd::{Tensor, eval};

    layer_tests! {
        conv2d: |rng| Conv2d::new(2, 3, 3, rng), [2, 2, 5, 4];
        conv2d_strided: |rng| Conv2d::new(2, 2, 3, rng).stride(2).padding(1).no_bias(), [1, 2, 5, 6];
        conv2d_dilated: |rng| Conv2d::new(1, 2, [3, 2], rng).dilation([1, 2]).padding([1, 0]), [2, 1, 4, 5];
        conv2d_grouped: |rng| Conv2d::grouped(2, 4, 2, 2, rng), [1, 4, 3, 3];
    }

    #[test]
    #[should_panic(
        expected = "Conv2d(3 -> 8, 5x5, padding 2): expected [n, 3, h, w], got [2, 1, 8, 8]"
    )]
    fn grey_images_for_a_coloured_net_are_refused_by_name() {
        let layer = Conv2d::new(3, 8, 5, &mut Rng::seed(0)).padding(2);
        eval(|t| layer.forward(t.constant(Tensor::zeros([2, 1, 8, 8]))).value());
    }

    #[test]
    fn options_are_described_where_they_are_not_the_default() {
        let rng = &mut Rng::seed(0);
        let conv = Conv2d::grouped(2, 4, 6, [5, 3], rng).stride([2, 1]).dilation(2).no_bias();
        let want = "Conv2d(4 -> 6, 5x3, stride 2x1, dilation 2, groups 2, no bias)";
        assert_eq!(conv.describe(), want);
        assert_eq!(Conv2d::new(3, 64, 3, rng).describe(), "Conv2d(3 -> 64, 3x3)");
    }
}
