//! Convolution over sequences and images, and its transpose.

mod conv1d;
mod conv2d;
mod transpose;

pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use transpose::ConvTranspose2d;

use crate::kernels::conv::{
    Conv2dShape, channel_sum, conv2d, conv2d_backward_input, conv2d_backward_weight,
};
use crate::{Shape, Tensor, Var};

/// Records the convolution that `s` describes, for which the caller has checked the shapes.
fn convolve<'t>(
    op: &'static str,
    x: Var<'t>,
    weight: Var<'t>,
    bias: Option<Var<'t>>,
    s: Conv2dShape,
    out: Shape,
) -> Var<'t> {
    let (xv, wv, b) = (x.value(), weight.value(), bias.map(Var::value));
    let (xs, ws) = (xv.shape(), wv.shape());
    let y = Tensor::build(out, |y| {
        conv2d(y, xv.as_slice(), wv.as_slice(), b.as_ref().map(Tensor::as_slice), false, &s);
    });
    // ANCHOR: convolve
    let recorder = x
        .tape()
        .record(op, y)
        .wrt(x, move |dy| {
            Tensor::build(xs, |dx| conv2d_backward_input(dx, wv.as_slice(), dy.as_slice(), &s))
        })
        .wrt(weight, move |dy| {
            Tensor::build(ws, |dw| conv2d_backward_weight(dw, xv.as_slice(), dy.as_slice(), &s))
        });
    // ANCHOR_END: convolve
    match bias {
        Some(bias) => recorder.wrt(bias, move |dy| {
            let plane = s.out_h() * s.out_w();
            Tensor::build([s.o], |db| channel_sum(db, dy.as_slice(), s.n, s.o, plane))
        }),
        None => recorder,
    }
    .var()
}

/// Checks that groups share out the channels, and that a bias has one number an output channel.
#[track_caller]
fn check_channels(
    op: &str,
    (x, w): (Shape, Shape),
    inputs: (usize, usize),
    outputs: usize,
    groups: usize,
    bias: Option<Var<'_>>,
) {
    let (got, want) = inputs;
    assert!(
        groups > 0 && outputs.is_multiple_of(groups),
        "{op}: {groups} groups do not share out the {outputs} output channels of the weight {w}"
    );
    assert!(
        got == want,
        "{op}: the input {x} has {got} channels, the weight {w} with {groups} groups needs {want}"
    );
    if let Some(b) = bias.map(Var::shape) {
        assert!(*b == [outputs], "{op}: the bias is {b}, not [{outputs}]");
    }
}

/// Checks that a filter of `k` taps fits into a padded axis of `len` elements.
#[track_caller]
fn check_window(
    op: &str,
    (x, w): (Shape, Shape),
    (len, k): (usize, usize),
    [stride, padding, dilation]: [usize; 3],
) {
    assert!(
        stride > 0 && dilation > 0,
        "{op}: stride {stride} and dilation {dilation} must be > 0"
    );
    assert!(k > 0, "{op}: the weight {w} has an empty filter");
    let (reach, padded) = (dilation * (k - 1) + 1, len + 2 * padding);
    assert!(
        reach <= padded,
        "{op}: the weight {w} with dilation {dilation} reaches over {reach} elements, the input \
         {x} with padding {padding} has {padded}"
    );
}
