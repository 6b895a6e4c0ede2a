//! What a run did: the schedules that it followed, and whether the adversary was alive.

use super::Setup;
use super::flags::Ramp;
use crate::report::Extra;
use serde_json::json;
use transfer::domain_adversarial::schedules;
use transfer::measures::Summary;
use transfer::{Decay, Report};

/// The schedules that the run followed, and whether the adversary was alive.
pub(super) fn extra(report: &Report, setup: &Setup<'_>) -> Extra {
    let progress = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0];
    let (full, initial) = setup.taken(report);
    let lambda = progress.map(|p| match setup.flags.schedule() {
        Ramp::Ramp => schedules::lambda(full, p),
        Ramp::Constant => full,
    });
    let lr = progress.map(|p| match setup.training.decay {
        Decay::Annealed => schedules::lr(initial, p),
        Decay::Constant => initial,
    });
    let health = match setup.flags.alignment().is_adversarial() {
        true => health(report),
        false => Health { fields: serde_json::Value::Null, text: distances(report).1 },
    };
    let row = |name: &str, values: &[f64], digits: usize| {
        let cells = values.iter().map(|v| match *v < 1e6 {
            true => format!("{v:.digits$}"),
            false => format!("{v:.3e}"),
        });
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>()
    };
    let table = crate::out::table(
        &[row("progress", &progress, 2), row("lambda", &lambda, 4), row("lr", &lr, 6)],
        1,
    );
    let (chosen, candidates) = setup.selection(report).unzip();
    Extra {
        fields: vec![
            ("schedules", json!({ "progress": progress, "lambda": lambda, "lr": lr })),
            ("domain_classifier", health.fields),
            ("selection", json!(chosen)),
        ],
        text: format!("{}{table}\n{}\n", candidates.unwrap_or_default(), health.text),
    }
}

struct Health {
    fields: serde_json::Value,
    text: String,
}

/// Below this norm of its gradient the domain classifier teaches the features nothing.
const DEAD: f64 = 1e-6;

/// What the domain classifier did in the first seed's last epoch, and to the features.
fn health(report: &Report) -> Health {
    let own = report.outcomes.iter().find(|o| o.arm == report.method);
    let last = |name: &str| own.and_then(|o| o.history.last(name)).unwrap_or(f64::NAN);
    let (accuracy, norm) = (last("domain_accuracy"), last("domain_grad_norm"));
    let best =
        own.map_or(0.0, |o| o.history.trace("domain_accuracy").into_iter().fold(0.0, f64::max));
    let ((before, after), distances) = distances(report);
    let alive = norm > DEAD;
    let state = match () {
        () if !alive => "dead: it has no gradient, so the features were not adapted",
        () if best < 0.55 => {
            "alive, but it never told the domains apart: they may be alike already, or it is too weak"
        }
        () if accuracy > 0.95 => {
            "alive and ahead: the features still show the domain; a larger --lambda or more epochs may help"
        }
        () => "alive: the features hide the domain from it in part or whole",
    };
    Health {
        text: format!(
            "domain classifier: {state}\n  in the last epoch it told {:.1} % of the samples' domains \
             (a half by guessing), gradient norm {norm:.3}{}",
            100.0 * accuracy,
            match distances.as_str() {
                "" => String::new(),
                text => format!("; {text}"),
            }
        ),
        fields: json!({
            "alive": alive,
            "accuracy": accuracy,
            "best_accuracy": best,
            "gradient_norm": norm,
            "a_distance": { "source_only": before, "method": after },
        }),
    }
}

/// How far apart the domains' features are over the seeds, without the method where that was trained
/// and with it, and the same in words.
fn distances(report: &Report) -> ((Option<f64>, Option<f64>), String) {
    let distance = |arm: &str| {
        let mine = report.outcomes.iter().filter(|o| o.arm == arm);
        let each: Option<Vec<f64>> = mine.map(|o| o.figures.get("a_distance").copied()).collect();
        each.filter(|each| !each.is_empty()).map(Summary::of)
    };
    let words = |s: &Summary| match s.per_seed.len() {
        1 => format!("{:.2}", s.mean),
        _ => {
            let each: Vec<String> = s.per_seed.iter().map(|x| format!("{x:.2}")).collect();
            format!("{:.2} ({})", s.mean, each.join(" "))
        }
    };
    let (before, after) = (distance("source_only"), distance(&report.method));
    let text = match (&before, &after) {
        (Some(b), Some(a)) => format!(
            "proxy A-distance of the features {} with source_only, {} with {}",
            words(b),
            words(a),
            report.method
        ),
        (None, Some(a)) => format!("proxy A-distance of the features {}", words(a)),
        _ => String::new(),
    };
    ((before.map(|s| s.mean), after.map(|s| s.mean)), text)
}
