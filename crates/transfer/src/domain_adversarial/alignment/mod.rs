//! What draws the domains' features together: the paper's adversary, or one of its rivals.
//!
//! All of them train the same network on the same batches; what differs is one term of the loss,
//! weighted by λ, each in a file of its own.

mod batch_norm;
mod conditional;
mod coral;
mod mmd;

pub(super) use batch_norm::check;
pub use batch_norm::recalibrate;
pub use conditional::Conditioning;
pub use coral::coral_loss;
pub use mmd::mmd_loss;

use crate::{Model, Normalizer, TransferError};
use datasets::Unlabelled;
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};

/// How the features of the two domains are aligned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    /// A domain classifier behind a gradient reversal (DANN; Ganin et al., 2016).
    #[default]
    Dann,
    /// A domain classifier that sees features and class probabilities together (CDAN; Long et al.,
    /// 2018): [`Conditioning`].
    Cdan,
    /// The distance of the covariances (deep CORAL; Sun and Saenko, 2016): [`coral_loss`].
    Coral,
    /// The maximum mean discrepancy over several kernels (DAN; Long et al., 2015): [`mmd_loss`].
    Mmd,
    /// Batch-norm statistics of each domain's own, nothing else (AdaBN; Li et al., 2016):
    /// [`recalibrate`].
    Adabn,
    /// Nothing: the network of the source, for comparison.
    None,
}

impl Alignment {
    /// λ at full value, where nothing else is said: that of the adversary was chosen on generated
    /// digits, the others were not tuned.
    pub fn lambda(self) -> f64 {
        match self {
            Alignment::Dann | Alignment::Cdan => 0.5,
            Alignment::Coral | Alignment::Mmd => 1.0,
            Alignment::Adabn | Alignment::None => 0.0,
        }
    }

    /// The `model` that training gave for the target, made to serve the source: with the source's
    /// `normalizer` and, under [`Adabn`](Alignment::Adabn), whose statistics are each domain's own,
    /// with those of the source.
    ///
    /// # Errors
    /// Those of [`recalibrate`].
    pub fn on_source(
        self,
        model: &Model<DannNet>,
        source: &Unlabelled,
        normalizer: &Normalizer,
    ) -> Result<Model<DannNet>, TransferError> {
        let mut model = model.with_normalizer(normalizer.clone());
        if self == Alignment::Adabn {
            recalibrate(&mut model.net, source, normalizer)?;
        }
        Ok(model)
    }

    /// Whether a domain classifier takes part.
    pub fn is_adversarial(self) -> bool {
        matches!(self, Alignment::Dann | Alignment::Cdan)
    }

    /// Whether the loss has a term for the target, and so a λ.
    pub fn has_loss(self) -> bool {
        !matches!(self, Alignment::Adabn | Alignment::None)
    }

    /// The least samples of each domain in a step: a covariance takes two.
    pub fn least_batch(self) -> usize {
        if self == Alignment::Coral { 2 } else { 1 }
    }
}
