//! Reductions along the middle of `[outer, len, inner]`, the form that each of them is brought to,
//! and the elementwise passes that lead back.
//!
//! A long axis is cut into blocks of a fixed size, whose partial results are reduced in turn: so a
//! sum is exact to a few roundings, splits over threads, and has the same bits on any number.

use super::isa::vectorized;
use super::parallel::{CHUNK, for_chunks, for_planes};
use crate::Real;
use crate::buffer::Buffer;

/// A tensor seen as `[outer, len, inner]`; `len` is reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    /// Product of the axes before.
    pub outer: usize,
    /// Product of the reduced axes, which are neighbours.
    pub len: usize,
    /// Product of the axes after.
    pub inner: usize,
}

/// Elements of a block along a reduced axis.
const BLOCK: usize = 1 << 13;
/// Independent accumulators of a contiguous block: enough to fill the widest vector units.
const LANES: usize = 32;
/// Rows narrower than this are taken several at once.
const NARROW: usize = 16;

/// `y[o, i] = Σ x[o, r, i]` over `r`.
pub fn total(y: &mut [Real], x: &[Real], dims: Dims) {
    sum(y, x, None, dims, |x, _| x);
}

/// `y[o, i] = Σ x[o, r, i]²` over `r`.
pub fn squares(y: &mut [Real], x: &[Real], dims: Dims) {
    sum(y, x, None, dims, |x, _| x * x);
}

/// `y[o, i] = Σ f(x[o, r, i], by[o, i])` over `r`. Without `by`, `f` gets 0.
pub fn sum(
    y: &mut [Real],
    x: &[Real],
    by: Option<&[Real]>,
    dims: Dims,
    f: impl Fn(Real, Real) -> Real + Sync + Copy,
) {
    reduce(y, x, by, dims, 0.0, |s, x, by| s + f(x, by), |s, t| s + t, total);
}

/// `y[o, i]` = the largest `x[o, r, i]`; NaN if one is NaN.
pub fn max(y: &mut [Real], x: &[Real], dims: Dims) {
    let pick = |a: Real, b: Real| if a > b || a.is_nan() { a } else { b };
    reduce(y, x, None, dims, Real::NEG_INFINITY, |a, b, _| pick(a, b), pick, max);
}

/// `y[o, i]` = the smallest `x[o, r, i]`; NaN if one is NaN.
pub fn min(y: &mut [Real], x: &[Real], dims: Dims) {
    let pick = |a: Real, b: Real| if a < b || a.is_nan() { a } else { b };
    reduce(y, x, None, dims, Real::INFINITY, |a, b, _| pick(a, b), pick, min);
}

/// The fold of `step(accumulator, x[o, r, i], by[o, i])` over `r`, begun with `init`. The results
/// of lanes meet in `join`, those of blocks in `rest`.
fn reduce(
    y: &mut [Real],
    x: &[Real],
    by: Option<&[Real]>,
    dims: Dims,
    init: Real,
    step: impl Fn(Real, Real, Real) -> Real + Sync + Copy,
    join: impl Fn(Real, Real) -> Real + Sync + Copy,
    rest: fn(&mut [Real], &[Real], Dims),
) {
    let Dims { outer, len, inner } = dims;
    assert!(y.len() == outer * inner && x.len() == outer * len * inner);
    assert!(by.is_none_or(|by| by.len() == y.len()));
    if len == 0 || y.is_empty() {
        return y.fill(init);
    }
    let blocks = dims.blocks();
    if blocks == 1 {
        return fold_blocks(y, x, by, dims, init, step, join);
    }
    let mut partial = Buffer::stale(outer * blocks * inner);
    fold_blocks(partial.as_mut_slice(), x, by, dims, init, step, join);
    rest(y, partial.as_slice(), Dims { len: blocks, ..dims });
}

impl Dims {
    /// Indices along the reduced axis that make a block.
    fn block(self) -> usize {
        (BLOCK / self.inner).max(16)
    }

    fn blocks(self) -> usize {
        self.len.div_ceil(self.block())
    }
}

/// The fold of every block: `y` is `[outer, blocks, inner]`.
fn fold_blocks(
    y: &mut [Real],
    x: &[Real],
    by: Option<&[Real]>,
    dims: Dims,
    init: Real,
    step: impl Fn(Real, Real, Real) -> Real + Sync + Copy,
    join: impl Fn(Real, Real) -> Real + Sync + Copy,
) {
    let Dims { len, inner, .. } = dims;
    let (rows, blocks) = (dims.block(), dims.blocks());
    for_planes(y, inner, x.len(), |plane, y| {
        let (o, r) = (plane / blocks, plane % blocks * rows);
        let x = &x[(o * len + r) * inner..(o * len + len.min(r + rows)) * inner];
        let by = by.map(|by| &by[o * inner..(o + 1) * inner]);
        vectorized(|| match inner {
            1 => y[0] = fold_row(x, by.map_or(0.0, |by| by[0]), init, step, join),
            2..NARROW => fold_narrow(y, x, by, init, step, join),
            _ => fold_rows(y, x, by, init, step),
        });
    });
}

/// `y[o, r, i] = f(x[o, r, i], a[o, i], b[o, i])`.
pub fn spread(
    y: &mut [Real],
    x: &[Real],
    a: &[Real],
    b: &[Real],
    dims: Dims,
    f: impl Fn(Real, Real, Real) -> Real + Sync,
) {
    let Dims { outer, len, inner } = dims;
    assert!(y.len() == outer * len * inner && x.len() == y.len());
    assert!(a.len() == outer * inner && b.len() == a.len());
    if y.is_empty() {
        return;
    }
    // A row is what faces one run of `a`: `len` equal elements of it, or `inner` different ones.
    let row = if inner == 1 { len } else { inner };
    let chunk = if outer * inner == 1 { CHUNK } else { (CHUNK / row).max(1) * row };
    for_chunks(y, chunk, x.len(), |start, y| {
        let x = &x[start..start + y.len()];
        vectorized(|| {
            for (r, (y, x)) in y.chunks_mut(row).zip(x.chunks(row)).enumerate() {
                let r = start / row + r;
                if inner == 1 {
                    let (a, b) = (a[r], b[r]);
                    y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x, a, b));
                } else {
                    let at = r / len * inner..(r / len + 1) * inner;
                    let small = a[at.clone()].iter().zip(&b[at]);
                    for ((y, &x), (&a, &b)) in y.iter_mut().zip(x).zip(small) {
                        *y = f(x, a, b);
                    }
                }
            }
        });
    });
}

/// A contiguous run, lane by lane; the lanes meet pairwise, whatever the vector width.
#[inline(always)]
fn fold_row(
    x: &[Real],
    by: Real,
    init: Real,
    step: impl Fn(Real, Real, Real) -> Real,
    join: impl Fn(Real, Real) -> Real,
) -> Real {
    let parts = x.chunks_exact(LANES);
    let tail = parts.remainder().iter().fold(init, |acc, &x| step(acc, x, by));
    if x.len() < LANES {
        return tail;
    }
    let mut acc = [init; LANES];
    for part in parts {
        for (acc, &x) in acc.iter_mut().zip(part) {
            *acc = step(*acc, x, by);
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            acc[i] = join(acc[i], acc[i + width]);
        }
        width /= 2;
    }
    join(acc[0], tail)
}

/// Rows of `y.len()` elements, four at a time so that `y` is loaded and stored less often.
#[inline(always)]
fn fold_rows(
    y: &mut [Real],
    x: &[Real],
    by: Option<&[Real]>,
    init: Real,
    step: impl Fn(Real, Real, Real) -> Real,
) {
    y.fill(init);
    let n = y.len();
    let mut fours = x.chunks_exact(4 * n);
    for four in &mut fours {
        let (a, rest) = four.split_at(n);
        let (b, rest) = rest.split_at(n);
        let (c, d) = rest.split_at(n);
        let x = a.iter().zip(b).zip(c.iter().zip(d));
        let fold = |y: Real, ((a, b), (c, d)): ((&Real, &Real), (&Real, &Real)), by: Real| {
            step(step(step(step(y, *a, by), *b, by), *c, by), *d, by)
        };
        match by {
            Some(by) => {
                y.iter_mut().zip(x).zip(by).for_each(|((y, x), &by)| *y = fold(*y, x, by));
            }
            None => y.iter_mut().zip(x).for_each(|(y, x)| *y = fold(*y, x, 0.0)),
        }
    }
    for row in fours.remainder().chunks_exact(n) {
        for (i, (y, &x)) in y.iter_mut().zip(row).enumerate() {
            *y = step(*y, x, by.map_or(0.0, |by| by[i]));
        }
    }
}

/// Rows of a few elements: as many as fit are laid side by side in one wide row.
#[inline(always)]
fn fold_narrow(
    y: &mut [Real],
    x: &[Real],
    by: Option<&[Real]>,
    init: Real,
    step: impl Fn(Real, Real, Real) -> Real,
    join: impl Fn(Real, Real) -> Real,
) {
    const WIDE: usize = 4 * NARROW;
    let n = y.len();
    let width = WIDE / n * n;
    let (mut acc, mut tiled) = ([init; WIDE], [0.0; WIDE]);
    if let Some(by) = by {
        tiled[..width].chunks_exact_mut(n).for_each(|t| t.copy_from_slice(by));
    }
    let parts = x.chunks_exact(width);
    let tail = parts.remainder();
    for part in parts {
        for ((acc, &x), &by) in acc.iter_mut().zip(part).zip(&tiled) {
            *acc = step(*acc, x, by);
        }
    }
    for ((acc, &x), &by) in acc.iter_mut().zip(tail).zip(&tiled) {
        *acc = step(*acc, x, by);
    }
    y.copy_from_slice(&acc[..n]);
    for part in acc[n..width].chunks_exact(n) {
        y.iter_mut().zip(part).for_each(|(y, &p)| *y = join(*y, p));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::parallel::with_num_threads;

    /// Every path: rows short, long and split; columns narrow, wide and split; several outers.
    const SHAPES: [(usize, usize, usize); 12] = [
        (1, 1, 1),
        (3, 5, 1),
        (2, 100, 1),
        (2, 20_000, 1),
        (700, 130, 1),
        (1, 7, 3),
        (2, 101, 3),
        (1, 9000, 5),
        (3, 6, 40),
        (1, 2000, 130),
        (4, 3, 16),
        (2, 0, 3),
    ];

    fn wave(n: usize) -> Vec<Real> {
        (0..n).map(|i| ((i * 7919 + 13) % 1009) as Real / 1009.0 - 0.4).collect()
    }

    #[test]
    fn sums_equal_the_naive_ones_on_every_path() {
        for (outer, len, inner) in SHAPES {
            let dims = Dims { outer, len, inner };
            let (x, by) = (wave(outer * len * inner), wave(outer * inner));
            let mut y = vec![Real::NAN; outer * inner];
            sum(&mut y, &x, Some(&by), dims, |x, by| (x - by) * (x - by));
            for (k, &got) in y.iter().enumerate() {
                let (o, i) = (k / inner, k % inner);
                let term = |r: usize| f64::from(x[(o * len + r) * inner + i] - by[k]).powi(2);
                let want: f64 = (0..len).map(term).sum();
                let error = (f64::from(got) - want).abs() / want.abs().max(1e-3);
                assert!(error < 1e-5, "{dims:?} [{k}]: {got}, not {want}");
            }
        }
    }

    #[test]
    fn extrema_equal_the_naive_ones_on_every_path() {
        for (outer, len, inner) in SHAPES {
            let (dims, x) = (Dims { outer, len, inner }, wave(outer * len * inner));
            let mut y = vec![Real::NAN; outer * inner];
            let mut z = y.clone();
            max(&mut y, &x, dims);
            min(&mut z, &x, dims);
            for (k, (&most, &least)) in y.iter().zip(&z).enumerate() {
                let (o, i) = (k / inner, k % inner);
                let along = || (0..len).map(|r| x[(o * len + r) * inner + i]);
                assert_eq!(most, along().fold(Real::NEG_INFINITY, Real::max), "{dims:?} [{k}]");
                assert_eq!(least, along().fold(Real::INFINITY, Real::min), "{dims:?} [{k}]");
            }
        }
    }

    #[test]
    fn spreading_visits_every_element_with_its_own_operands() {
        for (outer, len, inner) in SHAPES {
            let dims = Dims { outer, len, inner };
            let (x, a) = (wave(outer * len * inner), wave(outer * inner));
            let b: Vec<Real> = a.iter().map(|a| 2.0 - a).collect();
            let mut y = vec![Real::NAN; x.len()];
            spread(&mut y, &x, &a, &b, dims, |x, a, b| x * a + b);
            for (j, &got) in y.iter().enumerate() {
                let k = j / (len * inner) * inner + j % inner;
                assert_eq!(got, x[j] * a[k] + b[k], "{dims:?} [{j}]");
            }
        }
    }

    #[test]
    fn threads_change_no_bit() {
        for (outer, len, inner) in SHAPES {
            let (dims, x) = (Dims { outer, len, inner }, wave(outer * len * inner));
            let run = |threads| {
                with_num_threads(threads, || {
                    let mut y = vec![0.0; outer * inner];
                    sum(&mut y, &x, None, dims, |x, _| x * x);
                    y
                })
            };
            assert_eq!(run(1), run(3), "{dims:?}");
        }
    }
}
