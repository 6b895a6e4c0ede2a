//! The extents of a tensor's axes, and how shapes broadcast.

use std::fmt;
use std::ops::Deref;

/// The most axes a tensor can have.
pub const MAX_RANK: usize = 6;

/// The extent of each axis, outermost first; a scalar has none. Stored in place, so that making
/// one costs no allocation. Dereferences to `[usize]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: u8,
}

impl Shape {
    /// The shape with these extents.
    ///
    /// # Panics
    /// With more than [`MAX_RANK`] axes.
    #[track_caller]
    pub fn new(dims: &[usize]) -> Self {
        assert!(
            dims.len() <= MAX_RANK,
            "a tensor has at most {MAX_RANK} axes, this one would have {}: {dims:?}",
            dims.len()
        );
        let mut shape = Shape { dims: [0; MAX_RANK], rank: dims.len() as u8 };
        shape.dims[..dims.len()].copy_from_slice(dims);
        shape
    }

    /// The number of elements: the product of the extents (1 for a scalar).
    ///
    /// # Panics
    /// If it is more than a `usize` holds: code that reads memory relies on this number.
    #[track_caller]
    pub fn size(&self) -> usize {
        count(self)
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.rank as usize
    }

    /// Elements between neighbours along each axis, in row-major order.
    pub fn strides(&self) -> Shape {
        let mut strides = *self;
        let mut step = 1;
        for axis in (0..self.rank()).rev() {
            strides.dims[axis] = step;
            // Only of a shape without elements can it be too large.
            step = step.wrapping_mul(self.dims[axis]);
        }
        strides
    }

    /// This shape with axis `axis` replaced by `extent`.
    pub fn with(mut self, axis: usize, extent: usize) -> Shape {
        self.dims[..self.rank as usize][axis] = extent;
        self
    }

    /// This shape without axis `axis`.
    pub fn without(self, axis: usize) -> Shape {
        self.iter().enumerate().filter(|(i, _)| *i != axis).map(|(_, &d)| d).collect()
    }

    /// The shape two operands broadcast to: aligned at the last axis, equal extents or 1
    /// (as in NumPy and PyTorch). `None` if they do not fit.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        let mut out = Shape { dims: [1; MAX_RANK], rank: rank as u8 };
        for i in 1..=rank {
            let extent = |s: &Shape| if i <= s.rank() { s[s.rank() - i] } else { 1 };
            out.dims[rank - i] = match (extent(self), extent(other)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        out.dims[rank..].fill(0);
        Some(out)
    }
}

/// The product of `extents`.
///
/// # Panics
/// If it is more than a `usize` holds.
#[track_caller]
pub(crate) fn count(extents: &[usize]) -> usize {
    let product = extents.iter().try_fold(1_usize, |n, &extent| n.checked_mul(extent));
    product.unwrap_or_else(|| {
        assert!(extents.contains(&0), "extents {extents:?} have more elements than can be counted");
        0
    })
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.dims[..self.rank as usize]
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: [usize; N]) -> Self {
        Shape::new(&dims)
    }
}

impl From<&[usize]> for Shape {
    #[track_caller]
    fn from(dims: &[usize]) -> Self {
        Shape::new(dims)
    }
}

impl From<&Vec<usize>> for Shape {
    #[track_caller]
    fn from(dims: &Vec<usize>) -> Self {
        Shape::new(dims)
    }
}

impl FromIterator<usize> for Shape {
    /// The shape with these extents.
    ///
    /// # Panics
    /// With more than [`MAX_RANK`] axes.
    fn from_iter<I: IntoIterator<Item = usize>>(dims: I) -> Self {
        let mut shape = Shape { dims: [0; MAX_RANK], rank: 0 };
        for extent in dims {
            let rank = shape.rank as usize;
            assert!(rank < MAX_RANK, "a tensor has at most {MAX_RANK} axes");
            shape.dims[rank] = extent;
            shape.rank += 1;
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_at_the_last_axis() {
        let s = |d: &[usize]| Shape::new(d);
        assert_eq!(s(&[3, 1, 5]).broadcast(&s(&[4, 1])), Some(s(&[3, 4, 5])));
        assert_eq!(s(&[]).broadcast(&s(&[2, 2])), Some(s(&[2, 2])));
        assert_eq!(s(&[0, 2]).broadcast(&s(&[1, 2])), Some(s(&[0, 2])));
        assert_eq!(s(&[3]).broadcast(&s(&[4])), None);
    }

    /// In a release build too, where sums and products wrap around.
    #[test]
    #[should_panic(expected = "extents [4, 4611686018427387904] have more elements than can be")]
    fn a_size_beyond_counting_is_refused() {
        let _ = Shape::new(&[4, 1 << 62]).size();
    }

    #[test]
    fn nothing_has_no_size_however_long_its_axes() {
        assert_eq!(Shape::new(&[1 << 62, 1 << 62, 0]).size(), 0);
        assert_eq!(Shape::new(&[0, 1 << 62, 1 << 62]).strides()[2], 1);
    }

    #[test]
    fn strides_are_row_major() {
        assert_eq!(&*Shape::new(&[2, 3, 4]).strides(), &[12, 4, 1]);
        assert_eq!(Shape::new(&[]).size(), 1);
        assert_eq!(Shape::new(&[2, 3, 4]).without(1), Shape::new(&[2, 4]));
    }
}
