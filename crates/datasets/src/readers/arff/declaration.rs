//! What stands before `@data`: the attributes.

use std::collections::BTreeMap;

use super::text::Scanner;
use crate::error::shown;
use crate::lines::Lines;
use crate::readers::columns::{MOST_CLASSES, Words};
use crate::{DataError, LineError};

const MOST_ATTRIBUTES: usize = 65_536;

/// An attribute, and the line that declares it.
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) line: u64,
}

pub(super) enum Type {
    Number,
    Named(Words),
    /// A type that is read as text only, to be passed over.
    Other(String),
}

/// Reads up to `@data`.
pub(super) fn read(lines: &mut Lines) -> Result<Vec<Attribute>, DataError> {
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(line) = lines.next_line()? {
        let mut scanner = Scanner::new(&line);
        if scanner.is_done() {
            continue;
        }
        let number = lines.number();
        let keyword = scanner.cell(&[' ', '\t']).map_err(|problem| lines.error(problem))?;
        match keyword.text.to_ascii_lowercase().as_str() {
            "@relation" => {}
            "@attribute" => {
                let (name, kind) =
                    attribute(&mut scanner).map_err(|problem| lines.error(problem))?;
                if attributes.len() == MOST_ATTRIBUTES {
                    let (what, hint) = ("attributes", "leave some out");
                    let limit = MOST_ATTRIBUTES as u64;
                    return Err(lines.error(LineError::TooMany { what, limit, hint }));
                }
                if let Some(first) = seen.insert(name.clone(), number) {
                    let (what, name, first) =
                        ("attribute", shown(&name), format!("on line {first}"));
                    return Err(lines.error(LineError::Twice { what, name, first, hint: "" }));
                }
                attributes.push(Attribute { name, kind, line: number });
            }
            "@data" if attributes.is_empty() => {
                let problem = "at least one @attribute should stand before the data";
                return Err(lines.error(LineError::Syntax { found: "@data".into(), problem }));
            }
            "@data" => return Ok(attributes),
            _ => {
                let problem = "@relation, @attribute or @data should stand here, or % and a \
                               comment; is this an ARFF file?";
                let found = shown(&keyword.text);
                return Err(lines.error(LineError::Syntax { found, problem }));
            }
        }
    }
    let expected = "@relation, @attribute lines, @data and rows";
    Err(lines.error(LineError::NoRows { expected }))
}

/// Name and type.
fn attribute(scanner: &mut Scanner<'_>) -> Result<(String, Type), LineError> {
    let syntax = |found: String, problem| Err(LineError::Syntax { found, problem });
    let name = scanner.cell(&[' ', '\t', '{'])?.text.into_owned();
    if name.is_empty() {
        return syntax(scanner.shown(), "a name should stand behind @attribute");
    }
    if scanner.skip('{') {
        return Ok((name, Type::Named(named(scanner)?)));
    }
    let word = scanner.cell(&[' ', '\t'])?.text;
    match word.to_ascii_lowercase().as_str() {
        "numeric" | "real" | "integer" => Ok((name, Type::Number)),
        "string" | "date" | "relational" => Ok((name, Type::Other(word.into_owned()))),
        _ => {
            let problem = "a type should stand here: numeric, or named values as {yes, no}";
            syntax(if word.is_empty() { scanner.shown() } else { shown(&word) }, problem)
        }
    }
}

/// The values of `{a, 'b c'}`, each once, behind its `{`.
fn named(scanner: &mut Scanner<'_>) -> Result<Words, LineError> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = BTreeMap::new();
    loop {
        let cell = scanner.cell(&[',', '}'])?;
        if cell.text.is_empty() && !cell.quoted {
            let problem = "a value should stand here, as in {yes, no}";
            return Err(LineError::Syntax { found: scanner.shown(), problem });
        }
        let name = cell.text.into_owned();
        if names.len() == MOST_CLASSES {
            let (what, limit) = ("values of one attribute", MOST_CLASSES as u64);
            return Err(LineError::TooMany { what, limit, hint: "is it one of free text?" });
        }
        if let Some(first) = seen.insert(name.clone(), names.len()) {
            let first = format!("as number {}", first + 1);
            return Err(LineError::Twice { what: "value", name: shown(&name), first, hint: "" });
        }
        names.push(name);
        if !scanner.skip(',') {
            scanner.expect('}', "a comma or `}` should stand here")?;
            return Ok(Words::new(names));
        }
    }
}
