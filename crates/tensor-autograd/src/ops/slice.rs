//! Parts along an axis, and the frame around a tensor.

use super::axes::resolve;
use crate::kernels::region::Region;
use crate::shape::MAX_RANK;
use crate::{Real, Shape, Tensor, Var};
use std::ops::{Bound, RangeBounds};

impl<'t> Var<'t> {
    /// The elements `range` along `axis`.
    ///
    /// # Shapes
    /// `[2, 5]`, axis 1, `1..4` gives `[2, 3]`.
    ///
    /// # Gradient
    /// `dY` at its place, 0 elsewhere.
    ///
    /// # Panics
    /// If the axis does not exist or the range leaves it.
    #[track_caller]
    pub fn slice(self, axis: isize, range: impl RangeBounds<usize>) -> Var<'t> {
        let shape = self.shape();
        let axis = resolve("slice", shape, axis);
        let start = match range.start_bound() {
            Bound::Included(&s) => s,
            Bound::Excluded(&s) => s + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&e) => e + 1,
            Bound::Excluded(&e) => e,
            Bound::Unbounded => shape[axis],
        };
        assert!(
            start <= end && end <= shape[axis],
            "slice: {start}..{end} leaves axis {axis} of {shape}"
        );
        let region = Region::along(shape, axis, start, end - start);
        self.part("slice", region, region.shape())
    }

    /// Element `i` along `axis`, which disappears.
    ///
    /// # Gradient
    /// `dY` at its place, 0 elsewhere.
    ///
    /// # Panics
    /// If the axis or the element does not exist.
    #[track_caller]
    pub fn select(self, axis: isize, i: usize) -> Var<'t> {
        let shape = self.shape();
        let axis = resolve("select", shape, axis);
        assert!(i < shape[axis], "select: axis {axis} of {shape} has no element {i}");
        self.part("select", Region::along(shape, axis, i, 1), shape.without(axis))
    }

    /// Adds elements `value` before and after: one pair for each of the last axes, in their order.
    ///
    /// # Shapes
    /// `[n, c, h, w]` padded by `[(1, 1), (2, 2)]` gives `[n, c, h + 2, w + 4]`.
    ///
    /// # Gradient
    /// The part of `dY` inside the frame.
    ///
    /// # Panics
    /// With more pairs than axes.
    #[track_caller]
    pub fn pad(self, frame: &[(usize, usize)], value: Real) -> Var<'t> {
        let x = self.value();
        let from = x.shape();
        assert!(frame.len() <= from.rank(), "pad: {} pairs for {from}", frame.len());
        let first = from.rank() - frame.len();
        let (mut to, mut at) = (from, [0; MAX_RANK]);
        for (axis, &(before, after)) in (first..).zip(frame) {
            to = to.with(axis, before + from[axis] + after);
            at[axis] = before;
        }
        let region = Region::new(to, from, at);
        let y = Tensor::build(to, |y| {
            y.fill(value);
            region.write(y, x.as_slice());
        });
        self.tape().record("pad", y).wrt(self, move |dy| read(region, &dy, from)).var()
    }

    #[track_caller]
    fn part(self, op: &'static str, region: Region, shape: Shape) -> Var<'t> {
        let x = self.value();
        let from = x.shape();
        self.tape()
            .record(op, read(region, &x, shape))
            .wrt(self, move |dy| {
                Tensor::build(from, |dx| {
                    dx.fill(0.0);
                    region.write(dx, dy.as_slice());
                })
            })
            .var()
    }
}

/// The region's elements of `x`, under `shape`.
pub(super) fn read(region: Region, x: &Tensor, shape: Shape) -> Tensor {
    Tensor::build(shape, |y| region.read(x.as_slice(), y))
}

#[cfg(test)]
mod tests {
    use crate::{Shape, Tape, Tensor, gradcheck, reference};

    gradcheck!(slice: |x| x.slice(-1, 1..4); x [2, 5] in -1.0..1.0);
    gradcheck!(slice_first: |x| x.slice(0, 1..); x [3, 2, 2] in -1.0..1.0);
    gradcheck!(slice_middle: |x| x.slice(1, ..2); x [2, 3, 2] in -1.0..1.0);
    gradcheck!(select: |x| x.select(1, 2); x [2, 3, 2] in -1.0..1.0);
    gradcheck!(pad: |x| x.pad(&[(1, 0), (2, 1)], 0.5); x [2, 2, 3] in -1.0..1.0);
    reference!(slice);
    reference!(slice_first);
    reference!(slice_middle);
    reference!(select);
    reference!(pad);

    #[test]
    fn every_kind_of_range() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::from_fn([5], |i| i as crate::Real));
        assert_eq!(x.slice(0, 1..=2).value().as_slice(), [1.0, 2.0]);
        assert_eq!(x.slice(0, ..).value(), x.value());
        assert_eq!(x.slice(0, 2..2).shape(), Shape::from([0]));
    }

    #[test]
    #[should_panic(expected = "slice: 2..6 leaves axis 1 of [3, 5]")]
    fn a_range_that_leaves_the_axis_is_named() {
        Tape::new().constant(Tensor::zeros([3, 5])).slice(-1, 2..6);
    }
}
