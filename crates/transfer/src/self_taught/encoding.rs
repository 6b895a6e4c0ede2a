//! How an encoder is made of its parameters.

use super::autoencoder::Hidden;
use super::features::Encode;
use super::patch_features::Encoder;
use super::pca::Projection;
use super::raw::Identity;
use super::sparse_coding::Codes;
use crate::parts::Parts;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the parameters of an encoder do not say. Sizes that they do say are not repeated.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Encoding {
    /// Inputs as they are.
    Raw,
    /// Principal components.
    Pca,
    /// Sparse codes of whole inputs.
    SparseCoding { beta: f64 },
    /// Codes of patches: sparse with a `beta`, else by distances.
    Patches { side: usize, pool: usize, beta: Option<f64> },
    /// Hidden units.
    Autoencoder { convolutional: bool },
}

impl Encoding {
    /// The encoder of samples of this shape, of which the tensors are a part.
    ///
    /// # Errors
    /// What does not fit.
    pub(super) fn encoder(
        &self,
        sample: &[usize],
        parts: &mut Parts,
    ) -> Result<Arc<dyn Encode>, String> {
        let size = sample.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
        let d = size.filter(|d| (1..=1 << 26).contains(d));
        let d = d.ok_or_else(|| format!("it claims samples {sample:?}"))?;
        if let Encoding::SparseCoding { beta } | Encoding::Patches { beta: Some(beta), .. } = self
            && !(*beta > 0.0 && beta.is_finite())
        {
            return Err(format!("its `beta` is {beta}"));
        }
        Ok(match (self, sample) {
            (Encoding::Raw, _) => Arc::new(Identity { width: d }),
            (Encoding::Pca, _) => Arc::new(Projection::saved(d, parts)?),
            (Encoding::SparseCoding { beta }, _) => Arc::new(Codes::saved(d, *beta, parts)?),
            (Encoding::Patches { side, pool, beta }, &[c, h, w]) => {
                Arc::new(Encoder::saved([c, h, w], [*side, *pool], *beta, parts)?)
            }
            (Encoding::Patches { .. }, _) => return Err(format!("{sample:?} are no images")),
            (Encoding::Autoencoder { convolutional }, _) => {
                Arc::new(Hidden::saved(sample, *convolutional, parts)?)
            }
        })
    }
}
