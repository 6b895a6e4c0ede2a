//! What a study of layers gives: a table, and a picture.

use super::CopyFrom;
use crate::measures::Summary;
use crate::pictures::{Interval, intervals};
use serde::Serialize;

/// The curves of a [`LayerStudy`](super::LayerStudy).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerCurves {
    /// From which end layers were copied.
    pub from: CopyFrom,
    /// The layers in the order in which they are copied: at n, the first n of them.
    pub layers: Vec<String>,
    /// Whether the output layer is among them, which takes the same classes in A and B.
    pub output_copied: bool,
    /// `AnB`, `AnB+`, `BnB` and `BnB+`.
    pub curves: Vec<LayerCurve>,
}

/// Accuracy on B over the number of copied layers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerCurve {
    /// `AnB`, `AnB+`, `BnB` or `BnB+`.
    pub name: String,
    /// A point for each n, from 0.
    pub points: Vec<LayerPoint>,
}

/// One point of a curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerPoint {
    /// Layers that were copied.
    pub n: usize,
    /// The accuracy on B over the seeds.
    pub accuracy: Summary,
    /// The 95 % bootstrap interval of its mean; none for a single seed.
    pub interval: Option<[f64; 2]>,
}

impl LayerCurves {
    /// A heading, and a row for each n: the layer that came last, then mean and interval of every
    /// curve in per cent.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let mut heading = vec!["n".to_owned(), "copied up to".to_owned()];
        heading.extend(self.curves.iter().map(|curve| curve.name.clone()));
        let mut rows = vec![heading];
        for n in 0..=self.layers.len() {
            let last = n.checked_sub(1).map_or("nothing", |i| &self.layers[i]);
            let mut row = vec![n.to_string(), last.to_owned()];
            row.extend(self.curves.iter().map(|curve| cell(&curve.points[n])));
            rows.push(row);
        }
        rows
    }

    /// The curves with their intervals, as an SVG.
    pub fn picture(&self, title: &str) -> String {
        let lines = self.curves.iter().map(|curve| Interval {
            name: curve.name.clone(),
            points: curve
                .points
                .iter()
                .map(|p| (p.n as f64, p.accuracy.mean, p.interval))
                .collect(),
        });
        let end = match self.from {
            CopyFrom::First => "first",
            CopyFrom::Last => "last",
        };
        let label = format!("the {end} n layers are copied");
        intervals(title, (&label, "accuracy"), &lines.collect::<Vec<_>>())
    }
}

/// `71.3 [69.0, 73.2]`
fn cell(point: &LayerPoint) -> String {
    let mean = format!("{:.1}", 100.0 * point.accuracy.mean);
    match point.interval {
        Some([low, high]) => format!("{mean} [{:.1}, {:.1}]", 100.0 * low, 100.0 * high),
        None => mean,
    }
}
