//! Normalisation.

mod batch;
mod group;
mod layer;

use crate::kernels::norm::Dims;
use crate::{Shape, Tensor, Var};

/// An input `[n, c, d..]` as `[n, c, hw]`.
#[track_caller]
fn channels(op: &str, shape: Shape) -> Dims {
    let [n, c, ref rest @ ..] = *shape else {
        panic!("{op}: the input must be [n, c, ..], it is {shape}")
    };
    Dims { n, c, hw: rest.iter().product() }
}

/// The scale and shift given, or ones and zeros of this shape; checked against it.
#[track_caller]
fn scale_and_shift<'t>(
    op: &str,
    x: Var<'t>,
    shape: Shape,
    gamma: Option<Var<'t>>,
    beta: Option<Var<'t>>,
) -> [Var<'t>; 2] {
    let or = |given: Option<Var<'t>>, name: &str, neutral: fn(Shape) -> Tensor| match given {
        None => x.tape().constant(neutral(shape)),
        Some(var) => {
            let (got, xs) = (var.shape(), x.shape());
            assert!(got == shape, "{op}: {name} is {got}, the input {xs} needs {shape}");
            var
        }
    };
    [or(gamma, "gamma", Tensor::ones), or(beta, "beta", Tensor::zeros)]
}
