//! Max-pooling. The forward pass notes where each maximum was, the backward pass sends the
//! gradient there.

use super::{Pool2dShape, taps};
use crate::Real;
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
        general(y, indices, &x[plane * hw..][..hw], s);
    });
}

fn general(y: &mut [Real], indices: &mut [u32], x: &[Real], s: &Pool2dShape) {
    let ow = s.out_w();
    for (at, (y, index)) in y.iter_mut().zip(indices).enumerate() {
        let (oy, ox) = (at / ow, at % ow);
        let (mut best, mut place) = (Real::NEG_INFINITY, None);
        for ki in taps(oy, s.h, s.kh, s.stride[0], s.padding[0], s.dilation[0]) {
            let row = (oy * s.stride[0] + ki * s.dilation[0] - s.padding[0]) * s.w;
            for kj in taps(ox, s.w, s.kw, s.stride[1], s.padding[1], s.dilation[1]) {
                let i = row + ox * s.stride[1] + kj * s.dilation[1] - s.padding[1];
                if x[i] > best || x[i].is_nan() || place.is_none() {
                    (best, place) = (x[i], Some(i));
                }
            }
        }
        *y = best;
        *index = place.unwrap_or(0) as u32;
    }
}

/// Sends each `dy` to where its maximum was: `dx[indices[i]] += dy[i]` in each plane.
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
        dx.fill(0.0);
        let at = plane * out..(plane + 1) * out;
        for (&dy, &i) in dy[at.clone()].iter().zip(&indices[at]) {
            dx[i as usize] += dy;
        }
    });
}
