//! Softmax and its logarithm.

use super::axes::{around, resolve};
use crate::kernels::softmax;
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// Softmax along an axis (negative: from the end): **yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)**, computed
    /// after subtracting the maximum.
    ///
    /// # Gradient
    /// `dX = Y · (dY - Σ dY·Y)`, the sum along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn softmax(self, axis: isize) -> Var<'t> {
        let x = self.value();
        let (cols, inner) = along("softmax", x.shape(), axis);
        let y = Tensor::build(x.shape(), |y| softmax::softmax(y, x.as_slice(), cols, inner));
        let saved = y.clone();
        self.tape()
            .record("softmax", y)
            .wrt(self, move |mut dy| {
                softmax::softmax_backward(dy.make_mut(), saved.as_slice(), cols, inner);
                dy
            })
            .var()
    }

    /// The logarithm of the softmax along an axis: **yᵢ = xᵢ - ln Σⱼ exp(xⱼ)**. Finite where the
    /// logarithm of [`softmax`](Var::softmax) would not be.
    ///
    /// # Gradient
    /// `dX = dY - exp(Y) · Σ dY`, the sum along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn log_softmax(self, axis: isize) -> Var<'t> {
        let x = self.value();
        let (cols, inner) = along("log_softmax", x.shape(), axis);
        let y = Tensor::build(x.shape(), |y| softmax::log_softmax(y, x.as_slice(), cols, inner));
        let saved = y.clone();
        self.tape()
            .record("log_softmax", y)
            .wrt(self, move |mut dy| {
                softmax::log_softmax_backward(dy.make_mut(), saved.as_slice(), cols, inner);
                dy
            })
            .var()
    }
}

/// The extent of the axis, and the number of elements inside each of its entries.
#[track_caller]
fn along(op: &str, shape: Shape, axis: isize) -> (usize, usize) {
    let dims = around(shape, resolve(op, shape, axis));
    (dims.len, dims.inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Real, Rng, Tape, gradcheck, kernels::parallel::with_num_threads, reference};

    gradcheck!(softmax: |x| x.softmax(-1); x [3, 11] in -2.0..2.0);
    gradcheck!(softmax_axis0: |x| x.softmax(0); x [4, 3] in -2.0..2.0);
    gradcheck!(softmax_middle: |x| x.softmax(1); x [2, 3, 4] in -2.0..2.0);
    gradcheck!(log_softmax: |x| x.log_softmax(-1); x [3, 11] in -2.0..2.0);
    gradcheck!(log_softmax_middle: |x| x.log_softmax(1); x [2, 3, 4] in -2.0..2.0);
    reference!(softmax);
    reference!(softmax_axis0);
    reference!(softmax_middle);
    reference!(log_softmax);
    reference!(log_softmax_middle);

    fn logits(shape: impl Into<Shape>, width: Real) -> Tensor {
        Tensor::uniform(shape, -width..width, &mut Rng::seed(3))
    }

    #[test]
    fn huge_logits_stay_finite_and_sum_to_one() {
        let tape = Tape::new();
        let x = tape.constant(logits([7, 33], 1e4));
        assert!(x.log_softmax(1).value().is_finite());
        for row in x.softmax(1).value().as_slice().chunks(33) {
            assert!((row.iter().sum::<Real>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn an_excluded_class_has_probability_zero() {
        let tape = Tape::new();
        let y = tape.constant(Tensor::new([3], vec![0.0, Real::NEG_INFINITY, 0.0])).softmax(0);
        assert_eq!(y.value().as_slice(), [0.5, 0.0, 0.5]);
    }

    #[test]
    fn every_axis_gives_the_same_as_the_last() {
        let tape = Tape::new();
        // More positions than go through the lanes together, and a remainder.
        let (x, n, c) = (logits([2, 5, 150], 3.0), 150, 5);
        let swap = |t: &Tensor| {
            Tensor::from_fn([2, n, c], |i| {
                t.as_slice()[i / (n * c) * n * c + i % c * n + i / c % n]
            })
        };
        for f in [Var::softmax, Var::log_softmax] {
            let middle = f(tape.constant(x.clone()), 1).value();
            let last = f(tape.constant(swap(&x)), 2).value();
            crate::reference::assert_close(&swap(&middle), &last, "softmax");
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        for (shape, axis) in [([700, 130, 1], 1), ([70, 13, 100], 1)] {
            let x = logits(shape, 5.0);
            let run =
                |n| with_num_threads(n, || Tape::new().constant(x.clone()).softmax(axis).value());
            assert_eq!(run(1), run(3));
        }
    }

    #[test]
    #[should_panic(expected = "softmax: [3, 4] has no axis 2")]
    fn a_missing_axis_is_named() {
        Tape::new().constant(Tensor::zeros([3, 4])).softmax(2);
    }
}
