//! Signatures by name.

use crate::error::InputError;
use datasets::synthetic::letter_signatures;
use std::path::Path;
use transfer::Signatures;

/// More bytes than any table of signatures has; word vectors of a large vocabulary are megabytes.
const MOST_BYTES: u64 = 1 << 28;

/// `synthetic`, those of the generated letters; else a file.
pub(super) fn load(name: &str) -> anyhow::Result<Signatures> {
    if name == "synthetic" {
        return Ok(letter_signatures().try_into()?);
    }
    read(Path::new(name))
}

/// Lines of a class and its numbers, parted by tabs. A first line whose cells are not all numbers
/// names the attributes.
fn read(path: &Path) -> anyhow::Result<Signatures> {
    let failed = |source| InputError::Read { path: path.to_owned(), operation: "read", source };
    let wrong = |why: String| InputError::File { path: path.to_owned(), why };
    let file = std::fs::metadata(path).map_err(failed)?;
    if !file.is_file() {
        return Err(wrong("it is no file, and a table of signatures is one".into()).into());
    }
    if file.len() > MOST_BYTES {
        return Err(wrong("it is too large to be a table of signatures".into()).into());
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let (mut classes, mut attributes, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let mut cells = line.split('\t').map(str::trim);
        let class = cells.next().unwrap_or_default().to_owned();
        let cells: Vec<&str> = cells.collect();
        let numbers: Result<Vec<f64>, &str> =
            cells.iter().map(|cell| cell.parse().map_err(|_| *cell)).collect();
        match numbers {
            Ok(row) => {
                classes.push(class);
                rows.push(row);
            }
            Err(_) if classes.is_empty() && attributes.is_empty() => {
                attributes = cells.iter().map(|cell| (*cell).to_owned()).collect();
            }
            Err(cell) => {
                return Err(wrong(format!("line {number}: `{cell}` is no number")).into());
            }
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    if attributes.is_empty() {
        attributes = (1..=width).map(|i| i.to_string()).collect();
    }
    Ok(Signatures::new(classes, attributes, rows).map_err(|e| wrong(e.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.tsv");
        std::fs::write(&path, content).unwrap();
        match load(path.to_str().unwrap()) {
            Ok(s) => format!("{:?} {:?} {:?}", s.classes(), s.attributes(), s.values()[(0, 1)]),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn a_table_is_read_with_and_without_names() {
        assert_eq!(text("cat\t1\t2.5\ndog\t0\t-1e1\n"), r#"["cat", "dog"] ["1", "2"] 2.5"#);
        let named = text("\tfur\tlegs\r\ncat\t1\t4\r\n\r\nant\t0\t6\r\n");
        assert_eq!(named, r#"["cat", "ant"] ["fur", "legs"] 4.0"#);
    }

    #[test]
    fn a_bad_table_says_where() {
        assert!(text("cat\t1\t2\ndog\t0\tx\n").ends_with("line 2: `x` is no number"));
        assert!(text("cat\t1\t2\ndog\t0\n").contains("`dog` has 1 values for 2 attributes"));
        assert!(text("cat\t1\t2\ndog\t1\t2\n").contains("the same signature: cat = dog"));
        assert!(load("/").unwrap_err().to_string().contains("it is no file"));
        assert!(load("no/such.tsv").unwrap_err().to_string().contains("no/such.tsv"));
    }

    #[test]
    fn letters_have_signatures() {
        assert_eq!(load("synthetic").unwrap().classes().len(), 26);
    }
}
