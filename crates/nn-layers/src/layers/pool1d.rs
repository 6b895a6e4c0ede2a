//! Pooling of sequences.

use super::pair::describe_option;
use crate::Layer;
use tensor_autograd::{Pool1d as Options, Var, module};

/// Builder methods that both windows share.
macro_rules! window {
    ($name:ident, $op:ident) => {
        impl $name {
            /// A window of this length, moved by its own length.
            pub fn new(kernel: usize) -> Self {
                $name { options: Options::new(kernel) }
            }

            /// Step of the window; its length by default.
            pub fn stride(mut self, stride: usize) -> Self {
                self.options.stride = stride;
                self
            }

            /// Cells added at each end, at most half the window; 0 by default.
            pub fn padding(mut self, padding: usize) -> Self {
                self.options.padding = padding;
                self
            }

            /// Rounds the output length up: the last window may hang over the end.
            pub fn ceil_mode(mut self) -> Self {
                self.options.ceil_mode = true;
                self
            }
        }

        impl Layer for $name {
            /// # Panics
            /// If the input is not `[n, c, length]`, or shorter than the window.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                expect_sequences(self, x);
                x.$op(self.options)
            }

            fn describe(&self) -> String {
                let o = &self.options;
                let mut text = format!("{}({}", stringify!($name), o.kernel);
                describe_option(&mut text, "stride", o.stride, o.kernel);
                describe_option(&mut text, "padding", o.padding, 0);
                describe_option(&mut text, "dilation", o.dilation, 1);
                text.push_str(if o.ceil_mode { ", ceil)" } else { ")" });
                text
            }
        }
    };
}

/// The largest value of every window; its gradient goes to the cell that had it.
///
/// # Shapes
/// `[n, c, l] → [n, c, l']` with `l' = (l + 2·padding - dilation·(kernel - 1) - 1) / stride + 1`,
/// rounded down.
#[derive(Clone, Copy, Debug)]
pub struct MaxPool1d {
    options: Options,
}
module!(MaxPool1d);
window!(MaxPool1d, max_pool1d);

impl MaxPool1d {
    /// Distance between the window's cells; 1 by default.
    pub fn dilation(mut self, dilation: usize) -> Self {
        self.options.dilation = dilation;
        self
    }
}

/// The mean of every window.
///
/// # Shapes
/// `[n, c, l] → [n, c, l']` with `l' = (l + 2·padding - kernel) / stride + 1`, rounded down.
#[derive(Clone, Copy, Debug)]
pub struct AvgPool1d {
    options: Options,
}
module!(AvgPool1d);
window!(AvgPool1d, avg_pool1d);

impl AvgPool1d {
    /// Does not count the cells added at the ends; by default they count as zeros.
    pub fn exclude_padding(mut self) -> Self {
        self.options.count_include_pad = false;
        self
    }
}

/// Means over `size` windows, whatever the length of the input: cells `⌊i·l/l'⌋ .. ⌈(i+1)·l/l'⌉`.
///
/// # Shapes
/// `[n, c, l] → [n, c, size]`.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveAvgPool1d {
    size: usize,
}
module!(AdaptiveAvgPool1d);

impl AdaptiveAvgPool1d {
    /// To sequences of this length.
    pub fn new(size: usize) -> Self {
        AdaptiveAvgPool1d { size }
    }
}

impl Layer for AdaptiveAvgPool1d {
    /// # Panics
    /// If the input is not `[n, c, length]`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        expect_sequences(self, x);
        x.adaptive_avg_pool1d(self.size)
    }

    fn describe(&self) -> String {
        format!("AdaptiveAvgPool1d({})", self.size)
    }
}

fn expect_sequences(layer: &impl Layer, x: Var<'_>) {
    let shape = x.shape();
    assert!(shape.rank() == 3, "{}: expected [n, c, length], got {shape}", layer.describe());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;
    use tensor_autograd::{Tensor, eval};

    layer_tests! {
        max_pool1d: |_| MaxPool1d::new(2), [2, 2, 6];
        max_pool1d_options: |_| MaxPool1d::new(3).stride(2).padding(1).dilation(2).ceil_mode(), [1, 2, 8];
        avg_pool1d: |_| AvgPool1d::new(2), [2, 2, 5];
        avg_pool1d_options: |_| AvgPool1d::new(3).stride(2).padding(1).exclude_padding(), [1, 2, 6];
        adaptive_avg_pool1d: |_| AdaptiveAvgPool1d::new(3), [1, 2, 7];
    }

    #[test]
    #[should_panic(expected = "AvgPool1d(3): expected [n, c, length], got [4, 100]")]
    fn vectors_are_refused_by_name() {
        eval(|t| AvgPool1d::new(3).forward(t.constant(Tensor::zeros([4, 100]))).value());
    }
}
