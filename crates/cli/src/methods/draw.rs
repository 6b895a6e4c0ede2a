//! The pictures of a run folder.

use super::evaluate::{Yardstick, sample};
use crate::run::Folder;
use datasets::Unlabelled;
use nn_layers::metrics::ConfusionMatrix;
use nn_layers::models::DannNet;
use std::collections::BTreeMap;
use tensor_autograd::{Real, Tensor};
use transfer::measures::principal_plane;
use transfer::pictures::{self, Curve, Points};
use transfer::{Model, Outcome, TransferError};

/// Points of each domain in a picture.
const POINTS: usize = 250;

/// Features of source and target on their common principal plane.
pub(super) fn features(
    folder: &Folder,
    arm: &str,
    source: &Tensor,
    target: &Tensor,
) -> Result<(), TransferError> {
    let d = source.shape()[1];
    let rows = |t: &Tensor| t.shape()[0].min(POINTS);
    let (n, m) = (rows(source), rows(target));
    let mut both = source.as_slice()[..n * d].to_vec();
    both.extend_from_slice(&target.as_slice()[..m * d]);
    let plane = principal_plane(&Tensor::new([n + m, d], both));
    let groups = [
        Points::of("source", 0, false, &plane, |i| i < n),
        Points::of("target", 1, true, &plane, |i| i >= n),
    ];
    let title = format!("{arm}: features of both domains");
    folder.write(&format!("features-{arm}.svg"), &pictures::scatter(&title, &groups))
}

/// Label against prediction.
pub(super) fn confusion(
    folder: &Folder,
    arm: &str,
    matrix: &ConfusionMatrix,
    classes: &[String],
) -> Result<(), TransferError> {
    let title = format!("{arm}: target, label and prediction");
    let picture = pictures::confusion(&title, matrix, classes);
    folder.write(&format!("confusion-{arm}.svg"), &picture)
}

/// The regions of the classes, for data of two features: the source's classes as discs, the
/// target's points as crosses.
pub(super) fn decision(
    folder: &Folder,
    arm: &str,
    model: &Model<DannNet>,
    yardstick: &Yardstick,
) -> Result<(), TransferError> {
    let mut groups = Vec::new();
    let plane = |data: &Unlabelled| {
        let data = data.select(&sample(data.len(), POINTS));
        let numbers = data.inputs().iter().map(|&x| Real::from(x)).collect();
        Tensor::new([data.len(), 2], numbers)
    };
    if let Some((source, _)) = &yardstick.source {
        let points = plane(&source.without_labels());
        let labels = source.select(&sample(source.len(), POINTS));
        let labels = labels.labels().unwrap_or_default();
        for (c, class) in source.classes().iter().enumerate() {
            let name = format!("source: {class}");
            groups.push(Points::of(name, c, false, &points, |i| labels.get(i) == Some(&c)));
        }
    }
    groups.push(Points::of("target", 6, true, &plane(&yardstick.target), |_| true));
    let class = |points: &[(f64, f64)]| {
        let numbers = points.iter().flat_map(|p| [p.0 as f32, p.1 as f32]).collect();
        let inputs = ndarray::ArrayD::from_shape_vec(vec![points.len(), 2], numbers);
        let inputs = inputs.expect("two numbers a point");
        let data = Unlabelled::new("a grid", inputs).expect("a picture has points");
        model.predict(&data).expect("the model has classified two features before")
    };
    let title = format!("{arm}: decision regions");
    let picture = pictures::decision_plane(&title, &groups, &class);
    folder.write(&format!("decision-{arm}.svg"), &picture)
}

/// Some samples of each domain, if they are images.
pub(super) fn samples(folder: &Folder, role: &str, data: &Unlabelled) -> Result<(), TransferError> {
    match data.sample_shape() {
        [1 | 3, _, _] => {
            folder.write(&format!("samples-{role}.svg"), &pictures::contact_sheet(data, 3, 10, &[]))
        }
        _ => Ok(()),
    }
}

/// What every training reported at the end of its epochs: a picture for each quantity, a line for
/// each arm, of the first seed.
pub(super) fn curves(folder: &Folder, outcomes: &[Outcome]) -> Result<(), TransferError> {
    let Some(first) = outcomes.first().map(|o| o.seed) else { return Ok(()) };
    let mut pictures: BTreeMap<&str, Vec<Curve>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.seed == first) {
        let mut lines: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for record in outcome.history.records() {
            for (name, value) in &record.means {
                lines.entry(name).or_default().push((record.step as f64, *value));
            }
        }
        for (name, points) in lines {
            pictures.entry(name).or_default().push(Curve { name: outcome.arm.clone(), points });
        }
    }
    for (name, lines) in pictures {
        let title = name.replace('_', " ");
        let picture = pictures::curves(&title, ("step", ""), &lines);
        // A task of a table is called `table/task`, which no file is.
        folder.write(&format!("curve-{}.svg", name.replace('/', "-")), &picture)?;
    }
    Ok(())
}
