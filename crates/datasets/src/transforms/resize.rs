//! Resizing: bilinear when growing, by area when shrinking.

use ndarray::{ArrayD, ArrayViewD};

use super::images;

/// Images `[n, c, h, w]` at another height and width.
///
/// Each axis goes by itself. An axis that grows is interpolated between pixel centres, as
/// PyTorch's `interpolate(mode="bilinear", align_corners=False)` does. An axis that shrinks takes
/// for each new pixel the mean of the stretch of old ones that it covers, fractions included, so
/// that no pixel is skipped and the mean of the image stays.
///
/// # Panics
/// If these are no images, or `height` or `width` is 0.
#[track_caller]
pub fn resize(inputs: ArrayViewD<'_, f32>, height: usize, width: usize) -> ArrayD<f32> {
    assert!(height > 0 && width > 0, "resize: to {height}x{width}; an image has pixels");
    let inputs = images("resize", inputs);
    let (n, c, h, w) = inputs.dim();
    let (down, across) = (taps(h, height), taps(w, width));
    let inputs = inputs.as_standard_layout();
    let planes = inputs.as_slice().expect("it is in row-major order").chunks_exact(h * w);
    let mut out = vec![0.0; n * c * height * width];
    // A plane at a time, which stays in the cache.
    let mut tall = vec![0.0; height * w];
    for (out, plane) in out.chunks_exact_mut(height * width).zip(planes) {
        for (row, taps) in tall.chunks_exact_mut(w).zip(&down) {
            row.fill(0.0);
            for &(from, weight) in taps {
                let from = &plane[from * w..][..w];
                row.iter_mut().zip(from).for_each(|(out, value)| *out += weight * value);
            }
        }
        for (out, row) in out.chunks_exact_mut(width).zip(tall.chunks_exact(w)) {
            for (out, taps) in out.iter_mut().zip(&across) {
                *out = taps.iter().fold(0.0, |sum, &(from, weight)| sum + weight * row[from]);
            }
        }
    }
    ArrayD::from_shape_vec(vec![n, c, height, width], out).expect("as many values as pixels")
}

/// For each place of the new axis, the old places it is made of and their weights (sum 1).
fn taps(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|i| if to > from { between(i, scale, from) } else { area(i, scale, from) })
        .collect()
}

/// The two old pixels whose centres enclose the new one's; at the edge, the edge.
fn between(i: usize, scale: f64, from: usize) -> Vec<(usize, f32)> {
    let centre = ((i as f64 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f64);
    let left = centre.floor();
    let right = (left as usize + 1).min(from - 1);
    let weight = (centre - left) as f32;
    vec![(left as usize, 1.0 - weight), (right, weight)]
}

/// The old pixels that overlap `i·scale .. (i+1)·scale`, by the length of the overlap.
fn area(i: usize, scale: f64, from: usize) -> Vec<(usize, f32)> {
    let (start, end) = (i as f64 * scale, (i + 1) as f64 * scale);
    let overlap = |j: usize| (end.min((j + 1) as f64) - start.max(j as f64)).max(0.0);
    (start as usize..(end.ceil() as usize).min(from))
        .map(|j| (j, (overlap(j) / scale) as f32))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    fn one(image: ndarray::Array2<f32>) -> ArrayD<f32> {
        let (h, w) = image.dim();
        image.into_shape_with_order((1, 1, h, w)).unwrap().into_dyn()
    }

    fn close(found: &ArrayD<f32>, expected: &ArrayD<f32>) {
        assert_eq!(found.shape(), expected.shape());
        let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn growing_interpolates_between_centres() {
        // torch.nn.functional.interpolate(x, (4, 4), mode="bilinear", align_corners=False)
        let x = one(arr2(&[[0.0, 1.0], [2.0, 3.0]]));
        let expected = one(arr2(&[
            [0.0, 0.25, 0.75, 1.0],
            [0.5, 0.75, 1.25, 1.5],
            [1.5, 1.75, 2.25, 2.5],
            [2.0, 2.25, 2.75, 3.0],
        ]));
        close(&resize(x.view(), 4, 4), &expected);
    }

    #[test]
    fn shrinking_averages_by_area() {
        let x = one(arr2(&[[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]]));
        // The first new pixel covers one and a half old columns.
        let expected = one(arr2(&[[(2.0 + 0.5 * 3.0) / 1.5, (7.0 + 0.5 * 3.0) / 1.5]]));
        close(&resize(x.view(), 1, 2), &expected);
    }

    #[test]
    fn sizes_stay_and_means_stay() {
        let x = ArrayD::from_shape_fn(vec![2, 3, 7, 5], |ix| {
            ((ix[0] * 31 + ix[1] * 17 + ix[2] * 5 + ix[3] * 3) % 11) as f32
        });
        assert_eq!(resize(x.view(), 7, 5), x);
        for (h, w) in [(3, 2), (1, 1), (6, 4)] {
            let small = resize(x.view(), h, w);
            assert_eq!(small.shape(), [2, 3, h, w]);
            assert!((small.mean().unwrap() - x.mean().unwrap()).abs() < 1e-5);
        }
        let flat = resize(ArrayD::from_elem(vec![1, 1, 3, 3], 0.7).view(), 28, 2);
        assert!(flat.iter().all(|v| (v - 0.7f32).abs() < 1e-6));
    }
}
