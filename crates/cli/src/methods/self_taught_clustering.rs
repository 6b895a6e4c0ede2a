//! `run self-taught-clustering`: neither source nor target labelled.

mod arms;
mod domains;
mod rows;
mod settings;

use super::{Built, Case, Few, Method, Selection, draw};
use crate::context::Context;
use crate::error::UsageError;
use crate::report::{Extra, Finished};
use crate::run::{self, Control, Session, Shared, baselines};
use crate::{out, report};
use arms::{Arms, STABILITY};
use clap::ArgMatches;
use domains::Domains;
use serde_json::json;
use settings::{Flags, unused};
use transfer::{Report, Study};

const NAME: &str = "self-taught-clustering";
const HELP: &str = "clusters that auxiliary data helps find";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Neither,
    help: HELP,
    selection: Selection::Refused(
        "self-taught-clustering has no labels to choose by, and finds lambda and the clusters of features itself",
    ),
    built: Built {
        flags: settings::flags,
        run,
        overfit: Few::Refused(
            "--overfit has no meaning for self-taught-clustering: it learns no labels; leave it out",
        ),
        tour: &[
            "--source",
            "synthetic:documents-auxiliary",
            "--target",
            "synthetic:documents",
            "--clusters",
            "2",
            "--source-clusters",
            "8",
            "--baselines",
            "all",
            "--seeds",
            "3",
        ],
        quick: &["--lambda", "10", "--seeds", "1"],
    },
};

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    if let Some(flag) = unused(&shared, flags.trains()) {
        return Err(UsageError::Unused { flag, method: NAME }.into());
    }
    let known = arms::BASELINES.map(|name| (name, None));
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;
    let settings = flags.settings(shared.epochs)?;
    let domains = Domains::load(&shared, settings.stand, context)?;
    settings.check(domains.sizes(settings.stand))?;
    domains.check(&settings)?;
    let shared = Shared {
        seed: Some(shared.seed.unwrap_or(0)),
        seeds: Some(shared.seeds.unwrap_or(1)),
        epochs: settings.epochs(),
        baselines: Some(if chosen.is_empty() { "none".into() } else { chosen.join(",") }),
        ..shared
    };
    let session = Session::open(NAME, (&shared, &settings.filled()), &control, context)?;

    let arms = Arms::new(&settings, &domains, &session);
    let score = if domains.labelled() { "target_accuracy" } else { STABILITY };
    let mut study = Study::new(NAME, score, |seed, observer| arms.method(seed, observer));
    for arm in chosen {
        study = study.baseline(arm, |seed, observer| arms.baseline(arm, seed, observer));
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let extra = extra(&report, domains.labelled());
    report::finish(&session, &shared, report, extra)
}

/// Every arm's measures side by side, and what was chosen.
fn extra(report: &Report, labelled: bool) -> Extra {
    let chosen = |figure: &str| -> Vec<f64> {
        report
            .outcomes
            .iter()
            .filter(|o| o.arm == report.method)
            .map(|o| o.figures[figure])
            .collect()
    };
    let (lambdas, clusters) = (chosen("lambda"), chosen("feature_clusters"));
    let names: &[&str] = match labelled {
        true => &["entropy_bits", "nmi", "ari", STABILITY],
        false => &[STABILITY],
    };
    let mut rows = vec![
        std::iter::once("").chain(names.iter().copied()).map(|n| n.replace('_', " ")).collect(),
    ];
    let arms = std::iter::once(&report.method).chain(report.baselines.keys());
    for arm in arms {
        let mine: Vec<_> = report.outcomes.iter().filter(|o| o.arm == *arm).collect();
        let mean = |name: &&str| {
            let sum: f64 = mine.iter().map(|o| o.figures[*name]).sum();
            format!("{:.3}", sum / mine.len() as f64)
        };
        rows.push(std::iter::once(arm.clone()).chain(names.iter().map(mean)).collect::<Vec<_>>());
    }
    let spoken = |all: &[f64]| all.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let score = match labelled {
        true => {
            "The accuracy gives each cluster the class that makes the most of all; labels were read for it alone."
        }
        false => {
            "The target has no labels: the score is how well restarts agree (mean adjusted Rand index), not how right they are."
        }
    };
    Extra {
        fields: vec![("lambdas", json!(lambdas)), ("feature_clusters", json!(clusters))],
        text: format!(
            "{}\nlambda, seed by seed: {}\nclusters of features: {}\n{score}\n",
            out::table(&rows, 1),
            spoken(&lambdas),
            spoken(&clusters)
        ),
    }
}
