//! Pooling over windows of an image: maximum, average, and average to a wanted size.
//!
//! All passes are independent by plane (one channel of one image), so planes are what threads
//! share, and a backward pass scatters within its own plane without atomics.

mod avg;
mod max;
#[cfg(test)]
mod tests;

pub use avg::{adaptive_avg_pool2d, adaptive_avg_pool2d_backward, avg_pool2d, avg_pool2d_backward};
pub use max::{max_pool2d, max_pool2d_backward};

use crate::shape::count;
use std::ops::Range;

/// Everything a pooling's size depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dShape {
    /// Images.
    pub n: usize,
    /// Channels.
    pub c: usize,
    /// Height of the input.
    pub h: usize,
    /// Width of the input.
    pub w: usize,
    /// Height of the window.
    pub kh: usize,
    /// Width of the window.
    pub kw: usize,
    /// Step of the window, `[vertical, horizontal]`.
    pub stride: [usize; 2],
    /// Cells on each side of the input that no maximum sees (and that an average counts as zeros
    /// or not at all), `[vertical, horizontal]`; at most half the window.
    pub padding: [usize; 2],
    /// Distance between the window's cells, `[vertical, horizontal]`.
    pub dilation: [usize; 2],
    /// Lets the last window hang over the edge, as PyTorch's `ceil_mode`.
    pub ceil_mode: bool,
}

impl Pool2dShape {
    /// A `k × k` window moved by its own size: the usual halving for `k = 2`.
    pub fn square(n: usize, c: usize, h: usize, w: usize, k: usize) -> Self {
        Pool2dShape {
            n,
            c,
            h,
            w,
            kh: k,
            kw: k,
            stride: [k, k],
            padding: [0, 0],
            dilation: [1, 1],
            ceil_mode: false,
        }
    }

    /// Height of the output.
    #[track_caller]
    pub fn out_h(&self) -> usize {
        self.out_len(self.h, self.kh, 0)
    }

    /// Width of the output.
    #[track_caller]
    pub fn out_w(&self) -> usize {
        self.out_len(self.w, self.kw, 1)
    }

    /// Elements of the input.
    pub fn x_len(&self) -> usize {
        count(&[self.n, self.c, self.h, self.w])
    }

    /// Elements of the output.
    pub fn y_len(&self) -> usize {
        count(&[self.n, self.c, self.out_h(), self.out_w()])
    }

    /// The usual halving: a 2 × 2 window moved by 2, nothing padded.
    fn halves(&self) -> bool {
        let usual = Pool2dShape::square(self.n, self.c, self.h, self.w, 2);
        *self == usual && self.h > 1 && self.w > 1
    }

    #[track_caller]
    fn out_len(&self, len: usize, k: usize, axis: usize) -> usize {
        let (s, p, d) = (self.stride[axis], self.padding[axis], self.dilation[axis]);
        assert!(k > 0 && s > 0 && d > 0, "window, stride and dilation must be positive");
        assert!(2 * p <= k, "padding {p} is more than half of the window {k}");
        let (padded, reach) = (len + 2 * p, d * (k - 1) + 1);
        assert!(reach <= padded, "a window that reaches over {reach} does not fit in {padded}");
        let mut out = (padded - reach + if self.ceil_mode { s - 1 } else { 0 }) / s + 1;
        // A window that would begin in the right padding sees nothing.
        if self.ceil_mode && (out - 1) * s >= len + p {
            out -= 1;
        }
        out
    }

    #[track_caller]
    fn check(&self, x: usize, y: usize) {
        assert_eq!(x, self.x_len(), "the input must be [n, c, h, w]");
        assert_eq!(y, self.y_len(), "the output must be [n, c, out_h, out_w]");
    }
}

/// The cells of window `out` that lie inside `0..len`, as taps `first..last` of `k`.
fn taps(
    out: usize,
    len: usize,
    k: usize,
    stride: usize,
    padding: usize,
    dil: usize,
) -> Range<usize> {
    let start = out * stride;
    let first = padding.saturating_sub(start).div_ceil(dil).min(k);
    let last = (len + padding).saturating_sub(start).div_ceil(dil).min(k);
    first..last.max(first)
}
