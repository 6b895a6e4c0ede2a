//! What all arms of a run have in common, and how each is trained and measured.

use super::super::by_layer::moved;
use super::super::evaluate::Yardstick;
use super::Flags;
use super::drawing::Drawn;
use super::flags::base;
use super::forgetting;
use super::start::{Start, last_layer};
use crate::run::{Session, Shared};
use datasets::Dataset;
use nn_layers::models::DannNet;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tensor_autograd::Rng;
use transfer::fit::Observer;
use transfer::layer_transfer::LayerTask;
use transfer::{Architecture, FineTune, Model, Trained, Training, TransferError};

/// What all arms of the study have in common.
pub(in crate::methods) struct Setup<'a> {
    pub(super) session: &'a Session,
    pub(super) shared: &'a Shared,
    pub(super) flags: &'a Flags,
    pub(super) architecture: Architecture,
    pub(super) target: Dataset,
    pub(super) test: Option<Dataset>,
    pub(super) start: Start,
    /// What the latest seed drew; every arm draws the same.
    pub(super) latest: RefCell<Option<(u64, Drawn)>>,
}

impl Setup<'_> {
    /// The target as a seed sees it.
    pub(super) fn draw(&self, seed: u64) -> Result<Drawn, TransferError> {
        if let Some((_, drawn)) = self.latest.borrow().as_ref().filter(|(of, _)| *of == seed) {
            return Ok(drawn.clone());
        }
        let drawn = Drawn::of(&self.target, self.test.as_ref(), self.flags, seed)?;
        self.latest.replace(Some((seed, drawn.clone())));
        Ok(drawn)
    }

    /// The same initial values for every arm of a seed.
    pub(in crate::methods) fn net(&self, seed: u64) -> Result<DannNet, TransferError> {
        self.architecture.build(&mut Rng::seed(seed).fork("init"))
    }

    /// Fine-tuning from the source model, as the settings have it.
    pub(super) fn tuning(
        &self,
        arm: &str,
        seed: u64,
        source: &Model<DannNet>,
    ) -> Result<FineTune<DannNet>, TransferError> {
        self.tuning_from(arm, seed, self.start.adapted(source.clone(), self, seed)?)
    }

    /// Fine-tuning from any model, as the settings have it.
    pub(in crate::methods) fn tuning_from(
        &self,
        arm: &str,
        seed: u64,
        start: Model<DannNet>,
    ) -> Result<FineTune<DannNet>, TransferError> {
        let mut tuning = self.watched(FineTune::new(start), arm, seed)?;
        if let Some(factor) = self.flags.trunk_lr {
            tuning = tuning.trunk_lr(factor);
        }
        if let Some(factor) = self.flags.lr_decay_by_depth {
            tuning = tuning.lr_decay_by_depth(factor);
        }
        if let Some(epochs) = self.flags.unfreeze_every {
            tuning = tuning.unfreeze_every(epochs);
        }
        if let Some(pattern) = &self.flags.train_only {
            tuning = tuning.train_only(pattern);
        }
        Ok(tuning)
    }

    /// With the settings that every training on the target has, and what chooses its epoch.
    fn watched(
        &self,
        tuning: FineTune<DannNet>,
        arm: &str,
        seed: u64,
    ) -> Result<FineTune<DannNet>, TransferError> {
        let tuning = tuning.training(self.kept(arm, seed));
        Ok(match self.draw(seed)?.held_out {
            Some(held_out) => tuning.validation(held_out),
            None => tuning,
        })
    }

    /// The last layer alone, on the source model's features.
    pub(super) fn probe(
        &self,
        arm: &str,
        seed: u64,
        source: &Model<DannNet>,
    ) -> Result<FineTune<DannNet>, TransferError> {
        let start = self.start.adapted(source.clone(), self, seed)?;
        let head = last_layer(&start.net).map_or_else(|| "*".into(), |layer| format!("{layer}*"));
        Ok(self.watched(FineTune::new(start), arm, seed)?.train_only(head))
    }

    /// A pattern of the weights that are fresh because the source has other classes; empty for none.
    pub(in crate::methods) fn fresh(&self, source: &Model<DannNet>) -> String {
        let other = source.classes != self.target.classes();
        let head = last_layer(&source.net).filter(|_| other);
        head.map_or(String::new(), |layer| format!("{layer}*"))
    }

    /// The source's data, where there is any.
    pub(in crate::methods) fn source(&self) -> Option<&Dataset> {
        self.start.data()
    }

    /// The labelled target examples of a seed.
    pub(in crate::methods) fn few(&self, seed: u64) -> Result<Dataset, TransferError> {
        Ok(self.draw(seed)?.few)
    }

    /// The source model of a seed.
    pub(in crate::methods) fn source_model(
        &self,
        seed: u64,
    ) -> Result<Model<DannNet>, TransferError> {
        self.start.model(self, seed)
    }

    /// The run's session.
    pub(in crate::methods) fn session(&self) -> &Session {
        self.session
    }

    pub(super) fn kept(&self, arm: &str, seed: u64) -> Training {
        let training = self.shared.training(&base(), seed);
        let (cache, patience) = (self.flags.pretrained.cache(), self.flags.patience);
        self.session.kept(arm, Training { cache, patience, ..training })
    }

    /// Measures the model of an arm; `start` is where its training began, if that was no random net.
    pub(super) fn measure(
        &self,
        arm: &str,
        seed: u64,
        drawn: Drawn,
        start: Option<&DannNet>,
        model: &Model<DannNet>,
    ) -> Result<Trained, TransferError> {
        let mut figures = BTreeMap::new();
        let mut source = None;
        if let Some(start) = start {
            let before = self.start.model(self, seed)?;
            moved((start, &model.net), false, &mut figures);
            forgetting::alike(&before, model, &drawn.test.without_labels(), &mut figures)?;
            if let Some(data) = self.start.data() {
                forgetting::before(&before, data, &model.classes, &mut figures)?;
                source = Some((data.clone(), before.normalizer));
            }
        }
        let target = drawn.test.without_labels();
        let yardstick = Yardstick { source, target, test: Some(drawn.test) };
        let mut trained = yardstick.measure(self.session, arm, seed, model)?;
        trained.figures.append(&mut figures);
        Ok(trained)
    }
}

impl LayerTask<DannNet> for Setup<'_> {
    fn source_classes(&self) -> &[String] {
        self.start.classes()
    }

    fn source(&self, seed: u64) -> Result<Model<DannNet>, TransferError> {
        self.start.model(self, seed)
    }

    fn net(&self, rng: &mut Rng) -> Result<DannNet, TransferError> {
        self.architecture.build(rng)
    }

    fn draw(&self, seed: u64) -> Result<(Dataset, Dataset), TransferError> {
        let Drawn { few, test, .. } = Setup::draw(self, seed)?;
        Ok((few, test))
    }

    fn tuning(
        &self,
        arm: &str,
        seed: u64,
        start: Model<DannNet>,
    ) -> Result<FineTune<DannNet>, TransferError> {
        self.tuning_from(arm, seed, start)
    }

    fn observer(&self, arm: &str, seed: u64) -> Box<dyn Observer> {
        self.session.observer(arm, seed)
    }
}
