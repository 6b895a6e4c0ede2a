//! The method's settings: flags, and keys of a configuration.

use super::HELP;
use crate::args;
use crate::choice::{Choices, choice};
use crate::error::UsageError;
use crate::run::{Shared, within};
use clap::{Args, Command};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use transfer::self_taught_clustering::{FEATURE_CLUSTERS, LAMBDAS, Update};

const HEADING: &str = "Self-taught clustering";

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// Clusters of the target
    #[arg(long, value_name = "K", help_heading = HEADING)]
    clusters: Option<usize>,
    /// Target examples to cluster, drawn anew by each seed, whatever their labels; default: all
    #[arg(long, value_name = "N", help_heading = HEADING)]
    examples: Option<usize>,
    /// Clusters of the source; default: twice those of the target
    #[arg(long, value_name = "K", help_heading = HEADING)]
    source_clusters: Option<usize>,
    /// Clusters of the features, which both share: a number, or `auto` (the default): of 4, 8, 16 and
    /// 32 the one whose restarts agree best on the target, which reads no label
    #[arg(long, value_name = "K|auto", help_heading = HEADING)]
    feature_clusters: Option<OrAuto<usize>>,
    /// Weight of the source: a number, or `auto` (the default): of 0, 0.3, 1, 3 and 10 the one whose
    /// restarts agree best on the target
    #[arg(long, value_name = "X|auto", help_heading = HEADING)]
    lambda: Option<OrAuto<f64>>,
    /// Random starts, of which the smallest objective is kept, at least 2; default 5
    #[arg(long, value_name = "N", help_heading = HEADING)]
    restarts: Option<usize>,
    /// Iterations of a start at most; default 30
    #[arg(long, value_name = "N", help_heading = HEADING)]
    iterations: Option<usize>,
    /// Whether the features see the examples' new clusters; default alternating
    #[arg(long, value_parser = choice(UPDATES), help_heading = HEADING)]
    update: Option<Update>,
    /// What is clustered; default counts
    #[arg(long, value_enum, help_heading = HEADING)]
    features: Option<Features>,
    /// Hidden units of the autoencoder; default 100. It trains for --epochs passes, default 10
    #[arg(long, value_name = "N", help_heading = HEADING)]
    units: Option<usize>,
}

/// What is clustered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Features {
    /// The numbers of the data, which must be 0 or positive
    #[default]
    Counts,
    /// Hidden units of a sparse autoencoder that learns from both domains, for images and others
    Autoencoder,
}

/// What is clustered, with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// The data as they are.
    Counts,
    /// Hidden units.
    Autoencoder {
        /// How many.
        units: usize,
        /// Passes over both domains.
        epochs: usize,
    },
}

/// How a number is come by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum OrAuto<T> {
    Given(T),
    Chosen(Auto),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Auto {
    Auto,
}

impl<T: FromStr> FromStr for OrAuto<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(OrAuto::Chosen(Auto::Auto)),
            _ => text.parse().map(OrAuto::Given).map_err(|_| "write a number, or auto".into()),
        }
    }
}

impl<T: Copy> OrAuto<T> {
    /// The number, or all that are tried.
    fn candidates(&self, tried: &[T]) -> Vec<T> {
        match self {
            OrAuto::Given(x) => vec![*x],
            OrAuto::Chosen(Auto::Auto) => tried.to_vec(),
        }
    }
}

/// The order of the updates.
const UPDATES: Choices<Update> = &[
    (Update::Alternating, "They do: the objective never rises"),
    (Update::Simultaneous, "They do not, as in public code"),
];

/// The settings with nothing left open.
pub(super) struct Settings {
    pub(super) clusters: usize,
    pub(super) examples: Option<usize>,
    pub(super) source_clusters: usize,
    feature_clusters: OrAuto<usize>,
    lambda: OrAuto<f64>,
    pub(super) restarts: usize,
    pub(super) iterations: usize,
    pub(super) update: Update,
    pub(super) stand: Stand,
}

/// Settings of every method that say how a network is trained. Here there is none, but for an
/// autoencoder, which takes epochs.
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

pub(super) fn flags(command: Command) -> Command {
    let command = args::training(Flags::augment_args(Shared::augment_args(command)));
    let command = UNUSED.iter().fold(command, |c, (id, _)| c.mut_arg(id, |arg| arg.hide(true)));
    let command = command
        .mut_arg("source", |arg| arg.help("Auxiliary data, counts; labels are not read"))
        .mut_arg("target", |arg| {
            arg.help("Counts to cluster; labels are read for the score alone")
        });
    let names = UNUSED.map(|(_, flag)| flag).join(", ");
    let command = command.mut_arg("epochs", |arg| arg.hide(false));
    command.long_about(format!(
        "{}\n\nIt trains no network, but the autoencoder of --features autoencoder, and refuses {names}",
        HELP
    ))
}

/// The first setting of a network's training that was given, and is not used if one `trains`.
pub(super) fn unused(shared: &Shared, trains: bool) -> Option<&'static str> {
    let given = [
        shared.test.is_some(),
        shared.resize.is_some(),
        shared.normalize.is_some(),
        shared.net.is_some(),
        shared.epochs.is_some() && !trains,
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
    /// Whether a network is trained.
    pub(super) fn trains(&self) -> bool {
        self.features == Some(Features::Autoencoder)
    }

    /// The settings, each in its range; what depends on the data's size is checked with the data.
    pub(super) fn settings(&self, epochs: Option<usize>) -> Result<Settings, UsageError> {
        let remedy = "how many groups the target has, as --clusters 2";
        let clusters = self.clusters.ok_or(UsageError::Missing { what: "--clusters", remedy })?;
        let settings = Settings {
            clusters,
            examples: self.examples,
            source_clusters: self.source_clusters.unwrap_or(clusters.saturating_mul(2)),
            feature_clusters: self.feature_clusters.unwrap_or(OrAuto::Chosen(Auto::Auto)),
            lambda: self.lambda.unwrap_or(OrAuto::Chosen(Auto::Auto)),
            restarts: self.restarts.unwrap_or(5),
            iterations: self.iterations.unwrap_or(30),
            update: self.update.unwrap_or_default(),
            stand: match self.features.unwrap_or_default() {
                Features::Counts => Stand::Counts,
                Features::Autoencoder => Stand::Autoencoder {
                    units: self.units.unwrap_or(100),
                    epochs: epochs.unwrap_or(10),
                },
            },
        };
        let units = self.units.is_none() || self.trains();
        within("--units", self.units, units, "left out: it is for --features autoencoder")?;
        within("--units", self.units, self.units != Some(0), "at least 1")?;
        within("--epochs", epochs, epochs != Some(0), "at least 1")?;
        if let OrAuto::Given(x) = settings.lambda {
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
    pub(super) fn filled(&self) -> Flags {
        Flags {
            clusters: Some(self.clusters),
            examples: self.examples,
            source_clusters: Some(self.source_clusters),
            feature_clusters: Some(self.feature_clusters),
            lambda: Some(self.lambda),
            restarts: Some(self.restarts),
            iterations: Some(self.iterations),
            update: Some(self.update),
            features: Some(match self.stand {
                Stand::Counts => Features::Counts,
                Stand::Autoencoder { .. } => Features::Autoencoder,
            }),
            units: match self.stand {
                Stand::Counts => None,
                Stand::Autoencoder { units, .. } => Some(units),
            },
        }
    }

    /// Passes of the network, if there is one.
    pub(super) fn epochs(&self) -> Option<usize> {
        match self.stand {
            Stand::Counts => None,
            Stand::Autoencoder { epochs, .. } => Some(epochs),
        }
    }

    /// What a run on this many target rows, source rows and features would find out itself, but only
    /// with its folder made.
    pub(super) fn check(&self, [target, source, features]: [usize; 3]) -> Result<(), UsageError> {
        let range = "from 1 to the number of examples";
        let fits = |k: usize, n: usize| (1..=n).contains(&k);
        let examples = self.examples.unwrap_or(target);
        within("--examples", Some(examples), fits(examples, target), range)?;
        within("--clusters", Some(self.clusters), fits(self.clusters, examples), range)?;
        let k = self.source_clusters;
        within("--source-clusters", Some(k), fits(k, source), range)?;
        let OrAuto::Given(k) = self.feature_clusters else { return Ok(()) };
        let range = "from 1 to the number of features, or auto";
        within("--feature-clusters", Some(k), fits(k, features), range)
    }

    /// Candidates for λ.
    pub(super) fn lambdas(&self) -> Vec<f64> {
        self.lambda.candidates(&LAMBDAS)
    }

    /// Candidates for the number of clusters of so many features.
    pub(super) fn feature_clusters(&self, features: usize) -> Vec<usize> {
        let mut candidates = self.feature_clusters.candidates(&FEATURE_CLUSTERS);
        candidates.iter_mut().for_each(|k| *k = features.min(*k));
        candidates.dedup();
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::self_taught_clustering::NAME;
    use crate::run;

    #[test]
    fn every_setting_of_a_network_is_refused_by_its_flag() {
        for (_, flag) in UNUSED {
            let value = match flag {
                "--normalize" => "none",
                "--decay" => "constant",
                "--resize" => "2x2",
                "--momentum" => "0.5",
                _ => "1",
            };
            let matches =
                flags(Command::new("m")).try_get_matches_from(["m", flag, value]).unwrap();
            let (shared, _) =
                run::merge::<Flags>(NAME, &matches, None).unwrap_or_else(|e| panic!("{flag}: {e}"));
            assert_eq!(unused(&shared, false), Some(flag));
            assert_eq!(unused(&shared, true).is_some(), flag != "--epochs", "{flag}");
        }
        assert_eq!(unused(&Shared::default(), false), None);
    }

    #[test]
    fn lambda_is_a_number_or_a_word() {
        assert_eq!("3".parse(), Ok(OrAuto::Given(3.0)));
        assert_eq!("auto".parse::<OrAuto<f64>>(), Ok(OrAuto::Chosen(Auto::Auto)));
        assert!("much".parse::<OrAuto<f64>>().is_err());
        let read = |text: &str| toml::from_str::<Flags>(text).unwrap().lambda;
        assert_eq!(read("lambda = 3"), Some(OrAuto::Given(3.0)));
        assert_eq!(read("lambda = \"auto\""), Some(OrAuto::Chosen(Auto::Auto)));
        let text = |lambda| {
            let flags = Flags { clusters: Some(2), lambda: Some(lambda), ..Flags::default() };
            flags.settings(None).err().map(|e| e.to_string())
        };
        assert_eq!(text(OrAuto::Given(0.5)), None);
        assert_eq!(
            text(OrAuto::Given(-1.0)).unwrap(),
            "--lambda -1: it must be 0 or positive, or auto"
        );
    }
}
