//! A self-taught model on disk: one safetensors file that says what it is.

use super::encoding::Encoding;
use super::{Features, SelfTaughtModel};
use crate::input::Normalizer;
use crate::parts::{Parts, contradicts, described};
use crate::{LinearClassifier, TransferError};
use nn_layers::StateDict;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The key of the file's metadata under which the description stands.
const KEY: &str = "transfer.self-taught/1";

/// What the numbers do not say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    source: String,
    normalizer: Normalizer,
    encoding: Encoding,
    classes: Vec<String>,
    cost: f64,
    cross_validation: Option<f64>,
}

impl SelfTaughtModel {
    /// The key of the file's metadata that tells a saved self-taught model from other files.
    pub const METADATA_KEY: &'static str = KEY;

    /// Writes features and classifier to one file, atomically; how they are made of the tensors
    /// stands in the metadata. The history of the learning is not kept.
    ///
    /// # Errors
    /// If the file cannot be written; an older one of that name is then untouched.
    pub fn save(&self, path: &Path) -> Result<(), TransferError> {
        let (source, normalizer, encoding) = self.features.description();
        let description = Description {
            source: source.to_owned(),
            normalizer: normalizer.clone(),
            encoding,
            classes: self.classes.clone(),
            cost: self.classifier.cost,
            cross_validation: self.classifier.cross_validation,
        };
        let json = serde_json::to_string(&description).expect("plain data becomes JSON");
        let mut state = StateDict { tensors: self.features.parameters(), ..StateDict::default() };
        state.tensors.insert("classifier.weight".into(), self.classifier.weight.clone());
        state.tensors.insert("classifier.bias".into(), self.classifier.bias.clone());
        state.with_metadata(KEY, json).save(path)?;
        Ok(())
    }

    /// Reads a model that [`save`](SelfTaughtModel::save) wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is no self-taught model, or its tensors do not fit what it says
    /// they are.
    pub fn load(path: &Path) -> Result<Self, TransferError> {
        let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
        let (state, d): (_, Description) = described(path, KEY, "this is no self-taught model")?;
        let whole = |description: Description| {
            let Description { source, normalizer, encoding, classes, .. } = description;
            if classes.is_empty() || !normalizer.fits(normalizer.sample()) {
                return Err(contradicts(KEY, "it has no classes, or inputs of no size"));
            }
            let mut parts = Parts::new(state.tensors.clone());
            let [_, width] = parts.shape("classifier.weight")?;
            let weight = parts.take("classifier.weight", &[classes.len(), width])?;
            let bias = parts.take("classifier.bias", &[classes.len()])?;
            let encoder = encoding.encoder(normalizer.sample(), &mut parts)?;
            parts.end()?;
            if encoder.width() != width {
                let features = encoder.width();
                return Err(format!("a classifier of {width} features, but there are {features}"));
            }
            let features = Features::saved(source, normalizer, encoder);
            Ok((features, weight, bias, classes))
        };
        let (cost, cross_validation) = (d.cost, d.cross_validation);
        let (features, weight, bias, classes) = whole(d).map_err(unusable)?;
        let classifier = LinearClassifier { weight, bias, cost, cross_validation };
        Ok(SelfTaughtModel { features, classifier, classes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Autoencoder, Learner, PatchFeatures, Pca, Raw, SelfTaught, SparseCoding};
    use super::*;
    use crate::fit::Progress;
    use datasets::synthetic;
    use tensor_autograd::Tensor;

    fn fitted(learner: impl Learner + 'static) -> SelfTaughtModel {
        let (letters, digits) = (synthetic::letters(80, 0), synthetic::digits(60, 1));
        let few = digits.shots(2, 0).unwrap();
        let method = SelfTaught::new(learner);
        method.fit(&letters.without_labels(), &few, &mut Progress::silent()).unwrap()
    }

    #[test]
    fn every_learners_model_says_the_same_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let digits = synthetic::digits(30, 2).without_labels();
        for model in [
            fitted(Raw),
            fitted(Pca::new(10)),
            fitted(SparseCoding::new(20, 1.0).components(20).rounds(2)),
            fitted(PatchFeatures::k_means(12).patches(400)),
            fitted(PatchFeatures::random(12).patches(400).pool(1)),
            fitted(PatchFeatures::sparse_coding(12, 1.0).patches(400).rounds(2)),
            fitted(Autoencoder::sparse(12).epochs(1)),
            fitted(Autoencoder::denoising(12).untrained()),
            fitted(Autoencoder::convolutional(4).epochs(1)),
        ] {
            model.save(&path).unwrap();
            let loaded = SelfTaughtModel::load(&path).unwrap();
            assert_eq!(loaded.classifier, model.classifier, "{:?}", model.features);
            assert_eq!(loaded.features.digest(), model.features.digest());
            let [own, read] = [&model, &loaded].map(|m| m.features(&digits).unwrap());
            assert_eq!(own, read, "{:?}", model.features);
            assert_eq!(loaded.predict(&digits).unwrap(), model.predict(&digits).unwrap());
        }
    }

    /// The error of a file whose tensors or description were changed.
    fn error(model: &SelfTaughtModel, change: impl FnOnce(&mut StateDict)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        model.save(&path).unwrap();
        let mut state = StateDict::load(&path).unwrap();
        change(&mut state);
        state.save(&path).unwrap();
        match SelfTaughtModel::load(&path) {
            Err(TransferError::Unusable { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_that_claims_what_it_does_not_hold_is_refused() {
        let patches = fitted(PatchFeatures::sparse_coding(12, 1.0).patches(400).rounds(2));
        let convolutional = fitted(Autoencoder::convolutional(4).epochs(1));
        let described = |from: &'static str, to: &'static str| {
            move |state: &mut StateDict| {
                let text = state.metadata.get_mut(KEY).unwrap();
                assert!(text.contains(from), "{text}");
                *text = text.replace(from, to);
            }
        };
        for (model, from, to, why) in [
            (&patches, "\"beta\":1.0", "\"beta\":-1.0", "its `beta` is -1"),
            (&patches, "\"pool\":2", "\"pool\":1", "a classifier of 96 features, but there are 24"),
            (&patches, "\"pool\":2", "\"pool\":0", "patches of 8 in 0 x 0 regions"),
            (&patches, "\"side\":8", "\"side\":9", "`pca.matrix` has shape"),
            (&patches, "[1,28,28]", "[1,99999999999,28]", "it claims samples"),
            (&patches, "[1,28,28]", "[1]", "are no images"),
            (&patches, "[1,28,28]", "[]", "contradicts itself"),
            (&convolutional, "[1,28,28]", "[1,2800,28]", "a classifier of 196 features"),
            (
                &convolutional,
                "\"convolutional\":true",
                "\"convolutional\":false",
                "no tensor `encoder.1.weight`",
            ),
            (&convolutional, "\"cost\"", "\"prize\"", "cannot be read"),
        ] {
            let found = error(model, described(from, to));
            assert!(found.contains(why), "{from} -> {to}: {found}");
        }
        let nan = error(&patches, |state| {
            state.tensors.get_mut("patches.atoms").unwrap().make_mut()[3] =
                tensor_autograd::Real::NAN;
        });
        assert_eq!(nan, "tensor `patches.atoms` holds a value that is not finite");
        let nan = error(&convolutional, |state| {
            let weight = state.tensors.get_mut("encoder.0.weight").unwrap();
            weight.make_mut()[0] = tensor_autograd::Real::INFINITY;
        });
        assert!(nan.starts_with("tensor `encoder.0.weight` holds a value"), "{nan}");
        let more = error(&patches, |state| {
            state.tensors.insert("more".into(), Tensor::zeros([1]));
        });
        assert_eq!(more, "`more` is no tensor of such a model");
    }
}
