//! Max-pooling. The forward pass notes where each maximum was, the backward pass sends the
//! gradient there.

use super::{Pool2dShape, taps};
use crate::Real;
use crate::kernels::isa::vectorized;
use crate::kernels::parallel;

/// `y = max` over each window; `indices` gets the place of the maximum in its plane,
/// `row * w + column`.
///
/// The first of equal maxima wins; a NaN in the window is its maximum.
///
/// # Panics
/// If a length does not fit, or a plane has more elements than `u32` can count.
#[track_caller]
pub fn max_pool2d(y: &mut [Real], indices: &mut [u32], x: &[Real], s: &Pool2dShape) {
    s.check(x.len(), y.len());
    assert_eq!(indices.len(), y.len(), "one index an output");
    assert!(u32::try_from(s.h * s.w).is_ok(), "a plane of {}×{} is too large", s.h, s.w);
    if y.is_empty() {
        return;
    }
    let (hw, out) = (s.h * s.w, s.out_h() * s.out_w());
    parallel::for_planes2(y, out, indices, out, x.len(), |plane, y, indices| {
        let x = &x[plane * hw..][..hw];
        if s.halves() {
            vectorized(|| halve(y, indices, x, s));
        } else {
            vectorized(|| general(y, indices, x, s));
        }
    });
}

/// The usual 2 × 2 window moved by 2, without a branch.
#[inline(always)]
fn halve(y: &mut [Real], indices: &mut [u32], x: &[Real], s: &Pool2dShape) {
    let rows = y.chunks_exact_mut(s.w / 2).zip(indices.chunks_exact_mut(s.w / 2));
    for (oy, ((y, indices), x)) in rows.zip(x.chunks_exact(2 * s.w)).enumerate() {
        let (above, below) = x.split_at(s.w);
        let (above, below) = (above.as_chunks::<2>().0, below.as_chunks::<2>().0);
        let first = (2 * oy * s.w) as u32;
        for (ox, (y, index)) in y.iter_mut().zip(indices).enumerate() {
            let ([a, b], [c, d]) = (above[ox], below[ox]);
            let at = first + 2 * ox as u32;
            let (mut best, mut place) = (a, at);
            for (v, i) in [(b, at + 1), (c, at + s.w as u32), (d, at + s.w as u32 + 1)] {
                let better = (v > best) | v.is_nan();
                best = if better { v } else { best };
                place = if better { i } else { place };
            }
            (*y, *index) = (best, place);
        }
    }
}

/// Any window: the maximum of each column's taps first, along rows of the image, then of the columns
/// under each output.
#[inline(always)]
fn general(y: &mut [Real], indices: &mut [u32], x: &[Real], s: &Pool2dShape) {
    let ow = s.out_w();
    let (mut values, mut places) = (vec![NOTHING.0; s.w], vec![NOTHING.1; s.w]);
    for (oy, (y, indices)) in y.chunks_exact_mut(ow).zip(indices.chunks_exact_mut(ow)).enumerate() {
        values.fill(NOTHING.0);
        places.fill(NOTHING.1);
        for ki in taps(oy, s.h, s.kh, s.stride[0], s.padding[0], s.dilation[0]) {
            let row = (oy * s.stride[0] + ki * s.dilation[0] - s.padding[0]) * s.w;
            let cells = x[row..row + s.w].iter().zip(row as u32..);
            for ((value, place), (&v, i)) in values.iter_mut().zip(&mut places).zip(cells) {
                (*value, *place) = larger((*value, *place), (v, i));
            }
        }
        for (ox, (y, index)) in y.iter_mut().zip(indices).enumerate() {
            let mut best = NOTHING;
            for kj in taps(ox, s.w, s.kw, s.stride[1], s.padding[1], s.dilation[1]) {
                let column = ox * s.stride[1] + kj * s.dilation[1] - s.padding[1];
                best = larger(best, (values[column], places[column]));
            }
            *y = best.0;
            *index = if best.1 == NOTHING.1 { 0 } else { best.1 };
        }
    }
}

/// The maximum of no cell, and its place.
const NOTHING: (Real, u32) = (Real::NEG_INFINITY, u32::MAX);

/// The larger of two cells: of equal ones the first, of NaNs the last, and a NaN of anything else.
#[inline(always)]
fn larger(a: (Real, u32), b: (Real, u32)) -> (Real, u32) {
    let (nan, later) = (b.0.is_nan(), b.1 > a.1);
    let number = (b.0 > a.0) | ((b.0 == a.0) & !later);
    let not_a_number = nan & (!a.0.is_nan() | later);
    if number | not_a_number { b } else { a }
}

/// Sends each `dy` to where its maximum was: `dx[indices[i]] += dy[i]` in each plane. `indices` are
/// those of [`max_pool2d`] for the same shape.
///
/// # Panics
/// If a length does not fit or an index lies outside its plane.
#[track_caller]
pub fn max_pool2d_backward(dx: &mut [Real], dy: &[Real], indices: &[u32], s: &Pool2dShape) {
    s.check(dx.len(), dy.len());
    assert_eq!(indices.len(), dy.len(), "one index an output");
    if dx.is_empty() {
        return;
    }
    let (hw, out) = (s.h * s.w, s.out_h() * s.out_w());
    let work = dx.len();
    parallel::for_planes(dx, hw, work, |plane, dx| {
        let at = plane * out..(plane + 1) * out;
        let (dy, indices) = (&dy[at.clone()], &indices[at]);
        if s.halves() {
            vectorized(|| double(dx, dy, indices, s));
            return;
        }
        dx.fill(0.0);
        for (&dy, &i) in dy.iter().zip(indices) {
            dx[i as usize] += dy;
        }
    });
}

/// Windows of 2 × 2 do not overlap, so each element of `dx` is written once: `dy` or zero.
#[inline(always)]
fn double(dx: &mut [Real], dy: &[Real], indices: &[u32], s: &Pool2dShape) {
    let rows = dy.chunks_exact(s.w / 2).zip(indices.chunks_exact(s.w / 2));
    for (oy, ((dy, indices), dx)) in rows.zip(dx.chunks_mut(2 * s.w)).enumerate() {
        let (above, below) = dx.split_at_mut(s.w);
        for (row, dx) in [above, below].into_iter().enumerate() {
            let first = ((2 * oy + row) * s.w) as u32;
            let (pairs, odd) = dx.as_chunks_mut::<2>();
            for (ox, (pair, (&dy, &i))) in pairs.iter_mut().zip(dy.iter().zip(indices)).enumerate()
            {
                let at = first + 2 * ox as u32;
                *pair = [if i == at { dy } else { 0.0 }, if i == at + 1 { dy } else { 0.0 }];
            }
            odd.fill(0.0);
        }
    }
    // An odd last row is in no window.
    dx[s.h / 2 * 2 * s.w..].fill(0.0);
}
