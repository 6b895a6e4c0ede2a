//! Which class is taken for which.

use nn_layers::metrics::ConfusionMatrix;
use std::fmt::Write;

/// Side of a cell in pixels.
const CELL: usize = 26;
/// Room for the names of the classes.
const MARGIN: usize = 84;

/// Labels in rows, predictions in columns; the darker a cell, the larger its share of the row.
/// Counts are written into the cells where there are at most 12 classes.
///
/// # Panics
/// If there is not a name for every class.
#[track_caller]
pub fn confusion(title: &str, matrix: &ConfusionMatrix, classes: &[String]) -> String {
    let n = matrix.classes();
    assert_eq!(n, classes.len(), "a confusion matrix of {n} classes needs as many names");
    let side = MARGIN + n * CELL + 10;
    let (width, height) = (side.max(260), side + 24);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"10\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"8\" y=\"18\" font-size=\"14\">{}</text>\n",
        escaped(title)
    );
    #[allow(clippy::needless_range_loop, reason = "the label is a place in the picture too")]
    for label in 0..n {
        let total: u64 = (0..n).map(|p| matrix.count(label, p)).sum();
        let y = MARGIN + label * CELL;
        let name = escaped(&shortened(&classes[label]));
        let (middle, edge) = (y + CELL / 2 + 4, MARGIN - 6);
        add(
            &mut svg,
            &format!("<text x=\"{edge}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>"),
        );
        let (x, top) = (MARGIN + label * CELL + CELL / 2 + 4, MARGIN - 6);
        let turn = format!("transform=\"rotate(-60 {x} {top})\"");
        add(&mut svg, &format!("<text x=\"{x}\" y=\"{top}\" {turn}>{name}</text>"));
        for predicted in 0..n {
            let count = matrix.count(label, predicted);
            let share = count as f64 / total.max(1) as f64;
            let x = MARGIN + predicted * CELL;
            let [r, g, b] = shade(share);
            let place = format!("x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\"");
            add(&mut svg, &format!("<rect {place} fill=\"rgb({r},{g},{b})\" stroke=\"#dddddd\"/>"));
            if n <= 12 && count > 0 {
                let ink = if share > 0.5 { "#ffffff" } else { "#222222" };
                let x = x + CELL / 2;
                let at = format!("x=\"{x}\" y=\"{middle}\" text-anchor=\"middle\" font-size=\"9\"");
                add(&mut svg, &format!("<text {at} fill=\"{ink}\">{count}</text>"));
            }
        }
    }
    svg + "</svg>\n"
}

/// White for 0, the first of the [colours](super::COLOURS) for 1.
pub(super) fn shade(share: f64) -> [u8; 3] {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_and_shares_shaded() {
        let mut matrix = ConfusionMatrix::new(2);
        matrix.record(&[0, 0, 0, 1], &[0, 0, 1, 1]);
        let svg = confusion("a<b", &matrix, &["cat".into(), "a very long name of a dog".into()]);
        assert_eq!(svg.matches("<rect x=").count(), 4);
        assert!(svg.contains("a&lt;b") && svg.contains("a very long …"), "{svg}");
        assert!(svg.contains(">2</text>") && svg.contains("rgb(0,114,178)"), "{svg}");
    }
}
