//! An array of numbers: memory and a shape.

use crate::buffer::Buffer;
use crate::kernels::{elementwise, reduce};
use crate::{Real, Rng, Shape};
use ndarray::{ArrayD, ArrayViewD, IxDyn};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// An n-dimensional array of [`Real`] in row-major order.
///
/// Cloning shares the memory; writing to a shared tensor copies it first (copy-on-write), so a
/// tensor behaves like a value. [`view`](Tensor::view) gives an `ndarray` view of it, and any
/// `ndarray` array converts into a tensor.
#[derive(Clone)]
pub struct Tensor {
    data: Arc<Buffer>,
    shape: Shape,
}

impl Tensor {
    /// A tensor of this shape from its elements in row-major order.
    ///
    /// # Panics
    /// If the number of elements is not the product of the extents.
    #[track_caller]
    pub fn new(shape: impl Into<Shape>, data: Vec<Real>) -> Self {
        let shape = shape.into();
        assert_eq!(
            shape.size(),
            data.len(),
            "a tensor of shape {shape} has {} elements, but {} were given",
            shape.size(),
            data.len()
        );
        Tensor { data: Arc::new(Buffer::from_vec(data)), shape }
    }

    /// A tensor whose elements are left over from earlier use; the caller overwrites all of them.
    pub fn stale(shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        Tensor { data: Arc::new(Buffer::stale(shape.size())), shape }
    }

    /// A tensor written by `fill`, which must set every element.
    pub fn build(shape: impl Into<Shape>, fill: impl FnOnce(&mut [Real])) -> Self {
        let mut t = Tensor::stale(shape);
        fill(t.make_mut());
        t
    }

    /// Every element `value`.
    pub fn full(shape: impl Into<Shape>, value: Real) -> Self {
        Tensor::build(shape, |y| y.fill(value))
    }

    /// Every element 0.
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Tensor::full(shape, 0.0)
    }

    /// Every element 1.
    pub fn ones(shape: impl Into<Shape>) -> Self {
        Tensor::full(shape, 1.0)
    }

    /// A tensor without axes.
    pub fn scalar(value: Real) -> Self {
        Tensor::full([], value)
    }

    /// Element `i` in row-major order is `f(i)`.
    pub fn from_fn(shape: impl Into<Shape>, mut f: impl FnMut(usize) -> Real) -> Self {
        Tensor::build(shape, |y| y.iter_mut().enumerate().for_each(|(i, y)| *y = f(i)))
    }

    /// Independent uniform draws from `range`.
    pub fn uniform(shape: impl Into<Shape>, range: Range<Real>, rng: &mut Rng) -> Self {
        let width = range.end - range.start;
        Tensor::from_fn(shape, |_| range.start + width * rng.uniform())
    }

    /// Independent draws from the normal distribution.
    pub fn normal(shape: impl Into<Shape>, mean: Real, std: Real, rng: &mut Rng) -> Self {
        Tensor::from_fn(shape, |_| mean + std * rng.normal())
    }

    /// The extent of every axis.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The number of elements.
    #[allow(clippy::len_without_is_empty, reason = "a tensor without elements is not a case")]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// The elements in row-major order.
    pub fn as_slice(&self) -> &[Real] {
        self.data.as_slice()
    }

    /// The elements for writing; copies them first if another tensor shares them.
    pub fn make_mut(&mut self) -> &mut [Real] {
        Arc::make_mut(&mut self.data).as_mut_slice()
    }

    /// The one element of a tensor that has one.
    ///
    /// # Panics
    /// If there is not exactly one element.
    #[track_caller]
    pub fn item(&self) -> Real {
        assert_eq!(self.len(), 1, "item() needs one element, the shape is {}", self.shape);
        self.as_slice()[0]
    }

    /// The same elements under another shape; shares the memory.
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        assert_eq!(
            shape.size(),
            self.len(),
            "reshape: {} has {} elements, {shape} would have {}",
            self.shape,
            self.len(),
            shape.size()
        );
        Tensor { data: Arc::clone(&self.data), shape }
    }

    /// An `ndarray` view of the elements.
    pub fn view(&self) -> ArrayViewD<'_, Real> {
        ArrayViewD::from_shape(IxDyn(&self.shape), self.as_slice()).expect("row-major by invariant")
    }

    /// Rows `range` along the first axis, copied.
    ///
    /// # Panics
    /// For a scalar, or if the range leaves the axis.
    #[track_caller]
    pub fn rows(&self, range: Range<usize>) -> Tensor {
        let n = *self.shape.first().expect("rows of a scalar");
        assert!(range.start <= range.end && range.end <= n, "rows {range:?} of {}", self.shape);
        let row = self.len().checked_div(n).unwrap_or(0);
        let part = &self.as_slice()[range.start * row..range.end * row];
        Tensor::build(self.shape.with(0, range.len()), |y| y.copy_from_slice(part))
    }

    /// `f` of every element, in a new tensor.
    pub fn map(&self, f: impl Fn(Real) -> Real + Sync) -> Tensor {
        Tensor::build(self.shape, |y| elementwise::map(y, self.as_slice(), f))
    }

    /// `f` of every element, in place where the memory is not shared.
    pub fn into_map(mut self, f: impl Fn(Real) -> Real + Sync) -> Tensor {
        match Arc::get_mut(&mut self.data) {
            Some(own) => elementwise::map_inplace(own.as_mut_slice(), f),
            None => return self.map(f),
        }
        self
    }

    /// `f(self[i], other[i])`, in a new tensor.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn zip(&self, other: &Tensor, f: impl Fn(Real, Real) -> Real + Sync) -> Tensor {
        self.assert_same_shape(other);
        Tensor::build(self.shape, |y| elementwise::zip(y, self.as_slice(), other.as_slice(), f))
    }

    /// `f(self[i], other[i])`, in place where the memory is not shared.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn into_zip(mut self, other: &Tensor, f: impl Fn(Real, Real) -> Real + Sync) -> Tensor {
        self.assert_same_shape(other);
        match Arc::get_mut(&mut self.data) {
            Some(own) => elementwise::zip_inplace(own.as_mut_slice(), other.as_slice(), f),
            None => return self.zip(other, f),
        }
        self
    }

    /// Adds `other`, element by element.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn add_assign(&mut self, other: &Tensor) {
        self.assert_same_shape(other);
        elementwise::zip_inplace(self.make_mut(), other.as_slice(), |a, b| a + b);
    }

    /// The sum of all elements, in a fixed order.
    pub fn sum(&self) -> Real {
        reduce::sum(self.as_slice())
    }

    /// Whether every element is a finite number.
    pub fn is_finite(&self) -> bool {
        // 0·x is 0 for a finite x and NaN otherwise.
        reduce::sum_map(self.as_slice(), |x| 0.0 * x) == 0.0
    }

    #[track_caller]
    fn assert_same_shape(&self, other: &Tensor) {
        assert_eq!(
            self.shape, other.shape,
            "the shapes differ: {} and {}",
            self.shape, other.shape
        );
    }
}

impl PartialEq for Tensor {
    fn eq(&self, other: &Tensor) -> bool {
        self.shape == other.shape && self.as_slice() == other.as_slice()
    }
}

impl Default for Tensor {
    /// A scalar 0.
    fn default() -> Self {
        Tensor::scalar(0.0)
    }
}

impl From<&Tensor> for Tensor {
    /// Shares the memory.
    fn from(tensor: &Tensor) -> Self {
        tensor.clone()
    }
}

/// Data sets are `f32` in every build.
#[cfg(real_f64)]
impl From<ArrayD<f32>> for Tensor {
    fn from(array: ArrayD<f32>) -> Self {
        Tensor::from(array.mapv(Real::from))
    }
}

impl From<ArrayD<Real>> for Tensor {
    fn from(array: ArrayD<Real>) -> Self {
        let shape = Shape::new(array.shape());
        match array.is_standard_layout() {
            true => {
                let (data, offset) = array.into_raw_vec_and_offset();
                match offset.unwrap_or(0) {
                    0 if data.len() == shape.size() => Tensor::new(shape, data),
                    o => Tensor::new(shape, data[o..o + shape.size()].to_vec()),
                }
            }
            false => Tensor::new(shape, array.iter().copied().collect()),
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor {} {}", self.shape, self.view())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_to_a_shared_tensor_leaves_the_other_alone() {
        let a = Tensor::zeros([3]);
        let mut b = a.clone();
        b.make_mut()[0] = 1.0;
        assert_eq!(a.as_slice(), [0.0, 0.0, 0.0]);
        assert_eq!(b.as_slice(), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn ndarray_arrays_of_any_layout_convert() {
        let a = ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let t = Tensor::from(a.clone().reversed_axes().into_dyn());
        assert_eq!(t.shape(), Shape::from([3, 2]));
        assert_eq!(t.as_slice(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(t.view(), a.t().into_dyn());
        let part = Tensor::from(a.slice_move(ndarray::s![1.., ..]).into_dyn());
        assert_eq!(part.as_slice(), [4.0, 5.0, 6.0]);
    }

    #[test]
    fn finiteness_is_seen() {
        assert!(Tensor::ones([5]).is_finite());
        assert!(!Tensor::full([5], Real::INFINITY).is_finite());
        assert!(!Tensor::full([5], Real::NAN).is_finite());
    }
}
