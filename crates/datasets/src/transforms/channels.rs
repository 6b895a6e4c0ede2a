//! Grey images for networks that expect colour.

use ndarray::{ArrayD, ArrayViewD, Axis};

use super::images;

/// Repeats the one channel of `[n, 1, h, w]` three times: `[n, 3, h, w]`.
///
/// # Panics
/// If these are no images of one channel.
#[track_caller]
pub fn grey_to_rgb(inputs: ArrayViewD<'_, f32>) -> ArrayD<f32> {
    let inputs = images("grey_to_rgb", inputs);
    let (n, c, h, w) = inputs.dim();
    assert!(c == 1, "grey_to_rgb: expected one channel, found {:?}", inputs.shape());
    let mut out = Vec::with_capacity(3 * inputs.len());
    for image in inputs.axis_iter(Axis(0)) {
        for _ in 0..3 {
            out.extend(image.iter());
        }
    }
    ArrayD::from_shape_vec(vec![n, 3, h, w], out).expect("three times as many values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_equal_channels() {
        let grey =
            ArrayD::from_shape_fn(vec![2, 1, 2, 3], |ix| (ix[0] * 6 + ix[2] * 3 + ix[3]) as f32);
        let rgb = grey_to_rgb(grey.view());
        assert_eq!(rgb.shape(), [2, 3, 2, 3]);
        for channel in 0..3 {
            assert_eq!(rgb.index_axis(Axis(1), channel), grey.index_axis(Axis(1), 0));
        }
    }

    #[test]
    #[should_panic(expected = "expected one channel, found [2, 3, 4, 4]")]
    fn colour_is_refused() {
        grey_to_rgb(ArrayD::zeros(vec![2, 3, 4, 4]).view());
    }
}
