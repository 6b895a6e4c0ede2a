//! Average pooling to a wanted size.

use crate::kernels::pool::{adaptive_avg_pool2d, adaptive_avg_pool2d_backward};
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// Averages images to `size`, whatever theirs is: output row `i` of `h'` is the mean of rows
    /// `⌊i·h/h'⌋` up to `⌈(i + 1)·h/h'⌉`, and columns alike. `[1, 1]` is the global average.
    ///
    /// # Shapes
    /// `[n, c, h, w] → [n, c, h', w']` with `size = [h', w']`
    ///
    /// # Gradient
    /// Each `dy` is spread evenly over its window.
    ///
    /// # Panics
    /// If the input has other axes, or the images or the wanted size are empty.
    #[track_caller]
    pub fn adaptive_avg_pool2d(self, size: [usize; 2]) -> Var<'t> {
        let op = "adaptive_avg_pool2d";
        let xs = self.shape();
        let [n, c, h, w] = *xs else { panic!("{op}: the input must be [n, c, h, w], it is {xs}") };
        adaptive(op, self, [h, w], size, [n, c, size[0], size[1]].into())
    }

    /// Averages sequences to the length `size`; see
    /// [`adaptive_avg_pool2d`](Var::adaptive_avg_pool2d).
    ///
    /// # Shapes
    /// `[n, c, l] → [n, c, size]`
    ///
    /// # Panics
    /// If the input has other axes, or the sequences or the wanted size are empty.
    #[track_caller]
    pub fn adaptive_avg_pool1d(self, size: usize) -> Var<'t> {
        let op = "adaptive_avg_pool1d";
        let xs = self.shape();
        let [n, c, l] = *xs else { panic!("{op}: the input must be [n, c, l], it is {xs}") };
        adaptive(op, self, [1, l], [1, size], [n, c, size].into())
    }
}

#[track_caller]
fn adaptive<'t>(
    op: &'static str,
    x: Var<'t>,
    from: [usize; 2],
    to: [usize; 2],
    out: Shape,
) -> Var<'t> {
    let value = x.value();
    let xs = value.shape();
    assert!(from.iter().chain(&to).all(|&d| d > 0), "{op}: {xs} to {out} is empty");
    let (planes, from, to) = (xs[0] * xs[1], from.into(), to.into());
    let y = Tensor::build(out, |y| adaptive_avg_pool2d(y, value.as_slice(), planes, from, to));
    x.tape()
        .record(op, y)
        .wrt(x, move |dy| {
            Tensor::build(xs, |dx| {
                adaptive_avg_pool2d_backward(dx, dy.as_slice(), planes, from, to);
            })
        })
        .var()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, gradcheck, reference};

    gradcheck!(adaptive_avg_pool2d: |x| x.adaptive_avg_pool2d([2, 3]); x [2, 2, 5, 7] in -1.0..1.0);
    gradcheck!(adaptive_avg_pool2d_global: |x| x.adaptive_avg_pool2d([1, 1]); x [2, 3, 3, 4] in -1.0..1.0);
    gradcheck!(adaptive_avg_pool2d_larger: |x| x.adaptive_avg_pool2d([3, 4]); x [1, 2, 2, 3] in -1.0..1.0);
    gradcheck!(adaptive_avg_pool1d: |x| x.adaptive_avg_pool1d(3); x [2, 2, 7] in -1.0..1.0);
    reference!(adaptive_avg_pool2d);
    reference!(adaptive_avg_pool2d_global);
    reference!(adaptive_avg_pool2d_larger);
    reference!(adaptive_avg_pool1d);

    #[test]
    #[should_panic(expected = "adaptive_avg_pool2d: [1, 2, 3, 3] to [1, 2, 0, 1] is empty")]
    fn an_empty_size_is_refused() {
        Tape::new().constant(Tensor::zeros([1, 2, 3, 3])).adaptive_avg_pool2d([0, 1]);
    }
}
