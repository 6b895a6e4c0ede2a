//! Pooling over windows of sequences and images.

mod adaptive;
mod avg;
mod max;

use crate::kernels::pool::Pool2dShape;
use crate::{Shape, Var};

/// A pooling over images; pairs are `[vertical, horizontal]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    /// Extent of the window.
    pub kernel: [usize; 2],
    /// Step of the window.
    pub stride: [usize; 2],
    /// Cells on each side of the image that a maximum does not see and an average takes for
    /// zeros; at most half the window.
    pub padding: [usize; 2],
    /// Distance between the window's cells; an average has none (1).
    pub dilation: [usize; 2],
    /// Whether a last window may hang over the edge.
    pub ceil_mode: bool,
    /// Whether an average counts the zeros of the padding (an average alone).
    pub count_include_pad: bool,
}

impl Pool2d {
    /// A window moved by its own size, without padding.
    pub fn new(kernel: [usize; 2]) -> Self {
        Pool2d {
            kernel,
            stride: kernel,
            padding: [0, 0],
            dilation: [1, 1],
            ceil_mode: false,
            count_include_pad: true,
        }
    }

    #[track_caller]
    fn shape(self, op: &str, x: Var<'_>) -> Pool2dShape {
        let xs = x.shape();
        let [n, c, h, w] = *xs else { panic!("{op}: the input must be [n, c, h, w], it is {xs}") };
        self.check(op, xs, [h, w]);
        let Pool2d { kernel: [kh, kw], stride, padding, dilation, ceil_mode, .. } = self;
        Pool2dShape { n, c, h, w, kh, kw, stride, padding, dilation, ceil_mode }
    }

    #[track_caller]
    fn check(&self, op: &str, xs: Shape, extents: [usize; 2]) {
        for (axis, len) in extents.into_iter().enumerate() {
            let (k, p, d) = (self.kernel[axis], self.padding[axis], self.dilation[axis]);
            assert!(
                k > 0 && d > 0 && self.stride[axis] > 0,
                "{op}: window, stride and dilation must be positive: {self:?}"
            );
            assert!(2 * p <= k, "{op}: padding {p} is more than half of the window {k}");
            let (reach, padded) = (d * (k - 1) + 1, len + 2 * p);
            assert!(
                reach <= padded,
                "{op}: a window that reaches over {reach} elements does not fit the input {xs}, \
                 which with padding {p} has {padded}"
            );
        }
    }
}

/// A pooling over sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool1d {
    /// Extent of the window.
    pub kernel: usize,
    /// Step of the window.
    pub stride: usize,
    /// Cells on each end of the sequence that a maximum does not see and an average takes for
    /// zeros; at most half the window.
    pub padding: usize,
    /// Distance between the window's cells; an average has none (1).
    pub dilation: usize,
    /// Whether a last window may hang over the end.
    pub ceil_mode: bool,
    /// Whether an average counts the zeros of the padding (an average alone).
    pub count_include_pad: bool,
}

impl Pool1d {
    /// A window moved by its own size, without padding.
    pub fn new(kernel: usize) -> Self {
        Pool1d {
            kernel,
            stride: kernel,
            padding: 0,
            dilation: 1,
            ceil_mode: false,
            count_include_pad: true,
        }
    }

    /// The same on images of height 1.
    #[track_caller]
    fn shape(self, op: &str, x: Var<'_>) -> Pool2dShape {
        let xs = x.shape();
        let [n, c, w] = *xs else { panic!("{op}: the input must be [n, c, l], it is {xs}") };
        let flat = Pool2d {
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            dilation: [1, self.dilation],
            ceil_mode: self.ceil_mode,
            count_include_pad: self.count_include_pad,
        };
        flat.check(op, xs, [1, w]);
        let Pool2d { stride, padding, dilation, ceil_mode, .. } = flat;
        Pool2dShape { n, c, h: 1, w, kh: 1, kw: self.kernel, stride, padding, dilation, ceil_mode }
    }
}

/// The output's shape over images.
fn out2d(s: &Pool2dShape) -> Shape {
    [s.n, s.c, s.out_h(), s.out_w()].into()
}

/// The output's shape over sequences.
fn out1d(s: &Pool2dShape) -> Shape {
    [s.n, s.c, s.out_w()].into()
}
