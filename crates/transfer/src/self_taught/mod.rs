//! Self-taught learning (Raina, Battle, Lee, Packer and Ng, 2007).
//!
//! *Source unlabelled, target labelled, and little of it.* Features are learnt from data that needs
//! no labels, and need not be of the target's classes; a simple classifier on those features then
//! has less to learn from its few examples.
//!
//! * A [`Learner`] learns from the source alone: [`PatchFeatures`], [`SparseCoding`],
//!   [`Autoencoder`], and the controls [`Raw`], [`Pca`] and [`PatchFeatures::random`].
//! * [`Features`] are what it found, for any number of labels; labels cannot change them, and
//!   [`Features::digest`] shows it.
//! * [`SelfTaught`] does both stages; [`LogisticRegression`] is the second.
//!
//! **When it hurts.** Features of whole inputs carry over little: where raw inputs already do well,
//! sparse codes or hidden units of another domain may do worse than they. Compare with raw inputs
//! and with principal components, under a classifier whose C is chosen for each.
//!
//! If the unlabelled source holds the target's own classes, this is *semi-supervised* learning: an
//! easier task, whose figures must not be set beside those of this one. The program cannot tell.

mod autoencoder;
mod dictionary;
mod encoding;
mod features;
mod lasso;
mod lloyd;
mod patch_features;
mod patches;
mod pca;
mod raw;
mod saved;
mod sparse_coding;
mod spectrum;

pub use autoencoder::Autoencoder;
pub use features::{Features, Learner};
pub use patch_features::PatchFeatures;
pub use pca::Pca;
pub use raw::Raw;
pub use sparse_coding::SparseCoding;

use crate::fit::Observer;
use crate::{LinearClassifier, LogisticRegression, TransferError};
use datasets::{Dataset, Unlabelled};
use nn_layers::metrics::{self, ConfusionMatrix};
use tensor_autograd::Tensor;

/// Learns features from unlabelled data, and a classifier on them from few labels.
///
/// ```no_run
/// # use transfer::{SelfTaught, fit::Progress, self_taught::PatchFeatures};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let letters = datasets::load(&"synthetic:letters".parse()?)?.without_labels();
/// let digits = datasets::load(&"synthetic:digits".parse()?)?;
/// let few = digits.shots(10, 0)?;
/// let method = SelfTaught::new(PatchFeatures::k_means(200));
/// let model = method.fit(&letters, &few, &mut Progress::bar())?;
/// println!("{:.1} %", 100.0 * model.accuracy(&digits)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SelfTaught {
    learner: Box<dyn Learner>,
    classifier: LogisticRegression,
}

impl SelfTaught {
    /// With features from `learner`, and logistic regression whose C five folds choose.
    pub fn new(learner: impl Learner + 'static) -> Self {
        SelfTaught { learner: Box::new(learner), classifier: LogisticRegression::default() }
    }

    /// The classifier's settings.
    pub fn classifier(mut self, classifier: LogisticRegression) -> Self {
        self.classifier = classifier;
        self
    }

    /// The first stage: features from the source, for any number of labels.
    ///
    /// # Errors
    /// As [`Learner::learn`].
    pub fn learn(
        &self,
        source: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Features, TransferError> {
        self.learner.learn(source, observer)
    }

    // ANCHOR: classify
    /// The second stage: a classifier on features that are fixed.
    ///
    /// # Errors
    /// If the target's samples have another shape than the source's, a value is not finite, it has
    /// no labels, or these are all of one class.
    pub fn classify(
        &self,
        features: &Features,
        target: &Dataset,
    ) -> Result<SelfTaughtModel, TransferError> {
        let labels = target.require_labels()?;
        let x = features.encode(&target.without_labels())?;
        let classifier = self.classifier.fit(&x, labels, target.classes().len())?;
        Ok(SelfTaughtModel {
            features: features.clone(),
            classifier,
            classes: target.classes().to_vec(),
        })
    }
    // ANCHOR_END: classify

    /// Both stages: features from `source`, which has no labels, and a classifier from `target`,
    /// which has few.
    ///
    /// # Errors
    /// As for [`learn`](SelfTaught::learn) and [`classify`](SelfTaught::classify).
    pub fn fit(
        &self,
        source: &Unlabelled,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<SelfTaughtModel, TransferError> {
        self.classify(&self.learn(source, observer)?, target)
    }
}

/// Features, and a classifier on them.
#[derive(Clone, Debug)]
pub struct SelfTaughtModel {
    /// What the source taught.
    pub features: Features,
    /// What the labels taught.
    pub classifier: LinearClassifier,
    /// The names of the classes, in the order of the logits.
    pub classes: Vec<String>,
}

impl SelfTaughtModel {
    /// Features `[n, width]`.
    ///
    /// # Errors
    /// As [`Features::encode`].
    pub fn features(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        self.features.encode(inputs)
    }

    /// The likeliest class of each sample.
    ///
    /// # Errors
    /// As [`Features::encode`].
    pub fn predict(&self, inputs: &Unlabelled) -> Result<Vec<usize>, TransferError> {
        Ok(metrics::predictions(&self.logits(inputs)?))
    }

    /// The share of samples whose likeliest class is their label.
    ///
    /// # Errors
    /// As for [`predict`](SelfTaughtModel::predict), and if `data` has no labels.
    pub fn accuracy(&self, data: &Dataset) -> Result<f64, TransferError> {
        let labels = data.require_labels()?;
        Ok(metrics::accuracy(&self.logits(&data.without_labels())?, labels))
    }

    /// Label against prediction, counted.
    ///
    /// # Errors
    /// As for [`accuracy`](SelfTaughtModel::accuracy), and if a label is no class of the model.
    pub fn confusion(&self, data: &Dataset) -> Result<ConfusionMatrix, TransferError> {
        let labels = crate::model::known_labels(data, self.classes.len())?;
        Ok(ConfusionMatrix::of(&self.logits(&data.without_labels())?, labels))
    }

    fn logits(&self, inputs: &Unlabelled) -> Result<Tensor, TransferError> {
        Ok(self.classifier.logits(&self.features(inputs)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;
    use datasets::synthetic;
    use ndarray::ArrayD;

    fn quiet() -> Progress {
        Progress::silent()
    }

    #[test]
    fn labels_leave_the_features_alone() {
        let digits = synthetic::digits(400, 0).without_labels();
        let letters = synthetic::letters(300, 1);
        for method in [
            SelfTaught::new(PatchFeatures::sparse_coding(16, 1.0).patches(400).rounds(3)),
            SelfTaught::new(PatchFeatures::k_means(16).patches(400)),
            SelfTaught::new(SparseCoding::new(30, 1.0).components(20).rounds(3)),
            SelfTaught::new(Pca::new(10)),
            SelfTaught::new(Autoencoder::sparse(10).epochs(1)),
            SelfTaught::new(Autoencoder::denoising(10).epochs(1)),
            SelfTaught::new(Autoencoder::convolutional(3).epochs(1)),
        ] {
            let features = method.learn(&digits, &mut quiet()).unwrap();
            let before = features.digest();
            let few = method.classify(&features, &letters.shots(2, 0).unwrap()).unwrap();
            let more = method.classify(&features, &letters.shots(4, 0).unwrap()).unwrap();
            assert_eq!(
                [few.features.digest(), more.features.digest()],
                [(); 2].map(|()| before.clone())
            );
            assert_ne!(few.classifier.weight, more.classifier.weight);
            let both = method.fit(&digits, &letters.shots(2, 0).unwrap(), &mut quiet()).unwrap();
            assert_eq!((both.features.digest(), both.classifier), (before, few.classifier));
        }
    }

    #[test]
    fn patches_of_digits_make_letters_easier() {
        let digits = synthetic::digits(500, 0).without_labels();
        let (letters, test) = (synthetic::letters(600, 1), synthetic::letters(400, 2));
        let patches = SelfTaught::new(PatchFeatures::k_means(60).patches(6000));
        let raw = SelfTaught::new(Raw);
        let learnt = patches.learn(&digits, &mut quiet()).unwrap();
        let as_they_are = raw.learn(&digits, &mut quiet()).unwrap();
        let mut gains = Vec::new();
        for (shots, seed) in [(2, 0), (2, 1), (5, 0)] {
            let few = letters.shots(shots, seed).unwrap();
            let with = patches.classify(&learnt, &few).unwrap().accuracy(&test).unwrap();
            let without = raw.classify(&as_they_are, &few).unwrap().accuracy(&test).unwrap();
            gains.push(with - without);
        }
        assert!(gains.iter().all(|g| *g > 0.05), "{gains:?}");
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let digits = synthetic::digits(50, 0);
        let source = digits.without_labels();
        let method = SelfTaught::new(Pca::new(5));
        let fit = |target: &Dataset| {
            method.fit(&source, target, &mut quiet()).map(|_| ()).unwrap_err().to_string()
        };
        let large = synthetic::digits_textured(20, 0);
        assert!(fit(&large).starts_with("source and target samples have different shapes"));
        let sevens: Vec<usize> = (0..50).filter(|i| digits.labels().unwrap()[*i] == 7).collect();
        assert!(fit(&digits.select(&sevens)).contains("all are of one class"));
        let holed = digits.map_inputs(|x| x.mapv(|v| if v > 0.9 { f32::NAN } else { v }));
        assert!(fit(&holed).contains("holds a value that is not finite"));
        let unlabelled =
            Dataset::new("u", ArrayD::zeros(vec![2, 1, 28, 28]), None, vec![]).unwrap();
        assert!(fit(&unlabelled).contains("has no labels"));

        let learn = |learner: &dyn Learner, source: &Unlabelled| {
            learner.learn(source, &mut quiet()).map(|_| ()).unwrap_err().to_string()
        };
        assert!(learn(&SparseCoding::new(51, 1.0), &source).starts_with("`atoms` is 51"));
        assert!(learn(&SparseCoding::new(9, 1.0), &source).starts_with("`components` is 100"));
        assert!(learn(&Pca::new(785), &source).starts_with("`components` is 785"));
        let grey = Unlabelled::new("grey", ArrayD::from_elem(vec![9, 1, 28, 28], 0.5)).unwrap();
        assert!(learn(&Pca::new(5), &grey).starts_with("grey: its samples do not vary"));
        assert!(learn(&PatchFeatures::k_means(5), &grey).contains("cannot be whitened"));
        assert!(learn(&Autoencoder::denoising(5), &holed.without_labels()).contains("not finite"));
    }
}
