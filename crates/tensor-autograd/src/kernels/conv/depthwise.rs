//! Depthwise convolution: every channel has filters of its own, so that there is no product to
//! speak of, and rows of the image are scaled and added directly.
//!
//! All three passes walk the same places: output row `oy` meets tap `t` at
//! `taps[t] + oy · row_step` of the padded channel (see [`Patches`]).

use super::Conv2dShape;
use super::forward::padded;
use super::patches::Patches;
use crate::Real;
use crate::kernels::isa::vectorized;
use crate::kernels::{parallel, scratch};

/// Filters a channel may have; with more a product is worth it.
const MAX_FILTERS: usize = 4;
/// Independent partial sums of a scalar product.
const LANES: usize = 16;

/// Whether these passes are for `s`.
pub(super) fn is_for(s: &Conv2dShape) -> bool {
    s.c == s.groups && s.o / s.groups <= MAX_FILTERS
}

/// See [`super::conv2d`].
pub(super) fn conv2d(
    y: &mut [Real],
    x: &[Real],
    w: &[Real],
    bias: Option<&[Real]>,
    relu: bool,
    s: &Conv2dShape,
) {
    let p = Patches::new(s);
    let (filters, plane, out, taps) = (s.o / s.c, s.h * s.w, p.cols(), p.taps.len());
    parallel::for_planes(y, filters * out, s.y_len() * taps, |i, y| {
        let x = &x[i * plane..][..plane];
        scratch::with(p.buffer_len(1), |buf| {
            let x = padded(&p, buf, x);
            for (f, y) in y.chunks_exact_mut(out).enumerate() {
                let o = i % s.c * filters + f;
                let w = &w[o * taps..][..taps];
                let bias = bias.map_or(0.0, |b| b[o]);
                vectorized(|| filter_plane(y, x, w, bias, relu, &p));
            }
        });
    });
}

#[inline(always)]
fn filter_plane(y: &mut [Real], x: &[Real], w: &[Real], bias: Real, relu: bool, p: &Patches) {
    for (oy, y) in y.chunks_exact_mut(p.out_w).enumerate() {
        y.fill(bias);
        for (&tap, &w) in p.taps.iter().zip(w) {
            let x = &x[tap + oy * p.row_step..][..p.out_w];
            for (y, x) in y.iter_mut().zip(x) {
                *y += w * x;
            }
        }
        if relu {
            for y in y.iter_mut() {
                *y = if *y < 0.0 { 0.0 } else { *y };
            }
        }
    }
}

/// See [`super::conv2d_backward_input`].
pub(super) fn backward_input(dx: &mut [Real], w: &[Real], dy: &[Real], s: &Conv2dShape) {
    let p = Patches::new(s);
    let (filters, plane, out, taps) = (s.o / s.c, s.h * s.w, p.cols(), p.taps.len());
    parallel::for_planes(dx, plane, s.y_len() * taps, |i, dx| {
        let dy = &dy[i * filters * out..][..filters * out];
        let w = &w[i % s.c * filters * taps..][..filters * taps];
        scratch::with(p.buffer_len(1), |buf| {
            let sum = if p.as_it_lies { &mut *dx } else { &mut *buf };
            sum.fill(0.0);
            for (w, dy) in w.chunks_exact(taps).zip(dy.chunks_exact(out)) {
                vectorized(|| spread_plane(sum, w, dy, &p));
            }
            if !p.as_it_lies {
                p.unpad(dx, buf);
            }
        });
    });
}

#[inline(always)]
fn spread_plane(dx: &mut [Real], w: &[Real], dy: &[Real], p: &Patches) {
    for (oy, dy) in dy.chunks_exact(p.out_w).enumerate() {
        for (&tap, &w) in p.taps.iter().zip(w) {
            let dx = &mut dx[tap + oy * p.row_step..][..p.out_w];
            for (dx, dy) in dx.iter_mut().zip(dy) {
                *dx += w * dy;
            }
        }
    }
}

/// See [`super::conv2d_backward_weight`].
pub(super) fn backward_weight(dw: &mut [Real], x: &[Real], dy: &[Real], s: &Conv2dShape) {
    let p = Patches::new(s);
    let (filters, plane, out, taps) = (s.o / s.c, s.h * s.w, p.cols(), p.taps.len());
    // One task a channel; the images follow one another in it.
    parallel::for_chunks(dw, filters * taps, s.y_len() * taps, |start, dw| {
        let c = start / (filters * taps);
        scratch::with(p.buffer_len(1), |buf| {
            dw.fill(0.0);
            for i in 0..s.n {
                let x = padded(&p, buf, &x[(i * s.c + c) * plane..][..plane]);
                for (f, dw) in dw.chunks_exact_mut(taps).enumerate() {
                    let dy = &dy[(i * s.o + c * filters + f) * out..][..out];
                    vectorized(|| correlate_plane(dw, x, dy, &p));
                }
            }
        });
    });
}

#[inline(always)]
fn correlate_plane(dw: &mut [Real], x: &[Real], dy: &[Real], p: &Patches) {
    for (&tap, dw) in p.taps.iter().zip(dw) {
        let (mut acc, mut tail) = ([0.0; LANES], 0.0);
        for (oy, dy) in dy.chunks_exact(p.out_w).enumerate() {
            let x = &x[tap + oy * p.row_step..][..p.out_w];
            let ((x, x_tail), (dy, dy_tail)) = (x.as_chunks::<LANES>(), dy.as_chunks::<LANES>());
            for (x, dy) in x.iter().zip(dy) {
                for i in 0..LANES {
                    acc[i] += x[i] * dy[i];
                }
            }
            for (x, dy) in x_tail.iter().zip(dy_tail) {
                tail += x * dy;
            }
        }
        *dw += acc.iter().sum::<Real>() + tail;
    }
}
