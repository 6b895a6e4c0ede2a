//! From the records of a table to its numbers, and one column of words.

use std::collections::BTreeMap;
use std::path::Path;

use csv::ByteRecord;
use ndarray::Array2;

use super::Table;
use crate::LineError;
use crate::error::shown;
use crate::lines::text_hint;

/// More different words than these are no classes but identifiers.
const MOST_WORDS: usize = 65_536;

/// How a table is to be read.
#[derive(Default)]
pub(super) struct Form<'a> {
    /// Whether the first line has names; if nothing is said, unless all its cells are numbers.
    pub(super) header: Option<bool>,
    pub(super) fill: Option<Fill>,
    /// Columns whose values may not be made up.
    pub(super) never_filled: &'a [&'a str],
}

/// What missing values become.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fill {
    /// The mean of the column's other values.
    Mean,
    Zero,
}

pub(super) struct Parsed {
    /// All columns but the one of words.
    pub(super) table: Table,
    /// For each row the number of its word, and the words in order.
    pub(super) words: Option<(Vec<usize>, Vec<String>)>,
}

/// The cells of a record as text.
pub(super) fn texts(record: &ByteRecord, line: u64) -> Result<Vec<&str>, LineError> {
    let text = |cell| {
        std::str::from_utf8(cell).map_err(|_| LineError::NoText { hint: text_hint(cell, line) })
    };
    record.iter().map(text).collect()
}

/// The ways in which tables say that there is no value.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty()
        || cell == "?"
        || ["na", "n/a", "nan", "null"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Rows as they come in.
pub(super) struct Rows<'a> {
    columns: Vec<String>,
    words_at: Option<usize>,
    form: &'a Form<'a>,
    pub(super) count: usize,
    /// Where a mean is to be put there is a NaN until all rows are read.
    values: Vec<f32>,
    /// For each column without some value the first line where it lacks.
    first_missing: BTreeMap<usize, u64>,
    words: Vec<usize>,
    numbers: BTreeMap<String, usize>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(columns: Vec<String>, words_at: Option<usize>, form: &'a Form<'a>) -> Self {
        Self {
            columns,
            words_at,
            form,
            count: 0,
            values: Vec::new(),
            first_missing: BTreeMap::new(),
            words: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Takes in the record of a line.
    pub(super) fn add(&mut self, record: &ByteRecord, line: u64) -> Result<(), LineError> {
        let (expected, found) = (self.columns.len(), record.len());
        if found != expected {
            return Err(LineError::Ragged { expected, found });
        }
        let cells = texts(record, line)?;
        for (at, cell) in cells.into_iter().enumerate() {
            if self.words_at == Some(at) {
                self.add_word(at, cell)?;
            } else if is_missing(cell) {
                self.add_missing(at, line)?;
            } else {
                self.values.push(self.number(at, cell)?);
            }
        }
        self.count += 1;
        Ok(())
    }

    fn add_word(&mut self, at: usize, cell: &str) -> Result<(), LineError> {
        if is_missing(cell) {
            let hint = "; a row without it is of no use here";
            return Err(LineError::MissingValue { column: shown(&self.columns[at]), hint });
        }
        let new = self.numbers.len();
        let number = match self.numbers.get(cell) {
            Some(&number) => number,
            None if new < MOST_WORDS => {
                self.numbers.insert(cell.to_owned(), new);
                new
            }
            None => {
                let (what, hint) = ("different words in one column", "is this the right column?");
                return Err(LineError::TooMany { what, limit: MOST_WORDS as u64, hint });
            }
        };
        self.words.push(number);
        Ok(())
    }

    fn add_missing(&mut self, at: usize, line: u64) -> Result<(), LineError> {
        let name = self.columns[at].as_str();
        let hint = match self.form.fill {
            Some(fill) if !self.form.never_filled.contains(&name) => {
                self.first_missing.entry(at).or_insert(line);
                self.values.push(if fill == Fill::Mean { f32::NAN } else { 0.0 });
                return Ok(());
            }
            Some(_) => "; a row without it is of no use here",
            None => "; put it in, or say ?fill=mean or ?fill=zero",
        };
        Err(LineError::MissingValue { column: shown(name), hint })
    }

    fn number(&self, at: usize, cell: &str) -> Result<f32, LineError> {
        let (column, found) = (|| shown(&self.columns[at]), || shown(cell));
        match cell.parse::<f32>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) => Err(LineError::NotFinite { column: column(), found: found() }),
            Err(_) => {
                let hint = "; only the label may be words, #label=COLUMN";
                Err(LineError::NotANumber { column: column(), found: found(), hint })
            }
        }
    }

    /// Fills what is to be filled and puts the words in order.
    pub(super) fn finish(mut self, path: &Path) -> Result<Parsed, (u64, LineError)> {
        if self.form.fill == Some(Fill::Mean) {
            self.fill_means()?;
        }
        let words = self.words_at.map(|at| {
            self.columns.remove(at);
            ordered(&self.numbers, &self.words)
        });
        let values = Array2::from_shape_vec((self.count, self.columns.len()), self.values)
            .expect("every row has as many cells as there are columns");
        let table = Table { name: path.display().to_string(), columns: self.columns, values };
        Ok(Parsed { table, words })
    }

    /// Puts the mean of each column's values where it has none.
    fn fill_means(&mut self) -> Result<(), (u64, LineError)> {
        let width = self.columns.len() - usize::from(self.words_at.is_some());
        let mut sums = vec![(0.0f64, 0usize); width];
        for row in self.values.chunks_exact(width.max(1)) {
            for ((sum, count), &value) in sums.iter_mut().zip(row).filter(|(_, v)| !v.is_nan()) {
                *sum += f64::from(value);
                *count += 1;
            }
        }
        for (&at, &line) in &self.first_missing {
            let column = at - usize::from(self.words_at.is_some_and(|words| words < at));
            if sums[column].1 == 0 {
                let hint = ", and in every other row too; leave the column out, or say ?fill=zero";
                let column = shown(&self.columns[at]);
                return Err((line, LineError::MissingValue { column, hint }));
            }
        }
        for row in self.values.chunks_exact_mut(width.max(1)) {
            for (value, (sum, count)) in row.iter_mut().zip(&sums).filter(|(v, _)| v.is_nan()) {
                *value = (sum / *count as f64) as f32;
            }
        }
        Ok(())
    }
}

/// Words in order, numerically if all are numbers, and the rows' numbers in that order.
fn ordered(numbers: &BTreeMap<String, usize>, rows: &[usize]) -> (Vec<usize>, Vec<String>) {
    let mut words: Vec<&String> = numbers.keys().collect();
    let value = |word: &str| word.parse::<f64>().ok().filter(|value| value.is_finite());
    if words.iter().all(|word| value(word).is_some()) {
        words.sort_by(|a, b| value(a).partial_cmp(&value(b)).unwrap_or(std::cmp::Ordering::Equal));
    }
    let mut place = vec![0; words.len()];
    for (new, word) in words.iter().enumerate() {
        place[numbers[*word]] = new;
    }
    (rows.iter().map(|&row| place[row]).collect(), words.into_iter().cloned().collect())
}
