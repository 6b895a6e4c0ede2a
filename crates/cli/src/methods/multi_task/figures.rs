//! What is measured of each task, and set beside its training alone.

use super::SINGLE;
use super::units::Units;
use crate::out;
use crate::report::Extra;
use serde_json::json;
use std::collections::BTreeMap;
use transfer::measures::Summary;
use transfer::multi_task::{Task, TaskScore, delta_m};
use transfer::{MultiTaskModel, Outcome, Report, TransferError};

/// Of more tasks than these, how often each goes round is told by the least and the most.
const FEW: usize = 16;

/// The study's score, the mean over the names, and a figure for each name.
pub(super) fn measure(
    units: &Units,
    test: &[Task],
    model: &MultiTaskModel,
) -> Result<(f64, BTreeMap<String, f64>), TransferError> {
    let mut figures = BTreeMap::new();
    let (mut sum, mut n) = (0.0, 0);
    for (name, tasks) in units.of(test) {
        let score = model.score(&tasks)?;
        match score {
            TaskScore::Classes { accuracy } => {
                figures.insert(format!("accuracy_of_{name}"), accuracy);
            }
            TaskScore::Numbers { rmse, explained_variance } => {
                figures.insert(format!("rmse_of_{name}"), rmse);
                figures.insert(format!("explained_variance_of_{name}"), explained_variance);
            }
        }
        sum += score.value();
        n += 1;
    }
    if model.epochs.len() <= FEW {
        figures.extend(model.epochs.iter().map(|(task, n)| (format!("epochs_of_{task}"), *n)));
    } else {
        let epochs = || model.epochs.values().copied();
        figures.insert("fewest_epochs".into(), epochs().fold(f64::MAX, f64::min));
        figures.insert("most_epochs".into(), epochs().fold(0.0, f64::max));
    }
    Ok((sum / f64::from(n), figures))
}

/// The scores of a training as they stand in its figures.
fn scores(units: &Units, outcome: &Outcome) -> Vec<TaskScore> {
    let figure =
        |kind: &str, name: &str| outcome.figures.get(&format!("{kind}_of_{name}")).copied();
    let score = |(name, _): (&str, Vec<Task>)| {
        if let Some(accuracy) = figure("accuracy", name) {
            return Some(TaskScore::Classes { accuracy });
        }
        let explained_variance = figure("explained_variance", name)?;
        Some(TaskScore::Numbers { rmse: figure("rmse", name)?, explained_variance })
    };
    units.of(&[]).into_iter().filter_map(score).collect()
}

/// Each task by every arm, and Δ_m against the tasks alone.
pub(super) fn extra(units: &Units, report: &Report, weighting: &str) -> Extra {
    let arms: Vec<&str> = std::iter::once(report.method.as_str())
        .chain(report.baselines.keys().map(String::as_str))
        .collect();
    let mut names: Vec<&String> = report.figures.keys().collect();
    names.sort();
    let mean = |arm: &str, figure: &str| {
        let values = report.outcomes.iter().filter(|o| o.arm == arm);
        let values: Vec<f64> = values.filter_map(|o| o.figures.get(figure).copied()).collect();
        (!values.is_empty()).then(|| Summary::of(values))
    };
    let heading = std::iter::once(String::new()).chain(arms.iter().map(|arm| (*arm).to_owned()));
    let mut rows: Vec<Vec<String>> = vec![heading.collect()];
    for name in names {
        let cell = |arm: &&str| {
            let summary = mean(arm, name);
            summary.map_or("-".to_owned(), |s| match report.seeds.len() {
                1 => format!("{:.4}", s.mean),
                _ => format!("{:.4} ± {:.4}", s.mean, s.std),
            })
        };
        let cells = std::iter::once(name.replace('_', " ")).chain(arms.iter().map(cell));
        rows.push(cells.collect());
    }
    let of = |arm: &str, seed: u64| {
        report.outcomes.iter().find(|o| o.arm == arm && o.seed == seed).map(|o| scores(units, o))
    };
    let delta: Vec<f64> = report
        .seeds
        .iter()
        .filter_map(|&seed| Some(delta_m(&of(&report.method, seed)?, &of(SINGLE, seed)?)))
        .collect();
    let mut text = format!("weighting {weighting}\n\n{}", out::table(&rows, 1));
    let mut fields = vec![("weighting", json!(weighting))];
    if !delta.is_empty() {
        let delta = Summary::of(delta);
        text.push_str(&format!(
            "\nDelta_m, the mean relative gain of the tasks on their training alone: {:+.2} %{}\n",
            100.0 * delta.mean,
            if delta.per_seed.len() > 1 {
                format!(" ± {:.2}", 100.0 * delta.std)
            } else {
                String::new()
            }
        ));
        fields.push(("delta_m", json!(delta)));
    }
    Extra { fields, text }
}
