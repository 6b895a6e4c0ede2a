//! The settings of self-taught learning, and which of them go together.

use crate::error::UsageError;
use crate::run::{Shared, within};
use clap::Args;
use serde::{Deserialize, Serialize};
use transfer::{Normalize, Training};

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Flags {
    /// Labelled target examples in all, drawn anew for each seed, as equally of all classes as can
    /// be; default: all. Without --test the rest of the target gives the score
    #[arg(long, value_name = "N", help_heading = "Data", conflicts_with = "shots")]
    pub(super) labels: Option<usize>,
    /// Labelled target examples of each class, drawn anew for each seed
    #[arg(long, value_name = "K", help_heading = "Data")]
    pub(super) shots: Option<usize>,
    /// What is learnt from the source; default k-means for images, sparse-coding-whole for others
    #[arg(long, value_enum, help_heading = "Self-taught learning")]
    pub(super) features: Option<Kind>,
    /// Centroids, atoms or hidden units; default 200, for convolutions 32 channels
    #[arg(long, value_name = "K", help_heading = "Self-taught learning")]
    pub(super) atoms: Option<usize>,
    /// Side of a patch in pixels; default 8
    #[arg(long, value_name = "SIDE", help_heading = "Self-taught learning")]
    pub(super) patch: Option<usize>,
    /// Codes are averaged over N x N regions of an image; default 2
    #[arg(long, value_name = "N", help_heading = "Self-taught learning")]
    pub(super) pool: Option<usize>,
    /// Patches to learn from; default 30000, for sparse coding 10000
    #[arg(long, value_name = "N", help_heading = "Self-taught learning")]
    pub(super) patches: Option<usize>,
    /// Weight of sparsity: of the codes' size in sparse coding, default 1; of the activities'
    /// divergence in the autoencoder, default 3
    #[arg(long, value_name = "X", help_heading = "Self-taught learning")]
    pub(super) beta: Option<f64>,
    /// Principal components that whole inputs are reduced to before sparse coding; default 100
    #[arg(long, value_name = "N", help_heading = "Self-taught learning")]
    pub(super) components: Option<usize>,
}

/// What is learnt from the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Centroids of image patches, by k-means
    #[default]
    KMeans,
    /// A dictionary of image patches, by sparse coding
    SparseCoding,
    /// A dictionary of whole inputs, by sparse coding
    SparseCodingWhole,
    /// A sparse autoencoder of whole inputs
    Autoencoder,
    /// A denoising autoencoder of whole inputs
    Denoising,
    /// A convolutional denoising autoencoder of images
    Convolutional,
}

impl Kind {
    pub(super) fn on_patches(self) -> bool {
        matches!(self, Kind::KMeans | Kind::SparseCoding)
    }

    fn is_network(self) -> bool {
        matches!(self, Kind::Autoencoder | Kind::Denoising | Kind::Convolutional)
    }

    fn has_beta(self) -> bool {
        matches!(self, Kind::SparseCoding | Kind::SparseCodingWhole | Kind::Autoencoder)
    }
}

/// How an autoencoder is trained where nothing else is said.
pub(super) fn base() -> Training {
    Training { lr: 1e-3, normalize: Normalize::None, ..Training::default() }
}

impl Flags {
    pub(super) fn kind(&self) -> Kind {
        self.features.unwrap_or_default()
    }

    /// Checks every number against its range.
    pub(super) fn check(&self) -> Result<(), UsageError> {
        for (flag, n) in [
            ("--labels", self.labels),
            ("--shots", self.shots),
            ("--atoms", self.atoms),
            ("--pool", self.pool),
            ("--patches", self.patches),
            ("--components", self.components),
        ] {
            within(flag, n, n.is_none_or(|n| n > 0), "at least 1")?;
        }
        within("--patch", self.patch, self.patch.is_none_or(|n| n > 1), "at least 2")?;
        let beta = self.beta.is_none_or(|x| x > 0.0 && x.is_finite());
        within("--beta", self.beta, beta, "positive and finite")?;
        match self.labels.is_some() && self.shots.is_some() {
            true => Err(UsageError::Conflict("give `labels` or `shots`, not both")),
            false => Ok(()),
        }
    }

    /// Refuses what would change nothing. Called with the kind filled in.
    pub(super) fn check_shared(&self, shared: &Shared) -> Result<(), UsageError> {
        let kind = self.kind();
        let network = kind.is_network();
        let idle = [
            (
                shared.net.is_some(),
                "--net: self-taught features have a form of their own, see --features",
            ),
            (
                shared.momentum.is_some(),
                "--momentum: autoencoders are trained by Adam, the others have no steps",
            ),
            (shared.decay.is_some(), "--decay: the learning rate of autoencoders is constant"),
            (!network && shared.epochs.is_some(), "--epochs is for autoencoders"),
            (!network && shared.steps.is_some(), "--steps is for autoencoders"),
            (!network && shared.batch_size.is_some(), "--batch-size is for autoencoders"),
            (!network && shared.lr.is_some(), "--lr is for autoencoders"),
            (!network && shared.weight_decay.is_some(), "--weight-decay is for autoencoders"),
            (
                !network && shared.normalize.is_some(),
                "--normalize is for autoencoders: patches and components are normalised as their method says",
            ),
            (
                !kind.on_patches() && self.patch.is_some(),
                "--patch is for k-means and sparse-coding",
            ),
            (!kind.on_patches() && self.pool.is_some(), "--pool is for k-means and sparse-coding"),
            (
                !kind.on_patches() && self.patches.is_some(),
                "--patches is for k-means and sparse-coding",
            ),
            (
                !kind.has_beta() && self.beta.is_some(),
                "--beta is for sparse coding and autoencoder",
            ),
            (
                kind != Kind::SparseCodingWhole && self.components.is_some(),
                "--components is for sparse-coding-whole",
            ),
        ];
        match idle.into_iter().find(|(given, _)| *given) {
            Some((_, why)) => Err(UsageError::Conflict(why)),
            None => Ok(()),
        }
    }

    /// The kind for samples of this shape, and then every setting of that kind.
    pub(super) fn filled(&self, sample: &[usize]) -> Flags {
        let images = sample.len() == 3;
        let default = if images { Kind::KMeans } else { Kind::SparseCodingWhole };
        let kind = self.features.unwrap_or(default);
        let (patches, d) = (kind.on_patches(), sample.iter().product::<usize>());
        let atoms = if kind == Kind::Convolutional { 32 } else { 200 };
        let beta = if kind == Kind::Autoencoder { 3.0 } else { 1.0 };
        let many = if kind == Kind::SparseCoding { 10_000 } else { 30_000 };
        Flags {
            features: Some(kind),
            atoms: self.atoms.or(Some(atoms)),
            patch: self.patch.or(patches.then_some(8)),
            pool: self.pool.or(patches.then_some(2)),
            patches: self.patches.or(patches.then_some(many)),
            beta: self.beta.or(kind.has_beta().then_some(beta)),
            components: self.components.or((kind == Kind::SparseCodingWhole).then_some(d.min(100))),
            ..self.clone()
        }
    }

    /// The shared settings that the method uses, nothing in them left open.
    pub(super) fn filled_shared(&self, shared: &Shared, baselines: &[&str]) -> Shared {
        let all = shared.filled(&base(), "", baselines);
        let unused = Shared { net: None, momentum: None, decay: None, ..all };
        match self.kind().is_network() {
            true => unused,
            false => Shared {
                epochs: None,
                steps: None,
                batch_size: None,
                lr: None,
                weight_decay: None,
                normalize: None,
                ..unused
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_would_change_nothing_are_refused() {
        let refused = |flags: Flags, shared: Shared| {
            let flags = Flags { features: flags.features.or(Some(Kind::KMeans)), ..flags };
            flags.check_shared(&shared).map_err(|e| e.to_string())
        };
        let lr = || Shared { lr: Some(0.1), ..Shared::default() };
        assert_eq!(refused(Flags::default(), lr()), Err("--lr is for autoencoders".into()));
        let denoising = || Flags { features: Some(Kind::Denoising), ..Flags::default() };
        assert_eq!(refused(denoising(), lr()), Ok(()));
        let net = Shared { net: Some("shallow".into()), ..Shared::default() };
        assert!(refused(denoising(), net).unwrap_err().starts_with("--net: "));
        let beta = Flags { beta: Some(1.0), ..Flags::default() };
        assert!(refused(beta, Shared::default()).unwrap_err().starts_with("--beta is for"));
        let patch = Flags { patch: Some(8), ..denoising() };
        assert!(refused(patch, Shared::default()).unwrap_err().starts_with("--patch is for"));
    }

    #[test]
    fn what_is_recorded_is_taken_again() {
        for kind in [Kind::KMeans, Kind::SparseCodingWhole, Kind::Convolutional] {
            let flags = Flags { features: Some(kind), ..Flags::default() }.filled(&[1, 28, 28]);
            let shared = flags.filled_shared(&Shared::default(), &["raw"]);
            assert_eq!(flags.check_shared(&shared).map_err(|e| e.to_string()), Ok(()));
            assert_eq!(shared, flags.filled_shared(&shared, &["raw"]));
        }
        assert_eq!(Flags::default().filled(&[7]).features, Some(Kind::SparseCodingWhole));
    }

    #[test]
    fn numbers_out_of_range_are_named_by_their_flags() {
        let error = |flags: Flags| flags.check().unwrap_err().to_string();
        let patch = Flags { patch: Some(1), ..Flags::default() };
        assert_eq!(error(patch), "--patch 1: it must be at least 2");
        let both = Flags { labels: Some(9), shots: Some(1), ..Flags::default() };
        assert!(error(both).contains("not both"));
        let beta = Flags { beta: Some(f64::NAN), ..Flags::default() };
        assert!(error(beta).starts_with("--beta NaN"));
    }
}
