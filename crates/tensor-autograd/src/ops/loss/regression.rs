//! Losses of a prediction against numbers: squared, absolute, and Huber's of both.

use super::{Pointwise, Reduction, pointwise};
use crate::{Real, Var};

#[derive(Clone, Copy)]
struct Squared;

impl Pointwise for Squared {
    fn value(self, x: Real, t: Real) -> Real {
        (x - t) * (x - t)
    }
    fn dx(self, x: Real, t: Real) -> Real {
        2.0 * (x - t)
    }
    fn dt(self, x: Real, t: Real) -> Real {
        2.0 * (t - x)
    }
}

#[derive(Clone, Copy)]
struct Absolute;

impl Pointwise for Absolute {
    fn value(self, x: Real, t: Real) -> Real {
        (x - t).abs()
    }
    fn dx(self, x: Real, t: Real) -> Real {
        let d = x - t;
        if d == 0.0 { 0.0 } else { (1.0 as Real).copysign(d) }
    }
    fn dt(self, x: Real, t: Real) -> Real {
        -self.dx(x, t)
    }
}

#[derive(Clone, Copy)]
struct Huber(Real);

impl Pointwise for Huber {
    fn value(self, x: Real, t: Real) -> Real {
        let (d, delta) = ((x - t).abs(), self.0);
        if d <= delta { 0.5 * d * d } else { delta * (d - 0.5 * delta) }
    }
    fn dx(self, x: Real, t: Real) -> Real {
        (x - t).clamp(-self.0, self.0)
    }
    fn dt(self, x: Real, t: Real) -> Real {
        -self.dx(x, t)
    }
}

impl<'t> Var<'t> {
    /// Squared error: **(x - t)²**, reduced.
    ///
    /// # Gradient
    /// `dX = 2 (X - T) · dY`, `dT = -dX`; over the number of elements for the mean.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn mse_loss(self, target: Var<'t>, reduction: Reduction) -> Var<'t> {
        pointwise("mse_loss", self, target, reduction, Squared)
    }

    /// Absolute error: **|x - t|**, reduced.
    ///
    /// # Gradient
    /// `dX = sign(X - T) · dY` (0 where they are equal), `dT = -dX`; over the number of elements
    /// for the mean.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn l1_loss(self, target: Var<'t>, reduction: Reduction) -> Var<'t> {
        pointwise("l1_loss", self, target, reduction, Absolute)
    }

    /// Huber's loss (Huber, 1964): **½ d²** for an error `d = |x - t|` up to `delta`, and
    /// **δ (d - ½ δ)** beyond, reduced.
    ///
    /// # Gradient
    /// `dX = clamp(X - T, -δ, δ) · dY`, `dT = -dX`; over the number of elements for the mean.
    ///
    /// # Panics
    /// If the shapes differ, or if `delta` is not positive.
    #[track_caller]
    pub fn huber_loss(self, target: Var<'t>, delta: Real, reduction: Reduction) -> Var<'t> {
        assert!(delta > 0.0, "huber_loss: delta must be positive, it is {delta}");
        pointwise("huber_loss", self, target, reduction, Huber(delta))
    }
}

#[cfg(test)]
mod tests {
    use super::Reduction::{Mean, None, Sum};
    use super::*;
    use crate::{Param, Tape, Tensor, gradcheck, reference};

    gradcheck!(mse_loss: |t, x| x.mse_loss(t, Mean); t [3, 4] in -1.0..1.0, x [3, 4] in -1.0..1.0);
    gradcheck!(mse_loss_sum: |t, x| x.mse_loss(t, Sum); t [5] in -1.0..1.0, x [5] in -1.0..1.0);
    gradcheck!(mse_loss_none: |t, x| x.mse_loss(t, None); t [2, 3] in -1.0..1.0, x [2, 3] in -1.0..1.0);
    gradcheck!(l1_loss: |t, x| x.l1_loss(t, Mean); t [6] in -1.0..0.0, x [6] in 0.1..1.0);
    gradcheck!(l1_loss_sum: |t, x| x.l1_loss(t, Sum); t [6] in 0.1..1.0, x [6] in -1.0..0.0);
    gradcheck!(l1_loss_none: |t, x| x.l1_loss(t, None); t [6] in -1.0..0.0, x [6] in 0.1..1.0);
    gradcheck!(huber_loss: |t, x| x.huber_loss(t, 0.75, Mean); t [4, 3] in -1.0..1.0, x [4, 3] in -1.2..0.8);
    gradcheck!(huber_loss_sum: |t, x| x.huber_loss(t, 0.5, Sum); t [8] in -1.0..1.0, x [8] in -1.2..0.8);
    gradcheck!(huber_loss_none: |t, x| x.huber_loss(t, 0.5, None); t [8] in -1.0..1.0, x [8] in -1.2..0.8);
    reference!(mse_loss);
    reference!(mse_loss_sum);
    reference!(mse_loss_none);
    reference!(l1_loss);
    reference!(l1_loss_sum);
    reference!(l1_loss_none);
    reference!(huber_loss);
    reference!(huber_loss_sum);
    reference!(huber_loss_none);

    #[test]
    fn a_perfect_prediction_has_no_gradient() {
        let x = Param::weight(Tensor::ones([3]));
        let gradient = |f: for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>| {
            let tape = Tape::new();
            let grads = f(tape.param(&x), tape.constant(Tensor::ones([3]))).backward();
            grads.get(&x).unwrap().clone()
        };
        assert_eq!(gradient(|x, t| x.l1_loss(t, Mean)), Tensor::zeros([3]));
        assert_eq!(gradient(|x, t| x.mse_loss(t, Mean)), Tensor::zeros([3]));
        assert_eq!(gradient(|x, t| x.huber_loss(t, 1.0, Mean)), Tensor::zeros([3]));
    }

    #[test]
    #[should_panic(
        expected = "mse_loss: the input [3, 1] and the target [3] must have the same shape"
    )]
    fn shapes_that_differ_are_named_and_never_broadcast() {
        let tape = Tape::new();
        let (x, t) = (tape.constant(Tensor::zeros([3, 1])), tape.constant(Tensor::zeros([3])));
        x.mse_loss(t, Mean);
    }

    #[test]
    #[should_panic(expected = "huber_loss: delta must be positive, it is 0")]
    fn a_delta_of_zero_is_refused() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::zeros([3]));
        x.huber_loss(x, 0.0, Mean);
    }
}
