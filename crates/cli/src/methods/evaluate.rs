//! What is measured on a trained model.

use super::draw;
use crate::run::Session;
use datasets::{Dataset, Unlabelled};
use nn_layers::metrics::ConfusionMatrix;
use nn_layers::models::DannNet;
use std::collections::BTreeMap;
use tensor_autograd::Tensor;
use transfer::measures::proxy_a_distance;
use transfer::{Model, Normalizer, Trained, TransferError};

/// Samples of each domain that the distance between the domains is measured on: the support vector
/// machine takes seconds beyond that, and the figure no longer changes.
const FOR_DISTANCE: usize = 500;
/// Samples of the source that its accuracy is measured on.
pub(super) const FOR_SOURCE: usize = 2000;

/// The data that every model of a run is measured on.
pub(super) struct Yardstick {
    /// Source data and what normalises it, where there is a source.
    pub(super) source: Option<(Dataset, Normalizer)>,
    /// Target inputs for the distance between the domains.
    pub(super) target: Unlabelled,
    /// Labelled target data for the score, where there is any.
    pub(super) test: Option<Dataset>,
}

impl Yardstick {
    /// The name of the score.
    pub(super) fn score(&self) -> &'static str {
        if self.test.is_some() { "target_accuracy" } else { "source_accuracy" }
    }

    /// Measures a `model` whose normaliser is the one for the target; keeps pictures of it if the
    /// session keeps those of this seed. The labels of the test set are read here, once.
    pub(super) fn measure(
        &self,
        session: &Session,
        arm: &str,
        seed: u64,
        model: &Model<DannNet>,
    ) -> Result<Trained, TransferError> {
        let on_source = |(_, own): &(_, Normalizer)| model.with_normalizer(own.clone());
        self.measure_both(session, (arm, seed), model, self.source.as_ref().map(on_source))
    }

    /// The same where serving the source takes more than its normaliser.
    pub(super) fn measure_both(
        &self,
        session: &Session,
        (arm, seed): (&str, u64),
        model: &Model<DannNet>,
        on_source: Option<Model<DannNet>>,
    ) -> Result<Trained, TransferError> {
        let mut figures = BTreeMap::new();
        let confusion = self.test.as_ref().map(|test| model.confusion(test)).transpose()?;
        if let (Some((source, _)), Some(on_source)) = (&self.source, on_source) {
            if source.classes() == model.classes {
                let some = source.select(&sample(source.len(), FOR_SOURCE));
                figures.insert("source_accuracy".to_owned(), on_source.accuracy(&some)?);
                let some = self.target.select(&sample(self.target.len(), FOR_SOURCE));
                let drift = drift(source, &model.predict(&some)?);
                figures.insert("class_balance_drift".to_owned(), drift);
            }
            let near = source.select(&sample(source.len(), FOR_DISTANCE));
            let far = self.target.select(&sample(self.target.len(), FOR_DISTANCE));
            let a = on_source.embed(&near.without_labels())?;
            let b = model.embed(&far)?;
            if a.shape()[0] >= 2 && b.shape()[0] >= 2 {
                figures.insert("a_distance".to_owned(), proxy_a_distance(&a, &b, 0));
            }
            if session.keeps(seed) {
                let labels = near.labels().filter(|_| source.classes() == model.classes);
                let near = draw::Domain { name: "source", features: &a, labels };
                self.draw_features(session, arm, near, (model, &b))?;
            }
        }
        if session.keeps(seed) {
            if let (Some(matrix), Some(test)) = (&confusion, &self.test) {
                draw::confusion(&session.folder, arm, matrix, &model.classes)?;
                draw::predictions(&session.folder, arm, model, test)?;
            }
            if self.target.sample_shape() == [2] {
                draw::decision(&session.folder, arm, model, self)?;
            }
        }
        let score = match &confusion {
            Some(matrix) => matrix.accuracy(),
            None => figures.get("source_accuracy").copied().unwrap_or(0.0),
        };
        if let Some(matrix) = &confusion {
            per_class(matrix, &model.classes, &mut figures);
        }
        Ok(Trained { score, figures, history: model.history.clone() })
    }
}

impl Yardstick {
    /// Beside the source the test set, whose classes are known, or else the target.
    fn draw_features(
        &self,
        session: &Session,
        arm: &str,
        source: draw::Domain<'_>,
        (model, target): (&Model<DannNet>, &Tensor),
    ) -> Result<(), TransferError> {
        let test = self.test.as_ref().map(|test| test.select(&sample(test.len(), FOR_DISTANCE)));
        let features = test.as_ref().map(|test| model.embed(&test.without_labels())).transpose()?;
        let labels = test.as_ref().and_then(Dataset::labels);
        let features = features.as_ref().unwrap_or(target);
        let target = draw::Domain { name: "target", features, labels };
        draw::features(&session.folder, arm, [source, target], &model.classes)
    }
}

/// How far the shares of the predicted classes are from those of the source's labels: half the sum of
/// the absolute differences, the part of the samples that would have to change class. 0 to 1.
fn drift(source: &Dataset, predicted: &[usize]) -> f64 {
    let shares = |labels: &[usize]| {
        let mut shares = vec![0.0; source.classes().len()];
        for &label in labels {
            shares[label] += 1.0 / labels.len().max(1) as f64;
        }
        shares
    };
    let (a, b) = (shares(source.labels().unwrap_or(&[])), shares(predicted));
    a.iter().zip(&b).map(|(a, b): (&f64, &f64)| (a - b).abs()).sum::<f64>() / 2.0
}

/// At most `n` of `len` rows, the same ones every time.
pub(super) fn sample(len: usize, n: usize) -> Vec<usize> {
    let mut rows = datasets::epoch_order(len, 0, 0);
    rows.truncate(n);
    rows
}

/// The accuracy on each class as a figure of its own, unless there are too many to read.
fn per_class(matrix: &ConfusionMatrix, classes: &[String], figures: &mut BTreeMap<String, f64>) {
    if classes.len() > 50 {
        return;
    }
    for (class, recall) in classes.iter().zip(matrix.recall()) {
        if let Some(recall) = recall {
            figures.insert(format!("target_accuracy_of_{class}"), recall);
        }
    }
}
