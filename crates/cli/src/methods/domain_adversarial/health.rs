//! What a run did: the schedules that it followed, whether the adversary was alive, and how far each
//! layer moved.

use super::super::by_layer::MOVEMENT;
use super::Setup;
use crate::report::Extra;
use serde_json::{Value, json};
use transfer::measures::Summary;
use transfer::{Outcome, Report};

/// Epochs whose values are printed.
const PRINTED: usize = 6;
/// Below this norm of its gradient the domain classifier teaches the features nothing.
const DEAD: f64 = 1e-6;
/// Beyond this drift the adapted classes are not those of the source: with ten classes of equal
/// size, one of them has taken three others' samples.
const DRIFTED: f64 = 0.3;

/// The schedules that the run followed, and what its parts did.
pub(super) fn extra(report: &Report, setup: &Setup<'_>) -> Extra {
    let (schedules, table) = schedules(report);
    let (fields, text) = match setup.flags.alignment().is_adversarial() {
        true => classifier(report),
        false => (Value::Null, String::new()),
    };
    let drift = drift(report);
    let (chosen, candidates) = setup.selection(report).unzip();
    let text: String = [candidates.unwrap_or_default(), table, text, distances(report), drift.1]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| part + "\n")
        .collect();
    let mut extra = Extra {
        fields: vec![
            ("schedules", schedules),
            ("domain_classifier", fields),
            ("class_balance_drift", drift.0),
            ("selection", json!(chosen)),
        ],
        text,
    };
    MOVEMENT.tell(report, &mut extra);
    extra
}

/// λ and the learning rate as the training of the first seed recorded them.
fn schedules(report: &Report) -> (Value, String) {
    let Some(own) = of(report, &report.method).next() else { return (Value::Null, String::new()) };
    let records = own.history.records();
    let lambda = own.history.trace("lambda");
    let epoch: Vec<usize> = records.iter().map(|r| r.epoch).collect();
    let lr: Vec<f64> = records.iter().map(|r| r.lr).collect();

    let last = records.len().saturating_sub(1);
    let mut printed: Vec<usize> = (0..PRINTED).map(|i| i * last / (PRINTED - 1)).collect();
    printed.dedup();
    let row = |name: &str, values: &[f64], digits: usize| {
        let cells = printed.iter().filter_map(|&i| values.get(i)).map(|v| match *v < 1e6 {
            true => format!("{v:.digits$}"),
            false => format!("{v:.3e}"),
        });
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>()
    };
    let numbers: Vec<f64> = epoch.iter().map(|&e| e as f64).collect();
    let rows = [
        row("epoch", &numbers, 0),
        row("lambda, its mean", &lambda, 4),
        row("lr, at its end", &lr, 6),
    ];
    (json!({ "epoch": epoch, "lambda": lambda, "lr": lr }), crate::out::table(&rows, 1))
}

/// What the domain classifiers of all seeds did in their last epochs.
fn classifier(report: &Report) -> (Value, String) {
    let last = |name| each(report, move |o| o.history.last(name));
    let (accuracies, norms) = (last("domain_accuracy"), last("domain_grad_norm"));
    let best = each(report, |o| o.history.trace("domain_accuracy").into_iter().reduce(f64::max));
    // A norm that is no number is no sign of life.
    let dead = norms.iter().filter(|norm| norm.is_nan() || **norm <= DEAD).count();
    let (accuracy, norm) = (mean(&accuracies), mean(&norms));
    let state = match () {
        () if dead > 0 => format!(
            "dead in {dead} of {} seeds: it has no gradient, so the features were not adapted",
            norms.len()
        ),
        () if mean(&best) < 0.55 => {
            "alive, but it never told the domains apart: they may be alike already, or it is \
             too weak"
                .to_owned()
        }
        () if accuracy > 0.95 => "alive and ahead: the features still show the domain; a larger \
                                  --lambda or more epochs may help"
            .to_owned(),
        () => "alive: the features hide the domain from it in part or whole".to_owned(),
    };
    let text = format!(
        "domain classifier: {state}\n  in the last epoch it told {:.1} % of the samples' domains \
         (a half by guessing), gradient norm {norm:.3}{}",
        100.0 * accuracy,
        if norms.len() > 1 { "; means over the seeds" } else { "" },
    );
    let fields = json!({
        "alive": dead == 0,
        "accuracy": accuracy,
        "best_accuracy": mean(&best),
        "gradient_norm": norm,
        "seeds": { "accuracy": accuracies, "gradient_norm": norms },
        "a_distance": {
            "source_only": mean_figure(report, "source_only", "a_distance"),
            "method": mean_figure(report, &report.method, "a_distance"),
        },
    });
    (fields, text)
}

/// How far apart the domains' features are, without the method where that was trained and with it.
fn distances(report: &Report) -> String {
    let words = |arm: &str| {
        let summary = figure(report, arm, "a_distance")?;
        let each: Vec<String> = summary.per_seed.iter().map(|x| format!("{x:.2}")).collect();
        Some(match each.len() {
            1 => each.concat(),
            _ => format!("{:.2} ({})", summary.mean, each.join(" ")),
        })
    };
    let scale = "(0: alike, 2: apart)";
    match (words("source_only"), words(&report.method)) {
        (Some(before), Some(after)) => format!(
            "proxy A-distance of the features: {before} with source_only, {after} with {} {scale}",
            report.method
        ),
        (None, Some(after)) => format!("proxy A-distance of the features: {after} {scale}"),
        _ => String::new(),
    }
}

/// Whether the classes that the net sees in the target are as frequent as in the source.
fn drift(report: &Report) -> (Value, String) {
    let Some(drift) = mean_figure(report, &report.method, "class_balance_drift") else {
        return (Value::Null, String::new());
    };
    let meaning = match drift > DRIFTED {
        true => {
            "far from the source's: if the target's classes are as frequent as the source's, \
                 classes have swallowed one another, and --lambda may be too large"
        }
        false => "near the source's",
    };
    let text = format!(
        "class balance drift: {:.1} % of the target's samples; the predicted classes' shares are {meaning}",
        100.0 * drift
    );
    (json!(drift), text)
}

fn of<'a>(report: &'a Report, arm: &'a str) -> impl Iterator<Item = &'a Outcome> {
    report.outcomes.iter().filter(move |o| o.arm == arm)
}

/// One value of every seed of the method; NaN where it has none.
fn each(report: &Report, value: impl Fn(&Outcome) -> Option<f64>) -> Vec<f64> {
    of(report, &report.method).map(|o| value(o).unwrap_or(f64::NAN)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn figure(report: &Report, arm: &str, name: &str) -> Option<Summary> {
    let values: Vec<f64> = of(report, arm).filter_map(|o| o.figures.get(name).copied()).collect();
    (!values.is_empty()).then(|| Summary::of(values))
}

fn mean_figure(report: &Report, arm: &str, name: &str) -> Option<f64> {
    Some(figure(report, arm, name)?.mean)
}
