//! Convolution by its definition, seven nested loops: the oracle of the fast ones.

use super::Conv2dShape;
use crate::Real;

// ANCHOR: products
/// Calls `f(x index, w index, y index)` for every product that a convolution sums.
fn for_each_product(s: &Conv2dShape, mut f: impl FnMut(usize, usize, usize)) {
    let (oh, ow, cg, og) = (s.out_h(), s.out_w(), s.c / s.groups, s.o / s.groups);
    for (i, o) in (0..s.n).flat_map(|i| (0..s.o).map(move |o| (i, o))) {
        for (oy, ox) in (0..oh).flat_map(|oy| (0..ow).map(move |ox| (oy, ox))) {
            for (c, ki, kj) in
                (0..cg * s.kh * s.kw).map(|t| (t / (s.kh * s.kw), t / s.kw % s.kh, t % s.kw))
            {
                // Wraps below zero, and is then no smaller than the side either.
                let iy = (oy * s.stride[0] + ki * s.dilation[0]).wrapping_sub(s.padding[0]);
                let ix = (ox * s.stride[1] + kj * s.dilation[1]).wrapping_sub(s.padding[1]);
                if iy < s.h && ix < s.w {
                    let xc = i * s.c + o / og * cg + c;
                    f(
                        (xc * s.h + iy) * s.w + ix,
                        ((o * cg + c) * s.kh + ki) * s.kw + kj,
                        ((i * s.o + o) * oh + oy) * ow + ox,
                    );
                }
            }
        }
    }
}
// ANCHOR_END: products

/// See [`super::conv2d`].
pub fn conv2d(
    y: &mut [Real],
    x: &[Real],
    w: &[Real],
    bias: Option<&[Real]>,
    relu: bool,
    s: &Conv2dShape,
) {
    y.fill(0.0);
    for_each_product(s, |xi, wi, yi| y[yi] += x[xi] * w[wi]);
    let plane = (s.out_h() * s.out_w()).max(1);
    for (i, y) in y.iter_mut().enumerate() {
        *y += bias.map_or(0.0, |b| b[i / plane % s.o]);
        if relu && *y < 0.0 {
            *y = 0.0;
        }
    }
}

/// See [`super::conv2d_backward_weight`].
pub fn conv2d_backward_weight(dw: &mut [Real], x: &[Real], dy: &[Real], s: &Conv2dShape) {
    dw.fill(0.0);
    for_each_product(s, |xi, wi, yi| dw[wi] += x[xi] * dy[yi]);
}

/// See [`super::conv2d_backward_input`].
pub fn conv2d_backward_input(dx: &mut [Real], w: &[Real], dy: &[Real], s: &Conv2dShape) {
    dx.fill(0.0);
    for_each_product(s, |xi, wi, yi| dx[xi] += w[wi] * dy[yi]);
}
