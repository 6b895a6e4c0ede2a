//! The settings of a method that starts from a source model and goes on with few examples.

use crate::error::UsageError;
use crate::run::{Pretrained, Shared, within};
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
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) pretrained: Pretrained,
    /// Labelled target examples of each class, drawn anew for each seed; default: all. Without
    /// --test the rest of the target gives the score
    #[arg(long, value_name = "K", help_heading = "Data")]
    pub(super) shots: Option<usize>,
    /// The trunk's learning rate as a multiple of the head's, in [0, 1]; default 0.1
    #[arg(long, value_name = "X", help_heading = "Fine-tuning")]
    pub(super) trunk_lr: Option<f64>,
    /// Train only the parameters that this pattern names, as "label.*"; the others stay frozen
    #[arg(long, value_name = "PATTERN", help_heading = "Fine-tuning")]
    pub(in crate::methods) train_only: Option<String>,
    /// Gradual unfreezing: train the last layer alone at first, and every N epochs one more below it
    #[arg(long, value_name = "N", help_heading = "Fine-tuning")]
    pub(super) unfreeze_every: Option<usize>,
    /// Divide the learning rate by F from each layer to the one below it, in place of --trunk-lr; 1
    /// or larger
    #[arg(long, value_name = "F", help_heading = "Fine-tuning", conflicts_with = "trunk_lr")]
    pub(super) lr_decay_by_depth: Option<f64>,
    /// Early stopping: share of the labelled target examples held out of training, some of each class;
    /// the epoch with the smallest loss on them is kept. Default none
    #[arg(long, value_name = "SHARE", help_heading = "Fine-tuning")]
    pub(super) hold_out: Option<f64>,
    /// Stop after this many epochs without a smaller loss on the examples held out
    #[arg(long, value_name = "N", help_heading = "Fine-tuning")]
    pub(super) patience: Option<usize>,
    /// Passes over the source; default 10
    #[arg(long, value_name = "N", help_heading = "Fine-tuning")]
    pub(super) source_epochs: Option<usize>,
    /// Learning rate on the source at the start; default 0.01
    #[arg(long, value_name = "RATE", help_heading = "Fine-tuning")]
    pub(super) source_lr: Option<f64>,
}

impl Flags {
    pub(super) fn check(&self) -> Result<(), UsageError> {
        let one = |n: Option<usize>| n.is_none_or(|n| n > 0);
        within("--shots", self.shots, one(self.shots), "at least 1")?;
        within("--source-epochs", self.source_epochs, one(self.source_epochs), "at least 1")?;
        let trunk = self.trunk_lr.is_none_or(|x| (0.0..=1.0).contains(&x));
        within("--trunk-lr", self.trunk_lr, trunk, "in [0, 1]")?;
        let every = one(self.unfreeze_every);
        within("--unfreeze-every", self.unfreeze_every, every, "at least 1")?;
        let factor = self.lr_decay_by_depth.is_none_or(|x| x >= 1.0 && x.is_finite());
        within("--lr-decay-by-depth", self.lr_decay_by_depth, factor, "1 or larger")?;
        if self.trunk_lr.is_some() && self.lr_decay_by_depth.is_some() {
            return Err(UsageError::Conflict("give `trunk-lr` or `lr-decay-by-depth`, not both"));
        }
        let share = self.hold_out.is_none_or(|x| 0.0 < x && x < 1.0);
        within("--hold-out", self.hold_out, share, "between 0 and 1")?;
        within("--patience", self.patience, one(self.patience), "at least 1")?;
        if self.patience.is_some() && self.hold_out.is_none() {
            return Err(UsageError::Conflict("--patience needs --hold-out"));
        }
        let lr = self.source_lr.is_none_or(|x| x > 0.0 && x.is_finite());
        within("--source-lr", self.source_lr, lr, "positive and finite")
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
        let trains = shared.source.is_some();
        Flags {
            trunk_lr: self.lr_decay_by_depth.is_none().then(|| self.trunk_lr.unwrap_or(0.1)),
            train_only: Some(self.train_only.clone().unwrap_or_else(|| "*".into())),
            source_epochs: trains.then_some(source.epochs),
            source_lr: trains.then_some(source.lr),
            ..self.clone()
        }
    }
}

/// Passes over the target, if none are given.
pub(in crate::methods) const EPOCHS: usize = 50;

/// 50 passes in small batches at a steady rate, as the library has it.
pub(super) fn base() -> Training {
    Training { epochs: EPOCHS, batch_size: 16, decay: Decay::Constant, ..Training::default() }
}
