//! The book in `docs/`: what its pages include of the sources is there and stands beside a plain
//! link, no anchor is left over, figures are those of the results, and every page is reached from the
//! table of contents.

use crate::links::targets;
use crate::source::Source;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// File and anchor of every `{{#include FILE:ANCHOR}}` of a page.
fn includes(text: &str) -> Vec<(&str, Option<&str>)> {
    let marks = text.split("{{#").skip(1).filter_map(|rest| rest.split_once("}}"));
    let calls = marks.filter_map(|(mark, _)| mark.split_once(char::is_whitespace));
    let included = calls.filter(|(what, _)| what.ends_with("include")).map(|(_, of)| of.trim());
    included.map(|of| of.split_once(':').map_or((of, None), |(f, a)| (f, Some(a)))).collect()
}

/// Where `target` is, seen from a page: without `..`, so that two ways to a file are one.
fn resolved(page: &Path, target: &str) -> PathBuf {
    let mut path = page.parent().expect("a page lies in a folder").to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

/// The name that a line gives to the anchor that `mark` begins or ends.
fn anchor<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.split_once(mark).map(|(_, name)| name.trim())
}

/// Whether something stands between the anchor's two lines.
fn is_anchored(source: &str, name: &str) -> bool {
    let mut lines = source.lines().skip_while(|l| anchor(l, "ANCHOR: ") != Some(name)).skip(1);
    let first = lines.next();
    let closed = lines.any(|l| anchor(l, "ANCHOR_END: ") == Some(name));
    closed && first.is_some_and(|l| anchor(l, "ANCHOR_END: ") != Some(name))
}

/// What a page includes that is not there, or only there; `read` gives a file's text.
pub(crate) fn faults(
    page: &Path,
    text: &str,
    read: impl Fn(&Path) -> Option<String>,
) -> Vec<String> {
    let mut faults = vec![];
    for (file, name) in includes(text) {
        let fault = |what: &str| format!("{}: {what}", page.display());
        match (read(&resolved(page, file)), name) {
            (None, _) => faults.push(fault(&format!("nothing to include at {file}"))),
            (Some(source), Some(name)) if !is_anchored(&source, name) => {
                faults.push(fault(&format!("{file} has no anchor `{name}`")));
            }
            _ => {}
        }
        if !targets(text).contains(&file) {
            faults.push(fault(&format!("{file} is included, but not linked to")));
        }
    }
    faults
}

/// Files and anchors that a page includes.
pub(crate) fn included(page: &Path, text: &str) -> BTreeSet<(PathBuf, String)> {
    let named = includes(text).into_iter().filter_map(|(file, name)| Some((file, name?)));
    named.map(|(file, name)| (resolved(page, file), name.to_owned())).collect()
}

/// The anchors of a source at `path` that no page includes.
pub(crate) fn left_over(
    path: &Path,
    source: &Source,
    included: &BTreeSet<(PathBuf, String)>,
) -> Vec<String> {
    let lines = source.comments.iter().enumerate();
    let names = lines.filter_map(|(i, comment)| Some((i, anchor(comment, "ANCHOR: ")?)));
    names
        .filter(|(_, name)| !included.contains(&(path.to_owned(), (*name).to_owned())))
        .map(|(i, name)| source.fault(i, &format!("no page includes the anchor `{name}`")))
        .collect()
}

/// The pages that the table of contents does not name, or names twice.
pub(crate) fn unreached(contents: &Path, text: &str, pages: &[PathBuf]) -> Vec<String> {
    let named: Vec<PathBuf> = targets(text).into_iter().map(|t| resolved(contents, t)).collect();
    let mut faults = vec![];
    for page in pages.iter().filter(|page| *page != contents) {
        let times = named.iter().filter(|n| *n == page).count();
        if times != 1 {
            faults.push(format!("{} is {times} times in SUMMARY.md", page.display()));
        }
    }
    faults
}

/// Rows of tables and numbers that a page has under "On real data" and the page of results has not.
pub(crate) fn misquoted(page: &Path, text: &str, results: &str) -> Vec<String> {
    let known: BTreeSet<&str> = decimals(results).collect();
    let mut faults = vec![];
    for section in text.split("\n## ").filter(|section| section.starts_with("On real data")) {
        for row in section.lines().filter(|l| l.starts_with('|')) {
            if !results.lines().any(|line| line == row) {
                faults.push(format!("{}: no such row in results.md: {row}", page.display()));
            }
        }
        for number in decimals(section).filter(|n| !known.contains(n)) {
            faults.push(format!("{}: {number} is not in results.md", page.display()));
        }
    }
    faults
}

/// The numbers with a decimal point.
fn decimals(text: &str) -> impl Iterator<Item = &str> {
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    numbers.map(|n| n.trim_matches('.')).filter(|n| n.contains('.'))
}

/// Whether the documentation of a source file has the first example in Rust of a page, where the
/// compiler sees it.
pub(crate) fn documented(page: &str, source: &Source) -> bool {
    let Some((example, _)) = page.split_once("```rust\n").and_then(|(_, r)| r.split_once("```"))
    else {
        return false;
    };
    let example: Vec<&str> = example.lines().collect();
    let of = |line: &String| line.trim_start_matches(['/', '!']).trim().to_owned();
    let lines: Vec<String> = source.comments.iter().map(of).collect();
    lines.windows(example.len()).any(|lines| lines == example)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "/w/docs/course/page.md";

    fn found(text: &str) -> Vec<String> {
        let source = "// ANCHOR: a\nfn a() {}\n// ANCHOR_END: a\n// ANCHOR: ab\nfn ab() {}\n\
                      // ANCHOR: empty\n// ANCHOR_END: empty\n";
        let read = |path: &Path| (path == Path::new("/w/src/a.rs")).then(|| source.to_owned());
        faults(Path::new(PAGE), text, read)
    }

    #[test]
    fn a_dead_include_is_found() {
        let link = "[a.rs](../../src/a.rs)\n";
        for alive in
            ["", "{{#include ../../src/a.rs:a}}", "```rust\n{{#include ../../src/a.rs}}\n```"]
        {
            assert_eq!(found(&format!("{link}{alive}")), [""; 0], "{alive}");
        }
        // No such file, no such anchor, one that is never closed, one with nothing in it.
        for dead in ["../a.rs:a", "../../src/a.rs:b", "../../src/a.rs:ab", "../../src/a.rs:empty"] {
            let text = format!("{link}[x](../a.rs)\n```rust\n{{{{#include {dead}}}}}\n```\n");
            assert_eq!(found(&text).len(), 1, "{dead}");
        }
        let unlinked = found("{{#include ../../src/a.rs:a}}");
        assert_eq!(unlinked.len(), 1);
        assert!(unlinked[0].contains("not linked to"), "{unlinked:?}");
    }

    #[test]
    fn an_anchor_that_no_page_includes_is_found() {
        let source = Source::new("src/a.rs", "// ANCHOR: a\nf();\n// ANCHOR_END: a\n");
        let of =
            |text| left_over(Path::new("/w/src/a.rs"), &source, &included(Path::new(PAGE), text));
        assert_eq!(of("{{#include ../../src/a.rs:a}}"), [""; 0]);
        assert_eq!(
            of("{{#include ../../src/b.rs:a}}"),
            ["src/a.rs:1: no page includes the anchor `a`"]
        );
    }

    #[test]
    fn a_figure_that_the_results_do_not_have_is_found() {
        let results = "| method | 79.4 | 88.8 |\n\nThe distance fell to 0.30.\n";
        let of = |text: &str| misquoted(Path::new(PAGE), text, results);
        let right = "## On real data\n\n| method | 79.4 | 88.8 |\n\nIt fell to 0.30.\n";
        let page =
            |data: &str| format!("# A\n\nμ is 0.1.\n\n{data}\n## When it hurts\n\nAt 0.2.\n");
        assert_eq!(of(&page(right)), [""; 0]);
        assert_eq!(of(&page(&right.replace("0.30", "0.31"))).len(), 1);
        assert_eq!(of(&page(&right.replace("| 79.4 | 88.8 |", "| 88.8 | 79.4 |"))).len(), 1);
    }

    #[test]
    fn a_page_out_of_reach_is_found() {
        let contents = Path::new("/w/docs/SUMMARY.md");
        let pages = ["/w/docs/SUMMARY.md", PAGE].map(PathBuf::from);
        let of = |text| unreached(contents, text, &pages);
        assert_eq!(of("- [Page](course/page.md)"), [""; 0]);
        assert_eq!(of("- [Page](page.md)").len(), 1);
        assert_eq!(of("- [Page](course/page.md)\n- [Page](./course/page.md)").len(), 1);
    }
}
