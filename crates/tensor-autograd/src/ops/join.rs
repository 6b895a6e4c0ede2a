//! Several tensors put together along an axis.

use super::axes::resolve;
use super::slice::read;
use crate::kernels::region::Region;
use crate::{Tensor, Var};

/// Puts tensors one behind the other along an axis that they have.
///
/// # Shapes
/// `[2, 3]` and `[2, 4]` along axis 1 give `[2, 7]`.
///
/// # Gradient
/// Each gets its part of `dY`.
///
/// # Panics
/// Without tensors, if the axis does not exist, or if the other extents differ.
#[track_caller]
pub fn concat<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    let first = parts.first().expect("concat: nothing to put together");
    let shape = first.shape();
    let axis = resolve("concat", shape, axis);
    let mut total = 0;
    for part in parts {
        let other = part.shape();
        assert!(
            other.rank() == shape.rank() && other.with(axis, 0) == shape.with(axis, 0),
            "concat: {shape} and {other} differ off axis {axis}"
        );
        total += other[axis];
    }
    let shape = shape.with(axis, total);
    let regions = || {
        parts.iter().scan(0, |start, part| {
            let len = part.shape()[axis];
            *start += len;
            Some((*part, Region::along(shape, axis, *start - len, len)))
        })
    };
    let y = Tensor::build(shape, |y| {
        regions().for_each(|(part, region)| region.write(y, part.value().as_slice()));
    });
    let record = first.tape().record("concat", y);
    let rule = |region: Region| move |dy: Tensor| read(region, &dy, region.shape());
    regions().fold(record, |record, (part, region)| record.wrt(part, rule(region))).var()
}

/// Puts tensors of one shape side by side along a new axis, which becomes axis `axis`.
///
/// # Shapes
/// Four of `[2, 3]` along axis 1 give `[2, 4, 3]`.
///
/// # Panics
/// Without tensors, or if their shapes differ.
#[track_caller]
pub fn stack<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    let parts: Vec<Var<'t>> = parts.iter().map(|part| part.unsqueeze(axis)).collect();
    concat(&parts, axis)
}

#[cfg(test)]
mod tests {
    use crate::{Tape, Tensor, gradcheck, reference, stack};

    gradcheck!(concat: |a, b| crate::concat(&[a, b, a], 1);
        a [2, 3] in -1.0..1.0, b [2, 1] in -1.0..1.0);
    gradcheck!(concat_first: |a, b| crate::concat(&[a, b], 0);
        a [1, 2, 2] in -1.0..1.0, b [2, 2, 2] in -1.0..1.0);
    gradcheck!(concat_stack: |a, b| stack(&[a, b], -1);
        a [2, 3] in -1.0..1.0, b [2, 3] in -1.0..1.0);
    reference!(concat);
    reference!(concat_first);
    reference!(concat_stack);

    #[test]
    #[should_panic(expected = "concat: [2, 3] and [3, 3] differ off axis 1")]
    fn extents_that_differ_are_named() {
        let tape = Tape::new();
        let part = |n| tape.constant(Tensor::zeros([n, 3]));
        crate::concat(&[part(2), part(3)], -1);
    }
}
