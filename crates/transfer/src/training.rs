//! The settings that every estimator shares.

use crate::TransferError;
use crate::error::setting;
use crate::fit::{Checkpoints, Plan};
use crate::input::Normalize;
use datasets::epoch_order;
use optim::{DannAnnealing, Optimizer, Sgd};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How long and how fast to train. Validated when `fit` is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Passes over the labelled data; [`steps`](Training::steps) overrides it.
    pub epochs: usize,
    /// Steps of the whole run, if given.
    pub steps: Option<usize>,
    /// Labelled samples a step.
    pub batch_size: usize,
    /// The learning rate at the start.
    pub lr: f64,
    /// What the learning rate does over the run.
    pub decay: Decay,
    /// SGD's momentum.
    pub momentum: f64,
    /// SGD's weight decay.
    pub weight_decay: f64,
    /// The seed of everything random in the run.
    pub seed: u64,
    /// Epochs without a better criterion after which training stops, at least 1; needs a validation
    /// set.
    pub patience: Option<usize>,
    /// What is done to the inputs of each domain.
    pub normalize: Normalize,
    /// Whether half of the labelled images, others at each step, are mirrored left to right.
    #[serde(default)]
    pub flip: bool,
    /// Train on so many of the examples alone, the first in the order of the seed, and drop nothing
    /// by dropout: the check whether a network can learn a few examples by heart at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overfit: Option<usize>,
    /// Where checkpoints go.
    #[serde(skip)]
    pub checkpoints: Option<Checkpoints>,
    /// A folder in which what frozen first layers make of the examples is kept for the next run, where
    /// supervised training has such layers. Its files are named by the content's hash: they can be
    /// deleted at any time.
    #[serde(skip)]
    pub cache: Option<PathBuf>,
}

/// What the learning rate does over the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// It falls as in the paper of domain-adversarial training: `lr / (1 + 10 p)^0.75`, with `p`
    /// the progress of the whole run.
    #[default]
    Annealed,
    /// It stays.
    Constant,
}

impl Default for Training {
    fn default() -> Self {
        Training {
            epochs: 10,
            steps: None,
            batch_size: 64,
            lr: 0.01,
            decay: Decay::Annealed,
            momentum: 0.9,
            weight_decay: 0.0,
            seed: 0,
            patience: None,
            normalize: Normalize::Standard,
            flip: false,
            overfit: None,
            checkpoints: None,
            cache: None,
        }
    }
}

impl Training {
    /// The plan of a method for `len` labelled samples. `method` names it and the settings that it
    /// has beside these.
    ///
    /// # Errors
    /// [`TransferError::Setting`] for the first value out of range.
    pub(crate) fn plan(&self, method: &str, len: usize) -> Result<Plan, TransferError> {
        setting("batch_size", self.batch_size, self.batch_size > 0, "at least 1")?;
        setting("epochs", self.epochs, self.epochs > 0, "at least 1")?;
        setting("steps", self.steps.unwrap_or(1), self.steps != Some(0), "at least 1")?;
        setting("lr", self.lr, self.lr > 0.0 && self.lr.is_finite(), "positive and finite")?;
        let momentum = (0.0..1.0).contains(&self.momentum);
        setting("momentum", self.momentum, momentum, "in [0, 1)")?;
        let decay = self.weight_decay >= 0.0 && self.weight_decay.is_finite();
        setting("weight_decay", self.weight_decay, decay, "0 or positive")?;
        let patience = self.patience.unwrap_or(1);
        setting("patience", patience, patience > 0, "at least 1")?;
        let len = self.overfit.map_or(len, |few| len.min(few));
        let steps_per_epoch = len.div_ceil(self.batch_size).max(1);
        let steps = self.steps.unwrap_or(self.epochs.saturating_mul(steps_per_epoch));
        Ok(Plan {
            steps,
            steps_per_epoch: steps_per_epoch.min(steps),
            rows: self.rows_a_step(),
            seed: self.seed,
            settings: format!("{method} {}", serde_json::to_string(self).expect("plain data")),
            patience: self.patience,
            dropout: self.overfit.is_none(),
            checkpoints: self.checkpoints.clone(),
        })
    }

    /// Labelled samples a step: a small set is not gone round several times in one.
    pub(crate) fn rows_a_step(&self) -> usize {
        self.overfit.map_or(self.batch_size, |few| few.min(self.batch_size))
    }

    /// The examples to train on, of `len` of the data set of this name; none if it is all of them.
    ///
    /// # Errors
    /// If fewer are there than [`overfit`](Training::overfit) asks for.
    pub(crate) fn few(&self, data: &str, len: usize) -> Result<Option<Vec<usize>>, TransferError> {
        let Some(few) = self.overfit else { return Ok(None) };
        setting("overfit", few, few > 0, "at least 1")?;
        if few > len {
            return Err(TransferError::Unsuitable {
                data: data.to_owned(),
                problem: format!("it has {len} examples to train on, and {few} are to be fitted"),
                remedy: "ask for fewer",
            });
        }
        let mut rows = epoch_order(len, self.seed, 0);
        rows.truncate(few);
        Ok(Some(rows))
    }
}

impl Training {
    /// SGD with these settings over the steps of `plan`.
    pub(crate) fn sgd(&self, plan: &Plan) -> Optimizer<Sgd> {
        let sgd = match self.decay {
            Decay::Annealed => Sgd::new(DannAnnealing::new(self.lr, plan.steps as u64)),
            Decay::Constant => Sgd::new(self.lr),
        };
        sgd.momentum(self.momentum).weight_decay(self.weight_decay)
    }
}

/// Builder methods for an estimator with a field `training`.
macro_rules! training_methods {
    () => {
        training_methods! {
            /// Passes over the labelled data.
            epochs: usize;
            /// Labelled samples a step.
            batch_size: usize;
            /// The learning rate at the start; positive.
            lr: f64;
            /// What the learning rate does over the run.
            decay: $crate::Decay;
            /// SGD's momentum, in `[0, 1)`.
            momentum: f64;
            /// SGD's weight decay; 0 or positive.
            weight_decay: f64;
            /// The seed of everything random in the run.
            seed: u64;
            /// What is done to the inputs of each domain.
            normalize: $crate::Normalize;
            /// Whether half of the labelled images, others at each step, are mirrored left to right.
            flip: bool;
        }

        /// Steps of the whole run, instead of epochs.
        pub fn steps(mut self, steps: usize) -> Self {
            self.training.steps = Some(steps);
            self
        }

        /// Where checkpoints go.
        pub fn checkpoints(mut self, checkpoints: $crate::fit::Checkpoints) -> Self {
            self.training.checkpoints = Some(checkpoints);
            self
        }

        /// A folder for the features of frozen layers; see [`Training::cache`]($crate::Training).
        pub fn cache(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
            self.training.cache = Some(folder.into());
            self
        }

        /// All shared settings at once.
        pub fn training(mut self, training: $crate::Training) -> Self {
            self.training = training;
            self
        }
    };
    ($($(#[$doc:meta])* $field:ident: $type:ty;)+) => {$(
        $(#[$doc])*
        pub fn $field(mut self, $field: $type) -> Self {
            self.training.$field = $field;
            self
        }
    )+};
}
pub(crate) use training_methods;
