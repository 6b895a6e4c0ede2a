//! The transpose of a convolution: upsampling with trained filters.

use super::pair::{Pair, describe_option};
use crate::{Layer, init};
use tensor_autograd::{ConvTranspose2d as Options, Param, Rng, Var, module};

/// The map whose matrix is the transpose of a convolution's: each input pixel adds a filter, scaled
/// by its value, to the output.
///
/// # Shapes
/// `[n, in, h, w] → [n, out, h', w']` with
/// `h' = (h - 1)·stride - 2·padding + dilation·(kernel - 1) + output_padding + 1`; `weight` is
/// `[in, out / groups, kh, kw]`, `bias` `[out]`, as in PyTorch.
///
/// # Initial values
/// `U(-1/√fan, 1/√fan)` with `fan = out / groups · kh · kw` for both, PyTorch's default.
#[derive(Clone, Debug)]
pub struct ConvTranspose2d {
    /// `[in, out / groups, kh, kw]`.
    pub weight: Param,
    /// `[out]`.
    pub bias: Option<Param>,
    options: Options,
}
module!(ConvTranspose2d: weight, bias);

impl ConvTranspose2d {
    /// From `inputs` to `outputs` channels by filters of size `kernel`, one number or
    /// `[height, width]`.
    pub fn new(inputs: usize, outputs: usize, kernel: impl Into<Pair>, rng: &mut Rng) -> Self {
        ConvTranspose2d::grouped(1, inputs, outputs, kernel, rng)
    }

    /// With the channels shared out to `groups` independent maps.
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
            "ConvTranspose2d: {groups} groups do not divide {inputs} and {outputs} channels"
        );
        let Pair([kh, kw]) = kernel.into();
        let (weight, bias) =
            init::default_weight_and_bias([inputs, outputs / groups, kh, kw], outputs, rng);
        ConvTranspose2d {
            weight: Param::weight(weight),
            bias: Some(Param::weight(bias)),
            options: Options { groups, ..Options::default() },
        }
    }

    /// Distance between the places where neighbouring pixels put their filters; 1 by default.
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.options.stride = stride.into().0;
        self
    }

    /// Pixels cut off on each side of the output; 0 by default.
    pub fn padding(mut self, padding: impl Into<Pair>) -> Self {
        self.options.padding = padding.into().0;
        self
    }

    /// Pixels added at the lower and right edge, smaller than the stride; 0 by default.
    pub fn output_padding(mut self, output_padding: impl Into<Pair>) -> Self {
        self.options.output_padding = output_padding.into().0;
        self
    }

    /// Distance between the filter's taps; 1 by default.
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> Self {
        self.options.dilation = dilation.into().0;
        self
    }

    /// Without a bias; the weight stays as it was drawn.
    pub fn no_bias(self) -> Self {
        ConvTranspose2d { bias: None, ..self }
    }

    fn inputs(&self) -> usize {
        self.weight.shape()[0]
    }
}

impl Layer for ConvTranspose2d {
    /// # Panics
    /// If the input is not `[n, in, h, w]`, or the output would have no pixel.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, inputs) = (x.shape(), self.inputs());
        assert!(
            shape.rank() == 4 && shape[1] == inputs,
            "{}: expected [n, {inputs}, h, w], got {shape}",
            self.describe()
        );
        let tape = x.tape();
        let bias = self.bias.as_ref().map(|b| tape.param(b));
        x.conv_transpose2d(tape.param(&self.weight), bias, self.options)
    }

    fn describe(&self) -> String {
        let (w, o) = (self.weight.shape(), &self.options);
        let outputs = w[1] * o.groups;
        let mut text = format!("ConvTranspose2d({} -> {outputs}, {}x{}", w[0], w[2], w[3]);
        describe_option(&mut text, "stride", Pair(o.stride), 1.into());
        describe_option(&mut text, "padding", Pair(o.padding), 0.into());
        describe_option(&mut text, "output padding", Pair(o.output_padding), 0.into());
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
        conv_transpose2d: |rng| ConvTranspose2d::new(2, 3, 3, rng), [2, 2, 3, 2];
        conv_transpose2d_strided: |rng| ConvTranspose2d::new(2, 1, 3, rng).stride(2).padding(1).output_padding(1), [1, 2, 3, 3];
        conv_transpose2d_grouped: |rng| ConvTranspose2d::grouped(2, 2, 4, 2, rng).dilation([2, 1]).no_bias(), [1, 2, 2, 3];
    }

    #[test]
    #[should_panic(expected = "expected [n, 2, h, w], got [1, 3, 4, 4]")]
    fn other_channels_are_refused_by_name() {
        let layer = ConvTranspose2d::new(2, 1, 3, &mut Rng::seed(0));
        eval(|t| layer.forward(t.constant(Tensor::zeros([1, 3, 4, 4]))).value());
    }
}
