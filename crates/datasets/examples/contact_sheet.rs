//! Look at a data set: its first images, as one picture.
//!
//! ```text
//! cargo run --release -p datasets --example contact_sheet -- synthetic:digits sheet.ppm 20x10
//! ```
//!
//! Writes a portable pixmap (PPM), which most picture viewers open.

use std::error::Error;
use std::io::Write;

use ndarray::Ix4;

const USAGE: &str = "usage: contact_sheet SPEC OUT.ppm [COLUMNSxROWS]";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [spec, out, rest @ ..] = args.as_slice() else { return Err(USAGE.into()) };
    let size = rest.first().map_or("20x10", String::as_str);
    let (columns, rows) = size.split_once('x').ok_or(USAGE)?;
    let (columns, rows): (usize, usize) = (columns.parse()?, rows.parse()?);

    let data = datasets::load(&spec.parse()?)?;
    eprintln!("{}", datasets::describe(&data));
    let images = data.inputs().into_dimensionality::<Ix4>().map_err(|_| "these are no images")?;
    let (n, channels, h, w) = images.dim();

    // One grey pixel between images.
    let (width, height) = (columns * (w + 1), rows * (h + 1));
    let mut pixels = vec![128u8; width * height * 3];
    for (i, image) in images.outer_iter().take(n.min(columns * rows)).enumerate() {
        let (top, left) = (i / columns * (h + 1), i % columns * (w + 1));
        for ((channel, y, x), &value) in image.indexed_iter() {
            let at = ((top + y) * width + left + x) * 3;
            let byte = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
            // A grey image has one channel, and a pixel three.
            let fill = if channels == 1 { 0..3 } else { channel.min(2)..channel.min(2) + 1 };
            pixels[at..][fill].fill(byte);
        }
    }
    let mut file = std::fs::File::create(out)?;
    write!(file, "P6\n{width} {height}\n255\n")?;
    file.write_all(&pixels)?;
    Ok(())
}
