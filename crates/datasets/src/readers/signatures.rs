//! Signatures of classes for zero-shot learning: what is known of each class in words or numbers.
//!
//! A file of lines whose cells are parted by tabs: the name of a class, then a number for each
//! attribute. A first line whose cells after the first are not all numbers names the attributes;
//! without one they are called `1`, `2`, ... Word vectors have this form too.
//!
//! What the numbers mean is the affair of whoever made them, and they are kept as they are. In
//! Animals with Attributes -1 stands for a value that was not collected: a method that takes it for
//! a small value is wrong by little, one that takes its sign is wrong by much.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::Array2;

use super::arrays::make_room;
use crate::error::shown;
use crate::lines::Lines;
use crate::{DataError, LineError};

/// No header bounds what a gzipped file may unpack to, so these do.
const MOST_BYTES: u64 = 1 << 28;
const MOST_ATTRIBUTES: usize = 65_536;

/// Classes and what is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Signatures {
    /// The classes in the order of the file, each once.
    pub classes: Vec<String>,
    /// The names of the attributes.
    pub attributes: Vec<String>,
    /// One row for each class, `[classes, attributes]`.
    pub values: Array2<f32>,
}

impl Signatures {
    /// The row of a class.
    pub fn place(&self, class: &str) -> Option<usize> {
        self.classes.iter().position(|name| name == class)
    }

    /// Groups of two or more classes whose signatures are equal, and which nothing that is told by
    /// signatures can tell apart; classes and groups in the order of the file.
    pub fn duplicates(&self) -> Vec<Vec<&str>> {
        let mut groups: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
        for (class, row) in self.values.outer_iter().enumerate() {
            // Adding 0 makes -0 the same as 0.
            groups
                .entry(row.iter().map(|x| (x + 0.0).to_bits()).collect())
                .or_default()
                .push(class);
        }
        let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort();
        let named = |group: Vec<usize>| group.iter().map(|&i| self.classes[i].as_str()).collect();
        groups.into_iter().map(named).collect()
    }
}

/// Reads a file, plain or gzipped.
///
/// # Errors
/// [`DataError::Line`] for every line that does not fit: values that are missing, no numbers or not
/// finite, more or fewer cells than the first line, names of classes or attributes that stand
/// twice, more than 65 536 attributes; [`DataError::Format`] where the file is damaged or too
/// large; [`DataError::NotFound`], [`DataError::Kind`], [`DataError::Io`].
pub fn read(path: &Path) -> Result<Signatures, DataError> {
    let mut lines = Lines::open(path, MOST_BYTES)?;
    let mut attributes: Option<Vec<String>> = None;
    let (mut classes, mut values) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(line) = lines.next_line()? {
        if line.trim().is_empty() {
            continue;
        }
        let cells = line.split('\t').count();
        if cells > MOST_ATTRIBUTES {
            let (what, hint) = ("attributes", "leave some out");
            let limit = MOST_ATTRIBUTES as u64;
            return Err(lines.error(LineError::TooMany { what, limit, hint }));
        }
        let mut cells = line.split('\t').map(str::trim);
        let class = cells.next().unwrap_or_default();
        let names = match &attributes {
            Some(names) => names,
            None => {
                let (names, header) = first(cells.clone()).map_err(|e| lines.error(e))?;
                attributes = Some(names);
                if header {
                    continue;
                }
                attributes.as_ref().expect("it was set just now")
            }
        };
        if let Some(first) = seen.insert(class.to_owned(), lines.number()) {
            let first = format!("on line {first}");
            let (what, name) = ("class", shown(class));
            return Err(lines.error(LineError::Twice { what, name, first, hint: "" }));
        }
        classes.push(class.to_owned());
        make_room(&mut values, names.len());
        row(cells, names, &mut values).map_err(|problem| lines.error(problem))?;
    }
    let attributes = attributes.unwrap_or_default();
    if classes.is_empty() {
        let expected = "the name of a class, then numbers, parted by tabs";
        return Err(lines.error(LineError::NoRows { expected }));
    }
    let values = Array2::from_shape_vec((classes.len(), attributes.len()), values)
        .expect("every row has a value for each attribute");
    Ok(Signatures { classes, attributes, values })
}

/// The names that the first line gives the attributes, or their numbers if it is a row already.
fn first<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
) -> Result<(Vec<String>, bool), LineError> {
    let count = cells.clone().count();
    if count == 0 {
        return Err(LineError::NoRows {
            expected: "the name of a class, then numbers, parted by tabs",
        });
    }
    // A value that is missing or NaN is a mistake in a row, not a name.
    if cells.clone().all(|cell| cell.is_empty() || cell.parse::<f32>().is_ok()) {
        return Ok(((1..=count).map(|number| number.to_string()).collect(), false));
    }
    let mut seen = BTreeMap::new();
    for (number, name) in cells.clone().enumerate() {
        if let Some(first) = seen.insert(name, number) {
            let first = format!("in column {}", first + 2);
            let (what, name) = ("attribute", shown(name));
            return Err(LineError::Twice { what, name, first, hint: "" });
        }
    }
    Ok((cells.map(String::from).collect(), true))
}

/// Appends the values of a row.
fn row<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
    names: &[String],
    values: &mut Vec<f32>,
) -> Result<(), LineError> {
    let found = cells.clone().count();
    if found != names.len() {
        return Err(LineError::Ragged { expected: names.len() + 1, found: found + 1 });
    }
    for (cell, name) in cells.zip(names) {
        let (column, found) = (|| shown(name), || shown(cell));
        match cell.parse::<f32>() {
            Ok(value) if value.is_finite() => values.push(value),
            Ok(_) => return Err(LineError::NotFinite { column: column(), found: found() }),
            Err(_) if cell.is_empty() => {
                return Err(LineError::MissingValue { column: column(), hint: "" });
            }
            Err(_) => {
                let hint = "; cells are parted by tabs";
                return Err(LineError::NotANumber { column: column(), found: found(), hint });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Signatures {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).unwrap()
    }

    #[test]
    fn with_names_and_without() {
        let named = text("class\tfur\tbig\nsea lion\t-1\t0.5\r\n\ncat\t1\t0\n");
        assert_eq!(named.classes, ["sea lion", "cat"]);
        assert_eq!(named.attributes, ["fur", "big"]);
        assert_eq!(named.values, ndarray::arr2(&[[-1., 0.5], [1., 0.]]));
        let bare = text("cat\t1\t0\nsea lion\t-1\t0.5");
        assert_eq!(bare.attributes, ["1", "2"]);
        assert_eq!(bare.values, ndarray::arr2(&[[1., 0.], [-1., 0.5]]));
        assert_eq!(bare.place("sea lion"), Some(1));
    }

    #[test]
    fn equal_signatures_are_found() {
        let found = text("a\t1\t0\nb\t0\t1\nc\t1\t-0\nd\t0\t1\ne\t1\t1\nf\t1\t0\n");
        assert_eq!(found.duplicates(), [vec!["a", "c", "f"], vec!["b", "d"]]);
        assert!(text("a\t1\nb\t2\n").duplicates().is_empty());
    }
}
