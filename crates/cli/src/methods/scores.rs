//! How well each class is told, as a table.

use crate::out::csv_field;
use nn_layers::metrics::ConfusionMatrix;

/// A line for each class: its members, recall, precision, F1, and what it is most often taken for.
/// An undefined share is an empty cell.
pub(super) fn csv(matrix: &ConfusionMatrix, classes: &[String]) -> String {
    let (recall, precision) = (matrix.recall(), matrix.precision());
    // A line is a class, so its name is one.
    let name = |class: usize| csv_field(&classes[class].replace(['\n', '\r'], " "));
    let mut text = String::from("class,members,recall,precision,f1,taken for,times\n");
    for c in 0..classes.len() {
        let members: u64 = (0..classes.len()).map(|other| matrix.count(c, other)).sum();
        let f1 = recall[c].zip(precision[c]).map(|(r, p)| 2.0 * r * p / (r + p).max(1e-300));
        let shares = [recall[c], precision[c], f1]
            .map(|share| share.map_or(String::new(), |x| format!("{x:.4}")));
        let others = (0..classes.len()).filter(|other| *other != c && matrix.count(c, *other) > 0);
        // Of equals the first.
        let worst = others.rev().max_by_key(|other| matrix.count(c, *other));
        let (other, times) = worst.map_or((String::new(), String::new()), |other| {
            (name(other), matrix.count(c, other).to_string())
        });
        text += &format!("{},{members},{},{other},{times}\n", name(c), shares.join(","));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_line() {
        let mut matrix = ConfusionMatrix::new(4);
        matrix.record(&[0, 0, 0, 0, 1, 1, 3], &[0, 0, 1, 3, 1, 0, 3]);
        let classes = ["cat", "dog", "none", "a, b"].map(String::from);
        let lines = [
            "class,members,recall,precision,f1,taken for,times",
            "cat,4,0.5000,0.6667,0.5714,dog,1",
            "dog,2,0.5000,0.5000,0.5000,cat,1",
            "none,0,,,,,",
            "\"a, b\",1,1.0000,0.5000,0.6667,,",
        ];
        assert_eq!(csv(&matrix, &classes).lines().collect::<Vec<_>>(), lines);
    }
}
