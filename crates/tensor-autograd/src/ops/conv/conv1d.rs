//! Convolution over sequences.

use super::{check_channels, check_window, convolve};
use crate::Var;
use crate::kernels::conv::Conv2dShape;

/// Options of [`Var::conv1d`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv1d {
    /// Step of the filter.
    pub stride: usize,
    /// Zeros on each end of the sequence.
    pub padding: usize,
    /// Distance between the filter's taps.
    pub dilation: usize,
    /// Independent convolutions that the channels are shared out to.
    pub groups: usize,
}

impl Default for Conv1d {
    /// Stride 1, no padding, dilation 1, one group.
    fn default() -> Self {
        Conv1d { stride: 1, padding: 0, dilation: 1, groups: 1 }
    }
}

impl<'t> Var<'t> {
    /// Convolution over sequences: [`conv2d`](Var::conv2d) on images of height 1.
    ///
    /// # Shapes
    /// `[n, c, l] ⋆ [o, c/groups, k] + [o] → [n, o, l']` with
    /// `l' = ⌊(l + 2·padding - dilation·(k - 1) - 1) / stride⌋ + 1`.
    ///
    /// # Gradient
    /// As for [`conv2d`](Var::conv2d).
    ///
    /// # Panics
    /// If the shapes do not fit each other or the filter does not fit the padded sequence.
    #[track_caller]
    pub fn conv1d(self, weight: Var<'t>, bias: Option<Var<'t>>, options: Conv1d) -> Var<'t> {
        let (xs, ws) = (self.shape(), weight.shape());
        let Conv1d { stride, padding, dilation, groups } = options;
        let (&[n, c, w], &[o, cg, kw]) = (&*xs, &*ws) else {
            panic!(
                "conv1d: the input must be [n, c, l] and the weight [o, c/groups, k], they are \
                 {xs} and {ws}"
            );
        };
        check_channels("conv1d", (xs, ws), (c, cg * groups), o, groups, bias);
        check_window("conv1d", (xs, ws), (w, kw), [stride, padding, dilation]);
        let s = Conv2dShape {
            n,
            c,
            h: 1,
            w,
            o,
            kh: 1,
            kw,
            stride: [1, stride],
            padding: [0, padding],
            dilation: [1, dilation],
            groups,
        };
        convolve("conv1d", self, weight, bias, s, [n, o, s.out_w()].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, Tensor, gradcheck, reference};

    gradcheck!(conv1d: |b, w, x| x.conv1d(w, Some(b), Conv1d::default());
        b [3] in -1.0..1.0, w [3, 2, 3] in -1.0..1.0, x [2, 2, 6] in -1.0..1.0);
    gradcheck!(conv1d_unbiased: |w, x| x.conv1d(w, None, Conv1d::default());
        w [3, 2, 1] in -1.0..1.0, x [2, 2, 3] in -1.0..1.0);
    gradcheck!(conv1d_everything: |b, w, x| {
        let options = Conv1d { stride: 2, padding: 2, dilation: 3, groups: 2 };
        x.conv1d(w, Some(b), options)
    }; b [2] in -1.0..1.0, w [2, 2, 3] in -1.0..1.0, x [2, 4, 7] in -1.0..1.0);
    reference!(conv1d);
    reference!(conv1d_unbiased);
    reference!(conv1d_everything);

    #[test]
    #[should_panic(expected = "conv1d: the input [2, 3, 9] has 3 channels")]
    fn channels_that_differ_are_named() {
        let tape = Tape::new();
        let w = tape.constant(Tensor::zeros([4, 2, 3]));
        tape.constant(Tensor::zeros([2, 3, 9])).conv1d(w, None, Conv1d::default());
    }
}
