//! The records of a table in memory, each with the number of its line.

use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder, Trim};

use super::read::Form;
use crate::lines::text_hint;
use crate::{DataError, LineError};

/// Wider tables are refused.
const MOST_COLUMNS: usize = 65_536;

/// Records, one after the other.
pub(super) struct Records<'a> {
    path: PathBuf,
    reader: Reader<&'a [u8]>,
    record: ByteRecord,
    bytes: &'a [u8],
    /// Up to where lines were counted, and the line there.
    at: usize,
    line: u64,
    /// The line of the record.
    current: u64,
    delimiter: u8,
}

impl<'a> Records<'a> {
    /// Of the bytes of a file, whose name says by what cells are parted.
    pub(super) fn new(path: &Path, bytes: &'a [u8], form: &Form) -> Result<Self, DataError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let delimiter = delimiter(path, form);
        check_width(bytes, delimiter).map_err(|(line, problem)| DataError::Line {
            path: path.into(),
            line,
            problem,
        })?;
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .delimiter(delimiter)
            .from_reader(bytes);
        let record = ByteRecord::new();
        Ok(Self { path: path.into(), reader, record, bytes, at: 0, line: 1, current: 1, delimiter })
    }

    /// Goes to the next record and says on which line it begins; `None` at the end.
    pub(super) fn advance(&mut self) -> Option<u64> {
        let more = self.reader.read_byte_record(&mut self.record);
        if !more.expect("reading memory does not fail") {
            return None;
        }
        let byte = self.record.position().map_or(0, csv::Position::byte);
        self.current = self.line_of(byte as usize);
        Some(self.current)
    }

    /// An error on the line of the record.
    pub(super) fn error(&self, problem: LineError) -> DataError {
        DataError::Line { path: self.path.clone(), line: self.current, problem }
    }

    /// The cells as text.
    pub(super) fn cells(&self) -> Result<Vec<&str>, LineError> {
        let text = |cell| {
            let hint = || text_hint(cell, self.current);
            std::str::from_utf8(cell).map_err(|_| LineError::NoText { hint: hint() })
        };
        self.record.iter().map(text).collect()
    }

    /// The cells as text, if they are so many.
    pub(super) fn row(&self, expected: usize) -> Result<Vec<&str>, LineError> {
        let found = self.record.len();
        if found == expected { self.cells() } else { Err(LineError::Ragged { expected, found }) }
    }

    /// Whether other signs part the cells, if there is but one cell.
    pub(super) fn check_delimiter(&self) -> Result<(), LineError> {
        let Some(cell) = self.record.get(0).filter(|_| self.record.len() == 1) else {
            return Ok(());
        };
        let other = DELIMITERS.iter().find(|(byte, ..)| cell.contains(byte));
        let expected = DELIMITERS.iter().find(|(byte, ..)| *byte == self.delimiter);
        match (expected, other) {
            (Some((_, expected, _)), Some((_, found, option))) => {
                Err(LineError::Delimiter { expected, found, option })
            }
            _ => Ok(()),
        }
    }

    /// Where the record is whose reading began at this byte; it may begin with ends of lines. The
    /// crate's own number is that of the line before, where lines end in `\r\n` or some are empty.
    fn line_of(&mut self, byte: usize) -> u64 {
        let rest = &self.bytes[self.bytes.len().min(byte)..];
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let to = (byte + ends).min(self.bytes.len()).max(self.at);
        self.line += self.bytes[self.at..to].iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.at = to;
        self.line
    }
}

/// The ways in which tables say that there is no value.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty()
        || cell == "?"
        || ["na", "n/a", "nan", "null"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// The signs that may part cells, with their names and their options.
const DELIMITERS: [(u8, &str, &str); 3] =
    [(b',', "commas", "comma"), (b';', "semicolons", "semicolon"), (b'\t', "tabs", "tab")];

/// What is said, or a tab for the names that promise tabs, or a comma.
fn delimiter(path: &Path, form: &Form) -> u8 {
    if let Some(said) = &form.delimiter {
        return DELIMITERS.iter().find(|known| known.2 == said).map_or(b',', |known| known.0);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if name.ends_with(".tsv") || name.ends_with(".tab") { b'\t' } else { b',' }
}

/// Counts before anything is taken apart: a line of commas takes eight times its size when it is.
fn check_width(bytes: &[u8], delimiter: u8) -> Result<(), (u64, LineError)> {
    for (line, text) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if text.iter().filter(|&&byte| byte == delimiter).count() >= MOST_COLUMNS {
            let (what, hint) = ("columns", "leave some out");
            let problem = LineError::TooMany { what, limit: MOST_COLUMNS as u64, hint };
            return Err((line as u64 + 1, problem));
        }
    }
    Ok(())
}
