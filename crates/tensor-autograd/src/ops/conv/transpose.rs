//! The transpose of a convolution over images.

use super::check_channels;
use crate::Var;
use crate::kernels::conv::{
    Conv2dShape, channel_sum, conv2d, conv2d_backward_input, conv2d_backward_weight,
};
use crate::kernels::parallel::for_planes;
use crate::{Real, Shape, Tensor};

/// Options of [`Var::conv_transpose2d`]; pairs are `[vertical, horizontal]`. All but
/// `output_padding` are those of the convolution that is transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvTranspose2d {
    /// Step of the filter, on the output.
    pub stride: [usize; 2],
    /// Rows and columns taken off each side of the output.
    pub padding: [usize; 2],
    /// Rows and columns added at the bottom and right of the output, less than the stride: a
    /// convolution with a stride gives several sizes of image the same size of output, this tells
    /// which one is meant.
    pub output_padding: [usize; 2],
    /// Distance between the filter's taps.
    pub dilation: [usize; 2],
    /// Independent convolutions that the channels are shared out to.
    pub groups: usize,
}

impl Default for ConvTranspose2d {
    /// Stride 1, no padding, dilation 1, one group.
    fn default() -> Self {
        let (stride, dilation) = ([1, 1], [1, 1]);
        ConvTranspose2d { stride, padding: [0, 0], output_padding: [0, 0], dilation, groups: 1 }
    }
}

impl<'t> Var<'t> {
    /// The transpose of [`conv2d`](Var::conv2d) as a linear map, for making images larger: every
    /// input element adds its multiple of the filter to the output, `stride` apart.
    ///
    /// # Shapes
    /// `[n, c, h, w]`, weight `[c, o/groups, kh, kw]`, bias `[o]` → `[n, o, h', w']` with
    /// `h' = (h - 1)·stride - 2·padding + dilation·(kh - 1) + output_padding + 1`.
    ///
    /// # Gradient
    /// `dX` is the convolution of `dY` with `w`, `dW` the correlation of `dY` with `X`, `db` the
    /// sum of `dY` over images and places.
    ///
    /// # Panics
    /// If the shapes do not fit each other, the output would be empty, or the output padding is
    /// not less than the stride.
    #[track_caller]
    pub fn conv_transpose2d(
        self,
        weight: Var<'t>,
        bias: Option<Var<'t>>,
        options: ConvTranspose2d,
    ) -> Var<'t> {
        let (x, w, b) = (self.value(), weight.value(), bias.map(Var::value));
        let (xs, ws) = (x.shape(), w.shape());
        let s = transposed(xs, ws, bias, options);
        let plane = s.h * s.w;
        let y = Tensor::build([s.n, s.c, s.h, s.w], |y| {
            conv2d_backward_input(y, w.as_slice(), x.as_slice(), &s);
            if let Some(b) = &b {
                let (b, work) = (b.as_slice(), y.len());
                for_planes(y, plane, work, |i, y| y.iter_mut().for_each(|y| *y += b[i % s.c]));
            }
        });
        let recorder = self
            .tape()
            .record("conv_transpose2d", y)
            .wrt(self, move |dy| {
                Tensor::build(xs, |dx: &mut [Real]| {
                    conv2d(dx, dy.as_slice(), w.as_slice(), None, false, &s);
                })
            })
            .wrt(weight, move |dy| {
                Tensor::build(ws, |dw| conv2d_backward_weight(dw, dy.as_slice(), x.as_slice(), &s))
            });
        match bias {
            Some(bias) => recorder.wrt(bias, move |dy| {
                Tensor::build([s.c], |db| channel_sum(db, dy.as_slice(), s.n, s.c, plane))
            }),
            None => recorder,
        }
        .var()
    }
}

/// The convolution whose transpose is wanted: its input is our output.
#[track_caller]
fn transposed(
    xs: Shape,
    ws: Shape,
    bias: Option<Var<'_>>,
    options: ConvTranspose2d,
) -> Conv2dShape {
    let op = "conv_transpose2d";
    let ConvTranspose2d { stride, padding, output_padding, dilation, groups } = options;
    let (&[n, o, h, w], &[wo, cg, kh, kw]) = (&*xs, &*ws) else {
        panic!(
            "{op}: the input must be [n, c, h, w] and the weight [c, o/groups, kh, kw], they are \
             {xs} and {ws}"
        );
    };
    check_channels(op, (xs, ws), (o, wo), cg * groups, groups, bias);
    assert!(o.is_multiple_of(groups), "{op}: {groups} groups do not share out the input {xs}");
    let extent = |axis: usize, len: usize, k: usize| {
        let (s, d, extra) = (stride[axis], dilation[axis], output_padding[axis]);
        assert!(len > 0 && k > 0 && s > 0 && d > 0, "{op}: {xs} ⋆ {ws} with {options:?} is empty");
        assert!(extra < s, "{op}: the output padding {extra} must be less than the stride {s}");
        let full = (len - 1) * s + d * (k - 1) + extra + 1;
        assert!(
            full > 2 * padding[axis],
            "{op}: padding {} leaves nothing of the {full} elements that {xs} and {ws} give",
            padding[axis]
        );
        full - 2 * padding[axis]
    };
    let (h, w) = (extent(0, h, kh), extent(1, w, kw));
    Conv2dShape { n, c: cg * groups, h, w, o, kh, kw, stride, padding, dilation, groups }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, gradcheck, reference};

    fn with(edit: impl FnOnce(&mut ConvTranspose2d)) -> ConvTranspose2d {
        let mut options = ConvTranspose2d::default();
        edit(&mut options);
        options
    }

    gradcheck!(conv_transpose2d: |b, w, x| x.conv_transpose2d(w, Some(b), with(|_| {}));
        b [2] in -1.0..1.0, w [3, 2, 2, 3] in -1.0..1.0, x [2, 3, 2, 2] in -1.0..1.0);
    gradcheck!(conv_transpose2d_unbiased: |w, x| x.conv_transpose2d(w, None, with(|_| {}));
        w [2, 2, 2, 2] in -1.0..1.0, x [1, 2, 3, 2] in -1.0..1.0);
    gradcheck!(conv_transpose2d_strided: |b, w, x| {
        let options = with(|o| (o.stride, o.padding, o.output_padding) = ([2, 3], [1, 0], [1, 2]));
        x.conv_transpose2d(w, Some(b), options)
    }; b [2] in -1.0..1.0, w [2, 2, 3, 2] in -1.0..1.0, x [1, 2, 3, 2] in -1.0..1.0);
    gradcheck!(conv_transpose2d_dilated: |b, w, x| {
        x.conv_transpose2d(w, Some(b), with(|o| (o.dilation, o.padding) = ([2, 1], [1, 1])))
    }; b [1] in -1.0..1.0, w [2, 1, 2, 3] in -1.0..1.0, x [2, 2, 3, 3] in -1.0..1.0);
    gradcheck!(conv_transpose2d_grouped: |b, w, x| {
        x.conv_transpose2d(w, Some(b), with(|o| (o.groups, o.stride) = (2, [2, 2])))
    }; b [4] in -1.0..1.0, w [4, 2, 2, 2] in -1.0..1.0, x [1, 4, 2, 2] in -1.0..1.0);
    reference!(conv_transpose2d);
    reference!(conv_transpose2d_unbiased);
    reference!(conv_transpose2d_strided);
    reference!(conv_transpose2d_dilated);
    reference!(conv_transpose2d_grouped);

    #[test]
    #[should_panic(
        expected = "conv_transpose2d: the output padding 1 must be less than the stride 1"
    )]
    fn an_output_padding_that_means_nothing_is_refused() {
        let tape = Tape::new();
        let w = tape.constant(Tensor::zeros([2, 2, 3, 3]));
        let options = with(|o| o.output_padding = [1, 1]);
        tape.constant(Tensor::zeros([1, 2, 3, 3])).conv_transpose2d(w, None, options);
    }

    #[test]
    #[should_panic(expected = "the input [1, 3, 3, 3] has 3 channels, the weight [2, 2, 3, 3]")]
    fn channels_that_differ_are_named() {
        let tape = Tape::new();
        let w = tape.constant(Tensor::zeros([2, 2, 3, 3]));
        tape.constant(Tensor::zeros([1, 3, 3, 3])).conv_transpose2d(w, None, with(|_| {}));
    }
}
