//! Samples of a data set, side by side.

use datasets::Unlabelled;
use datasets::transforms::resize;
use ndarray::{ArrayViewD, Axis, CowArray, IxDyn};
use std::fmt::Write;

/// The longer side of a larger image is drawn at this length, for every pixel may be a rectangle.
const LONGEST: usize = 64;

/// The first `rows * columns` images of a data set in a grid, as SVG: each pixel row of an image is
/// a row of rectangles, equal neighbours merged. Grey images are drawn light on dark, large ones at 64 pixels.
///
/// # Panics
/// If the samples are not images `[1 or 3, h, w]`.
#[track_caller]
pub fn contact_sheet(
    data: &Unlabelled,
    rows: usize,
    columns: usize,
    captions: &[String],
) -> String {
    let shape = data.sample_shape().to_vec();
    assert!(shape.len() == 3 && (shape[0] == 1 || shape[0] == 3), "images, got {shape:?}");
    let shown = data.len().min(rows * columns);
    let all = data.inputs();
    let inputs = thumbnails(all.slice_axis(Axis(0), (0..shown).into()));
    let (c, h, w) = (shape[0], inputs.shape()[2], inputs.shape()[3]);
    let values = inputs.as_standard_layout();
    let values = values.as_slice().expect("standard layout");
    let letters = captions.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    let cell_w = (w + 4).max(5 * letters + 4);
    let cell_h = h + if captions.is_empty() { 4 } else { 14 };
    let scale = (48 / h.max(1)).max(2); // small images are drawn larger
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" \
         shape-rendering=\"crispEdges\" font-family=\"sans-serif\" font-size=\"8\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        columns * cell_w * scale,
        rows * cell_h * scale,
        columns * cell_w,
        rows * cell_h
    );
    for i in 0..shown {
        let (left, top) = (i % columns * cell_w + (cell_w - w) / 2, i / columns * cell_h + 2);
        let image = &values[i * c * h * w..(i + 1) * c * h * w];
        // Sixteen shades a channel: enough for a thumbnail, and long runs of equal pixels.
        let shade = |k: usize, p: usize| {
            (image[k.min(c - 1) * h * w + p].clamp(0.0, 1.0) * 15.0).round() as u8
        };
        for y in 0..h {
            let mut x = 0;
            while x < w {
                let pixel = |x: usize| [0, 1, 2].map(|k| shade(k, y * w + x));
                let [r, g, b] = pixel(x);
                let run = (x..w).take_while(|&x| pixel(x) == [r, g, b]).count();
                writeln!(
                    svg,
                    "<path d=\"M{} {}h{run}v1h-{run}z\" fill=\"#{r:x}{g:x}{b:x}\"/>",
                    left + x,
                    top + y
                )
                .expect("a String takes all");
                x += run;
            }
        }
        if let Some(caption) = captions.get(i) {
            let (x, y) = (left + w / 2, top + h + 9);
            let caption = caption.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{caption}</text>")
                .expect("a String takes all");
        }
    }
    svg + "</svg>\n"
}

/// The images, no side of them longer than [`LONGEST`].
fn thumbnails(images: ArrayViewD<'_, f32>) -> CowArray<'_, f32, IxDyn> {
    let (h, w) = (images.shape()[2], images.shape()[3]);
    let longest = h.max(w);
    if longest <= LONGEST {
        return images.into();
    }
    let side = |length: usize| (length * LONGEST / longest).max(1);
    resize(images, side(h), side(w)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_one_rectangle() {
        let images =
            ndarray::ArrayD::from_shape_vec(vec![1, 1, 2, 3], vec![0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        let data = Unlabelled::new("two", images.unwrap()).unwrap();
        let svg = contact_sheet(&data, 1, 1, &["a<b".into()]);
        assert_eq!(svg.matches("<path").count(), 3);
        assert!(svg.contains("h2v1h-2z\" fill=\"#000\"") && svg.contains("a&lt;b"));
    }
    #[test]
    fn a_large_image_is_a_small_drawing() {
        let (h, w) = (112, 224);
        let stripes = ndarray::ArrayD::from_shape_fn(vec![1, 3, h, w], |i| (i[3] % 2) as f32);
        let data = Unlabelled::new("large", stripes).unwrap();
        let svg = contact_sheet(&data, 1, 1, &[]);
        assert!(svg.contains("viewBox=\"0 0 68 36\""), "{}", &svg[..200]);
        assert!(svg.len() < 64 * 32 * 50, "{} bytes", svg.len());
    }
}
