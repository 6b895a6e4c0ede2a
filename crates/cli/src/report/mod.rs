//! The result of a run: one document for programs, one text for people, one page with pictures.

mod html;
mod text;

pub(crate) use html::page;
pub(crate) use text::{gain, spread, text};

use crate::run::{Session, Shared};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use transfer::Report;
use transfer::measures::Summary;

/// What a method adds to its report.
pub(crate) struct Extra {
    /// Fields of the document.
    pub(crate) fields: Vec<(&'static str, Value)>,
    /// Lines of the text.
    pub(crate) text: String,
}

/// A finished run.
pub(crate) struct Finished {
    pub(crate) report: Report,
    pub(crate) folder: PathBuf,
    pub(crate) document: Value,
    /// From where to where.
    pub(crate) domains: String,
    extra: String,
}

/// Writes the result into the run folder.
pub(crate) fn finish(
    session: &Session,
    shared: &Shared,
    report: Report,
    extra: Extra,
) -> anyhow::Result<Finished> {
    let mut document = serde_json::to_value(&report)?;
    if let Value::Object(fields) = &mut document {
        fields.insert("baseline_figures".into(), baseline_figures(&report));
        for (name, value) in extra.fields {
            fields.insert(name.into(), value);
        }
        fields.insert("folder".into(), json!(session.folder.path()));
    }
    let domains = match (&shared.source, &shared.target) {
        (Some(source), None) => source.clone(),
        (source, target) => {
            let name = |spec: &Option<String>| spec.clone().unwrap_or("a saved model".into());
            format!("{} -> {}", name(source), name(target))
        }
    };
    let finished = Finished {
        report,
        folder: session.folder.path().to_owned(),
        document,
        domains,
        extra: extra.text,
    };
    let title = format!("{}: {}", finished.report.method, finished.domains);
    session.folder.write("report.html", &page(&title, &[&finished])?)?;
    session.folder.finish(&finished.document)?;
    Ok(finished)
}

/// The further figures of every baseline over the seeds.
fn baseline_figures(report: &Report) -> Value {
    let mut arms = Map::new();
    for arm in report.baselines.keys() {
        let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for outcome in report.outcomes.iter().filter(|o| o.arm == *arm) {
            for (name, value) in &outcome.figures {
                values.entry(name).or_default().push(*value);
            }
        }
        let sums = values.into_iter().map(|(name, all)| (name.to_owned(), json!(Summary::of(all))));
        arms.insert(arm.clone(), Value::Object(sums.collect()));
    }
    Value::Object(arms)
}
