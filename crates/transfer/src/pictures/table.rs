//! What the pictures of tables share: their opening, cells and names.

use std::fmt::Write;

/// The opening of a picture: its size, its title at a height, and the size of all other text.
pub(super) fn open(
    (title, y): (&str, usize),
    (width, height): (usize, usize),
    font: usize,
) -> String {
    let width = width.max(16 + 8 * title.chars().count()); // or the title would be cut off
    format!(
        "<svg xmlns\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"{font}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"8\" y=\"{y}\" font-size=\"14\">{}</text>\n",
        escaped(title)
    )
}

/// The name of a row, which ends left of the table.
pub(super) fn row_name(svg: &mut String, (x, y): (usize, usize), name: &str) {
    add(svg, &format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{name}</text>"));
}

/// A cell, the darker the larger its share.
pub(super) fn cell(svg: &mut String, (x, y): (usize, usize), (w, h): (usize, usize), share: f64) {
    let [r, g, b] = shade(share);
    let place = format!("x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"");
    add(svg, &format!("<rect {place} fill=\"rgb({r},{g},{b})\" stroke=\"#dddddd\"/>"));
}

/// The colour of what is written in a cell.
pub(super) fn ink(share: f64) -> &'static str {
    if share > 0.5 { "#ffffff" } else { "#222222" }
}

/// White for 0, the first of the [colours](super::COLOURS) for 1.
fn shade(share: f64) -> [u8; 3] {
    let (r, g, b) = super::COLOURS[0];
    [r, g, b].map(|c| (255.0 + share * (f64::from(c) - 255.0)).round() as u8)
}

pub(super) fn add(svg: &mut String, line: &str) {
    writeln!(svg, "{line}").expect("a String takes all");
}

pub(super) fn shortened(name: &str) -> String {
    match name.char_indices().nth(12) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
