//! Which axes an op works along.

use crate::kernels::axis::{self, Dims};
use crate::ops::broadcast::expand;
use crate::ops::permute::permuted;
use crate::shape::MAX_RANK;
use crate::{Real, Shape, Tensor};
use std::ops::RangeFull;

/// The axes of a reduction: one (`1`, or `-1` from the end), several (`[0, 2]`), or all (`..`).
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    list: [isize; MAX_RANK],
    len: usize,
    all: bool,
}

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Self {
        Axes { list: [0; MAX_RANK], len: 0, all: true }
    }
}

impl From<&[isize]> for Axes {
    #[track_caller]
    fn from(axes: &[isize]) -> Self {
        assert!(axes.len() <= MAX_RANK, "no tensor has the {} axes {axes:?}", axes.len());
        let mut list = [0; MAX_RANK];
        list[..axes.len()].copy_from_slice(axes);
        Axes { list, len: axes.len(), all: false }
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    #[track_caller]
    fn from(axes: [isize; N]) -> Self {
        Axes::from(&axes[..])
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Axes::from([axis])
    }
}

impl From<i32> for Axes {
    fn from(axis: i32) -> Self {
        Axes::from([axis as isize])
    }
}

/// The axis that `axis` names, counted from the end if negative.
#[track_caller]
pub(crate) fn resolve(op: &str, shape: Shape, axis: isize) -> usize {
    let rank = shape.rank() as isize;
    let from_start = if axis < 0 { axis + rank } else { axis };
    assert!((0..rank).contains(&from_start), "{op}: {shape} has no axis {axis}");
    from_start as usize
}

/// A tensor seen as `[outer, len, inner]` around one axis.
pub(crate) fn around(shape: Shape, axis: usize) -> Dims {
    Dims {
        outer: shape[..axis].iter().product(),
        len: shape[axis],
        inner: shape[axis + 1..].iter().product(),
    }
}

/// How a reduction of one shape along some axes is done: as `[outer, len, inner]` in place if the
/// axes are neighbours, else on a copy that moves them to the end.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) shape: Shape,
    pub(crate) dims: Dims,
    /// The order of axes that brings the reduced ones to the end, where they must be moved.
    order: Option<[usize; MAX_RANK]>,
    /// The result's shape with an extent of 1 for each reduced axis.
    kept: Shape,
    /// The result's shape.
    out: Shape,
}

impl Plan {
    #[track_caller]
    pub(crate) fn new(op: &str, shape: Shape, axes: Axes, keepdim: bool) -> Self {
        let rank = shape.rank();
        let mut reduced = [axes.all; MAX_RANK];
        for &axis in &axes.list[..axes.len] {
            let a = resolve(op, shape, axis);
            assert!(!reduced[a], "{op}: axis {axis} of {shape} is named twice");
            reduced[a] = true;
        }
        let extent = |want: bool, from: usize, to: usize| -> usize {
            (from..to).filter(|&a| reduced[a] == want).map(|a| shape[a]).product()
        };
        let kept: Shape = (0..rank).map(|a| if reduced[a] { 1 } else { shape[a] }).collect();
        let squeezed = (0..rank).filter(|&a| !reduced[a]).map(|a| shape[a]).collect();
        let out = if keepdim { kept } else { squeezed };

        // Axes of extent 1 stand in nobody's way.
        let counts = |a: &usize| reduced[*a] && shape[*a] != 1;
        let first = (0..rank).find(counts).unwrap_or(rank);
        let end = (0..rank).rfind(counts).map_or(first, |a| a + 1);
        let len = extent(true, 0, rank);
        if extent(false, first, end) == 1 {
            let (outer, inner) = (extent(false, 0, first), extent(false, end, rank));
            let dims = Dims { outer, len, inner };
            return Plan { shape, dims, order: None, kept, out };
        }
        let mut order = [0; MAX_RANK];
        let moved = (0..rank).filter(|&a| !reduced[a]).chain((0..rank).filter(|&a| reduced[a]));
        order.iter_mut().zip(moved).for_each(|(o, a)| *o = a);
        let dims = Dims { outer: extent(false, 0, rank), len, inner: 1 };
        Plan { shape, dims, order: Some(order), kept, out }
    }

    /// `x` in the order that [`dims`](Plan::dims) describes.
    pub(crate) fn arrange(&self, x: Tensor) -> Tensor {
        match self.order {
            Some(order) => permuted(&x, &order[..self.shape.rank()]),
            None => x,
        }
    }

    /// The way back of [`arrange`](Plan::arrange).
    pub(crate) fn restore(&self, x: Tensor) -> Tensor {
        let Some(order) = self.order else { return x.reshape(self.shape) };
        let mut inverse = [0; MAX_RANK];
        let rank = self.shape.rank();
        (0..rank).for_each(|a| inverse[order[a]] = a);
        let arranged: Shape = order[..rank].iter().map(|&a| self.shape[a]).collect();
        permuted(&x.reshape(arranged), &inverse[..rank])
    }

    /// The result of `kernel`, such as [`axis::total`], over an arranged `x`.
    pub(crate) fn reduce(&self, x: &Tensor, kernel: fn(&mut [Real], &[Real], Dims)) -> Tensor {
        Tensor::build(self.out, |y| kernel(y, x.as_slice(), self.dims))
    }

    /// The sums of `f(x, by)` over an arranged `x`, where `by` has the result's shape.
    pub(crate) fn sum_by(
        &self,
        x: &Tensor,
        by: &Tensor,
        f: impl Fn(Real, Real) -> Real + Sync + Copy,
    ) -> Tensor {
        let by = Some(by.as_slice());
        Tensor::build(self.out, |y| axis::sum(y, x.as_slice(), by, self.dims, f))
    }

    /// `f(x, a, b)` in the original order, from an arranged `x` and two tensors of the result's
    /// shape.
    pub(crate) fn spread(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        f: impl Fn(Real, Real, Real) -> Real + Sync,
    ) -> Tensor {
        self.restore(Tensor::build(x.shape(), |y| {
            axis::spread(y, x.as_slice(), a.as_slice(), b.as_slice(), self.dims, f);
        }))
    }

    /// A tensor of the result's shape, repeated along the reduced axes.
    pub(crate) fn repeat(&self, y: Tensor) -> Tensor {
        expand(&y.reshape(self.kept), self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(shape: &[usize], axes: impl Into<Axes>) -> Plan {
        Plan::new("test", Shape::new(shape), axes.into(), false)
    }

    #[test]
    fn neighbouring_axes_are_reduced_in_place() {
        let dims = |p: Plan| (p.order.is_none(), p.dims.outer, p.dims.len, p.dims.inner);
        assert_eq!(dims(plan(&[2, 3, 4], -1)), (true, 6, 4, 1));
        assert_eq!(dims(plan(&[2, 3, 4], 0)), (true, 1, 2, 12));
        assert_eq!(dims(plan(&[2, 3, 4], [1, 2])), (true, 2, 12, 1));
        assert_eq!(dims(plan(&[2, 3, 4], ..)), (true, 1, 24, 1));
        assert_eq!(dims(plan(&[2, 1, 4], [0, 2])), (true, 1, 8, 1));
        assert_eq!(dims(plan(&[2, 3, 1], [0, 2])), (true, 1, 2, 3));
        assert_eq!(dims(plan(&[2, 3, 4], [0, 2])), (false, 3, 8, 1));
        assert_eq!(dims(plan(&[], ..)), (true, 1, 1, 1));
    }

    #[test]
    fn shapes_of_results() {
        assert_eq!(plan(&[2, 3, 4], [0, -1]).out, Shape::from([3]));
        assert_eq!(plan(&[2, 3, 4], [0, -1]).kept, Shape::from([1, 3, 1]));
        assert_eq!(plan(&[2, 3], ..).out, Shape::from([]));
    }

    #[test]
    #[should_panic(expected = "test: [2, 3] has no axis -3")]
    fn an_axis_that_is_not_there_is_named() {
        plan(&[2, 3], -3);
    }

    #[test]
    #[should_panic(expected = "test: axis -1 of [2, 3] is named twice")]
    fn an_axis_named_twice_is_refused() {
        plan(&[2, 3], [1, -1]);
    }
}
