//! Every pass against its definition, on every instruction set of this machine.

use super::*;
use crate::kernels::gemm::tests::noise;
use crate::kernels::parallel::with_num_threads;

fn shape(
    n: usize,
    (c, h, w): (usize, usize, usize),
    (o, kh, kw): (usize, usize, usize),
) -> Conv2dShape {
    Conv2dShape {
        n,
        c,
        h,
        w,
        o,
        kh,
        kw,
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
    }
}

#[track_caller]
fn close(got: &[Real], want: &[Real], terms: usize, what: &str, s: &Conv2dShape) {
    // The definition adds one by one, and is itself the less exact of the two.
    let tolerance = Real::EPSILON * (8.0 + 0.3 * terms as Real);
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!(
            (g - w).abs() <= tolerance * (1.0 + w.abs()),
            "{what}: element {i} is {g}, not {w}: {s:?}"
        );
    }
}

fn check(isa: Isa, s: &Conv2dShape) {
    let (x, w, dy) = (noise(s.x_len(), 1), noise(s.w_len(), 2), noise(s.y_len(), 3));
    let bias = noise(s.o, 4);
    let taps = s.c / s.groups * s.kh * s.kw;
    let outputs = s.n * s.out_h() * s.out_w();
    for (bias, relu) in [(None, false), (Some(&bias[..]), true)] {
        let (mut got, mut want) = (vec![7.0; s.y_len()], vec![0.0; s.y_len()]);
        conv2d_with(isa, &mut got, &x, &w, bias, relu, s);
        naive::conv2d(&mut want, &x, &w, bias, relu, s);
        close(&got, &want, taps, "output", s);
    }
    let (mut got, mut want) = (vec![7.0; s.w_len()], vec![0.0; s.w_len()]);
    conv2d_backward_weight_with(isa, &mut got, &x, &dy, s);
    naive::conv2d_backward_weight(&mut want, &x, &dy, s);
    close(&got, &want, outputs, "gradient by the weights", s);
    let (mut got, mut want) = (vec![7.0; s.x_len()], vec![0.0; s.x_len()]);
    conv2d_backward_input_with(isa, &mut got, &w, &dy, s);
    naive::conv2d_backward_input(&mut want, &w, &dy, s);
    close(&got, &want, s.o / s.groups * s.kh * s.kw, "gradient by the input", s);
}

/// Small shapes in which strides, paddings, dilations and groups meet.
fn odd_shapes() -> Vec<Conv2dShape> {
    let mut shapes = Vec::new();
    for (kh, kw) in [(1, 1), (3, 3), (2, 5)] {
        for stride in [[1, 1], [2, 2], [1, 3]] {
            for padding in [[0, 0], [1, 1], [2, 3]] {
                for dilation in [[1, 1], [2, 1]] {
                    for (c, o, groups) in [(3, 7, 1), (4, 6, 2), (5, 5, 5), (2, 4, 2)] {
                        let s = shape(2, (c, 7, 11), (o, kh, kw));
                        shapes.push(Conv2dShape { stride, padding, dilation, groups, ..s });
                    }
                }
            }
        }
    }
    shapes
}

#[test]
fn odd_shapes_agree_with_the_definition() {
    for isa in Isa::available() {
        odd_shapes().iter().for_each(|s| check(isa, s));
    }
}

#[test]
fn shapes_of_real_nets_agree_with_the_definition() {
    let same = |s: Conv2dShape| Conv2dShape { padding: [s.kh / 2, s.kw / 2], ..s };
    for s in [
        shape(9, (3, 28, 28), (32, 5, 5)),
        shape(13, (8, 12, 12), (48, 5, 5)),
        same(shape(2, (16, 32, 32), (20, 3, 3))),
        Conv2dShape { stride: [2, 2], ..same(shape(1, (3, 33, 33), (8, 7, 7))) },
        same(shape(3, (30, 7, 7), (33, 3, 3))),
        same(shape(1, (24, 14, 14), (50, 3, 3))),
        Conv2dShape { stride: [2, 2], ..shape(2, (20, 14, 14), (17, 1, 1)) },
        shape(3, (40, 9, 9), (21, 1, 1)),
        // A filter as large as the image, and sequences, long and short.
        shape(5, (4, 6, 6), (9, 6, 6)),
        same(shape(2, (3, 1, 1000), (5, 1, 9))),
        shape(40, (6, 1, 12), (7, 1, 3)),
        Conv2dShape { groups: 12, ..same(shape(3, (12, 20, 20), (12, 3, 3))) },
    ] {
        for isa in Isa::available() {
            check(isa, &s);
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let same = |s: Conv2dShape| Conv2dShape { padding: [1, 1], ..s };
    for s in [
        shape(64, (3, 28, 28), (16, 5, 5)),
        same(shape(1, (64, 28, 28), (64, 3, 3))),
        same(shape(3, (96, 7, 7), (100, 3, 3))),
        Conv2dShape { groups: 64, ..same(shape(8, (64, 28, 28), (64, 3, 3))) },
    ] {
        let (x, w, dy) = (noise(s.x_len(), 1), noise(s.w_len(), 2), noise(s.y_len(), 3));
        let run = |threads| {
            let mut out = [vec![0.0; dy.len()], vec![0.0; w.len()], vec![0.0; x.len()]];
            with_num_threads(threads, || {
                conv2d(&mut out[0], &x, &w, None, false, &s);
                conv2d_backward_weight(&mut out[1], &x, &dy, &s);
                conv2d_backward_input(&mut out[2], &w, &dy, &s);
            });
            out
        };
        let one = run(1);
        for threads in 2..=4 {
            assert!(run(threads) == one, "{threads} threads: {s:?}");
        }
    }
}

#[test]
fn no_images_give_no_gradient() {
    let s = shape(0, (2, 5, 5), (3, 3, 3));
    let mut dw = vec![1.0; s.w_len()];
    conv2d_backward_weight(&mut dw, &[], &[], &s);
    assert!(dw.iter().all(|&v| v == 0.0));
    conv2d(&mut [], &[], &vec![0.0; s.w_len()], None, false, &s);
}

#[test]
fn channel_sums_are_sums_by_channel() {
    let (n, c, hw) = (5, 3, 37);
    let dy = noise(n * c * hw, 1);
    let mut db = vec![0.0; c];
    channel_sum(&mut db, &dy, n, c, hw);
    for (ch, db) in db.iter().enumerate() {
        let want: Real = (0..n).flat_map(|i| &dy[(i * c + ch) * hw..][..hw]).sum();
        assert!((db - want).abs() < Real::EPSILON * 200.0);
    }
}

#[test]
#[should_panic(expected = "does not fit in 4")]
fn a_filter_larger_than_the_image_is_refused() {
    shape(1, (1, 4, 4), (1, 5, 5)).out_h();
}
