//! What adapting costs: the accuracy on the source before and after, and how far each layer moved.

use super::super::evaluate::{FOR_SOURCE, sample};
use crate::report::Extra;
use datasets::Dataset;
use nn_layers::models::DannNet;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use transfer::measures::movement;
use transfer::{Model, Report, TransferError};

/// The source's accuracy before adapting; after it, it is `source_accuracy`.
const BEFORE: &str = "source_accuracy_before";
/// The names of the figures of movement begin so.
const MOVED: &str = "moved_";

/// Measures how far the layers are from where training began. The domain classifier takes no part.
pub(super) fn moved(start: &DannNet, end: &DannNet, figures: &mut BTreeMap<String, f64>) {
    let layers = movement(start, end).into_iter().filter(|(layer, _)| !layer.starts_with("domain"));
    figures.extend(layers.map(|(layer, moved)| (format!("{MOVED}{layer}"), moved)));
}

/// Measures the source model on its own data, if the adapted one has the same `classes`.
pub(super) fn before(
    model: &Model<DannNet>,
    source: &Dataset,
    classes: &[String],
    figures: &mut BTreeMap<String, f64>,
) -> Result<(), TransferError> {
    if source.classes() == classes {
        let some = source.select(&sample(source.len(), FOR_SOURCE));
        figures.insert(BEFORE.to_owned(), model.accuracy(&some)?);
    }
    Ok(())
}

/// Adds both to the report of the method.
pub(super) fn tell(report: &Report, same_classes: bool, extra: &mut Extra) {
    let mean = |name: &str| report.figures.get(name).map(|figure| figure.mean);
    let (forgetting, line) = match (mean(BEFORE), mean("source_accuracy")) {
        (Some(before), Some(after)) => (
            json!({ "before": before, "after": after }),
            format!("{:.1} % before adapting, {:.1} % after", 100.0 * before, 100.0 * after),
        ),
        _ if !same_classes => {
            let why = "not comparable: the head is for other classes";
            (json!(why), why.to_owned())
        }
        _ => {
            let why = "not measured: that takes --source";
            (json!(why), why.to_owned())
        }
    };
    extra.fields.push(("forgetting", forgetting));
    let _ = writeln!(extra.text, "source accuracy: {line}");
    let layers = report
        .figures
        .iter()
        .filter_map(|(name, figure)| Some((name.strip_prefix(MOVED)?.to_owned(), figure.mean)));
    let layers: Vec<(String, f64)> = layers.collect();
    let words: Vec<String> =
        layers.iter().map(|(layer, moved)| format!("{layer} {moved:.3}")).collect();
    let _ = writeln!(extra.text, "moved from the start, ‖w - w0‖/‖w0‖: {}", words.join(", "));
    let movement: Map<_, _> = layers.into_iter().map(|(l, moved)| (l, json!(moved))).collect();
    extra.fields.push(("movement", movement.into()));
}
