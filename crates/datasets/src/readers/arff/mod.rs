//! `arff:FILE[#label=NAME]`: Weka's tables (Witten & Frank 1999), whose columns are declared.
//!
//! ```text
//! % a comment
//! @relation iris
//! @attribute 'petal length' numeric
//! @attribute colour {red, 'dark blue'}
//! @attribute class {setosa, virginica}
//! @data
//! 1.4, red, setosa
//! {0 5.1, 2 virginica}         % a sparse row: INDEX VALUE, counted from 0
//! ```
//!
//! The class is the attribute that `#label=` names, or the last one if its values are named; classes
//! and indicators stand in the order of the declaration. What a sparse row does not mention is 0, or
//! the first of the named values: so the format says, and many a writer of files has overlooked.
//! `?missing=` and `?ignore=` are as for [`csv`](super::csv).

mod declaration;
mod text;

use std::borrow::Cow;
use std::path::Path;

use super::columns::{Builder, Built, Column, IGNORE, MISSING, Missing, Role, find, listed};
use crate::lines::Lines;
use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec, SpecError, unescape};
use crate::{DataError, Dataset, LineError};
use declaration::{Attribute, Type};
use text::{Cell, Scanner};

pub(super) const SCHEME: Scheme = Scheme {
    name: "arff",
    usage: "arff:FILE[?missing=mean|zero|NUMBER|drop&ignore=NAME,..][#label=NAME]",
    help: "Weka's tables, gzipped or not, full and sparse rows; the class is the last attribute, if \
           its values are named, or #label=NAME",
    grammar,
    load: Loader::Dense(load),
};

/// No header bounds what a gzipped file may unpack to, so this does.
const MOST_BYTES: u64 = 1 << 30;

fn grammar(spec: &Spec) -> Result<Grammar, SpecError> {
    label(spec)?;
    Ok(Grammar { parts: 1..=1, options: &[MISSING, IGNORE], fragments: Fragments::Any })
}

fn label(spec: &Spec) -> Result<Option<String>, SpecError> {
    let Some(fragment) = spec.fragment() else { return Ok(None) };
    match fragment.strip_prefix("label=").filter(|name| !name.is_empty()) {
        Some(name) => Ok(Some(unescape(name))),
        None => {
            let known = ["label=NAME"];
            Err(SpecError::unknown(&spec.to_string(), "fragment", fragment, known))
        }
    }
}

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let mut lines = Lines::open(Path::new(&spec.parts()[0]), MOST_BYTES)?;
    let attributes = declaration::read(&mut lines)?;
    let columns = columns(spec, attributes, &lines)?;
    let defaults: Vec<String> = columns.iter().map(default_of).collect();
    let strangers = "; mend it, or declare it with the attribute";
    let rows = Builder::new(columns, Missing::of(spec)?, strangers, 0);
    let mut rows = rows.map_err(|problem| lines.error(problem))?;
    while let Some(line) = lines.next_line()? {
        let mut scanner = Scanner::new(&line);
        if scanner.is_done() {
            continue;
        }
        let number = lines.number();
        let added = cells(&mut scanner, &defaults)
            .and_then(|cells| rows.row(cells.iter().map(|cell| cell.as_deref()), number));
        added.map_err(|problem| lines.error(problem))?;
    }
    if rows.rows() == 0 {
        let expected = match rows.dropped() {
            0 => "values with commas between them, as 5.1, 3.5, setosa",
            _ => "a row in which no value is missing",
        };
        return Err(lines.error(LineError::NoRows { expected }));
    }
    let finished = rows.finish();
    let Built { values, labels, notes, .. } =
        finished.map_err(|(line, problem)| lines.error_at(line, problem))?;
    let (labels, classes) = labels.unzip();
    let classes = classes.unwrap_or_default();
    Ok(Dataset::new(spec.to_string(), values.into_dyn(), labels, classes)?.with_notes(notes))
}

/// What becomes of each attribute.
fn columns(
    spec: &Spec,
    attributes: Vec<Attribute>,
    lines: &Lines,
) -> Result<Vec<Column>, DataError> {
    let names: Vec<String> = attributes.iter().map(|attribute| attribute.name.clone()).collect();
    let text = spec.to_string();
    let mut ignored = vec![false; names.len()];
    for name in listed(spec, "ignore") {
        ignored[find(&text, &names, &name)?] = true;
    }
    let label = label(spec)?.map(|name| find(&text, &names, &name)).transpose()?;
    let last = names.len() - 1;
    let named = |at: usize| matches!(attributes[at].kind, Type::Named(_)) && !ignored[at];
    if label.is_some_and(|at| !named(at)) {
        let problem = "the class must be an attribute whose values are named, as {yes, no}, and not \
                       one that is ignored";
        return Err(spec.unsuitable(problem).into());
    }
    let class = label.or_else(|| named(last).then_some(last));
    let role = |(at, Attribute { name, kind, line }): (usize, Attribute)| {
        let wrong = |problem| Err(lines.error_at(line, problem));
        let role = match kind {
            _ if ignored[at] => Role::Ignored,
            Type::Number => Role::Number,
            Type::Named(words) if class == Some(at) => Role::Class(words),
            Type::Named(words) => match words.free_text(&name) {
                Some(problem) => return wrong(problem),
                None => Role::Words(words),
            },
            Type::Other(found) => {
                let problem = "attributes of this type are no features; say ?ignore= with its name";
                return wrong(LineError::Syntax { found, problem });
            }
        };
        Ok(Column { name, role })
    };
    attributes.into_iter().enumerate().map(role).collect()
}

/// What a sparse row means where it says nothing.
fn default_of(column: &Column) -> String {
    match &column.role {
        Role::Words(words) | Role::Class(words) => words.names[0].clone(),
        Role::Number | Role::Target | Role::Ignored => "0".into(),
    }
}

/// The values of a row, a missing one as `None`.
fn cells<'a>(
    scanner: &mut Scanner<'a>,
    defaults: &'a [String],
) -> Result<Vec<Option<Cow<'a, str>>>, LineError> {
    if scanner.skip('{') {
        return sparse(scanner, defaults);
    }
    let mut cells = Vec::with_capacity(defaults.len());
    loop {
        if scanner.peek() == Some('{') {
            let problem = "weights of rows are not read; remove them";
            return Err(LineError::Syntax { found: scanner.shown(), problem });
        }
        cells.push(value(scanner.cell(&[','])?)?);
        if scanner.is_done() {
            break;
        }
        scanner.expect(',', "a comma should stand here, or quotes be put around the value")?;
    }
    match (defaults.len(), cells.len()) {
        (expected, found) if expected == found => Ok(cells),
        (expected, found) => Err(LineError::Declared { expected, found }),
    }
}

/// `{INDEX VALUE, ...}`, the indices ascending from 0.
fn sparse<'a>(
    scanner: &mut Scanner<'a>,
    defaults: &'a [String],
) -> Result<Vec<Option<Cow<'a, str>>>, LineError> {
    let mut cells: Vec<_> = defaults.iter().map(|text| Some(Cow::Borrowed(&text[..]))).collect();
    let mut next = 0;
    while !scanner.skip('}') {
        let word = scanner.cell(&[' ', '\t', ',', '}'])?.text;
        let problem = "expected INDEX VALUE, as {0 5.1, 4 setosa}, the indices from 0";
        let syntax = || LineError::Syntax { found: crate::error::shown(&word), problem };
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(syntax());
        }
        let beyond = || LineError::IndexTooLarge {
            found: crate::error::shown(&word),
            last: defaults.len() as u64 - 1,
            reason: "among the attributes".into(),
        };
        let index: usize = word.parse().map_err(|_| beyond())?;
        let cell = cells.get_mut(index).ok_or_else(beyond)?;
        if index < next {
            let (before, found) = (next as u64 - 1, index as u64);
            return Err(LineError::IndexOrder { before, found });
        }
        next = index + 1;
        *cell = value(scanner.cell(&[',', '}'])?)?;
        if !scanner.skip(',') {
            scanner.expect('}', "a comma or `}` should stand here")?;
            break;
        }
    }
    match scanner.is_done() {
        true => Ok(cells),
        false => {
            let problem = "nothing should stand behind a sparse row; weights are not read";
            Err(LineError::Syntax { found: scanner.shown(), problem })
        }
    }
}

/// A value, unless it is the mark of a missing one.
fn value(cell: Cell<'_>) -> Result<Option<Cow<'_, str>>, LineError> {
    match &*cell.text {
        "?" if !cell.quoted => Ok(None),
        "" if !cell.quoted => {
            let problem = "a value should stand between the commas; a missing one is written ?";
            Err(LineError::Syntax { found: ",".into(), problem })
        }
        _ => Ok(Some(cell.text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, rest: &str) -> Result<Dataset, DataError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        crate::load(&format!("arff:{}{rest}", file.path().display()).parse()?)
    }

    const TEXT: &str = "% a comment\n@RELATION 'x y'\r\n\n@attribute 'petal length' Numeric\n\
        @attribute colour{red, 'dark blue',\"it's\"}\n@attribute note string\n\
        @attribute class {no,yes} % end\n@DATA\n1.5, red, 'a, \\'b\\'', yes\n% none\n\
        ?,'dark blue',?,no\n{0 -2, 1 \"it's\"}\n{ }\n";

    #[test]
    fn full_and_sparse_rows() {
        let data = read(TEXT, "?ignore=note&missing=7").unwrap();
        let expected = [[1.5, 1., 0., 0.], [7., 0., 1., 0.], [-2., 0., 0., 1.], [0., 1., 0., 0.]];
        assert_eq!(data.inputs(), ndarray::arr2(&expected).into_dyn());
        assert_eq!(data.classes(), ["no", "yes"]);
        assert_eq!(data.labels(), Some(&[1, 0, 0, 0][..]));
        let other = read(TEXT, "?ignore=3&missing=drop#label=colour").unwrap();
        assert_eq!((other.shape(), other.classes()[1].as_str()), (&[3, 3][..], "dark blue"));
        assert_eq!(other.labels(), Some(&[0, 2, 0][..]));
    }

    #[test]
    fn without_named_values_there_is_no_class() {
        let data = read("@attribute a real\n@data\n1\n2\n", "").unwrap();
        assert!(data.labels().is_none());
        assert!(read("@attribute a real\n@data\n1\n", "#label=a").is_err());
    }
}
