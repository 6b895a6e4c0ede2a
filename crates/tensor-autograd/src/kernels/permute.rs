//! Reordering axes.

use super::isa::vectorized;
use super::parallel::for_chunks;
use crate::shape::MAX_RANK;
use crate::{Real, Shape};

/// Rows and columns of the tile that a transpose copies at a time: a cache line of `f32`.
const TILE: usize = 16;

/// A reordering of the axes of tensors of one shape.
///
/// Holds the output's axes as (extent, stride in the input), without those of extent 1 and with
/// neighbours merged that are neighbours in the input too.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    axes: [(usize, usize); MAX_RANK],
    rank: usize,
}

impl Permutation {
    /// Makes axis `order[k]` of a tensor of shape `from` axis `k`.
    ///
    /// # Panics
    /// If `order` does not name every axis once.
    #[track_caller]
    pub fn new(from: Shape, order: &[usize]) -> Self {
        let mut seen = [false; MAX_RANK];
        let new = |&a: &usize| a < from.rank() && !std::mem::replace(&mut seen[a], true);
        assert!(
            order.len() == from.rank() && order.iter().all(new),
            "permute: {order:?} is no order of the axes of {from}"
        );
        let strides = from.strides();
        let mut p = Permutation { axes: [(1, 1); MAX_RANK], rank: 0 };
        for (extent, stride) in order.iter().map(|&a| (from[a], strides[a])) {
            match p.axes[..p.rank].last_mut() {
                _ if extent == 1 => {}
                Some(last) if last.1 == extent * stride => *last = (last.0 * extent, stride),
                _ => {
                    p.axes[p.rank] = (extent, stride);
                    p.rank += 1;
                }
            }
        }
        p
    }

    /// Whether all elements stay where they are in memory.
    pub fn is_identity(&self) -> bool {
        self.rank <= 1
    }

    /// Writes the reordered `x` to `y`.
    pub fn apply(&self, y: &mut [Real], x: &[Real]) {
        assert_eq!(y.len(), x.len());
        match self.rank {
            _ if x.is_empty() => {}
            0 | 1 => y.copy_from_slice(x),
            _ => self.copy(y, x),
        }
    }

    fn copy(&self, y: &mut [Real], x: &[Real]) {
        let axes = &self.axes[..self.rank];
        let (columns, step) = axes[self.rank - 1];
        // The output axis along which the input is contiguous; a tile spans it and the last axis.
        let unit = axes.iter().position(|(_, s)| *s == 1).expect("one axis has stride 1");
        if unit == self.rank - 1 {
            let rows = (super::parallel::CHUNK / columns).max(1);
            return for_chunks(y, rows * columns, x.len(), |start, y| {
                for (r, y) in y.chunks_exact_mut(columns).enumerate() {
                    let at = self.offset(start / columns + r, self.rank - 1);
                    y.copy_from_slice(&x[at..at + columns]);
                }
            });
        }
        // Two rows of tiles: neighbours along `unit`, with all that lies between it and the end.
        let row: usize = axes[unit + 1..].iter().map(|a| a.0).product();
        let between = row / columns;
        let count = axes[unit].0;
        let block = |o: usize, u: usize, rows: usize, y: &mut [Real]| {
            let base = self.offset(o, unit) + u;
            for m in 0..between {
                let base = base + self.offset_between(m, unit);
                let (y, x) = (&mut y[m * columns..], &x[base..]);
                vectorized(|| transpose(y, row, x, step, rows, columns));
            }
        };
        for_chunks(y, 2 * TILE * row, x.len(), |start, mut y| {
            let mut at = start / row;
            while !y.is_empty() {
                let (o, u) = (at / count, at % count);
                let rows = (count - u).min(y.len() / row);
                let (part, rest) = y.split_at_mut(rows * row);
                block(o, u, rows, part);
                (y, at) = (rest, at + rows);
            }
        });
    }

    /// Where in the input position `i` of the output's first `axes` axes begins.
    fn offset(&self, i: usize, axes: usize) -> usize {
        unravel(i, &self.axes[..axes])
    }

    /// As [`offset`](Permutation::offset), for the axes between `unit` and the last.
    fn offset_between(&self, i: usize, unit: usize) -> usize {
        unravel(i, &self.axes[unit + 1..self.rank - 1])
    }
}

/// `y[r · row + c] = x[r + c · step]` for `r < rows` and `c < columns`, a tile at a time: each of its
/// cache lines is read and written whole.
#[inline(always)]
fn transpose(y: &mut [Real], row: usize, x: &[Real], step: usize, rows: usize, columns: usize) {
    for r in (0..rows).step_by(TILE) {
        let height = TILE.min(rows - r);
        for c in (0..columns).step_by(TILE) {
            let width = TILE.min(columns - c);
            if (height, width) == (TILE, TILE) {
                let mut tile = [[0.0; TILE]; TILE];
                for (c, column) in (c..).zip(&mut tile) {
                    column.copy_from_slice(&x[r + c * step..][..TILE]);
                }
                for i in 0..TILE {
                    let y = &mut y[(r + i) * row + c..][..TILE];
                    (0..TILE).for_each(|k| y[k] = tile[k][i]);
                }
            } else {
                for r in r..r + height {
                    let y = &mut y[r * row + c..][..width];
                    let x = x[r + c * step..].iter().step_by(step);
                    y.iter_mut().zip(x).for_each(|(y, x)| *y = *x);
                }
            }
        }
    }
}

/// The offset of row-major position `i` over `axes`.
fn unravel(mut i: usize, axes: &[(usize, usize)]) -> usize {
    let mut offset = 0;
    for &(extent, stride) in axes.iter().rev() {
        offset += i % extent * stride;
        i /= extent;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    use ndarray::{ArrayViewD, IxDyn};

    fn check(shape: &[usize], order: &[usize]) {
        let shape = Shape::new(shape);
        let x: Vec<Real> = (0..shape.size()).map(|i| i as Real).collect();
        let view = ArrayViewD::from_shape(IxDyn(&shape), &x).unwrap().permuted_axes(order);
        let want: Vec<Real> = view.iter().copied().collect();
        let mut y = vec![Real::NAN; x.len()];
        Permutation::new(shape, order).apply(&mut y, &x);
        assert!(y == want, "{shape} {order:?}");
    }

    #[test]
    fn every_order_of_four_axes() {
        for code in 0..256 {
            let order = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6];
            if (0..4).all(|a| order.contains(&a)) {
                check(&[3, 4, 1, 5], &order);
            }
        }
    }

    #[test]
    fn large_ones_are_tiled_and_split() {
        let cases: [(&[usize], &[usize]); 5] = [
            (&[333, 257], &[1, 0]),
            (&[3, 100, 300], &[0, 2, 1]),
            (&[40, 50, 60], &[2, 1, 0]),
            (&[40, 50, 60], &[1, 0, 2]),
            (&[8, 9, 10, 11, 12], &[4, 2, 0, 3, 1]),
        ];
        for (shape, order) in cases {
            check(shape, order);
        }
    }

    #[test]
    fn axes_of_extent_1_move_nothing() {
        assert!(Permutation::new(Shape::from([2, 1, 3]), &[1, 0, 2]).is_identity());
        assert!(!Permutation::new(Shape::from([2, 1, 3]), &[2, 1, 0]).is_identity());
    }
}
