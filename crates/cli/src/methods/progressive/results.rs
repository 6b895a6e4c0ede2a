//! What the report says beside the score: every task, what was forgotten, what is made use of.

use super::arms::SINGLE;
use crate::out;
use crate::report::Extra;
use crate::run::Folder;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use transfer::{Outcome, Report};

/// The tables of the report. Parts that one training leaves in files are read back, so that they
/// are there after a resumption too.
pub(super) fn extra(folder: &Folder, report: &Report, tasks: &[&str]) -> anyhow::Result<Extra> {
    let mut arms: Vec<&str> = vec![&report.method];
    arms.extend(report.baselines.keys().map(String::as_str));
    let (table, scores) = transfer_scores(report, &arms, tasks);
    let mut text = format!(
        "Accuracy at the end in %, and the transfer score: the area under the learning curve in % \
         of a single column's\n{table}\n{}",
        forgetting(report, tasks)
    );
    let (mut outputs, mut unchanged) = (Map::new(), true);
    for seed in &report.seeds {
        let digests = read(folder, &format!("outputs-seed-{seed}.json"))?;
        for task in digests.as_array().into_iter().flatten() {
            unchanged &= task["before"] == task["after"];
        }
        outputs.insert(seed.to_string(), digests);
    }
    let word = if unchanged { "the same before and after" } else { "NOT the same after" };
    let _ = writeln!(text, "\nSHA-256 of each task's outputs: {word} the later columns");
    for task in outputs[&report.seeds[0].to_string()].as_array().into_iter().flatten() {
        let short = |key: &str| task[key].as_str().and_then(|s| s.get(..16)).unwrap_or("?");
        let name = task["task"].as_str().unwrap_or("?");
        let _ = writeln!(text, "  {name}: {} -> {}", short("before"), short("after"));
    }
    let sensitivity = read(folder, "sensitivity.json")?;
    for measured in sensitivity.as_array().into_iter().flatten() {
        text.push_str(&sensitivities(measured, tasks));
    }
    Ok(Extra {
        fields: vec![
            ("transfer_scores", scores),
            ("outputs", Value::Object(outputs)),
            ("outputs_unchanged", json!(unchanged)),
            ("sensitivity", sensitivity),
        ],
        text,
    })
}

fn read(folder: &Folder, name: &str) -> anyhow::Result<Value> {
    let path = folder.path().join(name);
    let text = std::fs::read_to_string(&path).map_err(|source| crate::error::InputError::Read {
        path,
        operation: "read",
        source,
    })?;
    Ok(serde_json::from_str(&text)?)
}

fn of<'a>(report: &'a Report, arm: &str) -> Vec<&'a Outcome> {
    report.outcomes.iter().filter(|o| o.arm == arm).collect()
}

/// The mean of a figure over the seeds, if the arm has it.
fn mean(outcomes: &[&Outcome], figure: &str) -> Option<f64> {
    let values: Option<Vec<f64>> =
        outcomes.iter().map(|o| o.figures.get(figure).copied()).collect();
    values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
}

fn percent(x: Option<f64>) -> String {
    x.map_or("-".into(), |x| format!("{:.1}", 100.0 * x))
}

/// A row for each arm: accuracy and transfer score of every task but the first.
fn transfer_scores(report: &Report, arms: &[&str], tasks: &[&str]) -> (String, Value) {
    let single = of(report, SINGLE);
    let mut rows = vec![vec![String::new()]];
    for task in &tasks[1..] {
        rows[0].extend([(*task).to_owned(), "score".to_owned()]);
    }
    rows[0].push("parameters".into());
    let mut document = Map::new();
    for &arm in arms {
        let own = of(report, arm);
        let mut row = vec![arm.to_owned()];
        let mut scores = Map::new();
        for task in &tasks[1..] {
            let area = format!("area_{task}");
            // Seed by seed: both arms of a seed see the same batches.
            let ratios: Vec<f64> = own
                .iter()
                .zip(&single)
                .map(|(own, single)| own.figures[&area] / single.figures[&area])
                .collect();
            let score =
                (!ratios.is_empty()).then(|| ratios.iter().sum::<f64>() / ratios.len() as f64);
            row.extend([percent(mean(&own, &format!("accuracy_{task}"))), percent(score)]);
            scores.insert((*task).to_owned(), json!(score));
        }
        row.push(mean(&own, "parameters").map_or("-".into(), |n| n.to_string()));
        rows.push(row);
        document.insert(arm.to_owned(), Value::Object(scores));
    }
    (out::table(&rows, 1), Value::Object(document))
}

/// The accuracy on the earlier tasks when the last one was learnt.
fn forgetting(report: &Report, tasks: &[&str]) -> String {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(tasks[..tasks.len() - 1].iter().map(|task| (*task).to_owned()));
    let then = of(report, &report.method);
    for (name, arm, suffix) in [
        ("when it was learnt", report.method.as_str(), ""),
        ("progressive, at the end", report.method.as_str(), "_after"),
        ("fine_tune, at the end", "fine_tune", "_after"),
    ] {
        let outcomes = if arm == report.method { then.clone() } else { of(report, arm) };
        if outcomes.is_empty() {
            continue;
        }
        let mut row = vec![name.to_owned()];
        row.extend(
            tasks[..tasks.len() - 1]
                .iter()
                .map(|task| percent(mean(&outcomes, &format!("accuracy_{task}{suffix}")))),
        );
        rows.push(row);
    }
    format!("Accuracy on the earlier tasks in %\n{}", out::table(&rows, 1))
}

/// The shares of the columns in what one task's column makes use of.
fn sensitivities(task: &Value, tasks: &[&str]) -> String {
    let measured = &task["measured"];
    let name = task["task"].as_str().unwrap_or("?");
    let layers = measured["perturbation"][0].as_array().map_or(0, Vec::len);
    let mut rows = vec![vec![String::new()]];
    rows[0].extend((1..=layers).map(|i| format!("APS {i}")));
    rows[0].extend((1..=layers).map(|i| format!("AFS {i}")));
    rows[0].extend((1..=layers).map(|i| format!("drop {i}")));
    for (column, task) in tasks.iter().enumerate() {
        let mut row = vec![format!("column of {task}")];
        for table in ["perturbation", "fisher", "drop"] {
            let values = measured[table][column].as_array().into_iter().flatten();
            row.extend(values.map(|x| format!("{:.2}", x.as_f64().unwrap_or(f64::NAN))));
        }
        if row.len() > 1 {
            rows.push(row);
        }
    }
    format!(
        "\nWhat {name} makes use of, of each hidden layer: shares by noise (APS) and by gradients \
         (AFS), and the accuracy lost to noise of a layer's own deviation\n{}",
        out::table(&rows, 1)
    )
}
