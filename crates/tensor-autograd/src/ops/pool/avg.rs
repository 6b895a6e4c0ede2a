//! Average pooling.

use super::{Pool1d, Pool2d, out1d, out2d};
use crate::kernels::pool::{Pool2dShape, avg_pool2d, avg_pool2d_backward};
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// The mean of each window of an image.
    ///
    /// # Shapes
    /// As [`max_pool2d`](Var::max_pool2d).
    ///
    /// # Gradient
    /// Each `dy` is spread evenly over its window.
    ///
    /// # Panics
    /// If the input has other axes, the window does not fit, the padding is more than half of it,
    /// or there is a dilation.
    #[track_caller]
    pub fn avg_pool2d(self, pool: Pool2d) -> Var<'t> {
        let s = pool.shape("avg_pool2d", self);
        avg_pool("avg_pool2d", self, s, pool.count_include_pad, out2d(&s))
    }

    /// The mean of each window of a sequence: [`avg_pool2d`](Var::avg_pool2d) on images of
    /// height 1.
    ///
    /// # Shapes
    /// `[n, c, l] → [n, c, l']`
    ///
    /// # Panics
    /// As [`avg_pool2d`](Var::avg_pool2d).
    #[track_caller]
    pub fn avg_pool1d(self, pool: Pool1d) -> Var<'t> {
        let s = pool.shape("avg_pool1d", self);
        avg_pool("avg_pool1d", self, s, pool.count_include_pad, out1d(&s))
    }
}

#[track_caller]
fn avg_pool<'t>(
    op: &'static str,
    x: Var<'t>,
    s: Pool2dShape,
    count_include_pad: bool,
    out: Shape,
) -> Var<'t> {
    assert!(s.dilation == [1, 1], "{op}: an average has no dilation, {:?} was given", s.dilation);
    let value = x.value();
    let from = value.shape();
    let y = Tensor::build(out, |y| avg_pool2d(y, value.as_slice(), count_include_pad, &s));
    x.tape()
        .record(op, y)
        .wrt(x, move |dy| {
            Tensor::build(from, |dx| avg_pool2d_backward(dx, dy.as_slice(), count_include_pad, &s))
        })
        .var()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, gradcheck, reference};

    gradcheck!(avg_pool2d: |x| x.avg_pool2d(Pool2d::new([2, 2])); x [2, 2, 4, 5] in -1.0..1.0);
    gradcheck!(avg_pool2d_padded: |x| {
        x.avg_pool2d(Pool2d { stride: [2, 1], padding: [1, 1], ..Pool2d::new([3, 2]) })
    }; x [1, 2, 5, 4] in -1.0..1.0);
    gradcheck!(avg_pool2d_without_pad: |x| {
        let pool = Pool2d { padding: [1, 1], count_include_pad: false, ..Pool2d::new([3, 3]) };
        x.avg_pool2d(pool)
    }; x [1, 2, 5, 4] in -1.0..1.0);
    gradcheck!(avg_pool2d_ceil: |x| {
        let pool = Pool2d { stride: [2, 2], padding: [1, 0], ceil_mode: true, ..Pool2d::new([3, 3]) };
        x.avg_pool2d(pool)
    }; x [1, 2, 6, 6] in -1.0..1.0);
    gradcheck!(avg_pool1d: |x| {
        x.avg_pool1d(Pool1d { stride: 2, padding: 1, ..Pool1d::new(3) })
    }; x [2, 2, 7] in -1.0..1.0);
    reference!(avg_pool2d);
    reference!(avg_pool2d_padded);
    reference!(avg_pool2d_without_pad);
    reference!(avg_pool2d_ceil);
    reference!(avg_pool1d);

    #[test]
    #[should_panic(expected = "avg_pool2d: an average has no dilation, [2, 2] was given")]
    fn a_dilation_is_refused() {
        let pool = Pool2d { dilation: [2, 2], ..Pool2d::new([2, 2]) };
        Tape::new().constant(Tensor::zeros([1, 1, 8, 8])).avg_pool2d(pool);
    }
}
