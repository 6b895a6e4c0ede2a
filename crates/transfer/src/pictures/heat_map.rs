//! A table of shares, shaded.

use super::table::{add, cell, escaped, ink, open, row_name, shortened};

/// Width and height of a cell in pixels.
const CELL: (usize, usize) = (72, 30);
/// Room for the names of the rows, and above the table for the title and those of the columns.
const MARGIN: (usize, usize) = (110, 58);

/// Values in `0..=1` in a table: the darker a cell, the larger its value, which is written in it.
///
/// # Panics
/// If there is not a row of values for every name of a row, with a value for every name of a column.
#[track_caller]
pub fn heat_map(title: &str, rows: &[String], columns: &[String], values: &[Vec<f64>]) -> String {
    let whole = values.len() == rows.len() && values.iter().all(|v| v.len() == columns.len());
    assert!(whole, "a heat map needs a value for every row and column");
    let width = (MARGIN.0 + columns.len() * CELL.0 + 10).max(title.chars().count() * 8 + 16);
    let height = MARGIN.1 + rows.len() * CELL.1 + 10;
    let mut svg = open((title, 20), (width, height), 12);
    let centre = |c: usize| MARGIN.0 + c * CELL.0 + CELL.0 / 2;
    for (c, name) in columns.iter().enumerate() {
        let (x, y, name) = (centre(c), MARGIN.1 - 8, escaped(&shortened(name)));
        add(&mut svg, &format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{name}</text>"));
    }
    for (r, (name, values)) in rows.iter().zip(values).enumerate() {
        let (y, name) = (MARGIN.1 + r * CELL.1, escaped(&shortened(name)));
        let (edge, middle) = (MARGIN.0 - 8, y + CELL.1 / 2 + 4);
        row_name(&mut svg, (edge, middle), &name);
        for (c, &value) in values.iter().enumerate() {
            cell(&mut svg, (MARGIN.0 + c * CELL.0, y), CELL, value.clamp(0.0, 1.0));
            let ink = ink(value);
            let at = format!("x=\"{}\" y=\"{middle}\" text-anchor=\"middle\"", centre(c));
            add(&mut svg, &format!("<text {at} fill=\"{ink}\">{value:.2}</text>"));
        }
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_and_shaded() {
        let names = |s: &str| s.split(' ').map(String::from).collect::<Vec<_>>();
        let values = [vec![0.0, 1.0, 0.25]];
        let svg = heat_map("a<b", &names("row"), &names("x y z"), &values);
        assert_eq!(svg.matches("<rect x=").count(), 3);
        assert!(svg.contains("a&lt;b") && svg.contains(">0.25</text>"), "{svg}");
        assert!(svg.contains("rgb(0,114,178)") && svg.contains("rgb(255,255,255)"), "{svg}");
    }

    #[test]
    #[should_panic(expected = "a value for every row and column")]
    fn a_missing_value_is_refused() {
        heat_map("", &["a".into()], &["b".into(), "c".into()], &[vec![0.5]]);
    }
}
