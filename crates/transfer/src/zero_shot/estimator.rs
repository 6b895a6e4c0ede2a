//! The estimator.

use super::dap::{Binary, Dap};
use super::generalized::{best, curve};
use super::matrix::{Centring, Mat};
use super::model::{Network, ZeroShotModel};
use super::scorer::{Closed, Map, Prepared, Scorer};
use super::seen::Seen;
use super::signatures::{Scaler, Scaling};
use super::training::{self, Loss};
use super::tuning::{choose, class_folds, without};
use super::{Signatures, ZeroShotError, eszsl::Coding, sae::Direction};
use crate::error::setting;
use crate::fit::Observer;
use crate::training::training_methods;
use crate::{Training, TransferError};
use datasets::Dataset;
use nn_layers::Sequential;
use std::collections::BTreeMap;

/// How a class is found by its signature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Direct attribute prediction; the penalty is that of the attributes' logistic regressions.
    Dap {
        /// Positive.
        penalty: f64,
    },
    /// Direct attribute prediction by a network that is trained on the attributes from end to end.
    Attributes,
    /// Ridge regression of the signatures, then the nearest.
    Nearest,
    /// The bilinear closed form.
    Eszsl(Coding),
    /// The semantic autoencoder.
    Sae(Direction),
    /// Convex combination of the signatures of the likeliest seen classes.
    Conse {
        /// How many classes are combined; at least 1.
        top: usize,
    },
    /// A learnt compatibility f(x) · g(s) under the margin loss.
    Compatibility {
        /// The margin k; positive.
        margin: f64,
        /// Dimensions of the common space; at least 1.
        width: usize,
    },
    /// A network that gives the signature itself, trained on the cosine.
    Regression,
}

/// Trains on seen classes a model that tells unseen ones, by their signatures.
///
/// Without [`network`](ZeroShot::network) the features are the inputs, joined to rows. With one,
/// the closed forms, the regressions of [`Kind::Dap`] and ConSE stand on a classifier of the seen
/// classes, and the three learnt kinds train it from end to end. Penalties are chosen by holding out seen classes, a fifth at a time; with
/// fewer than four seen classes they are 1. The features that they are chosen on were trained with
/// the held-out classes too; unseen classes are read nowhere.
#[derive(Clone, Debug)]
pub struct ZeroShot {
    kind: Kind,
    signatures: Signatures,
    scaling: Scaling,
    features: Option<Sequential>,
    calibrate: bool,
    training: Training,
}

impl ZeroShot {
    /// A method, and the signatures of all classes, seen and unseen.
    pub fn new(kind: Kind, signatures: Signatures) -> Self {
        let (features, training) = (None, Training::default());
        ZeroShot {
            kind,
            signatures,
            scaling: Scaling::default(),
            features,
            calibrate: false,
            training,
        }
    }

    training_methods!();

    /// The feature extractor, from a sample to `[n, d]`, trained from the values it has.
    pub fn network(mut self, features: Sequential) -> Self {
        self.features = Some(features);
        self
    }

    /// What is done to the signatures. Direct attribute prediction, in both forms, reads only which are
    /// above the mean, whatever is said here.
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// Whether γ of calibrated stacking is measured: seen classes that play unseen are held out, the
    /// whole method is trained on the rest, and the γ with the largest harmonic mean is kept.
    /// Otherwise it is 0. A method that trains a network does this once, the others once for each
    /// group of classes.
    pub fn calibrate(mut self, calibrate: bool) -> Self {
        self.calibrate = calibrate;
        self
    }

    /// Trains on `data`, whose classes with samples are the seen ones.
    ///
    /// # Errors
    /// If a setting is out of range, a seen class has no signature, there are fewer than two (four
    /// to calibrate), a feature is not finite, training diverges, or the observer interrupts it.
    pub fn fit(
        &self,
        data: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<ZeroShotModel, TransferError> {
        self.check()?;
        let seen = Seen::new(data, &self.signatures)?;
        if self.calibrate && class_folds(seen.names.len(), 0).is_empty() {
            let (what, found) = ("calibration holds seen classes out", seen.names.len());
            return Err(ZeroShotError::TooFewClasses { what, found, needed: 4 }.into());
        }
        let model = self.fit_on(&seen, &self.training, None, observer)?;
        let gamma = match self.calibrate {
            true => self.measure_gamma(&seen, &model.penalties, observer)?,
            false => 0.0,
        };
        Ok(ZeroShotModel { gamma, ..model })
    }

    fn check(&self) -> Result<(), TransferError> {
        // Also where nothing is trained: a slip is a slip.
        self.training.plan("zero-shot", 1)?;
        let (patience, range) = (self.training.patience, "left out: there is no criterion");
        setting("patience", patience.unwrap_or(0), patience.is_none(), range)?;
        match self.kind {
            Kind::Dap { penalty } => {
                let ok = penalty > 0.0 && penalty.is_finite();
                setting("penalty", penalty, ok, "positive")
            }
            Kind::Conse { top } => setting("top", top, top > 0, "at least 1"),
            Kind::Compatibility { margin, width } => {
                setting("margin", margin, margin > 0.0 && margin.is_finite(), "positive")?;
                setting("width", width, width > 0, "at least 1")
            }
            _ => Ok(()),
        }
    }

    /// Trains on the seen classes, with these penalties or the best ones; γ stays 0.
    fn fit_on(
        &self,
        seen: &Seen,
        training: &Training,
        given: Option<&BTreeMap<String, f64>>,
        observer: &mut dyn Observer,
    ) -> Result<ZeroShotModel, TransferError> {
        let features = self.features.as_ref();
        let mut penalties = given.cloned().unwrap_or_default();
        let scaler = Scaler::fit(self.scaling, &seen.signatures);
        let embedded = |loss, map: fn(&super::compatibility::Embedder) -> Map, observer| {
            let s = scaler.apply(&seen.signatures);
            let model = training::embedder(features, loss, &seen.data, &s, training, observer)?;
            let (map, scaler) = (map(&model.net), scaler.clone());
            let scorer = Scorer { centring: None, scaler, map };
            Ok::<_, TransferError>((Network::Embedder(Box::new(model)), scorer))
        };
        let (network, scorer) = match self.kind {
            Kind::Compatibility { margin, width } => {
                let map = |net: &super::compatibility::Embedder| {
                    Map::Product(net.signature.clone().expect("a compatibility has both maps"))
                };
                embedded(Loss::Margin { margin, width }, map, observer)?
            }
            Kind::Regression => embedded(Loss::Cosine, |_| Map::Cosine, observer)?,
            Kind::Attributes => {
                let (s, binary) = (&seen.signatures, Binary::fit(&seen.signatures));
                let model =
                    training::attributes(features, &binary, &seen.data, s, training, observer)?;
                let (scaler, map) = (Scaler::fit(Scaling::Raw, s), Map::Attributes(binary));
                (Network::Embedder(Box::new(model)), Scorer { centring: None, scaler, map })
            }
            Kind::Conse { top } => {
                let model = training::classifier(features, &seen.data, training, observer)?;
                let map = Map::Conse(scaler.apply(&seen.signatures), top);
                (Network::Probabilities(model), Scorer { centring: None, scaler, map })
            }
            kind => {
                let model = match features {
                    Some(_) => training::classifier(features, &seen.data, training, observer)?,
                    None => training::raw(&seen.data, training),
                };
                let network = Network::Features(model);
                let x = network.outputs(&seen.data.without_labels())?;
                let scorer = self.closed(kind, &x, seen, training.seed, &mut penalties);
                (network, scorer)
            }
        };
        let history = network.history();
        let (signatures, names) = (self.signatures.clone(), seen.names.clone());
        Ok(ZeroShotModel {
            network,
            scorer,
            signatures,
            seen: names,
            gamma: 0.0,
            penalties,
            history,
        })
    }

    /// The methods on features.
    fn closed(
        &self,
        kind: Kind,
        x: &Mat<f64>,
        seen: &Seen,
        seed: u64,
        penalties: &mut BTreeMap<String, f64>,
    ) -> Scorer {
        let (labels, s) = (seen.data.labels().unwrap_or_default(), &seen.signatures);
        let closed = match kind {
            Kind::Eszsl(coding) => Closed::Eszsl(self.scaling, coding),
            Kind::Sae(way) => Closed::Sae(self.scaling, way),
            Kind::Dap { penalty } => {
                let (centring, scaler) = (Centring::fit(x), Scaler::fit(Scaling::Raw, s));
                let map = Map::Dap(Dap::fit(&centring.apply(x), labels, s, penalty));
                return Scorer { centring: Some(centring), scaler, map };
            }
            _ => Closed::Nearest(self.scaling),
        };
        if penalties.is_empty() {
            let (gamma, lambda) = choose(closed, x, labels, s, seed);
            if !matches!(closed, Closed::Sae(..)) {
                penalties.insert("gamma".to_owned(), gamma);
            }
            if !matches!(closed, Closed::Nearest(_)) {
                penalties.insert("lambda".to_owned(), lambda);
            }
        }
        let of = |name: &str| penalties.get(name).copied().unwrap_or(1.0);
        let pair = (of("gamma"), of("lambda"));
        Prepared::new(closed, x, labels, s).solve(pair)
    }

    /// γ of calibrated stacking, from seen classes alone. The penalties are the model's: the scale of
    /// the scores, and so of γ, follows from them.
    fn measure_gamma(
        &self,
        seen: &Seen,
        penalties: &BTreeMap<String, f64>,
        observer: &mut dyn Observer,
    ) -> Result<f64, TransferError> {
        let classes = seen.names.len();
        let folds = class_folds(classes, self.training.seed);
        let trains = self.features.is_some()
            || matches!(
                self.kind,
                Kind::Attributes
                    | Kind::Conse { .. }
                    | Kind::Compatibility { .. }
                    | Kind::Regression
            );
        let some = if trains { 1 } else { folds.len() };
        let training = Training { checkpoints: None, ..self.training.clone() };
        let mut gammas = Vec::new();
        for held in &folds[..some] {
            let (kept, number) = without(classes, held);
            let (train, test) = seen.split(&number, self.training.seed);
            let part = seen.part(&train, &kept)?;
            let model = self.fit_on(&part, &training, Some(penalties), observer)?;
            let x = model.network.outputs(&seen.data.select(&test).without_labels())?;
            let scores = model.scorer.scores(&x, &seen.signatures);
            let all = seen.data.labels().unwrap_or_default();
            let labels: Vec<usize> = test.iter().map(|&row| all[row]).collect();
            let is_seen: Vec<bool> = number.iter().map(Option::is_some).collect();
            gammas.push(best(&curve(&scores, &labels, &is_seen)).gamma);
        }
        let finite: Vec<f64> = gammas.into_iter().filter(|g| g.is_finite()).collect();
        // Without a finite one, the halves cannot be served together and γ does not matter.
        Ok(finite.iter().sum::<f64>() / finite.len().max(1) as f64)
    }
}
