//! Samples of a data set, side by side.

use datasets::Unlabelled;
use std::fmt::Write;

/// The first `rows * columns` images of a data set in a grid, as SVG: each pixel row of an image is
/// a row of rectangles, equal neighbours merged. Grey images are drawn light on dark.
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
    let (c, h, w) = (shape[0], shape[1], shape[2]);
    let inputs = data.inputs();
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
    for i in 0..data.len().min(rows * columns) {
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
}
