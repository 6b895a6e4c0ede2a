//! The result as one page that needs nothing beside itself.

use super::{Finished, text};
use std::fmt::Write;
use std::fs;

const STYLE: &str = "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;\
    color:#222;line-height:1.45}table{border-collapse:collapse;margin:1em 0}\
    td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:right}\
    td:first-child,th:first-child{text-align:left}pre{background:#f5f5f5;padding:.8em;overflow:auto}\
    figure{display:inline-block;margin:.5em;vertical-align:top}";

/// The page of one or several runs, with every picture of their folders.
///
/// # Errors
/// If a folder or a picture cannot be read.
pub(crate) fn page(title: &str, runs: &[&Finished]) -> anyhow::Result<String> {
    let title = escaped(title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    );
    for run in runs {
        if runs.len() > 1 {
            let _ = writeln!(html, "<h2>{}: {}</h2>", run.report.method, escaped(&run.domains));
        }
        html.push_str("<table>\n");
        for (i, row) in text::rows(run).iter().enumerate() {
            let cell = if i == 0 { "th" } else { "td" };
            let cells = row.iter().map(|c| format!("<{cell}>{}</{cell}>", escaped(c)));
            let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
        }
        html.push_str("</table>\n");
        let _ = writeln!(html, "<p>{}</p>", escaped(&text::verdict(&run.report)));
        let _ = writeln!(html, "<pre>{}</pre>", escaped(&run.extra));
        for picture in pictures(run)? {
            let _ = writeln!(html, "<figure>{picture}</figure>");
        }
    }
    Ok(html + "</body></html>\n")
}

/// The pictures of the folder: samples first, then in the order of their names.
fn pictures(run: &Finished) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(&run.folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "svg") {
            paths.push(path);
        }
    }
    let samples = |p: &std::path::PathBuf| {
        p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("samples"))
    };
    paths.sort_by_key(|p| (!samples(p), p.clone()));
    Ok(paths.iter().map(fs::read_to_string).collect::<Result<_, _>>()?)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
