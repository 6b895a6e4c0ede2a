//! The affine map of a fully connected layer.

use crate::kernels::axis::{self, Dims};
use crate::kernels::gemm::{Epilogue, MatRef, gemm};
use crate::{Tensor, Var};

impl<'t> Var<'t> {
    /// A fully connected layer: **Y = X·Wᵀ + b**, with the weight stored as in PyTorch.
    ///
    /// # Shapes
    /// `[.., in] · [out, in] + [out] → [.., out]`
    ///
    /// # Gradient
    /// `dX = dY·W`, `dW = dYᵀ·X`, `db = Σ dY` over the rows.
    ///
    /// # Panics
    /// If the last axis of `self` is not `in`, or the bias is not `[out]`.
    #[track_caller]
    pub fn linear(self, weight: Var<'t>, bias: Option<Var<'t>>) -> Var<'t> {
        let (x, w, b) = (self.value(), weight.value(), bias.map(Var::value));
        let (xs, ws) = (x.shape(), w.shape());
        assert!(ws.rank() == 2, "linear: the weight must be [out, in], it is {ws}");
        let (out, inner) = (ws[0], ws[1]);
        assert!(
            xs.last() == Some(&inner),
            "linear: the input {xs} must end with the {inner} features of the weight {ws}"
        );
        if let Some(b) = &b {
            assert!(*b.shape() == [out], "linear: the bias is {}, not [{out}]", b.shape());
        }
        let rows: usize = xs[..xs.rank() - 1].iter().product();
        let y = Tensor::build(xs.with(xs.rank() - 1, out), |y| {
            let epilogue = match &b {
                Some(b) => Epilogue::bias_per_col(b.as_slice()),
                None => Epilogue::OVERWRITE,
            };
            gemm(y, matrix(&x, rows, inner), matrix(&w, out, inner).t(), epilogue);
        });
        let recorder = self
            .tape()
            .record("linear", y)
            .wrt(self, move |dy| {
                let (dy, w) = (matrix(&dy, rows, out), matrix(&w, out, inner));
                Tensor::build(xs, |dx| gemm(dx, dy, w, Epilogue::OVERWRITE))
            })
            .wrt(weight, move |dy| {
                let (dy, x) = (matrix(&dy, rows, out), matrix(&x, rows, inner));
                Tensor::build(ws, |dw| gemm(dw, dy.t(), x, Epilogue::OVERWRITE))
            });
        match bias {
            Some(bias) => recorder.wrt(bias, move |dy| {
                let dims = Dims { outer: 1, len: rows, inner: out };
                Tensor::build([out], |db| axis::sum(db, dy.as_slice(), None, dims, |dy, _| dy))
            }),
            None => recorder,
        }
        .var()
    }
}

fn matrix(x: &Tensor, rows: usize, cols: usize) -> MatRef<'_> {
    MatRef::row_major(x.as_slice(), rows, cols)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, gradcheck, reference};

    gradcheck!(linear: |b, w, x| x.linear(w, Some(b));
        b [3] in -1.0..1.0, w [3, 4] in -1.0..1.0, x [5, 4] in -1.0..1.0);
    gradcheck!(linear_unbiased: |w, x| x.linear(w, None);
        w [3, 4] in -1.0..1.0, x [2, 4] in -1.0..1.0);
    gradcheck!(linear_leading_axes: |b, w, x| x.linear(w, Some(b));
        b [2] in -1.0..1.0, w [2, 3] in -1.0..1.0, x [2, 2, 3] in -1.0..1.0);
    gradcheck!(linear_vector: |b, w, x| x.linear(w, Some(b));
        b [2] in -1.0..1.0, w [2, 3] in -1.0..1.0, x [3] in -1.0..1.0);
    reference!(linear);
    reference!(linear_unbiased);
    reference!(linear_leading_axes);
    reference!(linear_vector);

    #[test]
    #[should_panic(
        expected = "linear: the input [5, 3] must end with the 4 features of the weight"
    )]
    fn features_that_differ_are_named() {
        let tape = Tape::new();
        let (x, w) = (tape.constant(Tensor::zeros([5, 3])), tape.constant(Tensor::zeros([2, 4])));
        x.linear(w, None);
    }

    #[test]
    #[should_panic(expected = "linear: the bias is [3], not [2]")]
    fn a_bias_of_another_size_is_named() {
        let tape = Tape::new();
        let (x, w) = (tape.constant(Tensor::zeros([5, 4])), tape.constant(Tensor::zeros([2, 4])));
        x.linear(w, Some(tape.constant(Tensor::zeros([3]))));
    }
}
