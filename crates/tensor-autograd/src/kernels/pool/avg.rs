//! Average pooling: over a moving window, or over as many cells as give the wanted output size.

use super::{Pool2dShape, taps};
use crate::Real;
use crate::kernels::{parallel, reduce};
use std::ops::Range;

/// The cells of the input that one output averages, and what their sum is divided by.
struct Window {
    rows: Range<usize>,
    cols: Range<usize>,
    divisor: Real,
}

/// Cells that one axis of window `out` counts when the padding's zeros count too.
fn padded_len(out: usize, len: usize, k: usize, stride: usize, padding: usize) -> usize {
    (out * stride + k).min(len + 2 * padding) - out * stride
}

impl Pool2dShape {
    fn window(&self, oy: usize, ox: usize, count_include_pad: bool) -> Window {
        let ([sh, sw], [ph, pw]) = (self.stride, self.padding);
        let (ty, tx) = (taps(oy, self.h, self.kh, sh, ph, 1), taps(ox, self.w, self.kw, sw, pw, 1));
        let count = if count_include_pad {
            padded_len(oy, self.h, self.kh, sh, ph) * padded_len(ox, self.w, self.kw, sw, pw)
        } else {
            ty.len() * tx.len()
        };
        Window {
            rows: oy * sh + ty.start - ph..oy * sh + ty.end - ph,
            cols: ox * sw + tx.start - pw..ox * sw + tx.end - pw,
            divisor: count as Real,
        }
    }
}

/// `y = mean` over each window.
///
/// With `count_include_pad` the padding's zeros are averaged too (PyTorch's default).
///
/// # Panics
/// If a length does not fit, or for a dilation other than 1.
#[track_caller]
pub fn avg_pool2d(y: &mut [Real], x: &[Real], count_include_pad: bool, s: &Pool2dShape) {
    s.check(x.len(), y.len());
    assert_eq!(s.dilation, [1, 1], "average pooling has no dilation");
    let window = |oy, ox| s.window(oy, ox, count_include_pad);
    forward(y, x, (s.h, s.w), (s.out_h(), s.out_w()), window);
}

/// Spreads each `dy` evenly over its window.
///
/// # Panics
/// If a length does not fit, or for a dilation other than 1.
#[track_caller]
pub fn avg_pool2d_backward(dx: &mut [Real], dy: &[Real], count_include_pad: bool, s: &Pool2dShape) {
    s.check(dx.len(), dy.len());
    assert_eq!(s.dilation, [1, 1], "average pooling has no dilation");
    let window = |oy, ox| s.window(oy, ox, count_include_pad);
    backward(dx, dy, (s.h, s.w), (s.out_h(), s.out_w()), window);
}

/// The window of adaptive pooling: output `i` of `out` covers `⌊i·len/out⌋ .. ⌈(i+1)·len/out⌉`.
fn adaptive_window(
    (h, w): (usize, usize),
    (oh, ow): (usize, usize),
) -> impl Fn(usize, usize) -> Window {
    let part = |i: usize, len: usize, out: usize| i * len / out..((i + 1) * len).div_ceil(out);
    move |oy, ox| {
        let (rows, cols) = (part(oy, h, oh), part(ox, w, ow));
        let divisor = (rows.len() * cols.len()) as Real;
        Window { rows, cols, divisor }
    }
}

/// Averages `planes = n·c` planes of `h × w` down to `oh × ow`; `1 × 1` is global average pooling.
///
/// # Panics
/// If a length does not fit or a plane is empty.
#[track_caller]
pub fn adaptive_avg_pool2d(
    y: &mut [Real],
    x: &[Real],
    planes: usize,
    input: (usize, usize),
    output: (usize, usize),
) {
    check_adaptive(x.len(), y.len(), planes, input, output);
    forward(y, x, input, output, adaptive_window(input, output));
}

/// Spreads each `dy` of [`adaptive_avg_pool2d`] evenly over its window.
///
/// # Panics
/// If a length does not fit or a plane is empty.
#[track_caller]
pub fn adaptive_avg_pool2d_backward(
    dx: &mut [Real],
    dy: &[Real],
    planes: usize,
    input: (usize, usize),
    output: (usize, usize),
) {
    check_adaptive(dx.len(), dy.len(), planes, input, output);
    backward(dx, dy, input, output, adaptive_window(input, output));
}

#[track_caller]
fn check_adaptive(
    x: usize,
    y: usize,
    planes: usize,
    (h, w): (usize, usize),
    (oh, ow): (usize, usize),
) {
    assert!(h * w * oh * ow > 0, "adaptive pooling of {h}×{w} to {oh}×{ow}: a side is empty");
    assert_eq!(x, planes * h * w, "the input must be [planes, h, w]");
    assert_eq!(y, planes * oh * ow, "the output must be [planes, oh, ow]");
}

fn forward(
    y: &mut [Real],
    x: &[Real],
    (h, w): (usize, usize),
    (oh, ow): (usize, usize),
    window: impl Fn(usize, usize) -> Window + Sync,
) {
    parallel::for_planes(y, oh * ow, x.len(), |plane, y| {
        let x = &x[plane * h * w..][..h * w];
        for (at, y) in y.iter_mut().enumerate() {
            let win = window(at / ow, at % ow);
            let row = |r: usize| &x[r * w + win.cols.start..r * w + win.cols.end];
            let sum = if win.cols.len() == w {
                // Whole rows are one contiguous stretch.
                reduce::sum(&x[win.rows.start * w..win.rows.end * w])
            } else {
                win.rows.clone().map(|r| row(r).iter().sum::<Real>()).sum()
            };
            *y = sum / win.divisor;
        }
    });
}

fn backward(
    dx: &mut [Real],
    dy: &[Real],
    (h, w): (usize, usize),
    (oh, ow): (usize, usize),
    window: impl Fn(usize, usize) -> Window + Sync,
) {
    let work = dx.len();
    parallel::for_planes(dx, h * w, work, |plane, dx| {
        dx.fill(0.0);
        for (at, dy) in dy[plane * oh * ow..][..oh * ow].iter().enumerate() {
            let win = window(at / ow, at % ow);
            let share = dy / win.divisor;
            for r in win.rows.clone() {
                for dx in &mut dx[r * w + win.cols.start..r * w + win.cols.end] {
                    *dx += share;
                }
            }
        }
    });
}
