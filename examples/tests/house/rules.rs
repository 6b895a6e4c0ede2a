//! What a source file must and must not contain.

use crate::source::{Source, words};
use std::collections::BTreeSet;

/// The most lines a file may have.
const CEILING: usize = 400;

/// The folder that alone may hold unsafe code.
const KERNELS: &str = "crates/tensor-autograd/src/kernels/";

/// The folder of the operations.
pub(crate) const OPS: &str = "crates/tensor-autograd/src/ops/";

/// A file is one idea, and an idea fits into a few screens.
pub(crate) fn size(source: &Source) -> Vec<String> {
    let lines = source.text.len();
    let over = lines > CEILING;
    over.then(|| format!("{}: {lines} lines, the ceiling is {CEILING}", source.path))
        .into_iter()
        .collect()
}

/// What is there is finished, and every test runs.
pub(crate) fn finished(source: &Source) -> Vec<String> {
    let mut faults = vec![];
    for (i, (code, comment)) in source.code.iter().zip(&source.comments).enumerate() {
        for mark in ["TODO", "FIXME", "XXX", "HACK"] {
            if words(comment, mark).next().is_some() {
                faults.push(source.fault(i, &format!("a comment says {mark}")));
            }
        }
        for call in ["todo!", "unimplemented!", "dbg!"] {
            if code.contains(call) {
                faults.push(source.fault(i, &format!("{call} is left in the code")));
            }
        }
        let dense: String = code.split_whitespace().collect();
        if dense.contains("#[ignore") {
            faults.push(source.fault(i, "a test is ignored"));
        }
    }
    faults
}

/// Unsafe code lives in the kernels, and says at each block why it is sound.
pub(crate) fn unsafe_code(source: &Source) -> Vec<String> {
    let mut faults = vec![];
    for (i, code) in source.code.iter().enumerate() {
        for at in words(code, "unsafe") {
            let next = code[at + "unsafe".len()..].trim_start();
            let next = if next.is_empty() { next_code(source, i) } else { next };
            let states_an_obligation =
                next.starts_with('{') || words(next, "impl").next() == Some(0);
            if !source.path.starts_with(KERNELS) {
                faults.push(source.fault(i, "unsafe code outside the kernels"));
            } else if states_an_obligation && !has_safety_line(source, i) {
                faults.push(source.fault(i, "unsafe without a SAFETY line"));
            }
        }
    }
    faults
}

fn next_code(source: &Source, line: usize) -> &str {
    let rest = source.code[line + 1..].iter().map(|l| l.trim_start());
    rest.into_iter().find(|l| !l.is_empty()).unwrap_or("")
}

/// Whether the statement around `line` has the comment on its own lines or on those right above.
fn has_safety_line(source: &Source, line: usize) -> bool {
    for i in (0..=line).rev() {
        if source.comments[i].contains("SAFETY:") {
            return true;
        }
        let code = source.code[i].trim_end();
        let begins_elsewhere = code.ends_with([';', '{', '}', ',']) && !code.starts_with('#');
        if i < line && begins_elsewhere {
            return false;
        }
    }
    false
}

/// The crate's root forbids unsafe code.
pub(crate) fn forbids_unsafe(source: &Source) -> Vec<String> {
    let forbids = source.code.iter().any(|l| l.trim() == "#![forbid(unsafe_code)]");
    (!forbids)
        .then(|| format!("{}: #![forbid(unsafe_code)] is missing", source.path))
        .into_iter()
        .collect()
}

/// Every op that the file records is compared with finite differences and with PyTorch, by cases
/// named after it: `op` or `op_variant`.
pub(crate) fn ops_are_checked(source: &Source) -> Vec<String> {
    // Without the tests themselves: what they record is theirs.
    let tests = source.code.iter().position(|l| l.trim() == "#[cfg(test)]");
    let text = source.text[..tests.unwrap_or(source.text.len())].join("\n");
    let all = source.text.join("\n");
    let (mut names, mut faults) = (BTreeSet::new(), vec![]);
    for (at, call) in text.match_indices("record(") {
        let argument = text[at + call.len()..].trim_start();
        if let Some(name) = literal(argument) {
            names.insert(name);
            continue;
        }
        // `record(op, ..)`: the names are the literals that the file hands to the helper.
        let given = function_around(&text[..at]).map(|f| passed(&text, f)).unwrap_or_default();
        if given.is_empty() {
            let line = text[..at].matches('\n').count();
            faults.push(source.fault(line, "the op's name is no literal and cannot be followed"));
        }
        names.extend(given);
    }
    for name in names {
        for check in ["gradcheck!(", "reference!("] {
            let cases = all.match_indices(check).map(|(i, _)| all[i + check.len()..].trim_start());
            let mut after = cases.filter_map(|case| case.strip_prefix(name));
            if !after.any(|rest| rest.starts_with([':', ')', '_'])) {
                faults.push(format!("{}: op `{name}` has no {check}{name})", source.path));
            }
        }
    }
    faults
}

/// The string literal that `text` begins with.
fn literal(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('"')?;
    rest.split('"').next()
}

/// The name of the function whose body `before` ends in.
fn function_around(before: &str) -> Option<&str> {
    let definitions = words(before, "fn").filter_map(|at| {
        let name = before[at + 2..].strip_prefix(' ')?;
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
    });
    definitions.filter(|name| !name.is_empty()).last()
}

/// First literals among the arguments of the calls of `function`.
fn passed<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let call = format!("{function}(");
    let calls = text.match_indices(&call).filter(|(i, _)| !text[..*i].ends_with("fn "));
    calls
        .map(|(i, _)| &text[i + call.len()..])
        .filter_map(|arguments| {
            let end = arguments.find([')', ';']).unwrap_or(arguments.len());
            let quote = arguments[..end].find('"')?;
            literal(&arguments[quote..])
        })
        .collect()
}
