//! Two-dimensional convolution: forward, by weight and by input.
//!
//! Layouts are PyTorch's: images `[n, c, h, w]`, weights `[o, c / groups, kh, kw]`. A sequence
//! (`conv1d`) is an image of height 1.

mod depthwise;
mod forward;
mod input;
pub mod naive;
mod patches;
#[cfg(test)]
mod tests;
mod weight;

use super::gemm::with_kernel;
use super::isa::{Isa, isa};
use crate::Real;
use crate::shape::count;

/// Everything a convolution's size depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dShape {
    /// Images.
    pub n: usize,
    /// Channels of the input.
    pub c: usize,
    /// Height of the input.
    pub h: usize,
    /// Width of the input.
    pub w: usize,
    /// Channels of the output.
    pub o: usize,
    /// Height of the filter.
    pub kh: usize,
    /// Width of the filter.
    pub kw: usize,
    /// Step of the filter, `[vertical, horizontal]`.
    pub stride: [usize; 2],
    /// Zeros on each side of the input, `[vertical, horizontal]`.
    pub padding: [usize; 2],
    /// Distance between the filter's taps, `[vertical, horizontal]`.
    pub dilation: [usize; 2],
    /// Independent convolutions that the channels are shared out to; divides `c` and `o`.
    pub groups: usize,
}

impl Conv2dShape {
    /// Height of the output.
    #[track_caller]
    pub fn out_h(&self) -> usize {
        out_len(self.h, self.kh, self.stride[0], self.padding[0], self.dilation[0])
    }

    /// Width of the output.
    #[track_caller]
    pub fn out_w(&self) -> usize {
        out_len(self.w, self.kw, self.stride[1], self.padding[1], self.dilation[1])
    }

    /// Elements of the input.
    pub fn x_len(&self) -> usize {
        count(&[self.n, self.c, self.h, self.w])
    }

    /// Elements of the output.
    pub fn y_len(&self) -> usize {
        count(&[self.n, self.o, self.out_h(), self.out_w()])
    }

    /// Elements of the weights.
    pub fn w_len(&self) -> usize {
        count(&[self.o, self.c / self.groups, self.kh, self.kw])
    }

    #[track_caller]
    fn check(&self, x: usize, w: usize, y: usize) {
        assert!(self.groups > 0, "a convolution needs at least one group");
        assert!(
            self.c.is_multiple_of(self.groups) && self.o.is_multiple_of(self.groups),
            "{} groups divide neither or only one of {} input and {} output channels",
            self.groups,
            self.c,
            self.o,
        );
        assert_eq!(x, self.x_len(), "the input must be [n, c, h, w]");
        assert_eq!(w, self.w_len(), "the weights must be [o, c / groups, kh, kw]");
        assert_eq!(y, self.y_len(), "the output must be [n, o, out_h, out_w]");
    }
}

/// Positions of a window of `k` taps, `dilation` apart, on `len` elements.
#[track_caller]
fn out_len(len: usize, k: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    assert!(k > 0 && stride > 0 && dilation > 0, "filter, stride and dilation must be positive");
    let padded = padding.checked_mul(2).and_then(|both| both.checked_add(len));
    let reach = dilation.checked_mul(k - 1).and_then(|taps| taps.checked_add(1));
    let (Some(padded), Some(reach)) = (padded, reach) else {
        panic!("padding {padding} or dilation {dilation} is too large to count with")
    };
    assert!(reach <= padded, "a filter that reaches over {reach} does not fit in {padded}");
    (padded - reach) / stride + 1
}

/// `y = x ⋆ w (+ bias) (then ReLU)`.
#[track_caller]
pub fn conv2d(
    y: &mut [Real],
    x: &[Real],
    w: &[Real],
    bias: Option<&[Real]>,
    relu: bool,
    s: &Conv2dShape,
) {
    conv2d_with(isa(), y, x, w, bias, relu, s);
}

#[track_caller]
fn conv2d_with(
    isa: Isa,
    y: &mut [Real],
    x: &[Real],
    w: &[Real],
    bias: Option<&[Real]>,
    relu: bool,
    s: &Conv2dShape,
) {
    s.check(x.len(), w.len(), y.len());
    if let Some(bias) = bias {
        assert_eq!(bias.len(), s.o, "one bias an output channel");
    }
    if y.is_empty() {
        return;
    }
    if depthwise::is_for(s) {
        return depthwise::conv2d(y, x, w, bias, relu, s);
    }
    with_kernel!(isa, K => {
        // SAFETY: `isa` is only asked for where it is there; the lengths were checked.
        unsafe { forward::conv2d::<K>(y, x, w, bias, relu, s) }
    });
}

/// The loss's gradient by the weights, from the input and the gradient by the output.
#[track_caller]
pub fn conv2d_backward_weight(dw: &mut [Real], x: &[Real], dy: &[Real], s: &Conv2dShape) {
    conv2d_backward_weight_with(isa(), dw, x, dy, s);
}

#[track_caller]
fn conv2d_backward_weight_with(
    isa: Isa,
    dw: &mut [Real],
    x: &[Real],
    dy: &[Real],
    s: &Conv2dShape,
) {
    s.check(x.len(), dw.len(), dy.len());
    if dw.is_empty() {
        return;
    }
    if depthwise::is_for(s) {
        return depthwise::backward_weight(dw, x, dy, s);
    }
    with_kernel!(isa, K => {
        // SAFETY: `isa` is only asked for where it is there; the lengths were checked.
        unsafe { weight::backward_weight::<K>(dw, x, dy, s) }
    });
}

/// The loss's gradient by the input, from the weights and the gradient by the output. Also the
/// forward pass of the transposed convolution (`s` then describes the convolution it transposes).
#[track_caller]
pub fn conv2d_backward_input(dx: &mut [Real], w: &[Real], dy: &[Real], s: &Conv2dShape) {
    conv2d_backward_input_with(isa(), dx, w, dy, s);
}

#[track_caller]
fn conv2d_backward_input_with(isa: Isa, dx: &mut [Real], w: &[Real], dy: &[Real], s: &Conv2dShape) {
    s.check(dx.len(), w.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    if dy.is_empty() {
        return dx.fill(0.0);
    }
    if depthwise::is_for(s) {
        return depthwise::backward_input(dx, w, dy, s);
    }
    with_kernel!(isa, K => {
        // SAFETY: `isa` is only asked for where it is there; the lengths were checked.
        unsafe { input::backward_input::<K>(dx, w, dy, s) }
    });
}

/// `db[ch] = Σ dy[i, ch, ·]` for `dy: [n, c, hw]`: the gradient by a bias.
#[track_caller]
pub fn channel_sum(db: &mut [Real], dy: &[Real], n: usize, c: usize, hw: usize) {
    assert_eq!(db.len(), c, "one sum a channel");
    assert_eq!(dy.len(), n * c * hw, "the gradient must be [n, c, hw]");
    for (ch, db) in db.iter_mut().enumerate() {
        let plane = |i: usize| &dy[(i * c + ch) * hw..][..hw];
        *db = (0..n).map(|i| super::reduce::sum(plane(i))).sum();
    }
}
