//! Sum, difference, product, quotient, maximum and minimum of two tensors, with broadcasting, and
//! the scalar forms.

use super::broadcast::{expand, reduce_to};
use crate::{Real, Shape, Tensor, Var};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Both operands at the shape they broadcast to, and their own shapes.
#[track_caller]
pub(super) fn operands(op: &str, a: Var<'_>, b: Var<'_>) -> (Tensor, Tensor, Shape, Shape) {
    let (a, b) = (a.value(), b.value());
    let (sa, sb) = (a.shape(), b.shape());
    if sa == sb {
        return (a, b, sa, sb);
    }
    let Some(shape) = sa.broadcast(&sb) else {
        panic!("{op}: the shapes {sa} and {sb} do not broadcast");
    };
    (expand(&a, shape), expand(&b, shape), sa, sb)
}

impl<'t> Add for Var<'t> {
    type Output = Var<'t>;
    /// **Y = A + B**. Gradient: `dA = dY`, `dB = dY`.
    #[track_caller]
    fn add(self, rhs: Self) -> Self {
        let (a, b, sa, sb) = operands("add", self, rhs);
        self.tape()
            .record("add", a.into_zip(&b, |a, b| a + b))
            .wrt(self, move |dy| reduce_to(dy, sa))
            .wrt(rhs, move |dy| reduce_to(dy, sb))
            .var()
    }
}

impl<'t> Sub for Var<'t> {
    type Output = Var<'t>;
    /// **Y = A - B**. Gradient: `dA = dY`, `dB = -dY`.
    #[track_caller]
    fn sub(self, rhs: Self) -> Self {
        let (a, b, sa, sb) = operands("sub", self, rhs);
        self.tape()
            .record("sub", a.into_zip(&b, |a, b| a - b))
            .wrt(self, move |dy| reduce_to(dy, sa))
            .wrt(rhs, move |dy| reduce_to(dy, sb).into_map(|d| -d))
            .var()
    }
}

impl<'t> Mul for Var<'t> {
    type Output = Var<'t>;
    /// **Y = A · B**, element by element. Gradient: `dA = dY · B`, `dB = dY · A`.
    #[track_caller]
    fn mul(self, rhs: Self) -> Self {
        let (a, b, sa, sb) = operands("mul", self, rhs);
        self.tape()
            .record("mul", a.zip(&b, |a, b| a * b))
            .wrt(self, move |dy| reduce_to(dy.into_zip(&b, |d, b| d * b), sa))
            .wrt(rhs, move |dy| reduce_to(dy.into_zip(&a, |d, a| d * a), sb))
            .var()
    }
}

impl<'t> Div for Var<'t> {
    type Output = Var<'t>;
    /// **Y = A / B**, element by element. Gradient: `dA = dY / B`, `dB = -dY · A / B²`.
    #[track_caller]
    fn div(self, rhs: Self) -> Self {
        let (a, b, sa, sb) = operands("div", self, rhs);
        let (divisor, y) = (b.clone(), a.zip(&b, |a, b| a / b));
        let quotient = y.clone();
        self.tape()
            .record("div", y)
            .wrt(self, move |dy| reduce_to(dy.into_zip(&b, |d, b| d / b), sa))
            .wrt(rhs, move |dy| {
                let d = dy.into_zip(&quotient, |d, q| -d * q).into_zip(&divisor, |d, b| d / b);
                reduce_to(d, sb)
            })
            .var()
    }
}

impl<'t> Neg for Var<'t> {
    type Output = Var<'t>;
    /// **Y = -X**. Gradient: `dX = -dY`.
    fn neg(self) -> Self {
        let y = self.value().map(|x| -x);
        self.tape().record("neg", y).wrt(self, |dy| dy.into_map(|d| -d)).var()
    }
}

impl<'t> Var<'t> {
    /// The larger of both, element by element, with broadcasting.
    ///
    /// # Gradient
    /// Goes to the larger one; half to each where they are equal, as in PyTorch.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(self, rhs: Self) -> Self {
        self.extremum("maximum", rhs, |a, b| a > b)
    }

    /// The smaller of both, element by element, with broadcasting.
    ///
    /// # Gradient
    /// Goes to the smaller one; half to each where they are equal, as in PyTorch.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(self, rhs: Self) -> Self {
        self.extremum("minimum", rhs, |a, b| a < b)
    }

    #[track_caller]
    fn extremum(self, op: &'static str, rhs: Self, wins: fn(Real, Real) -> bool) -> Self {
        let (a, b, sa, sb) = operands(op, self, rhs);
        let pick = move |a: Real, b: Real| if wins(a, b) || a.is_nan() { a } else { b };
        let y = a.zip(&b, pick);
        // The share of the first operand: 1, 0, or a half.
        let share = a.zip(&b, move |a, b| match (wins(a, b), wins(b, a)) {
            (true, _) => 1.0,
            (_, true) => 0.0,
            _ => 0.5,
        });
        let other = share.clone();
        self.tape()
            .record(op, y)
            .wrt(self, move |dy| reduce_to(dy.into_zip(&share, |d, s| d * s), sa))
            .wrt(rhs, move |dy| reduce_to(dy.into_zip(&other, |d, s| d * (1.0 - s)), sb))
            .var()
    }

    /// Multiplies by and adds constants: **Y = scale · X + shift**.
    ///
    /// # Gradient
    /// `dX = scale · dY`.
    pub fn affine(self, scale: Real, shift: Real) -> Self {
        let y = self.value().map(|x| scale * x + shift);
        self.tape().record("affine", y).wrt(self, move |dy| dy.into_map(|d| scale * d)).var()
    }
}

/// `var ∘ number` and `number ∘ var`.
macro_rules! scalar_forms {
    ($($trait:ident $method:ident: |$x:ident, $s:ident| $right:expr, $left:expr;)+) => {$(
        impl<'t> $trait<Real> for Var<'t> {
            type Output = Var<'t>;
            fn $method(self, $s: Real) -> Var<'t> {
                let $x = self;
                $right
            }
        }
        impl<'t> $trait<Var<'t>> for Real {
            type Output = Var<'t>;
            fn $method(self, $x: Var<'t>) -> Var<'t> {
                let $s = self;
                $left
            }
        }
    )+};
}

scalar_forms! {
    Add add: |x, s| x.affine(1.0, s), x.affine(1.0, s);
    Sub sub: |x, s| x.affine(1.0, -s), x.affine(-1.0, s);
    Mul mul: |x, s| x.affine(s, 0.0), x.affine(s, 0.0);
    Div div: |x, s| over(x, s), x.tape().constant(Tensor::scalar(s)) / x;
}

/// By the reciprocal, unless that of a tiny number is too large to be one.
fn over(x: Var<'_>, s: Real) -> Var<'_> {
    match s.recip() {
        factor if factor.is_finite() || s == 0.0 => x.affine(factor, 0.0),
        _ => x / x.tape().constant(Tensor::scalar(s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, Tape, gradcheck, reference};

    gradcheck!(add: |a, b| a + b; a [2, 3] in -1.0..1.0, b [3] in -1.0..1.0);
    gradcheck!(sub: |a, b| a - b; a [2, 1, 3] in -1.0..1.0, b [4, 1] in -1.0..1.0);
    gradcheck!(mul: |a, b| a * b; a [2, 3] in -1.0..1.0, b [2, 1] in -1.0..1.0);
    gradcheck!(mul_self: |a| a * a; a [2, 3] in -1.0..1.0);
    gradcheck!(div: |a, b| a / b; a [3] in -1.0..1.0, b [2, 3] in 0.5..1.5);
    gradcheck!(neg: |a| -a; a [4] in -1.0..1.0);
    gradcheck!(maximum: |a, b| a.maximum(b); a [2, 3] in -1.0..1.0, b [3] in -0.9..1.1);
    gradcheck!(minimum: |a, b| a.minimum(b); a [3] in -1.0..1.0, b [2, 3] in -0.9..1.1);
    gradcheck!(affine: |a| 2.0 - (a * 3.0 + 1.0) / 4.0; a [4] in -1.0..1.0);
    gradcheck!(scalar_over: |a| 2.0 / a; a [4] in 0.5..1.5);
    reference!(add);
    reference!(sub);
    reference!(mul);
    reference!(div);
    reference!(neg);
    reference!(maximum);
    reference!(minimum);
    reference!(affine);
    reference!(scalar_over);

    #[test]
    fn equal_elements_share_the_gradient_of_a_maximum() {
        let (a, b) = (Param::weight(Tensor::ones([1])), Param::weight(Tensor::ones([1])));
        let tape = Tape::new();
        let grads = tape.param(&a).maximum(tape.param(&b)).backward();
        assert_eq!((grads.get(&a).unwrap().item(), grads.get(&b).unwrap().item()), (0.5, 0.5));
    }

    #[test]
    #[should_panic(expected = "add: the shapes [2, 3] and [2] do not broadcast")]
    fn shapes_that_do_not_broadcast_are_named() {
        let tape = Tape::new();
        let _ = tape.constant(Tensor::zeros([2, 3])) + tape.constant(Tensor::zeros([2]));
    }
}
