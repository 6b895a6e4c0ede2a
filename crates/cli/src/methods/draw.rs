//! The pictures of a run folder.

use super::evaluate::{Yardstick, sample};
use super::scores;
use crate::run::Folder;
use datasets::{Dataset, Unlabelled};
use nn_layers::metrics::{self, ConfusionMatrix};
use nn_layers::models::DannNet;
use std::collections::BTreeMap;
use tensor_autograd::{Real, Tensor};
use transfer::measures::{TSne, principal_plane};
use transfer::pictures::{self, Curve, Points};
use transfer::{Model, Outcome, TransferError};

/// Points of each domain in a picture.
const POINTS: usize = 250;
/// And where every pair of points costs time.
const NEIGHBOURS: usize = 120;
/// Test samples among which mistakes are looked for.
const FOR_PREDICTIONS: usize = 500;

/// Features of one domain, and the labels where they are known.
pub(super) struct Domain<'a> {
    pub(super) name: &'static str,
    /// `[n, d]`
    pub(super) features: &'a Tensor,
    pub(super) labels: Option<&'a [usize]>,
}

/// Features of both domains in the plane, in two ways: where they vary most, and who is whose
/// neighbour; coloured by domain, and by class where the classes are known and few.
pub(super) fn features(
    folder: &Folder,
    arm: &str,
    domains: [Domain<'_>; 2],
    classes: &[String],
) -> Result<(), TransferError> {
    type Layout = fn(&Tensor) -> Tensor;
    let layouts: [(&str, &str, usize, Layout); 2] = [
        ("features", "features", POINTS, principal_plane),
        ("neighbours", "t-SNE of the features", NEIGHBOURS, |x| {
            TSne::default().iterations(500).fit(x)
        }),
    ];
    for (file, what, most, layout) in layouts {
        let d = domains[0].features.shape()[1];
        let rows = domains.each_ref().map(|domain| domain.features.shape()[0].min(most));
        let parts = domains.iter().zip(rows);
        let both: Vec<Real> =
            parts.flat_map(|(domain, n)| domain.features.as_slice()[..n * d].to_vec()).collect();
        let plane = layout(&Tensor::new([rows[0] + rows[1], d], both));
        let of = |i: usize| usize::from(i >= rows[0]);
        let groups: Vec<Points> = (0..2)
            .map(|k| Points::of(domains[k].name, k, k == 1, &plane, |i| of(i) == k))
            .collect();
        let picture = pictures::scatter(&format!("{arm}: {what}, both domains"), &groups);
        folder.write(&format!("{file}-{arm}.svg"), &picture)?;

        let label = |i: usize| {
            let (k, row) = if i < rows[0] { (0, i) } else { (1, i - rows[0]) };
            domains[k].labels.and_then(|labels| labels.get(row))
        };
        if classes.len() > pictures::COLOURS.len() || domains.iter().all(|d| d.labels.is_none()) {
            continue;
        }
        let mut groups = Vec::new();
        for (c, class) in classes.iter().enumerate() {
            for (k, domain) in domains.iter().enumerate().filter(|(_, d)| d.labels.is_some()) {
                let name = format!("{class}, {}", domain.name);
                let mine = |i: usize| of(i) == k && label(i) == Some(&c);
                groups.push(Points::of(name, c, k == 1, &plane, mine));
            }
        }
        let picture = pictures::scatter(&format!("{arm}: {what}, by class"), &groups);
        folder.write(&format!("{file}-by-class-{arm}.svg"), &picture)?;
    }
    Ok(())
}

/// Label against prediction: a picture, and a table with a line for each class.
pub(super) fn confusion(
    folder: &Folder,
    arm: &str,
    matrix: &ConfusionMatrix,
    classes: &[String],
) -> Result<(), TransferError> {
    let title = format!("{arm}: target, label and prediction");
    let picture = pictures::confusion(&title, matrix, classes);
    folder.write(&format!("confusion-{arm}.svg"), &picture)?;
    folder.write(&format!("classes-{arm}.csv"), &scores::csv(matrix, classes))
}

/// Some of the test images with what they were taken for: a row as they come, a row of mistakes, the
/// most certain ones first.
pub(super) fn predictions(
    folder: &Folder,
    arm: &str,
    model: &Model<DannNet>,
    test: &Dataset,
) -> Result<(), TransferError> {
    const COLUMNS: usize = 10;
    let ([1 | 3, _, _], Some(labels)) = (test.sample_shape(), test.labels()) else {
        return Ok(());
    };
    let rows = sample(test.len(), FOR_PREDICTIONS);
    let probabilities = model.probabilities(&test.without_labels().select(&rows))?;
    let guess = metrics::predictions(&probabilities);
    let certainty = |i: usize| probabilities.as_slice()[i * model.classes.len() + guess[i]];
    let mut wrong: Vec<usize> = (0..rows.len()).filter(|i| guess[*i] != labels[rows[*i]]).collect();
    wrong.sort_by(|a, b| certainty(*b).total_cmp(&certainty(*a)));
    wrong.truncate(COLUMNS);
    let shown: Vec<usize> = (0..rows.len().min(COLUMNS)).chain(wrong).collect();
    let name = |class: usize| model.classes.get(class).map_or("?", String::as_str);
    let caption = |&i: &usize| match (name(guess[i]), name(labels[rows[i]])) {
        (guess, label) if guess == label => guess.to_owned(),
        (guess, label) => format!("{guess}, not {label}"),
    };
    let captions: Vec<String> = shown.iter().map(caption).collect();
    let images = shown.iter().map(|i| rows[*i]).collect::<Vec<_>>();
    let images = test.without_labels().select(&images);
    let picture =
        pictures::contact_sheet(&images, images.len().div_ceil(COLUMNS), COLUMNS, &captions);
    folder.write(&format!("predictions-{arm}.svg"), &picture)
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

/// Some samples of each domain, if they are images; the others are not made if they were put off.
pub(super) fn samples(folder: &Folder, role: &str, data: &Unlabelled) -> Result<(), TransferError> {
    const ROWS: usize = 3;
    const COLUMNS: usize = 10;
    let [1 | 3, _, _] = data.sample_shape() else { return Ok(()) };
    let some = data.slice(0..data.len().min(ROWS * COLUMNS))?;
    some.ready()?;
    let sheet = pictures::contact_sheet(&some, ROWS, COLUMNS, &[]);
    folder.write(&format!("samples-{role}.svg"), &sheet)
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
