//! The loss functions.

mod binary_cross_entropy;
mod cross_entropy;
mod kl_div;
mod regression;

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use cross_entropy::{CrossEntropy, Targets};

use crate::kernels::reduce;
use crate::{Real, Tensor, Var};

/// What becomes of the losses of the elements (or rows).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Their mean, a scalar.
    #[default]
    Mean,
    /// Their sum, a scalar.
    Sum,
    /// Nothing: they are the result.
    None,
}

/// A function of an element and its target, and its derivatives.
trait Pointwise: Copy + Send + Sync + 'static {
    fn value(self, x: Real, t: Real) -> Real;
    /// The derivative with respect to `x`.
    fn dx(self, x: Real, t: Real) -> Real;
    /// The derivative with respect to `t`.
    fn dt(self, x: Real, t: Real) -> Real;
}

/// Records a pointwise loss of `x` against a target of the same shape.
#[track_caller]
fn pointwise<'t>(
    op: &'static str,
    x: Var<'t>,
    target: Var<'t>,
    reduction: Reduction,
    f: impl Pointwise,
) -> Var<'t> {
    let (a, b) = (x.value(), target.value());
    assert!(
        a.shape() == b.shape(),
        "{op}: the input {} and the target {} must have the same shape",
        a.shape(),
        b.shape()
    );
    let scale = match reduction {
        Reduction::Mean => 1.0 / a.len() as Real,
        _ => 1.0,
    };
    let y = match reduction {
        Reduction::None => a.zip(&b, move |x, t| f.value(x, t)),
        _ => {
            let sum = reduce::sum_zip(a.as_slice(), b.as_slice(), move |x, t| f.value(x, t));
            Tensor::scalar(scale * sum)
        }
    };
    let (a2, b2) = (a.clone(), b.clone());
    x.tape()
        .record(op, y)
        .wrt(x, move |dy| chain(dy, a, b, reduction, scale, move |x, t| f.dx(x, t)))
        .wrt(target, move |dy| chain(dy, a2, b2, reduction, scale, move |x, t| f.dt(x, t)))
        .var()
}

/// `dy` times the derivative `d` of each element.
fn chain(
    dy: Tensor,
    x: Tensor,
    t: Tensor,
    reduction: Reduction,
    scale: Real,
    d: impl Fn(Real, Real) -> Real + Sync,
) -> Tensor {
    match reduction {
        Reduction::None => dy.into_zip(&x.into_zip(&t, d), |dy, d| dy * d),
        _ => {
            let dy = scale * dy.item();
            x.into_zip(&t, move |x, t| dy * d(x, t))
        }
    }
}
