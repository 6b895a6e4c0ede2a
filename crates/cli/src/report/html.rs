//! The result as one page that needs nothing beside itself.

use super::{Finished, text};
use anyhow::Context as _;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const STYLE: &str = include_str!("page.css");

/// What the pages of a run folder begin with: nothing is loaded, nothing is run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The chapters of a run, in order: a heading, and the beginnings of the names of the files that stand
/// under it. What fits none stands under the last.
const CHAPTERS: [(&str, &[&str]); 6] = [
    ("The data", &["samples-"]),
    ("Learning curves", &["curve-"]),
    ("Class by class", &["classes-", "confusion-"]),
    ("Predictions", &["predictions-"]),
    ("Features", &["features-", "neighbours-"]),
    ("More", &[]),
];

/// The page of one or several runs, with every picture and table of their folders.
///
/// # Errors
/// If a folder or a file of it cannot be read.
pub(crate) fn page(title: &str, runs: &[&Finished]) -> anyhow::Result<String> {
    let title = escaped(title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    );
    for run in runs {
        if runs.len() > 1 {
            let _ = writeln!(html, "<h2>{}: {}</h2>", run.report.method, escaped(&run.domains));
        }
        html.push_str(&table(&text::rows(run)));
        let _ = writeln!(html, "<p><strong>{}</strong></p>", escaped(&text::verdict(&run.report)));
        let _ = writeln!(html, "<pre>{}</pre>", escaped(&run.extra));
        let files = files(&run.folder)?;
        let mut shown = vec![false; files.len()];
        for (heading, beginnings) in CHAPTERS {
            let mut chapter = Vec::new();
            for (file, shown) in files.iter().zip(&mut shown) {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                let rest = beginnings.iter().find_map(|b| name.strip_prefix(b));
                if (rest.is_some() || beginnings.is_empty()) && !*shown {
                    // What is of one arm stands together.
                    let arm = Path::new(rest.unwrap_or(&name)).with_extension("");
                    chapter.push((arm, figure(file, &name)?));
                    *shown = true;
                }
            }
            chapter.sort_by(|a, b| a.0.cmp(&b.0));
            if !chapter.is_empty() {
                let figures: String = chapter.into_iter().map(|(_, figure)| figure).collect();
                let _ = writeln!(html, "<h3>{heading}</h3>\n{figures}");
            }
        }
        html.push_str(&settings(&run.folder)?);
    }
    Ok(html + "</body></html>\n")
}

/// The pictures and tables of the folder, in the order of their names.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".svg") || name.starts_with("classes-") && name.ends_with(".csv") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// A picture as it is, a table with its arm above it, and so pictures that have no title.
fn figure(path: &Path, name: &str) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let Some(arm) = name.strip_prefix("classes-").and_then(|n| n.strip_suffix(".csv")) else {
        let untitled = ["samples-", "predictions-"].iter().find_map(|b| name.strip_prefix(b));
        let caption = untitled.map_or(String::new(), |rest| {
            format!("<figcaption>{}</figcaption>", escaped(rest.trim_end_matches(".svg")))
        });
        return Ok(format!("<figure>{caption}{text}</figure>\n"));
    };
    let rows = text.lines().map(cells).collect::<Vec<_>>();
    let caption = format!("<figcaption>{}</figcaption>", escaped(arm));
    Ok(format!("<figure>{caption}{}{}</figure>\n", table(&rows), confused(&rows)))
}

/// The pairs of classes that were mistaken most often.
fn confused(rows: &[Vec<String>]) -> String {
    let pair = |row: &Vec<String>| {
        let times: u64 = row.get(6)?.parse().ok()?;
        Some((times, format!("{} for {}", row[0], row[5])))
    };
    let mut pairs: Vec<(u64, String)> = rows.iter().filter_map(pair).collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.0));
    let list = |(times, pair): &(u64, String)| format!("{} ({times} times)", escaped(pair));
    let list: Vec<String> = pairs.iter().take(3).map(list).collect();
    match list.is_empty() {
        true => String::new(),
        false => format!("<p>Most confused: {}.</p>", list.join(", ")),
    }
}

/// The fields of a line, of which those in quotes may hold commas and doubled quotes.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut inside) = (vec![String::new()], false);
    let mut letters = line.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if inside && letters.peek() == Some(&'"') => {
                letters.next();
                cells.last_mut().expect("there is one").push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => cells.push(String::new()),
            _ => cells.last_mut().expect("there is one").push(c),
        }
    }
    cells
}

/// A heading and rows.
fn table(rows: &[Vec<String>]) -> String {
    let mut html = String::from("<table>\n");
    for (i, row) in rows.iter().enumerate() {
        let cell = if i == 0 { "th" } else { "td" };
        let cells = row.iter().map(|c| format!("<{cell}>{}</{cell}>", escaped(c)));
        let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
    }
    html + "</table>\n"
}

/// What was run and where: the settings that repeat it, with versions and machine.
fn settings(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("config.toml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(format!("<h3>What was run</h3>\n<pre>{}</pre>\n", escaped(&text)))
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_cell_keeps_its_commas_and_quotes() {
        assert_eq!(cells("a,\"b, \"\"c\"\"\",,1"), ["a", "b, \"c\"", "", "1"]);
    }

    #[test]
    fn the_most_confused_pairs_come_first() {
        let rows = ["class,,,,,taken for,times", "a,9,,,,b,2", "<c>,9,,,,a,5", "d,9,,,,,"];
        let rows: Vec<_> = rows.into_iter().map(cells).collect();
        let text = confused(&rows);
        assert_eq!(text, "<p>Most confused: &lt;c&gt; for a (5 times), a for b (2 times).</p>");
    }
}
