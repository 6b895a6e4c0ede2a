//! Settings that every method has. Each is a flag, and a key of a configuration.

use crate::choice::{Choices, choice};
use crate::data::{Size, same_spec};
use crate::error::UsageError;
use clap::Args;
use datasets::Spec;
use serde::{Deserialize, Serialize};
use transfer::fit::Checkpoints;
use transfer::{Decay, Normalize, Training};

/// The settings as they were given; what was not given has the method's default.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Shared {
    /// Labelled data of the source domain
    #[arg(long, value_name = "SPEC", help_heading = "Data")]
    pub(crate) source: Option<String>,
    /// Data of the target domain
    #[arg(long, value_name = "SPEC", help_heading = "Data")]
    pub(crate) target: Option<String>,
    /// Labelled target data for the score; read once at the end of each training
    #[arg(long, value_name = "SPEC", help_heading = "Data")]
    pub(crate) test: Option<String>,
    /// Bring all images to this size, as 28x28
    #[arg(long, value_name = "HxW", help_heading = "Data",
          value_parser = |s: &str| s.parse::<Size>().map(|_| s.to_owned()))]
    pub(crate) resize: Option<String>,
    /// Of each domain's inputs: subtract the channel means, also divide by the deviations (the
    /// default), or neither
    #[arg(long, help_heading = "Data", value_parser = choice(NORMALIZATIONS))]
    pub(crate) normalize: Option<Normalize>,

    /// The network: dann-mnist, dann-svhn, dann-signs, shallow or shallow:50, ..., or FILE.toml that
    /// describes one (docs/backbones.md); default: one that fits the data
    #[arg(long, value_name = "NAME", help_heading = "Training")]
    pub(crate) net: Option<String>,
    /// Passes over the labelled training data
    #[arg(long, value_name = "N", help_heading = "Training", conflicts_with = "steps")]
    pub(crate) epochs: Option<usize>,
    /// Steps, instead of epochs
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) steps: Option<usize>,
    /// Labelled samples a step
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) batch_size: Option<usize>,
    /// Learning rate at the start
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub(crate) lr: Option<f64>,
    /// What the learning rate does over the run
    #[arg(long, help_heading = "Training", value_parser = choice(DECAYS))]
    pub(crate) decay: Option<Decay>,
    /// SGD's momentum, in [0, 1)
    #[arg(long, value_name = "M", help_heading = "Training")]
    pub(crate) momentum: Option<f64>,
    /// SGD's weight decay
    #[arg(long, value_name = "W", help_heading = "Training")]
    pub(crate) weight_decay: Option<f64>,

    /// The first seed
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) seed: Option<u64>,
    /// How many seeds to train with, counting up from --seed
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) seeds: Option<usize>,
    /// Baselines to train beside the method: all, none, or names with commas between
    #[arg(long, value_name = "NAMES", help_heading = "Training")]
    pub(crate) baselines: Option<String>,
}

/// What the learning rate does over the run.
const DECAYS: Choices<Decay> = &[
    (Decay::Annealed, "It falls as lr / (1 + 10 p)^0.75 over the run's progress p"),
    (Decay::Constant, "It stays"),
];

/// What is subtracted from, and divided out of, the inputs.
const NORMALIZATIONS: Choices<Normalize> = &[
    (Normalize::None, "Inputs as they are"),
    (Normalize::Mean, "Each channel's mean is subtracted"),
    (Normalize::Standard, "Each channel gets mean 0 and deviation 1"),
    (Normalize::ImageNet, "Red, green and blue get ImageNet's mean and deviation"),
];

/// A larger batch is taken for a slip: its images alone would fill the memory.
const LARGEST_BATCH: usize = 65_536;
/// More epochs or steps than this are taken for a slip.
const LONGEST: usize = 1_000_000_000_000;
/// More seeds than this are taken for a slip.
const MOST_SEEDS: usize = 10_000;

impl Shared {
    /// Checks every number against its range, under the name of its flag.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        let count = |n: Option<usize>| n.is_none_or(|n| (1..=LONGEST).contains(&n));
        let real = |x: Option<f64>, ok: fn(f64) -> bool| x.is_none_or(|x| x.is_finite() && ok(x));
        within("--epochs", self.epochs, count(self.epochs), "from 1 to 10^12")?;
        within("--steps", self.steps, count(self.steps), "from 1 to 10^12")?;
        let batch = self.batch_size.is_none_or(|n| (1..=LARGEST_BATCH).contains(&n));
        within("--batch-size", self.batch_size, batch, "from 1 to 65536")?;
        within("--lr", self.lr, real(self.lr, |x| x > 0.0), "positive and finite")?;
        let momentum = real(self.momentum, |x| (0.0..1.0).contains(&x));
        within("--momentum", self.momentum, momentum, "in [0, 1)")?;
        let decay = real(self.weight_decay, |x| x >= 0.0);
        within("--weight-decay", self.weight_decay, decay, "0 or positive")?;
        let seeds = self.seeds.is_none_or(|n| (1..=MOST_SEEDS).contains(&n));
        within("--seeds", self.seeds, seeds, "from 1 to 10000")?;
        let last = self.seed.unwrap_or(0).checked_add(self.seeds.unwrap_or(1) as u64);
        // TOML's integers end there too, and the run folder says how the run was made in TOML.
        let fits = last.is_some_and(|last| i64::try_from(last).is_ok());
        within("--seed", self.seed, fits, "below 2^63")?;
        self.normalized_once()?;
        within("--resize", self.resize.as_ref(), self.size().is_ok(), "HxW, as 28x28")?;
        if self.epochs.is_some() && self.steps.is_some() {
            return Err(UsageError::Conflict("give `epochs` or `steps`, not both"));
        }
        Ok(())
    }

    /// Refuses data that their spec and the run would both normalise as ImageNet's.
    pub(super) fn normalized_once(&self) -> Result<(), UsageError> {
        let itself = |spec: &Option<String>| {
            let spec: Option<Spec> = spec.as_deref().and_then(|spec| spec.parse().ok());
            spec.is_some_and(|spec| spec.option("normalize").is_some())
        };
        let any = [&self.source, &self.target, &self.test].into_iter().any(itself);
        match self.normalize == Some(Normalize::ImageNet) && any {
            true => Err(UsageError::Conflict(
                "the run normalises pictures as ImageNet's, and so does the spec's normalize=imagenet: \
                 leave that out of the spec, or give --normalize none",
            )),
            false => Ok(()),
        }
    }

    /// The settings of a method that learns the target's labels. Where `--test` names what `--target`
    /// names, what is not `drawn` of it gives the score, as without `--test`.
    ///
    /// # Errors
    /// If nothing is drawn: all that gives the score would have been learnt.
    pub(crate) fn tested_apart(self, drawn: bool) -> Result<Shared, UsageError> {
        let same = |(a, b): (&String, &String)| same_spec(a, b);
        if !self.test.as_ref().zip(self.target.as_ref()).is_some_and(same) {
            return Ok(self);
        }
        match drawn {
            true => Ok(Shared { test: None, ..self }),
            false => Err(UsageError::Conflict(
                "--test names what --target names: the score would be of what was learnt by heart; \
                 give other data, as a range of rows, DIR[5000..6000], or draw --shots K of the \
                 target: the rest then gives the score",
            )),
        }
    }

    /// The settings of one training: those given, the others from `base`.
    pub(crate) fn training(&self, base: &Training, seed: u64) -> Training {
        Training {
            epochs: self.epochs.unwrap_or(base.epochs),
            steps: self.steps.or(base.steps),
            batch_size: self.batch_size.unwrap_or(base.batch_size),
            lr: self.lr.unwrap_or(base.lr),
            decay: self.decay.unwrap_or(base.decay),
            momentum: self.momentum.unwrap_or(base.momentum),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            normalize: self.normalize.unwrap_or(base.normalize),
            seed,
            ..base.clone()
        }
    }

    /// The settings with nothing left open but the length in epochs where steps are given.
    pub(crate) fn filled(&self, base: &Training, net: &str, baselines: &[&str]) -> Shared {
        let training = self.training(base, 0);
        Shared {
            net: Some(net.to_owned()),
            epochs: training.steps.is_none().then_some(training.epochs),
            steps: training.steps,
            batch_size: Some(training.batch_size),
            lr: Some(training.lr),
            decay: Some(training.decay),
            momentum: Some(training.momentum),
            weight_decay: Some(training.weight_decay),
            normalize: Some(training.normalize),
            seed: Some(self.seed.unwrap_or(0)),
            seeds: Some(self.seeds.unwrap_or(1)),
            baselines: Some(if baselines.is_empty() { "none".into() } else { baselines.join(",") }),
            ..self.clone()
        }
    }

    /// The size of --resize.
    pub(crate) fn size(&self) -> Result<Option<Size>, String> {
        self.resize.as_deref().map(str::parse).transpose()
    }

    /// The seeds to train with.
    pub(crate) fn seeds(&self) -> Vec<u64> {
        let first = self.seed.unwrap_or(0);
        (first..first + self.seeds.unwrap_or(1) as u64).collect()
    }
}

/// `ok`, or the error that names the flag, its value and its range.
pub(crate) fn within<T: ToString>(
    flag: &'static str,
    value: Option<T>,
    ok: bool,
    range: &'static str,
) -> Result<(), UsageError> {
    match value {
        Some(value) if !ok => Err(UsageError::Range { flag, value: value.to_string(), range }),
        _ => Ok(()),
    }
}

/// The training with its checkpoints in place.
pub(crate) fn checkpointed(training: Training, checkpoints: Checkpoints) -> Training {
    Training { checkpoints: Some(checkpoints), ..training }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named_by_their_flags() {
        let cases = [
            (Shared { lr: Some(-1.0), ..Shared::default() }, "--lr -1: it must be positive"),
            (Shared { lr: Some(f64::NAN), ..Shared::default() }, "--lr NaN: it must be positive"),
            (
                Shared { steps: Some(0), ..Shared::default() },
                "--steps 0: it must be from 1 to 10^12",
            ),
            (Shared { momentum: Some(1.0), ..Shared::default() }, "--momentum 1: "),
            (Shared { seed: Some(u64::MAX), ..Shared::default() }, "--seed 18446744073709551615"),
            (
                Shared { resize: Some("3".into()), ..Shared::default() },
                "--resize 3: it must be HxW",
            ),
        ];
        for (shared, want) in cases {
            let error = shared.check().unwrap_err().to_string();
            assert!(error.starts_with(want), "{error}");
        }
        assert!(Shared::default().check().is_ok());
    }

    #[test]
    fn what_is_learnt_gives_no_score() {
        let of = |test: &str| Shared {
            target: Some("synthetic:digits?n=9&seed=1".into()),
            test: Some(test.into()),
            ..Shared::default()
        };
        let same = of("synthetic:digits?seed=1&n=9");
        let error = same.clone().tested_apart(false).unwrap_err().to_string();
        assert!(error.starts_with("--test names what --target names"), "{error}");
        assert_eq!(same.tested_apart(true).unwrap().test, None);
        let other = of("synthetic:digits?seed=2&n=9");
        assert_eq!(other.clone().tested_apart(false).unwrap(), other);
    }

    #[test]
    fn filled_settings_give_the_same_training() {
        let given = Shared { lr: Some(0.5), steps: Some(7), ..Shared::default() };
        let base = Training { epochs: 50, ..Training::default() };
        let filled = given.filled(&base, "shallow", &["a", "b"]);
        assert_eq!(filled.training(&Training::default(), 3).steps, Some(7));
        assert_eq!(filled.training(&Training::default(), 3).lr, 0.5);
        assert_eq!((filled.epochs, filled.baselines.as_deref()), (None, Some("a,b")));
        assert_eq!(filled.check().map_err(|e| e.to_string()), Ok(()));
    }
}
