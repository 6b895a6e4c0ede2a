//! What a source file must and must not contain.

use crate::source::{Source, words};
use std::collections::BTreeMap;

/// The most lines a file may have.
const CEILING: usize = 400;

/// The folder that alone may hold unsafe code.
const KERNELS: &str = "crates/tensor-autograd/src/kernels/";
/// But for the tests that count allocations: to be an allocator is unsafe.
const ALLOCATORS: [&str; 2] =
    ["crates/tensor-autograd/tests/counting.rs", "crates/datasets/tests/heap.rs"];

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
            if !source.path.starts_with(KERNELS) && !ALLOCATORS.contains(&&*source.path) {
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

/// The files of one family of operations: a file of its own, or a folder's.
pub(crate) fn families(sources: &[Source]) -> BTreeMap<&str, Vec<&Source>> {
    let mut families = BTreeMap::<&str, Vec<&Source>>::new();
    for source in sources {
        if let Some(rest) = source.path.strip_prefix(OPS) {
            let name = rest.split(['/', '.']).next().unwrap_or(rest);
            families.entry(name).or_default().push(source);
        }
    }
    families
}

/// Every op that the family records is compared with finite differences and with PyTorch, by cases
/// of its very name. `op_variant` comes beside `op` and never stands for it: it may be another op.
pub(crate) fn ops_are_checked(family: &[&Source]) -> Vec<String> {
    // Without the tests themselves: what they record is theirs.
    let shipped = |source: &&Source| {
        let is_tests = source.path.ends_with("/tests.rs");
        let tests = source.code.iter().position(|l| l.trim() == "#[cfg(test)]");
        let end = tests.filter(|_| !is_tests).unwrap_or(source.text.len());
        source.text[..if is_tests { 0 } else { end }].join("\n")
    };
    let texts: Vec<String> = family.iter().map(shipped).collect();
    let everything: Vec<String> = family.iter().map(|s| s.text.join("\n")).collect();
    let all = everything.join("\n");
    let (mut names, mut faults) = (BTreeMap::<&str, &Source>::new(), vec![]);
    for (source, text) in family.iter().zip(&texts) {
        for (at, call) in text.match_indices("record(") {
            let argument = text[at + call.len()..].trim_start();
            if let Some(name) = literal(argument) {
                names.insert(name, source);
                continue;
            }
            // `record(op, ..)`: the names are the literals that the family hands to the helper.
            let helper = function_around(&text[..at]);
            let given: Vec<(&str, &Source)> = helper
                .into_iter()
                .flat_map(|f| family.iter().zip(&texts).map(move |(s, t)| (f, *s, t)))
                .flat_map(|(f, s, t)| passed(t, f).into_iter().map(move |name| (name, s)))
                .collect();
            if given.is_empty() {
                let line = text[..at].matches('\n').count();
                let fault =
                    source.fault(line, "the op's name is no literal and cannot be followed");
                faults.push(fault);
            }
            names.extend(given);
        }
    }
    for (name, source) in names {
        for check in ["gradcheck!(", "reference!("] {
            let cases = all.match_indices(check).map(|(i, _)| all[i + check.len()..].trim_start());
            let mut after = cases.filter_map(|case| case.strip_prefix(name));
            if !after.any(|rest| rest.trim_start().starts_with([':', ')'])) {
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

/// The names that calls of `function` hand on: the first literal among the arguments, or the one
/// that the last `let op = ".."` before the call holds.
fn passed<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let call = format!("{function}(");
    let calls = text.match_indices(&call).filter(|(i, _)| {
        let before = &text[..*i];
        !before.ends_with("fn ") && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    });
    calls
        .filter_map(|(i, _)| {
            let arguments = text[i + call.len()..].trim_start();
            if arguments.starts_with("op,") {
                let held = text[..i].rfind("let op = \"")?;
                return literal(&text[held + "let op = ".len()..i]);
            }
            let end = arguments.find([')', ';']).unwrap_or(arguments.len());
            let quote = arguments[..end].find('"')?;
            literal(&arguments[quote..])
        })
        .collect()
}
