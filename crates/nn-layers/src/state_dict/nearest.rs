//! The name that was probably meant.

/// The candidate with the fewest edits to `name`, if it is near enough to be a hint: no more edits
/// than a third of its length. The first of equals.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = name.len().div_ceil(3);
    let scored = candidates.into_iter().filter(|c| c.len().abs_diff(name.len()) <= limit);
    let scored = scored.map(|c| (distance(name.as_bytes(), c.as_bytes()), c));
    let (edits, best) = scored.min_by_key(|(edits, _)| *edits)?;
    (edits <= limit).then(|| best.to_owned())
}

/// Insertions, deletions and replacements from one to the other (Levenshtein, 1966).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        let d = |a: &str, b: &str| distance(a.as_bytes(), b.as_bytes());
        assert_eq!(d("kitten", "sitting"), 3);
        assert_eq!(d("", "abc"), 3);
        assert_eq!(d("same", "same"), 0);
    }

    #[test]
    fn only_a_near_name_is_a_hint() {
        let names = ["features.0.weight".to_owned(), "features.0.bias".to_owned()];
        let nearest = |name| nearest(name, names.iter().map(String::as_str));
        assert_eq!(nearest("feature.0.weight"), Some(names[0].clone()));
        assert_eq!(nearest("module.features.0.bias"), Some(names[1].clone()));
        assert_eq!(nearest("head.gain"), None);
    }
}
