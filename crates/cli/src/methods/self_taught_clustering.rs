//! `run self-taught-clustering`: neither source nor target labelled.

mod arms;

use super::{Built, Case, Method, draw};
use crate::context::Context;
use crate::error::{InputError, UsageError};
use crate::report::{Extra, Finished};
use crate::run::{self, Control, Session, Shared, baselines, within};
use crate::{args, data, out, report};
use arms::{Arms, STABILITY};
use clap::{ArgMatches, Args, Command};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::str::FromStr;
use transfer::self_taught_clustering::{LAMBDAS, Update};
use transfer::{Counts, Report, Study};

const NAME: &str = "self-taught-clustering";
const HEADING: &str = "Self-taught clustering";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::NoneLabelled,
    help: "clusters that auxiliary data helps find",
    built: Some(Built {
        flags,
        run,
        tour: &[
            "--source",
            "synthetic:documents-auxiliary",
            "--target",
            "synthetic:documents",
            "--clusters",
            "2",
            "--source-clusters",
            "8",
            "--feature-clusters",
            "8",
            "--baselines",
            "all",
            "--seeds",
            "3",
        ],
        quick: &["--lambda", "10", "--seeds", "1"],
    }),
};

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// Clusters of the target
    #[arg(long, value_name = "K", help_heading = HEADING)]
    clusters: Option<usize>,
    /// Clusters of the source; default: twice those of the target
    #[arg(long, value_name = "K", help_heading = HEADING)]
    source_clusters: Option<usize>,
    /// Clusters of the features, which both share; default 32, or all features if there are fewer
    #[arg(long, value_name = "K", help_heading = HEADING)]
    feature_clusters: Option<usize>,
    /// Weight of the source: a number, or `auto` (the default): of 0, 0.3, 1, 3 and 10 the one whose
    /// restarts agree best on the target, which reads no label
    #[arg(long, value_name = "X|auto", help_heading = HEADING)]
    lambda: Option<Lambda>,
    /// Random starts, of which the smallest objective is kept, at least 2; default 5
    #[arg(long, value_name = "N", help_heading = HEADING)]
    restarts: Option<usize>,
    /// Iterations of a start at most; default 30
    #[arg(long, value_name = "N", help_heading = HEADING)]
    iterations: Option<usize>,
    /// Whether the features see the examples' new clusters; default alternating
    #[arg(long, value_enum, help_heading = HEADING)]
    update: Option<Order>,
}

/// How λ is come by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Lambda {
    Given(f64),
    Chosen(Auto),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Auto {
    Auto,
}

impl FromStr for Lambda {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Lambda::Chosen(Auto::Auto)),
            _ => text.parse().map(Lambda::Given).map_err(|_| "write a number, or auto".into()),
        }
    }
}

/// The order of the updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Order {
    /// They do: the objective never rises
    #[default]
    Alternating,
    /// They do not, as in public code
    Simultaneous,
}

/// The settings with nothing left open.
struct Settings {
    clusters: usize,
    source_clusters: usize,
    feature_clusters: usize,
    lambda: Lambda,
    restarts: usize,
    iterations: usize,
    update: Update,
}

/// Settings of every method that say how a network is trained; here there is none.
const UNUSED: [(&str, &str); 11] = [
    ("test", "--test"),
    ("resize", "--resize"),
    ("normalize", "--normalize"),
    ("net", "--net"),
    ("epochs", "--epochs"),
    ("steps", "--steps"),
    ("batch_size", "--batch-size"),
    ("lr", "--lr"),
    ("decay", "--decay"),
    ("momentum", "--momentum"),
    ("weight_decay", "--weight-decay"),
];

fn flags(command: Command) -> Command {
    let command = args::training(Flags::augment_args(Shared::augment_args(command)));
    let command = UNUSED.iter().fold(command, |c, (id, _)| c.mut_arg(id, |arg| arg.hide(true)));
    let command = command
        .mut_arg("source", |arg| arg.help("Auxiliary data, counts; labels are not read"))
        .mut_arg("target", |arg| {
            arg.help("Counts to cluster; labels are read for the score alone")
        });
    let names = UNUSED.map(|(_, flag)| flag).join(", ");
    command.long_about(format!("{}\n\nIt trains no network, and refuses {names}", METHOD.help))
}

/// The first setting of a network's training that was given.
fn unused(shared: &Shared) -> Option<&'static str> {
    let given = [
        shared.test.is_some(),
        shared.resize.is_some(),
        shared.normalize.is_some(),
        shared.net.is_some(),
        shared.epochs.is_some(),
        shared.steps.is_some(),
        shared.batch_size.is_some(),
        shared.lr.is_some(),
        shared.decay.is_some(),
        shared.momentum.is_some(),
        shared.weight_decay.is_some(),
    ];
    UNUSED.iter().zip(given).find(|(_, given)| *given).map(|((_, flag), _)| *flag)
}

impl Flags {
    /// The settings, each in its range; what depends on the data's size is checked with the data.
    fn settings(&self, features: usize) -> Result<Settings, UsageError> {
        let remedy = "how many groups the target has, as --clusters 2";
        let clusters = self.clusters.ok_or(UsageError::Missing { what: "--clusters", remedy })?;
        let settings = Settings {
            clusters,
            source_clusters: self.source_clusters.unwrap_or(clusters.saturating_mul(2)),
            feature_clusters: self.feature_clusters.unwrap_or(features.min(32)),
            lambda: self.lambda.unwrap_or(Lambda::Chosen(Auto::Auto)),
            restarts: self.restarts.unwrap_or(5),
            iterations: self.iterations.unwrap_or(30),
            update: match self.update.unwrap_or_default() {
                Order::Alternating => Update::Alternating,
                Order::Simultaneous => Update::Simultaneous,
            },
        };
        if let Lambda::Given(x) = settings.lambda {
            within("--lambda", Some(x), x.is_finite() && x >= 0.0, "0 or positive, or auto")?;
        }
        let restarts = (2..=10_000).contains(&settings.restarts);
        within("--restarts", Some(settings.restarts), restarts, "from 2 to 10000")?;
        let iterations = (1..=1_000_000).contains(&settings.iterations);
        within("--iterations", Some(settings.iterations), iterations, "from 1 to 1000000")?;
        Ok(settings)
    }
}

impl Settings {
    fn filled(&self) -> Flags {
        Flags {
            clusters: Some(self.clusters),
            source_clusters: Some(self.source_clusters),
            feature_clusters: Some(self.feature_clusters),
            lambda: Some(self.lambda),
            restarts: Some(self.restarts),
            iterations: Some(self.iterations),
            update: Some(match self.update {
                Update::Alternating => Order::Alternating,
                Update::Simultaneous => Order::Simultaneous,
            }),
        }
    }

    /// Candidates for λ.
    fn lambdas(&self) -> Vec<f64> {
        match self.lambda {
            Lambda::Given(x) => vec![x],
            Lambda::Chosen(Auto::Auto) => LAMBDAS.to_vec(),
        }
    }
}

/// Both tables, and the target's labels for the score.
struct Domains {
    target: Counts,
    source: Counts,
    labels: Option<Vec<usize>>,
}

/// The counts of a data set, and its labels apart from them.
fn counts(role: &'static str, spec: &str) -> anyhow::Result<(Counts, Option<Vec<usize>>)> {
    let data = data::load(role, spec)?;
    let labels = data.labels().map(<[usize]>::to_vec);
    Ok((Counts::from_dense(&data.without_labels())?, labels))
}

impl Domains {
    fn load(shared: &Shared) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let specs = (shared.source.as_deref(), shared.target.as_deref());
        let source = specs.0.ok_or_else(|| missing("--source", "auxiliary data, as csv:FILE"))?;
        let to_cluster = specs.1.ok_or_else(|| missing("--target", "the data to cluster"))?;
        let (target, labels) = counts("--target", to_cluster)?;
        let (auxiliary, _) = counts("--source", source)?;
        if target.cols() != auxiliary.cols() {
            return Err(InputError::Mismatch {
                left_role: "--source",
                left: source.to_owned(),
                left_is: format!("{} features", auxiliary.cols()),
                right_role: "--target",
                right: to_cluster.to_owned(),
                right_is: target.cols().to_string(),
                remedy: "count both over one vocabulary".into(),
            }
            .into());
        }
        Ok(Domains { target, source: auxiliary, labels })
    }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    if let Some(flag) = unused(&shared) {
        return Err(UsageError::Unused { flag, method: NAME }.into());
    }
    let known = arms::BASELINES.map(|name| (name, None));
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;
    flags.settings(1)?;
    let domains = Domains::load(&shared)?;
    let settings = flags.settings(domains.target.cols())?;
    let shared = Shared {
        seed: Some(shared.seed.unwrap_or(0)),
        seeds: Some(shared.seeds.unwrap_or(1)),
        baselines: Some(if chosen.is_empty() { "none".into() } else { chosen.join(",") }),
        ..shared
    };
    let session = Session::open(NAME, (&shared, &settings.filled()), &control, context)?;

    let arms = Arms::new(&settings, &domains, &session);
    let score = if domains.labels.is_some() { "target_accuracy" } else { STABILITY };
    let mut study = Study::new(NAME, score, |seed, observer| arms.method(seed, observer));
    for arm in chosen {
        study = study.baseline(arm, |seed, observer| arms.baseline(arm, seed, observer));
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let extra = extra(&report, domains.labels.is_some());
    report::finish(&session, &shared, report, extra)
}

/// Every arm's measures side by side, and λ.
fn extra(report: &Report, labelled: bool) -> Extra {
    let lambdas: Vec<f64> = report
        .outcomes
        .iter()
        .filter(|o| o.arm == report.method)
        .map(|o| o.figures["lambda"])
        .collect();
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
    let all = lambdas.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let score = match labelled {
        true => {
            "The accuracy gives each cluster the class that makes the most of all; labels were read for it alone."
        }
        false => {
            "The target has no labels: the score is how well restarts agree (mean adjusted Rand index), not how right they are."
        }
    };
    Extra {
        fields: vec![("lambdas", json!(lambdas))],
        text: format!("{}\nlambda, seed by seed: {all}\n{score}\n", out::table(&rows, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_a_network_is_refused_by_its_flag() {
        for (_, flag) in UNUSED {
            let value = match flag {
                "--normalize" => "none",
                "--decay" => "constant",
                "--resize" => "2x2",
                _ => "1",
            };
            let matches =
                flags(Command::new("m")).try_get_matches_from(["m", flag, value]).unwrap();
            let (shared, _) =
                run::merge::<Flags>(NAME, &matches, None).unwrap_or_else(|e| panic!("{flag}: {e}"));
            assert_eq!(unused(&shared), Some(flag));
        }
        assert_eq!(unused(&Shared::default()), None);
    }

    #[test]
    fn lambda_is_a_number_or_a_word() {
        assert_eq!("3".parse(), Ok(Lambda::Given(3.0)));
        assert_eq!("auto".parse(), Ok(Lambda::Chosen(Auto::Auto)));
        assert!("much".parse::<Lambda>().is_err());
        let read = |text: &str| toml::from_str::<Flags>(text).unwrap().lambda;
        assert_eq!(read("lambda = 3"), Some(Lambda::Given(3.0)));
        assert_eq!(read("lambda = \"auto\""), Some(Lambda::Chosen(Auto::Auto)));
        let text = |lambda| {
            let flags = Flags { clusters: Some(2), lambda: Some(lambda), ..Flags::default() };
            flags.settings(9).err().map(|e| e.to_string())
        };
        assert_eq!(text(Lambda::Given(0.5)), None);
        assert_eq!(
            text(Lambda::Given(-1.0)).unwrap(),
            "--lambda -1: it must be 0 or positive, or auto"
        );
    }
}
