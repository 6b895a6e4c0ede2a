//! Features from unlabelled data under a linear classifier.

use super::{Ask, Embedder, Kind, Meaning, Saved, Served, counted};
use tensor_autograd::eval;
use transfer::SelfTaughtModel;

pub(super) const KIND: Kind = Kind {
    key: SelfTaughtModel::METADATA_KEY,
    load: |path| Ok(Box::new(SelfTaughtModel::load(path)?)),
};

impl Saved for SelfTaughtModel {
    fn describe(&self) -> String {
        format!(
            "{:?}; a linear classifier with C = {:e} on them: {}\n",
            self.features,
            self.classifier.cost,
            counted(&self.classes)
        )
    }

    fn serve(self: Box<Self>, ask: &Ask) -> anyhow::Result<Served> {
        ask.no_task()?;
        ask.no_candidates()?;
        Ok(Served {
            input: self.features.sample_shape().to_vec(),
            meaning: Meaning::Probabilities(self.classes.clone()),
            answer: Box::new(move |inputs| {
                let logits = self.classifier.logits(&self.features(inputs)?);
                Ok(eval(|t| t.constant(logits).softmax(1).value()))
            }),
        })
    }

    fn embedder(self: Box<Self>, ask: &Ask) -> anyhow::Result<Embedder> {
        ask.no_task()?;
        ask.no_candidates()?;
        let input = self.features.sample_shape().to_vec();
        Ok(Embedder { input, features: Box::new(move |inputs| self.features(inputs)) })
    }
}
