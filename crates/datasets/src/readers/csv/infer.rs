//! What the columns of a table hold, told from all of its rows before any is kept.

use std::collections::BTreeSet;

use super::read::Form;
use super::records::{Records, is_missing};
use crate::error::shown;
use crate::readers::columns::{
    Column, MOST_CATEGORIES, MOST_CLASSES, Missing, Role, Words, find, number,
};
use crate::{DataError, LineError, SpecError};

/// The form of a table.
pub(super) struct Schema {
    pub(super) columns: Vec<Column>,
    /// Whether the first line has names.
    pub(super) header: bool,
    /// How many rows are kept.
    pub(super) rows: usize,
}

/// What is asked of a column.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// Whatever it holds.
    Open,
    Words,
    Class,
    Target,
    Ignored,
}

/// What a column was seen to hold, and on which line first.
#[derive(Default)]
struct Seen {
    number: Option<u64>,
    word: Option<u64>,
    words: BTreeSet<String>,
}

/// Reads all rows once.
pub(super) fn infer(records: &mut Records<'_>, form: &Form) -> Result<Schema, DataError> {
    let expected = "cells, as 5.1,3.5,setosa";
    let Some(first) = records.advance() else {
        return Err(records.error(LineError::NoRows { expected }));
    };
    let cells = records.cells().map_err(|problem| records.error(problem))?;
    if form.delimiter.is_none() {
        records.check_delimiter().map_err(|problem| records.error(problem))?;
    }
    let header = match form.header {
        Some(header) => header,
        None => is_header(&cells).map_err(|problem| records.error(problem))?,
    };
    let names = names(&cells, header).map_err(|problem| records.error(problem))?;
    let wanted = wanted(&names, form)?;
    let mut seen: Vec<Seen> = names.iter().map(|_| Seen::default()).collect();
    let mut line = if header { records.advance() } else { Some(first) };
    let (mut rows, mut dropped) = (0, 0);
    while let Some(number) = line {
        let cells = records.row(names.len()).map_err(|problem| records.error(problem))?;
        let lacks =
            |(cell, wanted): (&&str, &Wanted)| *wanted != Wanted::Ignored && is_missing(cell);
        if form.missing == Missing::Drop && cells.iter().zip(&wanted).any(lacks) {
            dropped += 1;
        } else {
            rows += 1;
            for (((cell, seen), wanted), name) in
                cells.iter().zip(&mut seen).zip(&wanted).zip(&names)
            {
                seen.take(cell, *wanted, name, number).map_err(|problem| records.error(problem))?;
            }
        }
        line = records.advance();
    }
    if rows == 0 {
        let expected = if dropped > 0 { "a row in which no value is missing" } else { expected };
        return Err(records.error(LineError::NoRows { expected }));
    }
    let role = |(seen, wanted): (Seen, &Wanted)| match wanted {
        Wanted::Ignored => Role::Ignored,
        Wanted::Target => Role::Target,
        Wanted::Class => Role::Class(Words::ordered(seen.words)),
        Wanted::Open if seen.word.is_none() => Role::Number,
        Wanted::Open | Wanted::Words => Role::Words(Words::ordered(seen.words)),
    };
    let roles = seen.into_iter().zip(&wanted).map(role);
    let columns = names.into_iter().zip(roles).map(|(name, role)| Column { name, role }).collect();
    Ok(Schema { columns, header, rows })
}

/// Whether the first line has names: if no cell is a number. If some are and some are not, nobody
/// but the user knows.
fn is_header(cells: &[&str]) -> Result<bool, LineError> {
    let is_number = |cell: &&&str| cell.parse::<f32>().is_ok_and(f32::is_finite);
    let there = || cells.iter().filter(|cell| !is_missing(cell));
    match (there().find(is_number), there().find(|cell| !is_number(cell))) {
        (Some(number), Some(word)) => {
            Err(LineError::Header { word: shown(word), number: shown(number) })
        }
        (_, word) => Ok(word.is_some()),
    }
}

/// The names of the columns, each once; where there is none, its number.
fn names(cells: &[&str], header: bool) -> Result<Vec<String>, LineError> {
    let mut first = std::collections::BTreeMap::new();
    let mut names = Vec::new();
    for (at, &cell) in cells.iter().enumerate() {
        let name = if header && !cell.is_empty() { cell.into() } else { (at + 1).to_string() };
        if let Some(first) = first.insert(name.clone(), at) {
            let hint = "; if the first line is data, say ?header=false";
            let first = format!("in column {}", first + 1);
            return Err(LineError::Twice { what: "column", name: shown(&name), first, hint });
        }
        names.push(name);
    }
    Ok(names)
}

fn wanted(names: &[String], form: &Form) -> Result<Vec<Wanted>, SpecError> {
    let mut wanted = vec![Wanted::Open; names.len()];
    let lists = [
        (form.ignore.as_slice(), Wanted::Ignored),
        (form.words.as_slice(), Wanted::Words),
        (form.target.as_slice(), Wanted::Target),
        (form.class.as_slice(), Wanted::Class),
    ];
    for (list, what) in lists {
        for name in list {
            wanted[find(&form.spec, names, name)?] = what;
        }
    }
    Ok(wanted)
}

impl Seen {
    fn take(&mut self, cell: &str, wanted: Wanted, name: &str, line: u64) -> Result<(), LineError> {
        if is_missing(cell) || matches!(wanted, Wanted::Ignored | Wanted::Target) {
            return Ok(());
        }
        if wanted == Wanted::Open {
            let is_number = cell.parse::<f32>().is_ok();
            match (is_number, self.number, self.word) {
                (true, _, Some(first)) | (false, Some(first), _) => {
                    let (column, found) = (shown(name), shown(cell));
                    return Err(LineError::Mixed { column, found, is_number, first });
                }
                (true, ..) => {
                    number(name, cell)?;
                    self.number.get_or_insert(line);
                    return Ok(());
                }
                (false, ..) => drop(self.word.get_or_insert(line)),
            }
        }
        if !self.words.contains(cell) {
            let limit = if wanted == Wanted::Class { MOST_CLASSES } else { MOST_CATEGORIES };
            if self.words.len() == limit {
                let (column, limit) = (shown(name), limit as u64);
                return Err(match wanted {
                    Wanted::Class => {
                        let what = "different words in one column";
                        let hint = "is this the right column?";
                        LineError::TooMany { what, limit, hint }
                    }
                    _ => LineError::FreeText { column, limit },
                });
            }
            self.words.insert(cell.to_owned());
        }
        Ok(())
    }
}
