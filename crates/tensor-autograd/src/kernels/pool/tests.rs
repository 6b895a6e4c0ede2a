//! Pooling against plain loops over padded windows, and gradients against the definition of a
//! derivative: all passes are linear where they do not switch.

use super::*;
use crate::Real;
use crate::kernels::gemm::tests::noise;
use crate::kernels::parallel::with_num_threads;

fn shapes() -> Vec<Pool2dShape> {
    let mut shapes = vec![
        Pool2dShape::square(2, 3, 8, 8, 2),
        Pool2dShape::square(1, 2, 24, 24, 2),
        Pool2dShape::square(1, 2, 7, 9, 2),
        Pool2dShape::square(1, 1, 70, 33, 2),
        Pool2dShape::square(1, 1, 2, 2, 2),
    ];
    for (kh, kw) in [(2, 2), (3, 3), (1, 4)] {
        for stride in [[1, 1], [2, 2], [3, 1]] {
            for padding in [[0, 0], [kh / 2, kw / 2]] {
                for dilation in [[1, 1], [2, 2]] {
                    for ceil_mode in [false, true] {
                        let s = Pool2dShape::square(2, 2, 7, 10, 2);
                        shapes.push(Pool2dShape {
                            kh,
                            kw,
                            stride,
                            padding,
                            dilation,
                            ceil_mode,
                            ..s
                        });
                    }
                }
            }
        }
    }
    shapes
}

/// Cells of window `(oy, ox)` inside the plane, and how many cells of padding it also covers.
fn cells(s: &Pool2dShape, oy: usize, ox: usize) -> (Vec<usize>, usize) {
    let (mut cells, mut padding) = (Vec::new(), 0);
    for (ki, kj) in (0..s.kh).flat_map(|ki| (0..s.kw).map(move |kj| (ki, kj))) {
        let y = (oy * s.stride[0] + ki * s.dilation[0]) as isize - s.padding[0] as isize;
        let x = (ox * s.stride[1] + kj * s.dilation[1]) as isize - s.padding[1] as isize;
        let inside =
            |v: isize, len: usize, p: usize| (-(p as isize)..(len + p) as isize).contains(&v);
        if (0..s.h as isize).contains(&y) && (0..s.w as isize).contains(&x) {
            cells.push(y as usize * s.w + x as usize);
        } else if inside(y, s.h, s.padding[0]) && inside(x, s.w, s.padding[1]) {
            padding += 1;
        }
    }
    (cells, padding)
}

#[test]
fn maxima_and_their_places_are_right() {
    for s in shapes() {
        // Few different values, so that there are ties: the first must win.
        let x: Vec<Real> = noise(s.x_len(), 1).iter().map(|v| (v * 3.0).round()).collect();
        let (mut y, mut places) = (vec![0.0; s.y_len()], vec![0; s.y_len()]);
        max_pool2d(&mut y, &mut places, &x, &s);
        let out = s.out_h() * s.out_w();
        for i in 0..y.len() {
            let x = &x[i / out * s.h * s.w..];
            let (cells, _) = cells(&s, i % out / s.out_w(), i % s.out_w());
            let max = cells.iter().map(|&c| x[c]).fold(Real::NEG_INFINITY, Real::max);
            assert_eq!(y[i], max, "output {i} of {s:?}");
            let first = cells.iter().copied().find(|&c| x[c] == max);
            assert_eq!(Some(places[i] as usize), first, "place {i} of {s:?}");
        }
    }
}

#[test]
fn the_gradient_of_a_maximum_goes_to_its_place() {
    for s in shapes() {
        let (x, dy) = (noise(s.x_len(), 1), noise(s.y_len(), 2));
        let (mut y, mut places) = (vec![0.0; s.y_len()], vec![0; s.y_len()]);
        max_pool2d(&mut y, &mut places, &x, &s);
        let mut dx = vec![7.0; s.x_len()];
        max_pool2d_backward(&mut dx, &dy, &places, &s);
        let mut want = vec![0.0; s.x_len()];
        let out = s.out_h() * s.out_w();
        for i in 0..dy.len() {
            want[i / out * s.h * s.w + places[i] as usize] += dy[i];
        }
        assert_eq!(dx, want, "{s:?}");
    }
}

#[test]
fn nan_is_every_maximum() {
    for s in [Pool2dShape::square(1, 1, 4, 4, 2), Pool2dShape::square(1, 1, 6, 6, 3)] {
        for at in 0..s.x_len() {
            let mut x = noise(s.x_len(), 1);
            x[at] = Real::NAN;
            let (mut y, mut places) = (vec![0.0; s.y_len()], vec![0; s.y_len()]);
            max_pool2d(&mut y, &mut places, &x, &s);
            let window = at / s.w / s.kh * s.out_w() + at % s.w / s.kw;
            for (i, v) in y.iter().enumerate() {
                assert_eq!(v.is_nan(), i == window);
            }
            assert_eq!(places[window] as usize, at);
        }
    }
}

#[test]
fn averages_count_the_padding_or_not() {
    for s in shapes().into_iter().filter(|s| s.dilation == [1, 1]) {
        for include in [false, true] {
            let (x, dy) = (noise(s.x_len(), 1), noise(s.y_len(), 2));
            let (mut y, mut dx) = (vec![0.0; s.y_len()], vec![7.0; s.x_len()]);
            avg_pool2d(&mut y, &x, include, &s);
            avg_pool2d_backward(&mut dx, &dy, include, &s);
            let (out, mut want) = (s.out_h() * s.out_w(), vec![0.0; s.x_len()]);
            for i in 0..y.len() {
                let (cells, padding) = cells(&s, i % out / s.out_w(), i % s.out_w());
                let count = (cells.len() + if include { padding } else { 0 }) as Real;
                let plane = i / out * s.h * s.w;
                let sum: Real = cells.iter().map(|c| x[plane + c]).sum();
                assert!((y[i] - sum / count).abs() < 1e-5, "output {i} of {s:?}");
                cells.iter().for_each(|c| want[plane + c] += dy[i] / count);
            }
            for (i, (got, want)) in dx.iter().zip(&want).enumerate() {
                assert!((got - want).abs() < 1e-5, "gradient {i} of {s:?}");
            }
        }
    }
}

#[test]
fn adaptive_windows_cover_everything() {
    // Windows of PyTorch for 5 → 3: 0..2, 1..4, 3..5.
    let x: Vec<Real> = (0..5).map(|v| v as Real).collect();
    let mut y = vec![0.0; 3];
    adaptive_avg_pool2d(&mut y, &x, 1, (1, 5), (1, 3));
    assert_eq!(y, [0.5, 2.0, 3.5]);
    let mut dx = vec![0.0; 5];
    adaptive_avg_pool2d_backward(&mut dx, &[2.0, 3.0, 2.0], 1, (1, 5), (1, 3));
    assert_eq!(dx, [1.0, 2.0, 1.0, 2.0, 1.0]);
    // To one cell: the mean of the plane; to the same size: the plane.
    let x = noise(2 * 7 * 7, 1);
    let mut y = vec![0.0; 2];
    adaptive_avg_pool2d(&mut y, &x, 2, (7, 7), (1, 1));
    for (y, x) in y.iter().zip(x.chunks(49)) {
        assert!((y - x.iter().sum::<Real>() / 49.0).abs() < 1e-6);
    }
    let mut same = vec![0.0; x.len()];
    adaptive_avg_pool2d(&mut same, &x, 2, (7, 7), (7, 7));
    assert_eq!(same, x);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let s = Pool2dShape { stride: [1, 1], ..Pool2dShape::square(8, 16, 30, 30, 3) };
    let (x, dy) = (noise(s.x_len(), 1), noise(s.y_len(), 2));
    let run = |threads| {
        let (mut y, mut places) = (vec![0.0; s.y_len()], vec![0; s.y_len()]);
        let (mut avg, mut dx) = (y.clone(), vec![0.0; s.x_len()]);
        let mut dx_avg = dx.clone();
        with_num_threads(threads, || {
            max_pool2d(&mut y, &mut places, &x, &s);
            max_pool2d_backward(&mut dx, &dy, &places, &s);
            avg_pool2d(&mut avg, &x, true, &s);
            avg_pool2d_backward(&mut dx_avg, &dy, true, &s);
        });
        (y, places, avg, dx, dx_avg)
    };
    let one = run(1);
    for threads in 2..=4 {
        assert!(run(threads) == one, "{threads} threads");
    }
}
