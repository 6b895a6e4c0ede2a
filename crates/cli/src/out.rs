//! The two streams: results to standard output, talk to standard error.

use crate::error::UsageError;
use anyhow::Context;
use std::io::{self, Write};
use std::path::Path;

/// Writes a result to standard output. A closed pipe comes back as the error it is; `main` takes it
/// for the end of the work, not for a failure.
pub(crate) fn result(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let end: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
    let mut write = || {
        stdout.write_all(text.as_bytes())?;
        stdout.write_all(end)?;
        stdout.flush()
    };
    write().context("cannot write to standard output")
}

/// Writes a line of talk to standard error; if that is closed, nobody listens.
pub(crate) fn talk(quiet: bool, line: &str) {
    if !quiet {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// Refuses a file for a picture whose name says that it is none of SVG.
pub(crate) fn check_svg(picture: Option<&Path>) -> Result<(), UsageError> {
    let svg = |path: &Path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("svg"));
    match picture.is_none_or(svg) {
        true => Ok(()),
        false => Err(UsageError::Conflict("--picture draws SVG; name a file FILE.svg")),
    }
}

/// Words as they are typed into a shell.
pub(crate) fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:,=".contains(c);
    let quoted = |word: &str| match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// A field of comma-separated values (RFC 4180).
pub(crate) fn csv_field(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// Columns of text, each as wide as its widest cell; the first `left` are aligned left, the others
/// right.
pub(crate) fn table(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        rows.iter().filter_map(|r| r.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(c, (cell, &w))| match c < left {
            true => format!("{cell:<w$}"),
            false => format!("{cell:>w$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_back() {
        let words = ["transfer", "synthetic:digits?n=3&seed=1", "", "it's", "a/b.c"];
        let line = "transfer 'synthetic:digits?n=3&seed=1' '' 'it'\\''s' a/b.c";
        assert_eq!(command_line(words), line);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".into(), "long".into()], vec!["name ±".into(), "1".into()]];
        assert_eq!(table(&rows, 1), "a       long\nname ±     1\n");
    }
}
