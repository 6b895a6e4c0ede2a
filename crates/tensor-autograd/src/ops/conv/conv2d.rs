//! Convolution over images.

use super::{check_channels, check_window, convolve};
use crate::Var;
use crate::kernels::conv::Conv2dShape;

/// Options of [`Var::conv2d`]; pairs are `[vertical, horizontal]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// Step of the filter.
    pub stride: [usize; 2],
    /// Zeros on each side of the image.
    pub padding: [usize; 2],
    /// Distance between the filter's taps.
    pub dilation: [usize; 2],
    /// Independent convolutions that the channels are shared out to.
    pub groups: usize,
}

impl Default for Conv2d {
    /// Stride 1, no padding, dilation 1, one group.
    fn default() -> Self {
        Conv2d { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }
    }
}

impl<'t> Var<'t> {
    /// Convolution over images (cross-correlation, as everywhere in deep learning):
    /// **y\[n, o, i, j\] = b\[o\] + Σ w\[o, c, u, v\] · x\[n, c, i·s + u·d - p, j·s + v·d - p\]** with
    /// stride `s`, dilation `d` and padding `p`; the sum runs over the channels of `o`'s group and
    /// the filter.
    ///
    /// # Shapes
    /// `[n, c, h, w] ⋆ [o, c/groups, kh, kw] + [o] → [n, o, h', w']` with
    /// `h' = ⌊(h + 2p - d (kh - 1) - 1) / s⌋ + 1`.
    ///
    /// # Gradient
    /// `dX` is the transposed convolution of `dY` with `w`, `dW` the correlation of `X` with `dY`,
    /// `db` the sum of `dY` over images and places.
    ///
    /// # Panics
    /// If the shapes do not fit each other or the filter does not fit the padded image.
    #[track_caller]
    pub fn conv2d(self, weight: Var<'t>, bias: Option<Var<'t>>, options: Conv2d) -> Var<'t> {
        let (xs, ws) = (self.shape(), weight.shape());
        let Conv2d { stride, padding, dilation, groups } = options;
        let (&[n, c, h, w], &[o, cg, kh, kw]) = (&*xs, &*ws) else {
            panic!(
                "conv2d: the input must be [n, c, h, w] and the weight [o, c/groups, kh, kw], they \
                 are {xs} and {ws}"
            );
        };
        check_channels("conv2d", (xs, ws), (c, cg * groups), o, groups, bias);
        for (axis, ends) in [(h, kh), (w, kw)].into_iter().enumerate() {
            let steps = [stride[axis], padding[axis], dilation[axis]];
            check_window("conv2d", (xs, ws), ends, steps);
        }
        let s = Conv2dShape { n, c, h, w, o, kh, kw, stride, padding, dilation, groups };
        convolve("conv2d", self, weight, bias, s, [n, o, s.out_h(), s.out_w()].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, Tensor, gradcheck, reference};

    const PLAIN: Conv2d = Conv2d { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };

    gradcheck!(conv2d: |b, w, x| x.conv2d(w, Some(b), PLAIN);
        b [3] in -1.0..1.0, w [3, 2, 3, 2] in -1.0..1.0, x [2, 2, 4, 3] in -1.0..1.0);
    gradcheck!(conv2d_unbiased: |w, x| x.conv2d(w, None, PLAIN);
        w [2, 3, 1, 1] in -1.0..1.0, x [2, 3, 2, 2] in -1.0..1.0);
    gradcheck!(conv2d_padded: |b, w, x| x.conv2d(w, Some(b), Conv2d { padding: [1, 2], ..PLAIN });
        b [2] in -1.0..1.0, w [2, 1, 3, 3] in -1.0..1.0, x [1, 1, 3, 4] in -1.0..1.0);
    gradcheck!(conv2d_strided: |b, w, x| {
        x.conv2d(w, Some(b), Conv2d { stride: [2, 3], padding: [1, 1], ..PLAIN })
    }; b [2] in -1.0..1.0, w [2, 2, 3, 2] in -1.0..1.0, x [1, 2, 6, 5] in -1.0..1.0);
    gradcheck!(conv2d_dilated: |b, w, x| {
        x.conv2d(w, Some(b), Conv2d { dilation: [2, 1], padding: [1, 0], ..PLAIN })
    }; b [2] in -1.0..1.0, w [2, 2, 2, 2] in -1.0..1.0, x [2, 2, 4, 3] in -1.0..1.0);
    gradcheck!(conv2d_grouped: |b, w, x| x.conv2d(w, Some(b), Conv2d { groups: 2, ..PLAIN });
        b [4] in -1.0..1.0, w [4, 2, 2, 2] in -1.0..1.0, x [2, 4, 3, 3] in -1.0..1.0);
    gradcheck!(conv2d_depthwise: |b, w, x| {
        x.conv2d(w, Some(b), Conv2d { groups: 3, padding: [1, 1], ..PLAIN })
    }; b [3] in -1.0..1.0, w [3, 1, 3, 3] in -1.0..1.0, x [1, 3, 3, 3] in -1.0..1.0);
    gradcheck!(conv2d_everything: |b, w, x| {
        let options = Conv2d { stride: [2, 1], padding: [2, 1], dilation: [1, 2], groups: 2 };
        x.conv2d(w, Some(b), options)
    }; b [4] in -1.0..1.0, w [4, 1, 3, 2] in -1.0..1.0, x [2, 2, 4, 4] in -1.0..1.0);
    reference!(conv2d);
    reference!(conv2d_unbiased);
    reference!(conv2d_padded);
    reference!(conv2d_strided);
    reference!(conv2d_dilated);
    reference!(conv2d_grouped);
    reference!(conv2d_depthwise);
    reference!(conv2d_everything);

    fn run(x: &[usize], w: &[usize], bias: Option<usize>, options: Conv2d) {
        let tape = Tape::new();
        let bias = bias.map(|o| tape.constant(Tensor::zeros([o])));
        tape.constant(Tensor::zeros(x)).conv2d(tape.constant(Tensor::zeros(w)), bias, options);
    }

    #[test]
    #[should_panic(expected = "they are [3, 8, 8] and [4, 3, 3, 3]")]
    fn an_image_without_a_batch_is_refused() {
        run(&[3, 8, 8], &[4, 3, 3, 3], None, PLAIN);
    }

    #[test]
    #[should_panic(
        expected = "conv2d: the input [1, 3, 8, 8] has 3 channels, the weight [4, 2, 3, 3] with 1 groups needs 2"
    )]
    fn channels_that_differ_are_named() {
        run(&[1, 3, 8, 8], &[4, 2, 3, 3], None, PLAIN);
    }

    #[test]
    #[should_panic(expected = "3 groups do not share out the 4 output channels")]
    fn groups_that_do_not_divide_are_named() {
        run(&[1, 3, 8, 8], &[4, 1, 3, 3], None, Conv2d { groups: 3, ..PLAIN });
    }

    #[test]
    #[should_panic(expected = "conv2d: the bias is [3], not [4]")]
    fn a_bias_of_another_size_is_named() {
        run(&[1, 3, 8, 8], &[4, 3, 3, 3], Some(3), PLAIN);
    }

    #[test]
    #[should_panic(
        expected = "reaches over 5 elements, the input [1, 3, 2, 8] with padding 1 has 4"
    )]
    fn a_filter_that_does_not_fit_is_named() {
        run(&[1, 3, 2, 8], &[4, 3, 5, 5], None, Conv2d { padding: [1, 1], ..PLAIN });
    }
}
