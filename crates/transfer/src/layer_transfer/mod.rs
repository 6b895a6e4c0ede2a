//! Layer transfer: some layers of a source model are copied, the others start anew.
//!
//! *Source labelled, target labelled, and little of it.* The first layers of an image network see
//! edges and colours, whatever the task: copy those. A speaker changes how words sound and not what
//! they are: for speech, copy the last ones. What is copied may stay frozen, move along, or stay
//! frozen until the fresh layers have found their place. [`LayerStudy`] measures where to cut
//! (Yosinski et al., *How transferable are features in deep neural networks?*, 2014).
//!
//! **When it hurts.** Frozen layers that were specific to the source's task keep the new model from
//! learning its own; a cut between layers that were trained for each other loses what they knew
//! together. Compare with [`FineTune`], which copies everything and lets it move.

mod copying;
mod curves;
mod scores;
mod study;

pub use copying::{Copying, Skipped, copy_layers};
pub use curves::{LayerCurve, LayerCurves, LayerPoint};
pub use scores::{CutScore, CutScores};
pub use study::{CopyFrom, LayerStudy, LayerTask};

use crate::depth::{LayerGroup, layer_groups};
use crate::error::setting;
use crate::fit::Observer;
use crate::input::{Inputs, Normalizer};
use crate::model::Model;
use crate::network::Network;
use crate::{FineTune, History, TransferError};
use datasets::Dataset;
use tensor_autograd::Pattern;

/// What training does to the layers that were copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copied {
    /// They stay as they are, to the byte, running statistics included.
    #[default]
    Frozen,
    /// They are trained like the others; those of the trunk at [`FineTune::trunk_lr`].
    Trained,
    /// They stay as they are for so many epochs, fewer than the run has, and are trained then.
    FrozenFor(usize),
}

/// Copies the layers that a pattern names from a source model into a fresh network, and trains that
/// on labelled target data.
///
/// With everything copied and trained it is [`FineTune`], bit for bit.
#[derive(Clone, Debug)]
pub struct LayerTransfer<N> {
    tuning: FineTune<N>,
    fresh: N,
    /// Nothing for the first point of a study's curves alone.
    copy: Option<String>,
    copied: Copied,
}

impl<N: Network> LayerTransfer<N> {
    /// Copies from the source model of `tuning`, whose settings are kept, into `fresh`, which has the
    /// initial values that the other layers start from. It copies `features.*` and keeps it frozen.
    pub fn new(tuning: FineTune<N>, fresh: N) -> Self {
        let copy = Some("features.*".to_owned());
        LayerTransfer { tuning, fresh, copy, copied: Copied::Frozen }
    }

    /// Copies what the pattern names, buffers included: `"features.0.*, features.1.*"`, `"label.*"`,
    /// `"*"`. If the source has other classes than the target, the output layer is never copied.
    pub fn copy(mut self, pattern: impl Into<String>) -> Self {
        self.copy = Some(pattern.into());
        self
    }

    /// What training does to the copied layers.
    pub fn copied(mut self, copied: Copied) -> Self {
        self.copied = copied;
        self
    }

    /// The model that training on `target` starts from, and what was copied into it.
    ///
    /// Inputs are normalised as the source's if its first layer is copied, which has learnt to expect
    /// that; else as the target's own.
    ///
    /// # Errors
    /// [`TransferError::Pattern`] if the pattern names no parameter, or none that can be copied;
    /// [`TransferError::Mismatch`] if the target does not fit.
    pub fn start(&self, target: &Dataset) -> Result<(Model<N>, Copying), TransferError> {
        let (start, copying, _) = self.begin(target)?;
        Ok((start, copying))
    }

    /// Copies, and trains on `target`.
    ///
    /// # Errors
    /// As for [`start`](LayerTransfer::start) and [`FineTune::fit`]; if nothing is left to train.
    pub fn fit(
        &self,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        let (mut start, copying, groups) = self.begin(target)?;
        let copy = self.copy.as_deref().unwrap_or_default();
        let in_trunk = copying.copied.iter().filter(|name| name.starts_with("features."));
        let trunk = in_trunk.map(String::as_str).collect::<Vec<_>>().join(",");
        let copied = copying.copied.join(",");
        if self.copied == Copied::Frozen {
            start.net.freeze(&copied);
            let used = |name: &String| groups.iter().any(|group| group.params.contains(name));
            let params = start.net.named_params();
            let trains = params.iter().any(|(name, p)| p.trainable() && used(name));
            setting("copy", copy, trains, "a pattern that leaves a layer to train")?;
        }
        let mut tuning = self.tuning.starting(start, trunk);
        if let Copied::FrozenFor(epochs) = self.copied {
            setting("unfreeze_after", epochs, epochs > 0, "at least 1")?;
            tuning = tuning.frozen_for(copied, epochs);
        }
        let words = format!("copy {copy} {:?}", self.copied);
        let mut model = tuning.fit_as(&words, target, observer)?;
        for ((_, param), (_, fresh)) in
            model.net.named_params_mut().into_iter().zip(self.fresh.named_params())
        {
            param.frozen = fresh.frozen;
        }
        Ok(model)
    }

    /// As [`start`](LayerTransfer::start), with the layers of the network.
    fn begin(
        &self,
        target: &Dataset,
    ) -> Result<(Model<N>, Copying, Vec<LayerGroup>), TransferError> {
        let source = self.tuning.source();
        let inputs = target.without_labels();
        let kind = self.tuning.shared_settings().normalize;
        if kind.is_measured() {
            inputs.ready()?;
        }
        let own = Normalizer::fit(kind, &inputs);
        let sample = Inputs::later(&inputs, &source.normalizer)?.peek(&[0])?;
        let groups = layer_groups(&self.fresh, &sample);
        let same = source.classes == target.classes();
        let output = groups.last().filter(|_| !same).map_or(String::new(), LayerGroup::pattern);
        let mut net = self.fresh.clone();
        let output = Pattern::new(&output);
        let copying = match &self.copy {
            None => Copying::default(),
            Some(pattern) => copy_layers(&source.net, &mut net, pattern, &output)?,
        };
        let first = |name: &String| groups.first().is_some_and(|g| g.params.contains(name));
        let normalizer = match copying.copied.iter().any(first) {
            true => source.normalizer.clone(),
            false => own,
        };
        let classes = target.classes().to_vec();
        Ok((Model { net, normalizer, classes, history: History::default() }, copying, groups))
    }
}

#[cfg(test)]
mod tests;
