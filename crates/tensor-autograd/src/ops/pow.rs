//! A power whose exponent is a variable too.

use super::binary::operands;
use super::broadcast::reduce_to;
use crate::kernels::elementwise::zip2_inplace;
use crate::kernels::math;
use crate::{Real, Tensor, Var};

impl<'t> Var<'t> {
    /// **Y = Xᴾ**, element by element, with broadcasting; `0⁰` is 1, and a negative number to a
    /// power that is not whole is NaN. [`powf`](Var::powf) takes the exponent as a number; the
    /// powers of a number are `tape.constant(Tensor::scalar(2.0)).pow(p)`.
    ///
    /// # Gradient
    /// `dX = P · Xᴾ⁻¹ · dY`, 0 where the exponent is 0; `dP = Y · ln X · dY`, 0 where the base is 0
    /// and the exponent is not negative. For a negative base, whose powers are only at whole
    /// numbers, `dP` is NaN. All as in PyTorch.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn pow(self, exponent: Self) -> Var<'t> {
        let (x, p, sx, sp) = operands("pow", self, exponent);
        let y = x.zip(&p, Real::powf);
        let (base, power) = (x.clone(), y.clone());
        self.tape()
            .record("pow", y)
            .wrt(self, move |dy| {
                reduce_to(
                    times(dy, &x, &p, |x, p| if p == 0.0 { 0.0 } else { p * x.powf(p - 1.0) }),
                    sx,
                )
            })
            .wrt(exponent, move |dy| {
                // A power of 0 is infinite for a negative exponent, NaN for NaN, else finite.
                let slope = |x: Real, y: Real| {
                    if x == 0.0 && y.is_finite() { 0.0 } else { y * math::ln(x) }
                };
                reduce_to(times(dy, &base, &power, slope), sp)
            })
            .var()
    }
}

/// `dy · f(a, b)`, element by element.
fn times(mut dy: Tensor, a: &Tensor, b: &Tensor, f: impl Fn(Real, Real) -> Real + Sync) -> Tensor {
    zip2_inplace(dy.make_mut(), a.as_slice(), b.as_slice(), |d, a, b| d * f(a, b));
    dy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, Tape, gradcheck, reference};

    gradcheck!(pow: |p, x| x.pow(p); p [2, 3] in -1.5..1.5, x [2, 3] in 0.5..1.5);
    gradcheck!(pow_row: |p, x| x.pow(p); p [3] in -1.5..1.5, x [2, 3] in 0.5..1.5);
    gradcheck!(pow_both_broadcast: |p, x| x.pow(p); p [2, 1, 3] in -1.5..1.5, x [4, 1] in 0.5..1.5);
    gradcheck!(pow_of_one_number: |p, x| x.pow(p); p [5] in -1.5..1.5, x [] in 0.5..1.5);
    gradcheck!(pow_self: |x| x.pow(x); x [2, 3] in 0.5..1.5);
    // Differences are taken at ordinary points; the reference has PyTorch's answers at zeros,
    // negative bases, infinities and NaN.
    gradcheck!(pow_special: |p, x| x.pow(p); p [4] in 0.5..1.5, x [4] in 0.5..1.5);
    reference!(pow);
    reference!(pow_row);
    reference!(pow_both_broadcast);
    reference!(pow_of_one_number);
    reference!(pow_self);
    reference!(pow_special);

    #[test]
    fn a_frozen_base_leaves_the_gradient_of_the_exponent() {
        let (mut x, p) = (Param::weight(Tensor::scalar(2.0)), Param::weight(Tensor::scalar(3.0)));
        x.frozen = true;
        let tape = Tape::new();
        let grads = tape.param(&x).pow(tape.param(&p)).backward();
        assert!(grads.get(&x).is_none());
        let want = 8.0 * (2.0 as Real).ln();
        assert!((grads.get(&p).unwrap().item() - want).abs() < 1e-5);
    }

    #[test]
    #[should_panic(expected = "pow: the shapes [2, 3] and [2] do not broadcast")]
    fn shapes_that_do_not_broadcast_are_named() {
        let tape = Tape::new();
        tape.constant(Tensor::ones([2, 3])).pow(tape.constant(Tensor::ones([2])));
    }
}
