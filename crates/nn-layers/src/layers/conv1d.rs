//! Convolution of sequences.

use super::pair::describe_option;
use crate::{Layer, init};
use tensor_autograd::{Conv1d as Options, Param, Rng, Var, module};

/// **Y = W ⋆ X + b** along the last axis; see [`Conv2d`](crate::Conv2d).
///
/// # Shapes
/// `[n, in, l] → [n, out, l']` with `l' = (l + 2·padding - dilation·(kernel - 1) - 1) / stride + 1`,
/// rounded down; `weight` is `[out, in / groups, kernel]`, `bias` `[out]`, as in PyTorch.
///
/// # Initial values
/// `U(-1/√fan, 1/√fan)` with `fan = in / groups · kernel` for both, PyTorch's default.
#[derive(Clone, Debug)]
pub struct Conv1d {
    /// `[out, in / groups, kernel]`.
    pub weight: Param,
    /// `[out]`.
    pub bias: Option<Param>,
    options: Options,
}
module!(Conv1d: weight, bias);

impl Conv1d {
    /// From `inputs` to `outputs` channels by filters of length `kernel`.
    pub fn new(inputs: usize, outputs: usize, kernel: usize, rng: &mut Rng) -> Self {
        Conv1d::grouped(1, inputs, outputs, kernel, rng)
    }

    /// With the channels shared out to `groups` independent convolutions.
    ///
    /// # Panics
    /// If the groups do not divide both numbers of channels.
    #[track_caller]
    pub fn grouped(
        groups: usize,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        rng: &mut Rng,
    ) -> Self {
        assert!(
            groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
            "Conv1d: {groups} groups do not divide {inputs} and {outputs} channels"
        );
        let (weight, bias) =
            init::default_weight_and_bias([outputs, inputs / groups, kernel], outputs, rng);
        Conv1d {
            weight: Param::weight(weight),
            bias: Some(Param::weight(bias)),
            options: Options { groups, ..Options::default() },
        }
    }

    /// Step of the filter; 1 by default.
    pub fn stride(mut self, stride: usize) -> Self {
        self.options.stride = stride;
        self
    }

    /// Zeros on each side of the sequence; 0 by default.
    pub fn padding(mut self, padding: usize) -> Self {
        self.options.padding = padding;
        self
    }

    /// Distance between the filter's taps; 1 by default.
    pub fn dilation(mut self, dilation: usize) -> Self {
        self.options.dilation = dilation;
        self
    }

    /// Without a bias; the weight stays as it was drawn.
    pub fn no_bias(self) -> Self {
        Conv1d { bias: None, ..self }
    }

    fn inputs(&self) -> usize {
        self.weight.shape()[1] * self.options.groups
    }
}

impl Layer for Conv1d {
    /// # Panics
    /// If the input is not `[n, in, l]`, or shorter than the filter.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (shape, inputs) = (x.shape(), self.inputs());
        assert!(
            shape.rank() == 3 && shape[1] == inputs,
            "{}: expected [n, {inputs}, length], got {shape}",
            self.describe()
        );
        let tape = x.tape();
        let bias = self.bias.as_ref().map(|b| tape.param(b));
        x.conv1d(tape.param(&self.weight), bias, self.options)
    }

    fn describe(&self) -> String {
        let (w, o) = (self.weight.shape(), &self.options);
        let mut text = format!("Conv1d({} -> {}, {}", self.inputs(), w[0], w[2]);
        describe_option(&mut text, "stride", o.stride, 1);
        describe_option(&mut text, "padding", o.padding, 0);
        describe_option(&mut text, "dilation", o.dilation, 1);
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
        conv1d: |rng| Conv1d::new(2, 3, 3, rng), [2, 2, 6];
        conv1d_options: |rng| Conv1d::grouped(2, 2, 4, 2, rng).stride(2).padding(1).dilation(2), [1, 2, 7];
    }

    #[test]
    #[should_panic(
        expected = "Conv1d(2 -> 4, 3, stride 2): expected [n, 2, length], got [2, 3, 8]"
    )]
    fn other_channels_are_refused_by_name() {
        let layer = Conv1d::new(2, 4, 3, &mut Rng::seed(0)).stride(2);
        eval(|t| layer.forward(t.constant(Tensor::zeros([2, 3, 8]))).value());
    }
}
