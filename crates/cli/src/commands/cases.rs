//! `cases`: which method is for which data.

use crate::methods::{Case, METHODS};
use crate::out;
use clap::ArgMatches;
use std::fmt::Write;

pub(super) fn run(_: &ArgMatches) -> anyhow::Result<()> {
    out::result(&text())
}

fn text() -> String {
    let cell = |case: Case| -> Vec<String> {
        let own = METHODS.iter().filter(|m| m.case == case);
        own.map(|m| m.name.to_owned()).collect()
    };
    let mut text = String::from(
        "The cases of transfer learning: what is labelled decides which method can be used.\n\n",
    );
    let columns = ["source labelled", "source unlabelled"];
    let _ = writeln!(text, "{:20}  {:28}{}", "", columns[0], columns[1]);
    for (row, left, right) in [
        ("target labelled", Case::Both, Case::Target),
        ("target unlabelled", Case::Source, Case::Neither),
    ] {
        let (left, right) = (cell(left), cell(right));
        for i in 0..left.len().max(right.len()) {
            let row = if i == 0 { row } else { "" };
            let at = |cell: &[String]| cell.get(i).cloned().unwrap_or_default();
            let line = format!("{row:20}  {:28}{}", at(&left), at(&right));
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text.push('\n');
    }
    let _ = writeln!(text, "Each runs as `transfer run METHOD`.\n");
    let rows: Vec<Vec<String>> =
        METHODS.iter().map(|m| vec![m.name.to_owned(), m.help.to_owned()]).collect();
    text + &out::table(&rows, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_stands_in_the_table() {
        let text = text();
        for method in METHODS {
            let row = |l: &&str| l.split("  ").next() == Some(method.name);
            let line = text.lines().rfind(row).unwrap();
            assert!(line.contains(method.help));
        }
    }
}
