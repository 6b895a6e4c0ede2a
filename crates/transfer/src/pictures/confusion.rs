//! Which class is taken for which.

use super::table::{add, cell, escaped, ink, open, row_name, shortened};
use nn_layers::metrics::ConfusionMatrix;

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
    let mut svg = open((title, 18), (width, height), 10);
    #[allow(clippy::needless_range_loop, reason = "the label is a place in the picture too")]
    for label in 0..n {
        let total: u64 = (0..n).map(|p| matrix.count(label, p)).sum();
        let y = MARGIN + label * CELL;
        let name = escaped(&shortened(&classes[label]));
        let (middle, edge) = (y + CELL / 2 + 4, MARGIN - 6);
        row_name(&mut svg, (edge, middle), &name);
        let (x, top) = (MARGIN + label * CELL + CELL / 2 + 4, MARGIN - 6);
        let turn = format!("transform=\"rotate(-60 {x} {top})\"");
        add(&mut svg, &format!("<text x=\"{x}\" y=\"{top}\" {turn}>{name}</text>"));
        for predicted in 0..n {
            let count = matrix.count(label, predicted);
            let share = count as f64 / total.max(1) as f64;
            let x = MARGIN + predicted * CELL;
            cell(&mut svg, (x, y), (CELL, CELL), share);
            if n <= 12 && count > 0 {
                let (x, ink) = (x + CELL / 2, ink(share));
                let at = format!("x=\"{x}\" y=\"{middle}\" text-anchor=\"middle\" font-size=\"9\"");
                add(&mut svg, &format!("<text {at} fill=\"{ink}\">{count}</text>"));
            }
        }
    }
    svg + "</svg>\n"
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
