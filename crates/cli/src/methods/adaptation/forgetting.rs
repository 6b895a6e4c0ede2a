//! What adapting costs: the accuracy on the source before and after, how far each layer moved, and how
//! much it still sees as the source model does.

use super::super::evaluate::{FOR_SOURCE, sample};
use crate::report::Extra;
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use transfer::measures::{layer_cka, movement};
use transfer::{Model, Report, TransferError};

/// The source's accuracy before adapting; after it, it is `source_accuracy`.
const BEFORE: &str = "source_accuracy_before";
/// The names of the figures of movement begin so.
const MOVED: &str = "moved_";
/// The names of the figures of similarity begin so.
const ALIKE: &str = "cka_";
/// Samples of the target that similarity is measured on.
const FOR_SIMILARITY: usize = 256;
/// Numbers that these samples have at most.
const AT_ONCE: usize = 1 << 23;

/// Measures how far the layers are from where training began. The domain classifier takes no part.
pub(super) fn moved(start: &DannNet, end: &DannNet, figures: &mut BTreeMap<String, f64>) {
    let layers = movement(start, end).into_iter().filter(|(layer, _)| !layer.starts_with("domain"));
    figures.extend(layers.map(|(layer, moved)| (format!("{MOVED}{layer}"), moved)));
}

/// Measures how alike the layers of the source model and the adapted one see the target.
pub(super) fn alike(
    source: &Model<DannNet>,
    adapted: &Model<DannNet>,
    target: &Unlabelled,
    figures: &mut BTreeMap<String, f64>,
) -> Result<(), TransferError> {
    // All of them pass each layer together.
    let numbers: usize = target.sample_shape().iter().product();
    let most = FOR_SIMILARITY.min(AT_ONCE / numbers.max(1)).max(1);
    let some = target.select(&sample(target.len(), most));
    let layers = layer_cka(source, adapted, &some)?;
    figures.extend(layers.into_iter().map(|(layer, cka)| (format!("{ALIKE}{layer}"), cka)));
    Ok(())
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

/// Adds all three to the report of the method.
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
    for (prefix, field, words) in [
        (MOVED, "movement", "moved from the start, ‖w - w0‖/‖w0‖"),
        (ALIKE, "cka", "alike in source model and adapted one, linear CKA"),
    ] {
        let layers = report.figures.iter();
        let layers: Vec<(&str, f64)> = layers
            .filter_map(|(name, figure)| Some((name.strip_prefix(prefix)?, figure.mean)))
            .collect();
        let each: Vec<String> =
            layers.iter().map(|(layer, figure)| format!("{layer} {figure:.3}")).collect();
        let _ = writeln!(extra.text, "{words}: {}", each.join(", "));
        let layers: Map<_, _> = layers.into_iter().map(|(l, f)| (l.to_owned(), json!(f))).collect();
        extra.fields.push((field, layers.into()));
    }
}
