//! What `fit` gives: a model that tells any classes with a signature.

use super::compatibility::Embedder;
use super::generalized::{Point, ausuc, best, calibrated, class_accuracy, curve};
use super::matrix::{Mat, argmax_rows, matrix, select_rows};
use super::scorer::Scorer;
use super::{Signatures, ZeroShotError};
use crate::input::Normalizer;
use crate::model::Model;
use crate::{History, TransferError};
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use std::collections::BTreeMap;
use tensor_autograd::{Real, Tensor};

/// A network, and which of its outputs the scores are made from.
#[derive(Clone, Debug)]
pub(super) enum Network {
    Features(Model<DannNet>),
    Probabilities(Model<DannNet>),
    Embedder(Box<Model<Embedder>>),
}

impl Network {
    pub(super) fn history(&self) -> History {
        match self {
            Network::Features(model) | Network::Probabilities(model) => model.history.clone(),
            Network::Embedder(model) => model.history.clone(),
        }
    }

    pub(super) fn normalizer(&self) -> &Normalizer {
        match self {
            Network::Features(model) | Network::Probabilities(model) => &model.normalizer,
            Network::Embedder(model) => &model.normalizer,
        }
    }

    /// What the scores are made from, `[n, d]`.
    pub(super) fn outputs(&self, inputs: &Unlabelled) -> Result<Mat<f64>, TransferError> {
        let outputs = match self {
            Network::Features(model) => model.embed(inputs)?,
            Network::Probabilities(model) => model.probabilities(inputs)?,
            Network::Embedder(model) => model.logits(inputs)?,
        };
        match outputs.is_finite() {
            true => Ok(matrix(&outputs)),
            false => Err(ZeroShotError::NotFinite { data: inputs.name().to_owned() }.into()),
        }
    }
}

/// A trained zero-shot model.
#[derive(Clone, Debug)]
pub struct ZeroShotModel {
    pub(super) network: Network,
    pub(super) scorer: Scorer,
    pub(super) signatures: Signatures,
    pub(super) seen: Vec<String>,
    pub(super) gamma: f64,
    pub(super) penalties: BTreeMap<String, f64>,
    pub(super) history: History,
}

/// How well a model tells unseen classes, alone and beside the seen ones. All accuracies are means
/// over classes.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// On samples of unseen classes, with these alone as candidates.
    pub unseen: f64,
    /// The accuracy on each unseen class that has samples, among the unseen.
    pub per_class: BTreeMap<String, f64>,
    /// With all classes as candidates, where the test data has samples of seen ones.
    pub generalized: Option<Generalized>,
}

/// The generalised case: seen and unseen classes are candidates alike.
#[derive(Clone, Debug)]
pub struct Generalized {
    /// On samples of seen classes, with these alone as candidates.
    pub seen_alone: f64,
    /// With the scores as they are, γ = 0.
    pub raw: Point,
    /// With the model's γ, measured on seen classes alone.
    pub calibrated: Point,
    /// The largest harmonic mean of any γ; it is chosen on the test data, a bound and no result.
    pub best: Point,
    /// The area under the curve of seen over unseen accuracy.
    pub ausuc: f64,
}

impl ZeroShotModel {
    /// The classes of the training data.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// What is known of all classes, seen and unseen.
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// The shape of the samples that it takes.
    pub fn sample_shape(&self) -> &[usize] {
        self.network.normalizer().sample()
    }

    /// What calibrated stacking subtracts from the scores of seen classes.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// The penalties that were chosen, by name.
    pub fn penalties(&self) -> &BTreeMap<String, f64> {
        &self.penalties
    }

    /// The epochs of the network's training; none without one.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Features `[n, d]`: what the scores are made from, before any class is thought of.
    ///
    /// # Errors
    /// If the inputs do not fit the model or what it makes of them is not finite.
    pub fn embed(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        let outputs = self.network.outputs(inputs)?;
        let (n, d) = (outputs.nrows(), outputs.ncols());
        Ok(Tensor::from_fn([n, d], |i| outputs[(i / d, i % d)] as Real))
    }

    /// Scores `[n, classes]` of any classes that have a signature, larger is better, γ not
    /// subtracted: what they are depends on the method, only their order within a row means
    /// something.
    ///
    /// # Errors
    /// If a class has no signature, or the inputs do not fit the model or are not finite.
    pub fn scores(
        &self,
        inputs: &Unlabelled,
        classes: &[String],
    ) -> Result<Mat<f64>, TransferError> {
        let signatures = self.signatures.of(classes)?;
        Ok(self.scorer.scores(&self.network.outputs(inputs)?, &signatures))
    }

    /// As [`scores`](ZeroShotModel::scores), with γ subtracted from those of the seen classes.
    ///
    /// # Errors
    /// As for [`scores`](ZeroShotModel::scores), and [`ZeroShotError::TooFewClasses`] without a
    /// class to choose.
    pub fn calibrated(
        &self,
        inputs: &Unlabelled,
        classes: &[String],
    ) -> Result<Mat<f64>, TransferError> {
        if classes.is_empty() {
            let what = "a prediction needs candidates";
            return Err(ZeroShotError::TooFewClasses { what, found: 0, needed: 1 }.into());
        }
        Ok(calibrated(&self.scores(inputs, classes)?, &self.is_seen(classes), self.gamma))
    }

    /// The class of each sample among `classes`, as an index into them. Where seen and unseen ones
    /// stand side by side, γ is subtracted from the scores of the seen.
    ///
    /// # Errors
    /// As for [`calibrated`](ZeroShotModel::calibrated).
    pub fn predict(
        &self,
        inputs: &Unlabelled,
        classes: &[String],
    ) -> Result<Vec<usize>, TransferError> {
        Ok(argmax_rows(&self.calibrated(inputs, classes)?))
    }

    /// Judges the model by `test`, whose classes are known by their names.
    ///
    /// # Errors
    /// As for [`scores`](ZeroShotModel::scores); [`ZeroShotError::AlsoSeen`] if an unseen class is
    /// a seen one, [`ZeroShotError::Label`] if a test sample is of neither kind, and
    /// [`ZeroShotError::TooFewClasses`] if no sample is of an unseen class.
    pub fn evaluate(&self, test: &Dataset, unseen: &[String]) -> Result<Evaluation, TransferError> {
        self.signatures.check_unseen(unseen, &self.seen)?;
        let candidates: Vec<String> = self.seen.iter().chain(unseen).cloned().collect();
        let is_seen = self.is_seen(&candidates);
        let mut place = Vec::new();
        for &label in test.require_labels()? {
            let class = &test.classes()[label];
            let Some(at) = candidates.iter().position(|c| c == class) else {
                let (data, class) = (test.name().to_owned(), class.clone());
                return Err(ZeroShotError::Label { data, class, candidates }.into());
            };
            place.push(at);
        }
        let scores = self.scores(&test.without_labels(), &candidates)?;
        // The candidates and samples of one half, numbered within it.
        let half = |seen: bool| {
            let first = if seen { 0 } else { self.seen.len() };
            let rows: Vec<usize> =
                (0..place.len()).filter(|&i| is_seen[place[i]] == seen).collect();
            let labels: Vec<usize> = rows.iter().map(|&i| place[i] - first).collect();
            let width = if seen { self.seen.len() } else { unseen.len() };
            let own = select_rows(&scores, &rows);
            let own = Mat::from_fn(rows.len(), width, |i, j| own[(i, first + j)]);
            (labels, argmax_rows(&own))
        };
        let (labels, found) = half(false);
        if labels.is_empty() {
            let what = "samples of unseen classes in the test data";
            return Err(ZeroShotError::TooFewClasses { what, found: 0, needed: 1 }.into());
        }
        let mut per_class = BTreeMap::new();
        for (c, class) in unseen.iter().enumerate() {
            let rows: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == c).collect();
            let right = rows.iter().filter(|&&i| found[i] == c).count();
            if !rows.is_empty() {
                per_class.insert(class.clone(), right as f64 / rows.len() as f64);
            }
        }
        let (seen_labels, seen_found) = half(true);
        let generalized = (!seen_labels.is_empty()).then(|| {
            let points = curve(&scores, &place, &is_seen);
            let at = |gamma: f64| {
                let found = argmax_rows(&calibrated(&scores, &is_seen, gamma));
                let of = |seen: bool| {
                    let rows = || (0..place.len()).filter(|&i| is_seen[place[i]] == seen);
                    let pick = |all: &[usize]| rows().map(|i| all[i]).collect::<Vec<_>>();
                    class_accuracy(&pick(&place), &pick(&found))
                };
                Point { gamma, seen: of(true), unseen: of(false) }
            };
            Generalized {
                seen_alone: class_accuracy(&seen_labels, &seen_found),
                raw: at(0.0),
                calibrated: at(self.gamma),
                best: best(&points),
                ausuc: ausuc(&points),
            }
        });
        Ok(Evaluation { unseen: class_accuracy(&labels, &found), per_class, generalized })
    }

    fn is_seen(&self, classes: &[String]) -> Vec<bool> {
        classes.iter().map(|class| self.seen.contains(class)).collect()
    }
}
