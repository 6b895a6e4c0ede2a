//! A box inside a larger tensor: what slicing reads, and what padding and concatenation write.

use crate::shape::MAX_RANK;
use crate::{Real, Shape};

/// A box of extents `small` whose corner lies at `at` of a tensor of extents `big`.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    big: Shape,
    small: Shape,
    at: [usize; MAX_RANK],
}

impl Region {
    /// The box.
    ///
    /// # Panics
    /// If it does not lie inside.
    #[track_caller]
    pub fn new(big: Shape, small: Shape, at: [usize; MAX_RANK]) -> Self {
        let fits = (0..big.rank()).all(|a| at[a] + small[a] <= big[a]);
        assert!(big.rank() == small.rank() && fits, "{small} at {at:?} leaves {big}");
        Region { big, small, at }
    }

    /// The part of `big` from `start` on, `len` long, along one axis.
    #[track_caller]
    pub fn along(big: Shape, axis: usize, start: usize, len: usize) -> Self {
        let mut at = [0; MAX_RANK];
        at[axis] = start;
        Region::new(big, big.with(axis, len), at)
    }

    /// The box's own extents.
    pub fn shape(&self) -> Shape {
        self.small
    }

    /// Copies the box out of `big`.
    pub fn read(&self, big: &[Real], small: &mut [Real]) {
        assert!(big.len() == self.big.size() && small.len() == self.small.size());
        self.runs(|b, s, n| small[s..s + n].copy_from_slice(&big[b..b + n]));
    }

    /// Copies `small` into the box.
    pub fn write(&self, big: &mut [Real], small: &[Real]) {
        assert!(big.len() == self.big.size() && small.len() == self.small.size());
        self.runs(|b, s, n| big[b..b + n].copy_from_slice(&small[s..s + n]));
    }

    /// Calls `f(offset in big, offset in small, length)` for the runs contiguous in both.
    fn runs(&self, mut f: impl FnMut(usize, usize, usize)) {
        let Region { big, small, at } = self;
        if small.size() == 0 {
            return;
        }
        let strides = big.strides();
        let (mut axes, mut run) = (big.rank(), 1);
        while axes > 0 {
            axes -= 1;
            run *= small[axes];
            if small[axes] != big[axes] {
                break;
            }
        }
        let corner: usize = (0..big.rank()).map(|a| at[a] * strides[a]).sum();
        let mut index = [0; MAX_RANK];
        for s in (0..small.size()).step_by(run) {
            f(corner + (0..axes).map(|a| index[a] * strides[a]).sum::<usize>(), s, run);
            for a in (0..axes).rev() {
                index[a] += 1;
                if index[a] < small[a] {
                    break;
                }
                index[a] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_read_and_written_element_by_element() {
        let (big, small) = (Shape::from([4, 3, 5, 2]), Shape::from([2, 3, 2, 2]));
        let region = Region::new(big, small, [1, 0, 3, 0, 0, 0]);
        let numbers: Vec<Real> = (0..big.size()).map(|i| i as Real).collect();
        let mut part = vec![0.0; small.size()];
        region.read(&numbers, &mut part);
        let mut want = Vec::new();
        for (i, j) in [1, 2].into_iter().flat_map(|i| [0, 1, 2].map(|j| (i, j))) {
            for (k, l) in [(3, 0), (3, 1), (4, 0), (4, 1)] {
                want.push((((i * 3 + j) * 5 + k) * 2 + l) as Real);
            }
        }
        assert_eq!(part, want);

        let mut back = vec![-1.0; big.size()];
        region.write(&mut back, &part);
        for (i, (&b, &n)) in back.iter().zip(&numbers).enumerate() {
            assert_eq!(b, if want.contains(&n) { n } else { -1.0 }, "element {i}");
        }
    }
}
