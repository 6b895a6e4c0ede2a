//! A zero-shot model: it tells any classes that have a signature.

use super::{Ask, Embedder, Kind, Meaning, Saved, Served, counted};
use tensor_autograd::{Real, Tensor};
use transfer::ZeroShotModel;

pub(super) const KIND: Kind = Kind {
    key: ZeroShotModel::METADATA_KEY,
    load: |path| Ok(Box::new(ZeroShotModel::load(path)?)),
};

impl Saved for ZeroShotModel {
    fn describe(&self) -> String {
        let signatures = self.signatures();
        format!(
            "a zero-shot model by {} attributes, trained on {}\n  --candidates {}\n",
            signatures.attributes().len(),
            counted(self.seen()),
            signatures.classes().join(",")
        )
    }

    /// Among the classes of `ask`; without them among those that no example was seen of.
    fn serve(self: Box<Self>, ask: &Ask) -> anyhow::Result<Served> {
        ask.no_task()?;
        let known = self.signatures().classes();
        let unseen =
            || known.iter().filter(|class| !self.seen().contains(class)).cloned().collect();
        let candidates: Vec<String> = ask.candidates.clone().unwrap_or_else(unseen);
        self.signatures().of(&candidates)?;
        let classes = candidates.clone();
        Ok(Served {
            input: self.sample_shape().to_vec(),
            meaning: Meaning::Scores(classes),
            answer: Box::new(move |inputs| {
                let scores = self.calibrated(inputs, &candidates)?;
                let (n, k) = (scores.nrows(), scores.ncols());
                Ok(Tensor::from_fn([n, k], |i| scores[(i / k, i % k)] as Real))
            }),
        })
    }

    fn embedder(self: Box<Self>, ask: &Ask) -> anyhow::Result<Embedder> {
        ask.no_task()?;
        let input = self.sample_shape().to_vec();
        Ok(Embedder { input, features: Box::new(move |inputs| self.embed(inputs)) })
    }
}
