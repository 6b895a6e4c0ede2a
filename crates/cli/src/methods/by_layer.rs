//! Figures that every layer has one of, such as how far it moved: how they are kept among the figures
//! of an arm, and told.

use crate::report::Extra;
use nn_layers::models::DannNet;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use transfer::Report;
use transfer::measures::movement;

/// A figure of each layer.
pub(super) struct ByLayer {
    /// The names of the figures begin so; the layer's follows.
    prefix: &'static str,
    /// The report's field.
    field: &'static str,
    words: &'static str,
}

/// How far training moved it.
pub(super) const MOVEMENT: ByLayer =
    ByLayer {
        prefix: "moved_", field: "movement", words: "moved from the start, ‖w - w0‖/‖w0‖"
    };

/// How much it still sees as the source model does.
pub(super) const LIKENESS: ByLayer = ByLayer {
    prefix: "cka_",
    field: "cka",
    words: "alike in source model and adapted one, linear CKA",
};

impl ByLayer {
    /// Adds the figures of these layers.
    pub(super) fn keep(
        &self,
        layers: impl IntoIterator<Item = (String, f64)>,
        figures: &mut BTreeMap<String, f64>,
    ) {
        let named = layers.into_iter().map(|(layer, x)| (format!("{}{layer}", self.prefix), x));
        figures.extend(named);
    }

    /// Adds the method's to its report: a line, and a field.
    pub(super) fn tell(&self, report: &Report, extra: &mut Extra) {
        let layers = report.figures.iter();
        let layers: Vec<(&str, f64)> = layers
            .filter_map(|(name, figure)| Some((name.strip_prefix(self.prefix)?, figure.mean)))
            .collect();
        let each: Vec<String> =
            layers.iter().map(|(layer, figure)| format!("{layer} {figure:.3}")).collect();
        let _ = writeln!(extra.text, "{}: {}", self.words, each.join(", "));
        let layers: Map<_, _> = layers.into_iter().map(|(l, f)| (l.to_owned(), json!(f))).collect();
        extra.fields.push((self.field, layers.into()));
    }
}

/// Measures how far the layers are from where training began; the domain classifier's too, if it
/// takes part.
pub(super) fn moved(
    (start, end): (&DannNet, &DannNet),
    domain: bool,
    figures: &mut BTreeMap<String, f64>,
) {
    let layers = movement(start, end).into_iter();
    MOVEMENT.keep(layers.filter(|(layer, _)| domain || !layer.starts_with("domain")), figures);
}
