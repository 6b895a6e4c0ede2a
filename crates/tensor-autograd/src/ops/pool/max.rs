//! Max-pooling.

use super::{Pool1d, Pool2d, out1d, out2d};
use crate::buffer::Buffer;
use crate::kernels::pool::{Pool2dShape, max_pool2d, max_pool2d_backward};
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// The maximum of each window of an image.
    ///
    /// # Shapes
    /// `[n, c, h, w] → [n, c, h', w']` with
    /// `h' = ⌊(h + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1`, or `⌈..⌉` in ceil mode,
    /// less a window that would begin in the far padding.
    ///
    /// # Gradient
    /// Goes to each window's maximum; to the first one if there are several.
    ///
    /// # Panics
    /// If the input has other axes, the window does not fit, or the padding is more than half of it.
    #[track_caller]
    pub fn max_pool2d(self, pool: Pool2d) -> Var<'t> {
        let s = pool.shape("max_pool2d", self);
        max_pool("max_pool2d", self, s, out2d(&s))
    }

    /// The maximum of each window of a sequence: [`max_pool2d`](Var::max_pool2d) on images of
    /// height 1.
    ///
    /// # Shapes
    /// `[n, c, l] → [n, c, l']`
    ///
    /// # Panics
    /// As [`max_pool2d`](Var::max_pool2d).
    #[track_caller]
    pub fn max_pool1d(self, pool: Pool1d) -> Var<'t> {
        let s = pool.shape("max_pool1d", self);
        max_pool("max_pool1d", self, s, out1d(&s))
    }
}

fn max_pool<'t>(op: &'static str, x: Var<'t>, s: Pool2dShape, out: Shape) -> Var<'t> {
    let value = x.value();
    let from = value.shape();
    let mut places = Buffer::stale(s.y_len());
    let y = Tensor::build(out, |y| max_pool2d(y, places.as_mut_slice(), value.as_slice(), &s));
    x.tape()
        .record(op, y)
        .wrt(x, move |dy| {
            Tensor::build(from, |dx| max_pool2d_backward(dx, dy.as_slice(), places.as_slice(), &s))
        })
        .var()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, Tape, gradcheck, reference};

    gradcheck!(max_pool2d: |x| x.max_pool2d(Pool2d::new([2, 2])); x [2, 2, 4, 5] in -1.0..1.0);
    gradcheck!(max_pool2d_overlapping: |x| {
        x.max_pool2d(Pool2d { stride: [2, 1], padding: [1, 1], ..Pool2d::new([3, 2]) })
    }; x [1, 2, 5, 4] in -1.0..1.0);
    gradcheck!(max_pool2d_dilated: |x| {
        x.max_pool2d(Pool2d { stride: [1, 1], dilation: [2, 3], ..Pool2d::new([2, 2]) })
    }; x [1, 1, 5, 5] in -1.0..1.0);
    gradcheck!(max_pool2d_ceil: |x| {
        x.max_pool2d(Pool2d { stride: [2, 2], padding: [1, 0], ceil_mode: true, ..Pool2d::new([3, 3]) })
    }; x [1, 2, 6, 6] in -1.0..1.0);
    gradcheck!(max_pool1d: |x| {
        x.max_pool1d(Pool1d { stride: 2, padding: 1, ..Pool1d::new(3) })
    }; x [2, 2, 7] in -1.0..1.0);
    reference!(max_pool2d);
    reference!(max_pool2d_overlapping);
    reference!(max_pool2d_dilated);
    reference!(max_pool2d_ceil);
    reference!(max_pool1d);

    #[test]
    fn the_first_of_equal_maxima_gets_the_gradient() {
        let x = Param::weight(Tensor::zeros([1, 1, 2, 2]));
        let tape = Tape::new();
        let y = tape.param(&x).max_pool2d(Pool2d::new([2, 2]));
        assert_eq!(y.backward().get(&x).unwrap().as_slice(), [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(
        expected = "max_pool2d: a window that reaches over 3 elements does not fit the input [1, 1, 2, 2]"
    )]
    fn a_window_that_does_not_fit_is_named() {
        Tape::new().constant(Tensor::zeros([1, 1, 2, 2])).max_pool2d(Pool2d::new([3, 3]));
    }

    #[test]
    #[should_panic(expected = "max_pool2d: padding 2 is more than half of the window 3")]
    fn a_padding_beyond_half_the_window_is_refused() {
        let pool = Pool2d { padding: [2, 2], ..Pool2d::new([3, 3]) };
        Tape::new().constant(Tensor::zeros([1, 1, 8, 8])).max_pool2d(pool);
    }
}
