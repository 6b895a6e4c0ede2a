//! The same elements under another shape; nothing is copied.

use super::axes::resolve;
use crate::{Shape, Var};

impl<'t> Var<'t> {
    /// The same elements in the same row-major order, under another shape.
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Var<'t> {
        let x = self.value();
        let from = x.shape();
        self.tape().record("reshape", x.reshape(shape)).wrt(self, move |dy| dy.reshape(from)).var()
    }

    /// Joins the axes from `from_axis` to the last into one.
    ///
    /// # Shapes
    /// `[2, 3, 4]` from 1 gives `[2, 12]`; a scalar gives `[1]`.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    pub fn flatten(self, from_axis: isize) -> Var<'t> {
        let shape = self.shape();
        if shape.rank() == 0 {
            return self.reshape([1]);
        }
        let axis = resolve("flatten", shape, from_axis);
        let joined = shape[axis..].iter().product();
        self.reshape(shape[..axis].iter().copied().chain([joined]).collect::<Shape>())
    }

    /// Drops an axis of extent 1.
    ///
    /// # Panics
    /// If the axis does not exist or has another extent.
    #[track_caller]
    pub fn squeeze(self, axis: isize) -> Var<'t> {
        let shape = self.shape();
        let axis = resolve("squeeze", shape, axis);
        assert_eq!(shape[axis], 1, "squeeze: axis {axis} of {shape} has more than one element");
        self.reshape(shape.without(axis))
    }

    /// Inserts an axis of extent 1, which becomes axis `axis`; -1 makes it the last.
    ///
    /// # Panics
    /// If the result would not have such an axis.
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Var<'t> {
        let shape = self.shape();
        let rank = shape.rank() as isize + 1;
        let at = if axis < 0 { axis + rank } else { axis };
        assert!((0..rank).contains(&at), "unsqueeze: {shape} cannot get an axis {axis}");
        let (before, after) = shape.split_at(at as usize);
        self.reshape(before.iter().chain(&[1]).chain(after).copied().collect::<Shape>())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Shape, Tape, Tensor, gradcheck, reference};

    gradcheck!(reshape: |x| x.reshape([3, 4]); x [2, 6] in -1.0..1.0);
    gradcheck!(reshape_flatten: |x| x.flatten(1); x [2, 3, 2] in -1.0..1.0);
    gradcheck!(reshape_squeeze: |x| x.squeeze(-2).unsqueeze(0); x [2, 1, 3] in -1.0..1.0);
    reference!(reshape);
    reference!(reshape_flatten);
    reference!(reshape_squeeze);

    #[test]
    fn shapes_and_shared_memory() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::ones([2, 1, 3]));
        assert_eq!(x.unsqueeze(-1).shape(), Shape::from([2, 1, 3, 1]));
        assert_eq!(x.unsqueeze(0).shape(), Shape::from([1, 2, 1, 3]));
        assert_eq!(x.flatten(0).shape(), Shape::from([6]));
        assert_eq!(x.flatten(-1).shape(), Shape::from([2, 1, 3]));
        assert_eq!(tape.constant(Tensor::scalar(1.0)).flatten(0).shape(), Shape::from([1]));
        assert_eq!(x.value().as_slice().as_ptr(), x.flatten(0).value().as_slice().as_ptr());
    }

    #[test]
    #[should_panic(expected = "squeeze: axis 0 of [2, 1] has more than one element")]
    fn only_an_axis_of_extent_1_is_dropped() {
        Tape::new().constant(Tensor::ones([2, 1])).squeeze(0);
    }
}
