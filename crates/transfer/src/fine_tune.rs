//! Fine-tuning: a network trained on the source goes on with few labelled target examples.
//!
//! *Source labelled, target labelled, and little of it.* The trunk starts where the source left it
//! and moves slowly; the head, which has more to learn, moves ten times as fast.
//!
//! **When it hurts.** With one or two examples a class, moving every layer can do worse than moving
//! the last one: compare with `train_only("label.*")`, and with training from scratch.

use crate::conservative::Holds;
use crate::depth::{LayerGroup, Thaw, layer_groups};
use crate::error::setting;
use crate::fit::{Observer, Plan};
use crate::input::Inputs;
use crate::model::Model;
use crate::network::Network;
use crate::supervised::{Start, train};
use crate::training::training_methods;
use crate::{Decay, Training, TransferError};
use datasets::Dataset;
use tensor_autograd::{Module, Pattern};

/// Trains a source model further on labelled target data.
#[derive(Clone, Debug)]
pub struct FineTune<N> {
    source: Model<N>,
    training: Training,
    trunk_lr: f64,
    trunk: String,
    trained: String,
    unfreeze_every: Option<usize>,
    lr_decay_by_depth: Option<f64>,
    frozen_for: Option<(String, usize)>,
    validation: Option<Dataset>,
}

impl<N: Network> FineTune<N> {
    /// Starts from `source`, whose normalisation of the inputs is kept. 50 passes over the target
    /// in batches of 16, at a learning rate of 0.01 for the head and a tenth of it for the trunk.
    pub fn new(source: Model<N>) -> Self {
        let decay = Decay::Constant;
        let training = Training { epochs: 50, batch_size: 16, decay, ..Training::default() };
        FineTune {
            source,
            training,
            trunk_lr: 0.1,
            trunk: "features.*".to_owned(),
            trained: "*".to_owned(),
            unfreeze_every: None,
            lr_decay_by_depth: None,
            frozen_for: None,
            validation: None,
        }
    }

    training_methods!();

    /// The trunk's learning rate as a multiple of the head's; in `[0, 1]`. The trunk is every
    /// parameter whose name begins with `features.`.
    pub fn trunk_lr(mut self, factor: f64) -> Self {
        self.trunk_lr = factor;
        self
    }

    /// Trains only the parameters that the pattern names; the others are frozen meanwhile, buffers
    /// included. What is frozen in the source model stays frozen. Where the first layers are frozen,
    /// each example passes them once, if what they make of all examples fits in 512 MiB and
    /// [`flip`](FineTune::flip) is off; the result is the same.
    pub fn train_only(mut self, pattern: impl Into<String>) -> Self {
        self.trained = pattern.into();
        self
    }

    /// Gradual unfreezing: the last layer alone is trained at first, and every so many epochs one more
    /// layer below it (Howard and Ruder, *Universal Language Model Fine-tuning*, 2018). At least 1;
    /// what the run is too short for stays frozen. A layer is a [`LayerGroup`].
    pub fn unfreeze_every(mut self, epochs: usize) -> Self {
        self.unfreeze_every = Some(epochs);
        self
    }

    /// Discriminative rates: each layer's learning rate is that of the layer above it, divided by
    /// `factor`, which is 1 or larger; the paper of [`unfreeze_every`](FineTune::unfreeze_every) has
    /// 2.6. It takes the place of [`trunk_lr`](FineTune::trunk_lr).
    pub fn lr_decay_by_depth(mut self, factor: f64) -> Self {
        self.lr_decay_by_depth = Some(factor);
        self
    }

    /// Freezes what the pattern names for the first epochs, fewer than the run has: probing with a new
    /// head, then fine-tuning, which keeps the head's first steps from wrecking the trunk (Kumar et
    /// al., *Fine-Tuning can Distort Pretrained Features*, 2022).
    pub fn frozen_for(mut self, pattern: impl Into<String>, epochs: usize) -> Self {
        self.frozen_for = Some((pattern.into(), epochs));
        self
    }

    /// Keeps the epoch with the smallest loss on `data`, which must be labelled target data that is
    /// not in the training set. Without it the last epoch is kept.
    pub fn validation(mut self, data: Dataset) -> Self {
        self.validation = Some(data);
        self
    }

    /// Stops after this many epochs without a smaller validation loss.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.training.patience = Some(epochs);
        self
    }

    /// Trains on `target`.
    ///
    /// # Errors
    /// If a setting is out of range, the pattern names no weight, the target has no labels or
    /// does not fit the network, training diverges, or the observer interrupts it.
    pub fn fit(
        &self,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        self.run("", None, target, observer)
    }

    /// Trains on `target`; `words` tell this run from others.
    pub(crate) fn fit_as(
        &self,
        words: &str,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        self.run(words, None, target, observer)
    }

    /// Trains on `target` with the loss that `holds` make; `words` tell this run from others.
    pub(crate) fn fit_held(
        &self,
        words: &str,
        holds: Holds<N>,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        self.run(words, Some(holds), target, observer)
    }

    /// The model that training starts from.
    pub fn source(&self) -> &Model<N> {
        &self.source
    }

    /// The same settings for a run from another model; `trunk` is what moves at the trunk's rate.
    pub(crate) fn starting(&self, source: Model<N>, trunk: String) -> Self {
        FineTune { source, trunk, ..self.clone() }
    }

    /// The settings that every estimator has.
    pub(crate) fn shared_settings(&self) -> &Training {
        &self.training
    }

    fn run(
        &self,
        words: &str,
        holds: Option<Holds<N>>,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        let in_range = (0.0..=1.0).contains(&self.trunk_lr);
        setting("trunk_lr", self.trunk_lr, in_range, "in [0, 1]")?;
        let method = format!(
            "fine-tune {} {} {} {:?} {:?} {:?} {words}",
            self.trunk_lr,
            self.trunk,
            self.trained,
            self.unfreeze_every,
            self.lr_decay_by_depth,
            self.frozen_for
        );
        let plan = self.training.plan(&method, target.len())?;
        let mut net = self.source.net.clone();
        let trained = Pattern::new(&self.trained);
        let mut named = false;
        for (name, param) in net.named_params_mut() {
            param.frozen |= !trained.matches(&name);
            named |= param.trainable();
        }
        setting("train_only", &self.trained, named, "a pattern that names a trainable weight")?;
        let groups = self.groups(target)?;
        let thaw = self.thaw(&net, &groups, &plan)?;
        // ANCHOR: rates
        let mut sgd = self.training.sgd(&plan);
        if let Some(factor) = self.lr_decay_by_depth {
            let in_range = factor >= 1.0 && factor.is_finite();
            setting("lr_decay_by_depth", factor, in_range, "1 or larger")?;
            for (above, group) in groups.iter().rev().enumerate() {
                sgd = sgd.group(&*group.pattern(), |g| g.lr_scale(factor.powi(-(above as i32))));
            }
        } else if matches_any(&net, &Pattern::new(&self.trunk)) {
            sgd = sgd.group(&*self.trunk, |g| g.lr_scale(self.trunk_lr));
        }
        // ANCHOR_END: rates
        let sgd = sgd.bind(&net)?;
        let start = Start { net, normalizer: self.source.normalizer.clone(), thaw };
        let validation = self.validation.as_ref();
        let mut model =
            train(start, sgd, &self.training, &plan, (target, validation), holds, observer)?;
        let before = self.source.net.named_params();
        for ((_, param), (_, before)) in model.net.named_params_mut().into_iter().zip(before) {
            param.frozen = before.frozen;
        }
        Ok(model)
    }

    /// The layers by depth, where a setting asks for them.
    fn groups(&self, target: &Dataset) -> Result<Vec<LayerGroup>, TransferError> {
        if self.unfreeze_every.is_none() && self.lr_decay_by_depth.is_none() {
            return Ok(Vec::new());
        }
        let inputs = Inputs::later(&target.without_labels(), &self.source.normalizer)?;
        Ok(layer_groups(&self.source.net, &inputs.peek(&[0])?))
    }

    /// From when on each layer moves.
    fn thaw(&self, net: &N, groups: &[LayerGroup], plan: &Plan) -> Result<Thaw, TransferError> {
        let params = net.named_params();
        let free = |name: &str| params.iter().any(|(n, p)| n == name && !p.frozen);
        let mut thaw = Thaw::default();
        if let Some(epochs) = self.unfreeze_every {
            setting("unfreeze_every", epochs, epochs > 0, "at least 1")?;
            let moving = groups.iter().rev().filter(|group| group.params.iter().any(|p| free(p)));
            for (above, group) in moving.enumerate() {
                let step = epochs.saturating_mul(above).saturating_mul(plan.steps_per_epoch);
                group.params.iter().filter(|p| free(p)).for_each(|p| thaw.hold(p, step));
            }
        }
        if let Some((pattern, epochs)) = &self.frozen_for {
            let step = epochs.saturating_mul(plan.steps_per_epoch);
            let range = "fewer epochs than the run has";
            setting("frozen_for", epochs, step < plan.steps, range)?;
            let pattern = Pattern::new(pattern);
            let range = "a pattern that names a parameter";
            setting("frozen_for", &pattern, matches_any(net, &pattern), range)?;
            let held = params.iter().filter(|(name, p)| pattern.matches(name) && !p.frozen);
            held.for_each(|(name, _)| thaw.hold(name, step));
        }
        Ok(thaw)
    }
}

fn matches_any(net: &impl Module, pattern: &Pattern) -> bool {
    net.named_params().iter().any(|(name, _)| pattern.matches(name))
}

/// Copies every value of `from` whose name and shape `into` has too; returns the names of `into`
/// that keep the values they have.
///
/// How a network with a head for other classes starts from a source model: the trunk is copied, the
/// head keeps its fresh initial values.
pub fn copy_matching(from: &impl Module, into: &mut impl Module) -> Vec<String> {
    let values = from.state_dict();
    let mut kept = Vec::new();
    for (name, param) in into.named_params_mut() {
        match values.get(&name).filter(|v| v.shape() == param.shape()) {
            Some(value) => param.value = value.clone(),
            None => kept.push(name),
        }
    }
    kept
}
