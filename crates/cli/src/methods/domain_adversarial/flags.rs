//! The settings of domain-adversarial training.

use super::selection::Grid;
use crate::choice::{Choices, choice};
use crate::error::UsageError;
use crate::run::{Pretrained, within};
use clap::Args;
use serde::{Deserialize, Serialize};
use transfer::domain_adversarial::selection::{Criterion, HOLD_OUT};
use transfer::{Alignment, LambdaSchedule};

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// Labelled target data, read by the baseline train_on_target alone
    #[arg(long, value_name = "SPEC", help_heading = "Data")]
    pub(super) oracle: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) pretrained: Pretrained,
    /// What draws the domains together; default dann
    #[arg(long, value_parser = choice(ALIGNMENTS), help_heading = "Domain-adversarial training")]
    align: Option<Alignment>,
    /// Weight of the domain loss in the features' gradient, or of the distance between the domains,
    /// at full value; default 0.5 for dann and cdan, 1 for coral and mmd
    #[arg(long, value_name = "X", help_heading = "Domain-adversarial training")]
    lambda: Option<f64>,
    /// How lambda comes to its full value; default ramp
    #[arg(long, value_parser = choice(SCHEDULES), help_heading = "Domain-adversarial training")]
    lambda_schedule: Option<LambdaSchedule>,
    /// Share of the source held out of training; the epoch with the smallest loss on it is kept.
    /// Default none, 0.1 with --select
    #[arg(long, value_name = "SHARE", help_heading = "Choice without target labels")]
    hold_out: Option<f64>,
    /// Stop after this many epochs without a smaller loss on the source held out
    #[arg(long, value_name = "N", help_heading = "Choice without target labels")]
    patience: Option<usize>,
    /// Train with every value of --select-lambda and --select-lr, and take the model that this
    /// criterion likes best
    #[arg(long, value_parser = choice(CRITERIA), help_heading = "Choice without target labels")]
    select: Option<Criterion>,
    /// Values of lambda to choose from by --select; default 0.03,0.1,0.3,1
    #[arg(
        long,
        value_name = "X,X",
        value_delimiter = ',',
        conflicts_with = "lambda",
        help_heading = "Choice without target labels"
    )]
    select_lambda: Option<Vec<f64>>,
    /// Learning rates to choose from by --select; default that of --lr alone. source_only too chooses from them,
    /// by its error on the source held out
    #[arg(
        long,
        value_name = "RATE,RATE",
        value_delimiter = ',',
        conflicts_with = "lr",
        help_heading = "Choice without target labels"
    )]
    select_lr: Option<Vec<f64>>,
    /// Let lambda scale the domain classifier's own gradient too, as for the paper's shallow net
    #[arg(long, help_heading = "Domain-adversarial training", num_args = 0..=1,
          default_missing_value = "true")]
    pub(super) lambda_on_domain_head: Option<bool>,
}

/// How λ comes to its full value.
const SCHEDULES: Choices<LambdaSchedule> = &[
    (LambdaSchedule::Ramp, "From 0, as 2 / (1 + exp(-10 p)) - 1 over the run's progress p"),
    (LambdaSchedule::Constant, "At once"),
];

/// What draws the domains together.
const ALIGNMENTS: Choices<Alignment> = &[
    (Alignment::Dann, "A domain classifier behind a gradient reversal"),
    (Alignment::Cdan, "The same, of features and class probabilities together"),
    (Alignment::Coral, "The distance of the covariances"),
    (Alignment::Mmd, "The maximum mean discrepancy over five kernels"),
    (Alignment::Adabn, "Batch-norm statistics of the target's own"),
    (Alignment::None, "Nothing"),
];

/// What chooses between the candidates.
const CRITERIA: Choices<Criterion> = &[
    (
        Criterion::ReverseValidation,
        "The error, on source held out, of a classifier trained back from the target's predicted labels",
    ),
    (Criterion::Entropy, "How sure and how varied the predictions on the target are"),
    (Criterion::SourceRisk, "The error on source held out"),
];

impl Flags {
    pub(super) fn check(&self) -> Result<(), UsageError> {
        let (lambda, alignment) = (self.lambda(), self.alignment());
        for value in self.select_lambda.as_deref().unwrap_or(&[lambda]) {
            let flag = if self.select_lambda.is_some() { "--select-lambda" } else { "--lambda" };
            let in_range = *value >= 0.0 && value.is_finite();
            within(flag, Some(*value), in_range, "0 or positive")?;
            let weighs = alignment.has_loss() || *value == 0.0;
            let no_loss = "left out: this --align has no loss to weigh";
            within(flag, Some(*value), weighs, no_loss)?;
        }
        for value in self.select_lr.iter().flatten() {
            within(
                "--select-lr",
                Some(*value),
                *value > 0.0 && value.is_finite(),
                "positive and finite",
            )?;
        }
        let share = self.hold_out.is_none_or(|x| 0.0 < x && x < 1.0);
        within("--hold-out", self.hold_out, share, "between 0 and 1")?;
        within("--patience", self.patience, self.patience != Some(0), "at least 1")?;
        match () {
            () if self.patience.is_some() && self.share().is_none() => {
                Err(UsageError::Conflict("--patience needs --hold-out, or --select"))
            }
            () if self.select.is_none()
                && (self.select_lambda.is_some() || self.select_lr.is_some()) =>
            {
                Err(UsageError::Conflict("--select-lambda and --select-lr need --select"))
            }
            () if self.lambda.is_some() && self.select_lambda.is_some() => {
                Err(UsageError::Conflict("give `lambda` or `select-lambda`, not both"))
            }
            () => Ok(()),
        }
    }

    pub(super) fn alignment(&self) -> Alignment {
        self.align.unwrap_or_default()
    }

    pub(super) fn lambda(&self) -> f64 {
        self.lambda.unwrap_or_else(|| self.alignment().lambda())
    }

    pub(super) fn schedule(&self) -> LambdaSchedule {
        self.lambda_schedule.unwrap_or_default()
    }

    /// The share of the source to be held out, if any is.
    pub(super) fn share(&self) -> Option<f64> {
        self.hold_out.or(self.select.map(|_| HOLD_OUT))
    }

    pub(super) fn patience(&self) -> Option<usize> {
        self.patience
    }

    /// What is chosen from, where `lr` is the rate if none are given.
    pub(super) fn grid(&self, lr: f64) -> Option<Grid> {
        let criterion = self.select?;
        let lambdas = match (&self.select_lambda, self.lambda, self.alignment().has_loss()) {
            (Some(values), ..) => values.clone(),
            (None, None, true) => GRID.to_vec(),
            _ => vec![self.lambda()],
        };
        Some(Grid { criterion, lambdas, lrs: self.select_lr.clone().unwrap_or(vec![lr]) })
    }

    /// The settings with nothing left open.
    pub(super) fn filled(&self, lr: f64) -> Flags {
        let grid = self.grid(lr);
        Flags {
            align: Some(self.align.unwrap_or_default()),
            lambda: grid.is_none().then(|| self.lambda()),
            lambda_schedule: Some(self.schedule()),
            lambda_on_domain_head: Some(self.lambda_on_domain_head.unwrap_or(false)),
            hold_out: self.share(),
            select_lambda: grid.as_ref().map(|grid| grid.lambdas.clone()),
            ..self.clone()
        }
    }
}

/// The values of λ to choose from where none are given.
const GRID: [f64; 4] = [0.03, 0.1, 0.3, 1.0];
