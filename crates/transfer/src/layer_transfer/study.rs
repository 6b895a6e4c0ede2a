//! Where to cut: the curves of Yosinski et al. (2014).

use super::{Copied, LayerCurve, LayerCurves, LayerPoint, LayerTransfer};
use crate::depth::{LayerGroup, layer_groups};
use crate::fit::{Observer, Progress};
use crate::input::{Inputs, Normalize, Normalizer};
use crate::measures::{Summary, bootstrap_interval};
use crate::model::Model;
use crate::network::Network;
use crate::study::{Report, Study, Trained, Watch};
use crate::{FineTune, TransferError};
use datasets::Dataset;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use tensor_autograd::Rng;

/// From which end layers are copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyFrom {
    /// The first n layers: what images share are edges and colours.
    #[default]
    First,
    /// The last n layers: what speakers share are the words.
    Last,
}

/// What a study trains: task A, where the layers come from, and task B, which they are to serve.
pub trait LayerTask<N> {
    /// The classes of A.
    fn source_classes(&self) -> &[String];

    /// The model that was trained on A.
    ///
    /// # Errors
    /// Those of its training.
    fn source(&self, seed: u64) -> Result<Model<N>, TransferError>;

    /// A network for the classes of B, with initial values drawn from `rng`.
    ///
    /// # Errors
    /// If there is none for such data.
    fn net(&self, rng: &mut Rng) -> Result<N, TransferError>;

    /// B: labelled examples to learn from, and those that give the score.
    ///
    /// # Errors
    /// If there are too few.
    fn draw(&self, seed: u64) -> Result<(Dataset, Dataset), TransferError>;

    /// Training from `start` with the settings that every point of the curves has.
    ///
    /// # Errors
    /// If the examples that are to choose the epoch cannot be drawn.
    fn tuning(&self, arm: &str, seed: u64, start: Model<N>) -> Result<FineTune<N>, TransferError>;

    /// Who watches the training of the model of B that `BnB` copies from.
    fn observer(&self, _arm: &str, _seed: u64) -> Box<dyn Observer> {
        Box::new(Progress::silent())
    }
}

/// The four curves over n, the number of copied layers, from none to all; the other layers are fresh,
/// and everything is trained and judged on B:
///
/// | | copied from a net of | then |
/// |---|---|---|
/// | `AnB` | A | frozen: falls where layers are specific to A, or were adapted to each other |
/// | `AnB+` | A | trained: what transfer is worth |
/// | `BnB` | B itself | frozen: falls only where layers were adapted to each other |
/// | `BnB+` | B itself | trained: the control |
///
/// The net of B itself has other initial values than the fresh layers. If A has other classes, the
/// output layer is never copied, and the curves end before it.
pub struct LayerStudy<'a, N> {
    pub(super) task: &'a dyn LayerTask<N>,
    pub(super) from: CopyFrom,
    pub(super) groups: Vec<LayerGroup>,
    /// How many layers can be copied.
    pub(super) limit: usize,
    /// The net of B of the latest seed.
    base: RefCell<Option<(u64, Model<N>)>>,
}

// ANCHOR: curves
/// The curves: name, whether from A, whether frozen.
pub(super) const CURVES: [(&str, bool, bool); 4] =
    [("AnB", true, true), ("AnB+", true, false), ("BnB", false, true), ("BnB+", false, false)];
// ANCHOR_END: curves

impl<'a, N: Network> LayerStudy<'a, N> {
    /// The study of `task`, with layers copied from this end.
    ///
    /// # Errors
    /// Those of the task's network and data.
    pub fn new(task: &'a dyn LayerTask<N>, from: CopyFrom) -> Result<Self, TransferError> {
        let (few, _) = task.draw(0)?;
        let inputs = few.without_labels();
        let normalizer = Normalizer::fit(Normalize::None, &inputs);
        let sample = Inputs::new(&inputs.select(&[0]), &normalizer)?.batch(&[0]);
        let groups = layer_groups(&task.net(&mut Rng::seed(0))?, &sample);
        let same = task.source_classes() == few.classes();
        let limit = groups.len() - usize::from(!same);
        Ok(LayerStudy { task, from, groups, limit, base: RefCell::new(None) })
    }

    /// The trainings, one arm for each point of the curves: `AnB_0` to `BnB+_4`. Without a copied layer
    /// all curves are one.
    pub fn study(&self) -> Study<'_> {
        let none = CURVES[0];
        let score = "target_accuracy";
        let mut study = Study::new("AnB_0", score, move |seed, o| self.train(none, 0, seed, o));
        for n in 1..=self.limit {
            for curve in CURVES {
                let run = move |seed, o: &mut dyn Observer| self.train(curve, n, seed, o);
                study = study.baseline(arm(curve.0, n), run);
            }
        }
        study
    }

    /// Trains everything, and draws the curves.
    ///
    /// # Errors
    /// The first error of a training.
    ///
    /// # Panics
    /// Without a seed.
    pub fn run(&self, seeds: &[u64], watch: &mut dyn Watch) -> Result<LayerCurves, TransferError> {
        Ok(self.curves(&self.study().run(seeds, &[], watch)?))
    }

    /// The curves of a report that [`study`](LayerStudy::study) gave.
    ///
    /// # Panics
    /// If an arm of the study is not in it.
    pub fn curves(&self, report: &Report) -> LayerCurves {
        let point = |curve: &str, n: usize| {
            let arm = if n == 0 { arm(CURVES[0].0, 0) } else { arm(curve, n) };
            let scores = report.outcomes.iter().filter(|o| o.arm == arm).map(|o| o.score);
            let accuracy = Summary::of(scores.collect());
            LayerPoint { n, interval: bootstrap_interval(&accuracy.per_seed), accuracy }
        };
        let curves = CURVES.iter().map(|(name, ..)| LayerCurve {
            name: (*name).to_owned(),
            points: (0..=self.limit).map(|n| point(name, n)).collect(),
        });
        let mut layers: Vec<String> =
            self.groups[..self.limit].iter().map(|group| group.name.clone()).collect();
        if self.from == CopyFrom::Last {
            layers.reverse();
        }
        let output_copied = self.limit == self.groups.len();
        LayerCurves { from: self.from, layers, output_copied, curves: curves.collect() }
    }

    /// One point of one curve.
    fn train(
        &self,
        curve: (&str, bool, bool),
        n: usize,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Trained, TransferError> {
        let (few, test) = self.task.draw(seed)?;
        let model = self.model(curve, n, seed, &few, observer)?;
        let score = model.accuracy(&test)?;
        Ok(Trained { score, figures: Default::default(), history: model.history })
    }

    /// The model of that point.
    pub(super) fn model(
        &self,
        (name, from_a, frozen): (&str, bool, bool),
        n: usize,
        seed: u64,
        few: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        let from = match from_a {
            true => self.task.source(seed)?,
            false => self.base(seed)?,
        };
        let copied = match self.from {
            CopyFrom::First => &self.groups[..n],
            CopyFrom::Last => &self.groups[self.limit - n..self.limit],
        };
        let patterns: Vec<String> = copied.iter().map(LayerGroup::pattern).collect();
        let transfer = LayerTransfer {
            tuning: self.task.tuning(&arm(name, n), seed, from)?,
            fresh: self.task.net(&mut Rng::seed(seed).fork("init"))?,
            copy: (n > 0).then(|| patterns.join(",")),
            copied: if frozen { Copied::Frozen } else { Copied::Trained },
        };
        match frozen && n == self.groups.len() {
            // Nothing is left to train: the model as it is.
            true => Ok(transfer.start(few)?.0),
            false => transfer.fit(few, observer),
        }
    }

    /// The net trained on B itself.
    fn base(&self, seed: u64) -> Result<Model<N>, TransferError> {
        if let Some((_, model)) = self.base.borrow().as_ref().filter(|(of, _)| *of == seed) {
            return Ok(model.clone());
        }
        let arm = "base_B";
        let transfer = LayerTransfer {
            tuning: self.task.tuning(arm, seed, self.task.source(seed)?)?,
            fresh: self.task.net(&mut Rng::seed(seed).fork("init of B"))?,
            copy: None,
            copied: Copied::Trained,
        };
        let few = self.task.draw(seed)?.0;
        let model = transfer.fit(&few, &mut *self.task.observer(arm, seed))?;
        self.base.replace(Some((seed, model.clone())));
        Ok(model)
    }
}

fn arm(curve: &str, n: usize) -> String {
    format!("{curve}_{n}")
}
