//! The result as text.

use super::Finished;
use crate::out;
use std::fmt::Write;
use transfer::Report;
use transfer::measures::{Comparison, Summary, Verdict};

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
    let _ = writeln!(text, "\n{}\n", verdict(report));
    if report.score.name == "source_accuracy" {
        text.push_str("The accuracy on the target was not measured: that takes labelled target data in --test.\n\n");
    }
    text.push_str(&finished.extra);
    text.push('\n');
    for (what, file) in [
        ("model   ", "model.safetensors"),
        ("clusters", "clusters.csv"),
        ("pictures", "report.html"),
    ] {
        let path = finished.folder.join(file);
        if path.exists() {
            let _ = writeln!(text, "{what}  {}", path.display());
        }
    }
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
    let own = row(&report.method, &report.score.summary, None);
    let baselines =
        report.baselines.iter().map(|(name, s)| row(name, s, Some(&report.comparisons[name].gain)));
    [heading, own].into_iter().chain(baselines).collect()
}

/// What the seeds allow to be said of the method, in a sentence or two.
pub(super) fn verdict(report: &Report) -> String {
    let Some((baseline, Comparison { gain, interval, p_value, verdict })) = report.best_baseline()
    else {
        return "No baseline was trained, so nothing can be said about what the method adds."
            .into();
    };
    let points = format!("{:+.1} points against {baseline}", 100.0 * gain.mean);
    let (Some([low, high]), Some(p)) = (interval, p_value) else {
        return format!(
            "Inconclusive: {points}, but one seed says nothing about the spread; try --seeds 5."
        );
    };
    let spread = format!(
        "95 % of resampled means within {:+.1} to {:+.1}, paired t-test p {}, {} seeds",
        100.0 * low,
        100.0 * high,
        probability(*p),
        gain.per_seed.len()
    );
    let word = match verdict {
        Verdict::Helped => "The method helped",
        Verdict::Hurt => "The method hurt",
        Verdict::Inconclusive => "Inconclusive",
    };
    format!("{word}: {points} ({spread}).")
}

/// Mean and deviation in percent.
pub(crate) fn spread(summary: &Summary) -> String {
    mean(summary, summary.per_seed.len() > 1)
}

/// A gain with all that is known of it, in points.
pub(crate) fn gain(comparison: &Comparison) -> String {
    let Comparison { gain, interval, p_value: p, verdict } = comparison;
    let sign = if gain.mean >= 0.0 { "+" } else { "" };
    let mut text = format!("{sign}{}", spread(gain));
    if let (Some([low, high]), Some(p)) = (interval, p) {
        let word = match verdict {
            Verdict::Helped => "helped",
            Verdict::Hurt => "hurt",
            Verdict::Inconclusive => "inconclusive",
        };
        let (low, high, p) = (100.0 * low, 100.0 * high, probability(*p));
        let _ = write!(text, "  [{low:+.1}, {high:+.1}]  p {p}  {word}");
    }
    text
}

fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
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
