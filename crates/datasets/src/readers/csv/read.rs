//! From a file to a table: twice through its rows, to tell what the columns are and to keep them.

use std::path::Path;

use super::infer::{Schema, infer};
use super::records::{Records, is_missing};
use crate::bytes::ByteSource;
use crate::readers::columns::{Builder, Built, Missing, listed};
use crate::spec::{Spec, SpecError, unescape};
use crate::{DataError, LineError};

/// No header bounds what a gzipped file may unpack to, so this does.
const MOST_BYTES: u64 = 1 << 28;

/// How a table is to be read.
#[derive(Default)]
pub(super) struct Form {
    /// For messages.
    pub(super) spec: String,
    /// Whether the first line has names, if it is said.
    pub(super) header: Option<bool>,
    /// `comma`, `semicolon` or `tab`, if it is said.
    pub(super) delimiter: Option<String>,
    pub(super) missing: Missing,
    pub(super) ignore: Vec<String>,
    pub(super) words: Vec<String>,
    /// At most one column of words that become labels, and of numbers that are never filled.
    pub(super) class: Option<String>,
    pub(super) target: Option<String>,
    pub(super) like: Option<String>,
}

impl Form {
    pub(super) fn of(
        spec: &Spec,
        class: Option<String>,
        target: Option<String>,
    ) -> Result<Self, SpecError> {
        Ok(Self {
            spec: spec.to_string(),
            header: spec.option("header").map(|value| value == "true"),
            delimiter: spec.option("delimiter").map(String::from),
            missing: Missing::of(spec)?,
            ignore: listed(spec, "ignore"),
            words: listed(spec, "words"),
            class,
            target,
            like: spec.option("like").map(unescape),
        })
    }
}

pub(super) fn read(form: Form, spec: &Spec) -> Result<Built, DataError> {
    read_file(Path::new(&spec.parts()[0]), &form)
}

/// Reads a file twice: what its columns are, unless another file says it, and then the rows.
pub(super) fn read_file(path: &Path, form: &Form) -> Result<Built, DataError> {
    let open = |path: &Path| ByteSource::open(path)?.rest(MOST_BYTES);
    let like = form.like.as_ref().map(|like| {
        let like = Path::new(like);
        let bytes = open(like)?;
        infer(&mut Records::new(like, &bytes, form)?, form)
    });
    let like = like.transpose()?;
    let bytes = open(path)?;
    match like {
        Some(schema) => rows(path, &bytes, Schema { rows: 0, ..schema }, form),
        None => rows(path, &bytes, infer(&mut Records::new(path, &bytes, form)?, form)?, form),
    }
}

fn rows(path: &Path, bytes: &[u8], schema: Schema, form: &Form) -> Result<Built, DataError> {
    let mut records = Records::new(path, bytes, form)?;
    let width = schema.columns.len();
    let mut line = records.advance();
    if schema.header && line.is_some() {
        let names = records.cells().map_err(|problem| records.error(problem))?;
        same_names(&names, &schema).map_err(|problem| records.error(problem))?;
        line = records.advance();
    }
    let strangers = match form.like {
        Some(_) => ", the words of the file of ?like=; mend it, or read the other one like this",
        None => "",
    };
    let builder = Builder::new(schema.columns, form.missing, strangers, schema.rows);
    let mut builder = builder.map_err(|problem| records.error(problem))?;
    while let Some(number) = line {
        let cells = records.row(width).map_err(|problem| records.error(problem))?;
        let cells = cells.into_iter().map(|cell| Some(cell).filter(|cell| !is_missing(cell)));
        builder.row(cells, number).map_err(|problem| records.error(problem))?;
        line = records.advance();
    }
    if builder.rows() == 0 {
        return Err(records.error(LineError::NoRows { expected: "a row that is kept" }));
    }
    let at = |(line, problem)| DataError::Line { path: path.into(), line, problem };
    builder.finish().map_err(at)
}

/// Holds the names of a file against those of the file that it is like.
fn same_names(names: &[&str], schema: &Schema) -> Result<(), LineError> {
    let expected = || schema.columns.iter().map(|column| column.name.as_str());
    for (at, expected) in expected().enumerate() {
        let found = names.get(at).copied().unwrap_or("nothing");
        let unnamed = found.is_empty() && expected == (at + 1).to_string();
        if found != expected && !unnamed {
            let (found, expected) = (crate::error::shown(found), crate::error::shown(expected));
            return Err(LineError::OtherColumn { column: at + 1, found, expected });
        }
    }
    Ok(())
}
