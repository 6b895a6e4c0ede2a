//! The settings of a method that starts from a source model and goes on with few examples.

use crate::error::UsageError;
use crate::run::{Shared, within};
use clap::Args;
use serde::{Deserialize, Serialize};
use transfer::{Decay, Training};

/// The settings beside the shared ones.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[group(skip)] // of two flattened structs of one name
#[serde(rename_all = "kebab-case", default)]
pub(in crate::methods) struct Flags {
    /// A model that `transfer` saved, in place of training one on --source
    #[arg(long, value_name = "FILE.safetensors", help_heading = "Data", conflicts_with = "source")]
    pub(super) init: Option<String>,
    /// Labelled target examples of each class, drawn anew for each seed; default: all. Without
    /// --test the rest of the target gives the score
    #[arg(long, value_name = "K", help_heading = "Data")]
    pub(super) shots: Option<usize>,
    /// The trunk's learning rate as a multiple of the head's, in [0, 1]; default 0.1
    #[arg(long, value_name = "X", help_heading = "Fine-tuning")]
    pub(super) trunk_lr: Option<f64>,
    /// Train only the parameters that this pattern names, as "label.*"; the others stay frozen
    #[arg(long, value_name = "PATTERN", help_heading = "Fine-tuning")]
    pub(super) train_only: Option<String>,
    /// Passes over the source; default 10
    #[arg(long, value_name = "N", help_heading = "Fine-tuning")]
    source_epochs: Option<usize>,
    /// Learning rate on the source at the start; default 0.01
    #[arg(long, value_name = "RATE", help_heading = "Fine-tuning")]
    source_lr: Option<f64>,
}

impl Flags {
    pub(super) fn check(&self) -> Result<(), UsageError> {
        let one = |n: Option<usize>| n.is_none_or(|n| n > 0);
        within("--shots", self.shots, one(self.shots), "at least 1")?;
        within("--source-epochs", self.source_epochs, one(self.source_epochs), "at least 1")?;
        let trunk = self.trunk_lr.is_none_or(|x| (0.0..=1.0).contains(&x));
        within("--trunk-lr", self.trunk_lr, trunk, "in [0, 1]")?;
        let lr = self.source_lr.is_none_or(|x| x > 0.0 && x.is_finite());
        within("--source-lr", self.source_lr, lr, "positive")
    }

    /// How the source model is trained, in a run with these shared settings.
    pub(super) fn source_training(&self, shared: &Shared, seed: u64) -> Training {
        let base = Training::default();
        let given =
            Shared { steps: None, epochs: None, lr: None, batch_size: None, ..shared.clone() };
        Training {
            epochs: self.source_epochs.unwrap_or(base.epochs),
            lr: self.source_lr.unwrap_or(base.lr),
            ..given.training(&base, seed)
        }
    }

    /// The settings with nothing left open.
    pub(super) fn filled(&self, shared: &Shared) -> Flags {
        let source = self.source_training(shared, 0);
        let trains = self.init.is_none();
        Flags {
            trunk_lr: Some(self.trunk_lr.unwrap_or(0.1)),
            train_only: Some(self.train_only.clone().unwrap_or_else(|| "*".into())),
            source_epochs: trains.then_some(source.epochs),
            source_lr: trains.then_some(source.lr),
            ..self.clone()
        }
    }
}

/// 50 passes in small batches at a steady rate, as the library has it.
pub(super) fn base() -> Training {
    Training { epochs: 50, batch_size: 16, decay: Decay::Constant, ..Training::default() }
}
