//! Pooling of images.

use super::pair::{Pair, describe_option};
use crate::Layer;
use tensor_autograd::{Pool2d as Options, Var, module};

/// Builder methods that both windows share.
macro_rules! window {
    ($name:ident, $op:ident) => {
        impl $name {
            /// A window of this size, one number or `[height, width]`, moved by its own size.
            pub fn new(kernel: impl Into<Pair>) -> Self {
                let Pair(kernel) = kernel.into();
                $name { options: Options::new(kernel) }
            }

            /// Steps of the window; its size by default.
            pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
                self.options.stride = stride.into().0;
                self
            }

            /// Cells added on each side, at most half the window; 0 by default.
            pub fn padding(mut self, padding: impl Into<Pair>) -> Self {
                self.options.padding = padding.into().0;
                self
            }

            /// Rounds the output size up: the last window may hang over the edge.
            pub fn ceil_mode(mut self) -> Self {
                self.options.ceil_mode = true;
                self
            }
        }

        impl Layer for $name {
            /// # Panics
            /// If the input is not `[n, c, h, w]`, or smaller than the window.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                expect_images(self, x);
                x.$op(self.options)
            }

            fn describe(&self) -> String {
                let o = &self.options;
                let [kh, kw] = o.kernel;
                let mut text = format!("{}({kh}x{kw}", stringify!($name));
                describe_option(&mut text, "stride", Pair(o.stride), Pair(o.kernel));
                describe_option(&mut text, "padding", Pair(o.padding), 0.into());
                describe_option(&mut text, "dilation", Pair(o.dilation), 1.into());
                text.push_str(if o.ceil_mode { ", ceil)" } else { ")" });
                text
            }
        }
    };
}

/// The largest value of every window; its gradient goes to the cell that had it.
///
/// # Shapes
/// `[n, c, h, w] → [n, c, h', w']` with
/// `h' = (h + 2·padding - dilation·(kernel - 1) - 1) / stride + 1`, rounded down. The paper's
/// "3x3 pooling with stride 2" is `MaxPool2d::new(3).stride(2)`.
#[derive(Clone, Copy, Debug)]
pub struct MaxPool2d {
    options: Options,
}
module!(MaxPool2d);
window!(MaxPool2d, max_pool2d);

impl MaxPool2d {
    /// Distance between the window's cells; 1 by default.
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> Self {
        self.options.dilation = dilation.into().0;
        self
    }
}

/// The mean of every window.
///
/// # Shapes
/// `[n, c, h, w] → [n, c, h', w']` with `h' = (h + 2·padding - kernel) / stride + 1`, rounded down.
#[derive(Clone, Copy, Debug)]
pub struct AvgPool2d {
    options: Options,
}
module!(AvgPool2d);
window!(AvgPool2d, avg_pool2d);

impl AvgPool2d {
    /// Does not count the cells added at the edge; by default they count as zeros.
    pub fn exclude_padding(mut self) -> Self {
        self.options.count_include_pad = false;
        self
    }
}

/// Means over as many windows as the output has pixels, whatever the size of the input: windows of
/// pixels `⌊i·h/h'⌋ .. ⌈(i+1)·h/h'⌉`. `AdaptiveAvgPool2d::new(1)` is global average pooling.
///
/// # Shapes
/// `[n, c, h, w] → [n, c, h', w']`.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveAvgPool2d {
    size: Pair,
}
module!(AdaptiveAvgPool2d);

impl AdaptiveAvgPool2d {
    /// To images of this size, one number or `[height, width]`.
    pub fn new(size: impl Into<Pair>) -> Self {
        AdaptiveAvgPool2d { size: size.into() }
    }
}

impl Layer for AdaptiveAvgPool2d {
    /// # Panics
    /// If the input is not `[n, c, h, w]`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        expect_images(self, x);
        x.adaptive_avg_pool2d(self.size.0)
    }

    fn describe(&self) -> String {
        format!("AdaptiveAvgPool2d({}x{})", self.size.0[0], self.size.0[1])
    }
}

fn expect_images(layer: &impl Layer, x: Var<'_>) {
    let shape = x.shape();
    assert!(shape.rank() == 4, "{}: expected [n, c, h, w], got {shape}", layer.describe());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;
    use tensor_autograd::{Tensor, eval};

    layer_tests! {
        max_pool2d: |_| MaxPool2d::new(2), [2, 2, 4, 6];
        max_pool2d_options: |_| MaxPool2d::new([3, 2]).stride(2).padding(1).dilation([1, 2]), [1, 2, 6, 5];
        max_pool2d_ceil: |_| MaxPool2d::new(3).stride(2).ceil_mode(), [1, 1, 6, 5];
        avg_pool2d: |_| AvgPool2d::new(2), [2, 2, 4, 5];
        avg_pool2d_options: |_| AvgPool2d::new(3).stride(2).padding(1).exclude_padding(), [1, 2, 5, 6];
        avg_pool2d_padded: |_| AvgPool2d::new(3).stride(2).padding(1).ceil_mode(), [1, 1, 6, 5];
        adaptive_avg_pool2d: |_| AdaptiveAvgPool2d::new([3, 2]), [1, 2, 5, 5];
    }

    #[test]
    #[should_panic(expected = "MaxPool2d(3x3, stride 2): expected [n, c, h, w], got [4, 100]")]
    fn vectors_are_refused_by_name() {
        let layer = MaxPool2d::new(3).stride(2);
        eval(|t| layer.forward(t.constant(Tensor::zeros([4, 100]))).value());
    }
}
