//! The result as text.

use super::{Finished, gains};
use crate::out;
use std::fmt::Write;
use transfer::measures::Summary;

/// The table of scores, what the method has to add, and where everything is.
pub(crate) fn text(finished: &Finished) -> String {
    let report = &finished.report;
    let plural = if report.seeds.len() == 1 { "seed" } else { "seeds" };
    let mut text = format!(
        "{}: {}, {} {plural}, {:.0} s of training\n\n",
        report.method,
        finished.domains,
        report.seeds.len(),
        report.seconds
    );
    text.push_str(&out::table(&rows(finished), 1));
    text.push('\n');
    if report.score.name == "source_accuracy" {
        text.push_str("The accuracy on the target was not measured: that takes labelled target data in --test.\n\n");
    }
    text.push_str(&finished.extra);
    text.push('\n');
    let model = finished.folder.join("model.safetensors");
    // Not every method leaves one network that can be loaded again.
    if model.exists() {
        let _ = writeln!(text, "model     {}", model.display());
    }
    let _ = writeln!(text, "pictures  {}", finished.folder.join("report.html").display());
    text
}

/// A heading and a row for each arm: its score, what the method gains on it, every seed.
pub(super) fn rows(finished: &Finished) -> Vec<Vec<String>> {
    let report = &finished.report;
    let score = report.score.name.replace('_', " ");
    let several = report.seeds.len() > 1;
    let mut heading = vec![String::new(), format!("{score}, %"), "the method's gain".to_owned()];
    let row = |name: &str, summary: &Summary, gain: Option<&Summary>| {
        let gain = gain.map_or(String::new(), |gain| {
            let sign = if gain.mean >= 0.0 { "+" } else { "" };
            format!("{sign}{}", mean(gain, several))
        });
        let mut row = vec![name.to_owned(), mean(summary, several), gain];
        if several {
            row.push(summary.per_seed.iter().map(|x| percent(*x)).collect::<Vec<_>>().join(" "));
        }
        row
    };
    if several {
        heading.push("seed by seed".into());
    }
    let gains = gains(report);
    let own = row(&report.method, &report.score.summary, None);
    let baselines = report.baselines.iter().map(|(name, s)| row(name, s, gains.get(name.as_str())));
    [heading, own].into_iter().chain(baselines).collect()
}

fn mean(summary: &Summary, several: bool) -> String {
    match several {
        true => format!("{} ± {}", percent(summary.mean), percent(summary.std)),
        false => percent(summary.mean),
    }
}

fn percent(x: f64) -> String {
    format!("{:.1}", 100.0 * x)
}
