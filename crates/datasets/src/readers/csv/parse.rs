//! From the bytes of a table to its records.

use std::collections::BTreeMap;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::rows::{Form, Parsed, Rows, is_missing, texts};
use crate::bytes::ByteSource;
use crate::error::shown;
use crate::{DataError, LineError};

/// No header bounds what a gzipped file may unpack to, so these do. A cell takes a byte of the file
/// at least, and four of memory.
const MOST_BYTES: u64 = 1 << 28;
const MOST_COLUMNS: usize = 65_536;

/// Reads a file, plain or gzipped. `find` is told the columns and says which is of words.
pub(super) fn read(
    path: &Path,
    form: &Form<'_>,
    find: impl FnOnce(&[String]) -> Result<Option<usize>, DataError>,
) -> Result<Parsed, DataError> {
    let all = ByteSource::open(path)?.rest(MOST_BYTES)?;
    let bytes = all.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&all);
    let delimiter = delimiter(path);
    let error = |line, problem| DataError::Line { path: path.into(), line, problem };
    check_width(bytes, delimiter).map_err(|(line, problem)| error(line, problem))?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut place = Place { bytes, at: 0, line: 1 };
    let mut next = |record: &mut ByteRecord| {
        let more = reader.read_byte_record(record).expect("reading memory does not fail");
        more.then(|| place.line_of(record.position().map_or(0, |position| position.byte())))
    };
    let expected = "cells of numbers";
    let Some(first) = next(&mut record) else {
        return Err(error(1, LineError::NoRows { expected }));
    };
    let cells = texts(&record, first).map_err(|problem| error(first, problem))?;
    let number = |cell: &&str| is_missing(cell) || cell.parse::<f32>().is_ok();
    let header = form.header.unwrap_or_else(|| !cells.iter().all(number));
    let columns: Vec<String> = match header {
        true => cells.iter().map(|&cell| cell.to_owned()).collect(),
        false => (1..=cells.len()).map(|column| column.to_string()).collect(),
    };
    check_names(&columns).map_err(|problem| error(first, problem))?;
    let words_at = find(&columns)?;
    let mut rows = Rows::new(columns, words_at, form);
    let mut line = Some(first);
    let mut last = first;
    if header {
        line = next(&mut record);
    }
    while let Some(number) = line {
        rows.add(&record, number).map_err(|problem| error(number, problem))?;
        last = number;
        line = next(&mut record);
    }
    if rows.count == 0 {
        return Err(error(last, LineError::NoRows { expected }));
    }
    rows.finish(path).map_err(|(line, problem)| error(line, problem))
}

/// The number of a line. The crate's own number is that of the line before, where lines end in
/// `\r\n` or some are empty.
struct Place<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Place<'_> {
    /// Where the record is whose reading began at this byte; it may begin with ends of lines.
    fn line_of(&mut self, byte: u64) -> u64 {
        let rest = &self.bytes[self.bytes.len().min(byte as usize)..];
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let to = (byte as usize + ends).min(self.bytes.len()).max(self.at);
        self.line += self.bytes[self.at..to].iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.at = to;
        self.line
    }
}

/// A tab for the names that promise tabs, else a comma.
fn delimiter(path: &Path) -> u8 {
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

fn check_names(columns: &[String]) -> Result<(), LineError> {
    let mut seen = BTreeMap::new();
    for (number, name) in columns.iter().enumerate() {
        if let Some(first) = seen.insert(name, number) {
            let hint = "; if the first line is data, say ?header=false";
            let first = format!("in column {}", first + 1);
            return Err(LineError::Twice { what: "column", name: shown(name), first, hint });
        }
    }
    Ok(())
}
