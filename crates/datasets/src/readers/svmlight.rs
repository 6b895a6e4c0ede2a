//! `svmlight:FILE`: one example a line, of which only the features other than 0 are written
//! (Joachims 1999; LIBSVM's files are the same).
//!
//! ```text
//! +1 3:1 17:0.5 4096:2    # the label, then INDEX:VALUE with ascending indices
//! -1 1:4
//! ```
//!
//! Indices count from 1, unless `?base=0` says otherwise: nothing in a file tells which, and of two
//! files of one kind a guess could go both ways. Likewise `?features=N` gives files one width
//! whose last features happen not to occur.

use std::collections::BTreeMap;
use std::path::Path;

use super::arrays::make_room;
use crate::error::shown;
use crate::lines::Lines;
use crate::spec::{Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec};
use crate::{Csr, DataError, LineError, SparseDataset};

pub(super) const SCHEME: Scheme = Scheme {
    name: "svmlight",
    usage: "svmlight:FILE[?features=N&base=0]",
    help: "sparse rows LABEL INDEX:VALUE ..., gzipped or not; labels are whole numbers, classes in \
           their order; dense where a method needs it",
    grammar: |_| Ok(GRAMMAR),
    load: Loader::Sparse(load),
};

const GRAMMAR: Grammar = Grammar {
    parts: 1..=1,
    options: &[
        OptionHelp {
            name: "features",
            kind: Kind::Count,
            help: "width of the data; default the largest index",
        },
        OptionHelp {
            name: "base",
            kind: Kind::OneOf(&["0", "1"]),
            help: "the index of the first feature; default 1",
        },
    ],
    fragments: Fragments::None,
};

/// No header bounds what a gzipped file may unpack to, so these do.
const MOST_BYTES: u64 = 1 << 31;
const MOST_VALUES: usize = 1 << 27;
const MOST_ROWS: usize = 1 << 24;

/// Beyond this, a "label" is more likely an identifier or a target of regression.
const MOST_CLASSES: usize = 65_536;

fn load(spec: &Spec) -> Result<SparseDataset, DataError> {
    let width = spec.count("features");
    if width.is_some_and(|width| width > u32::MAX as usize) {
        return Err(spec.bad_value("features", format!("at most {}", u32::MAX)).into());
    }
    let base = spec.integer("base").unwrap_or(1);
    read(Path::new(&spec.parts()[0]), width, base)
}

/// Reads a file, plain or gzipped. `width` fixes the number of features, `base` is the index of the
/// first, 0 or 1.
///
/// # Errors
/// [`DataError::Line`] for every line that is no example; [`DataError::Format`] where the file is
/// damaged or too large; [`DataError::NotFound`], [`DataError::Kind`], [`DataError::Io`];
/// [`DataError::Empty`] if no line has a feature and `width` is not given.
pub fn read(path: &Path, width: Option<usize>, base: u64) -> Result<SparseDataset, DataError> {
    let mut lines = Lines::open(path, MOST_BYTES)?;
    // The one past the last index that may occur.
    let end = base + width.map_or(u64::from(u32::MAX), |width| width as u64);
    let (mut indptr, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
    let mut labels: Vec<i64> = Vec::new();
    let mut classes: BTreeMap<i64, usize> = BTreeMap::new();
    while let Some(line) = lines.next_line()? {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(label) = words.next() else { continue };
        let label = parse_label(label)
            .ok_or_else(|| lines.error(LineError::Label { found: shown(label) }))?;
        let mut next = base;
        for word in words {
            let (index, value) = parse_feature(word, next, base, end)
                .map_err(|problem| lines.error(tell_width(problem, width)))?;
            next = index + 1;
            make_room(&mut indices, 1);
            make_room(&mut values, 1);
            indices.push((index - base) as u32);
            values.push(value);
        }
        classes.insert(label, 0);
        labels.push(label);
        indptr.push(values.len());
        for (what, found, limit) in [
            ("features in the file", values.len(), MOST_VALUES),
            ("rows", labels.len(), MOST_ROWS),
            ("different labels", classes.len(), MOST_CLASSES),
        ] {
            if found > limit {
                let (limit, hint) = (limit as u64, "split the file");
                return Err(lines.error(LineError::TooMany { what, limit, hint }));
            }
        }
    }
    if labels.is_empty() {
        return Err(lines.error(LineError::NoRows { expected: "LABEL INDEX:VALUE ..." }));
    }
    classes.values_mut().enumerate().for_each(|(number, class)| *class = number);
    let labels = labels.iter().map(|label| classes[label]).collect();
    let names = classes.keys().map(i64::to_string).collect();
    let largest = indices.iter().max().map_or(0, |&most| most as usize + 1);
    let rows = Csr::new(indptr, indices, values, width.unwrap_or(largest));
    SparseDataset::new(path.display().to_string(), rows, labels, names)
}

/// `3`, `+1`, `-1`, and `1.0`, as some programs write it.
fn parse_label(word: &str) -> Option<i64> {
    // The largest whole number up to which an f64 has every one.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    word.parse().ok().or_else(|| {
        let value: f64 = word.parse().ok()?;
        (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
    })
}

/// Reads `INDEX:VALUE` where the index may be `next..end`, and the first of a line is `base`.
fn parse_feature(word: &str, next: u64, base: u64, end: u64) -> Result<(u64, f32), LineError> {
    let feature = || LineError::Feature { found: shown(word) };
    let (index, value) = word.split_once(':').ok_or_else(feature)?;
    if index == "qid" {
        return Err(LineError::Query { found: shown(word) });
    }
    if index.is_empty() || !index.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(feature());
    }
    let beyond = || LineError::IndexTooLarge {
        found: shown(index),
        last: end - 1,
        reason: "in 32 bits".into(),
    };
    let index: u64 = index.parse().map_err(|_| beyond())?;
    if index < base {
        return Err(LineError::IndexZero);
    }
    if index >= end {
        return Err(beyond());
    }
    if index < next {
        return Err(LineError::IndexOrder { before: next - 1, found: index });
    }
    match value.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok((index, value)),
        Ok(_) => Err(LineError::NotFinite { column: index.to_string(), found: shown(value) }),
        Err(_) => Err(feature()),
    }
}

/// Names the option that made an index too large, if it was one.
fn tell_width(problem: LineError, width: Option<usize>) -> LineError {
    match (problem, width) {
        (LineError::IndexTooLarge { found, last, .. }, Some(width)) => {
            LineError::IndexTooLarge { found, last, reason: format!("into ?features={width}") }
        }
        (problem, _) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn rows_labels_and_classes() {
        let text = "# a comment\r\n10 2:0.5 4:-3e1 # one\r\n\n-1.0\t1:7\n +2 \n10 4:1";
        let data = read(file(text).path(), None, 1).unwrap();
        assert_eq!(data.classes(), ["-1", "2", "10"]);
        assert_eq!(data.labels(), [2, 0, 1, 2]);
        assert_eq!((data.len(), data.features()), (4, 4));
        assert_eq!(data.row(0).collect::<Vec<_>>(), [(1, 0.5), (3, -30.0)]);
        assert_eq!(data.row(2).len(), 0);
        assert_eq!(data.to_dense().unwrap().inputs()[[1, 0]], 7.0);
        assert_eq!(read(file(text).path(), Some(9), 1).unwrap().features(), 9);
    }

    #[test]
    fn files_that_count_from_zero_say_so() {
        let file = file("1 0:5 2:1\n0 1:1\n");
        let data = read(file.path(), None, 0).unwrap();
        assert_eq!(data.to_dense().unwrap().inputs().as_slice().unwrap(), [5., 0., 1., 0., 1., 0.]);
        assert!(read(file.path(), None, 1).is_err());
        assert!(read(file.path(), Some(3), 0).is_ok());
        assert!(read(file.path(), Some(2), 0).is_err());
    }

    #[test]
    fn labels_are_whole_numbers() {
        for (word, label) in [("1", 1), ("+1", 1), ("-1", -1), ("2.0", 2), ("1e3", 1000), ("-0", 0)]
        {
            assert_eq!(parse_label(word), Some(label), "{word}");
        }
        for word in ["0.5", "nan", "inf", "1,2", "x", "1e300", "1:2"] {
            assert_eq!(parse_label(word), None, "{word}");
        }
    }
}
