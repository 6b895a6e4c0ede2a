//! What adapting costs: the accuracy on the source before and after, how far each layer moved, and how
//! much it still sees as the source model does.

use super::super::by_layer::{LIKENESS, MOVEMENT};
use super::super::evaluate::{FOR_SOURCE, sample};
use crate::report::Extra;
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use transfer::measures::layer_cka;
use transfer::{Model, Report, TransferError};

/// The source's accuracy before adapting; after it, it is `source_accuracy`.
const BEFORE: &str = "source_accuracy_before";
/// Samples of the target that similarity is measured on.
const FOR_SIMILARITY: usize = 256;
/// Numbers that these samples have at most.
const AT_ONCE: usize = 1 << 23;

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
    LIKENESS.keep(layer_cka(source, adapted, &some)?, figures);
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
    MOVEMENT.tell(report, extra);
    LIKENESS.tell(report, extra);
}
