//! A classifier: what most methods leave.

use super::{Ask, Embedder, Kind, Meaning, Saved, Served, counted};
use nn_layers::models::DannNet;
use nn_layers::summary;
use transfer::{Architecture, Model};

pub(super) const KIND: Kind = Kind {
    key: Model::<DannNet>::METADATA_KEY,
    load: |path| {
        let (model, architecture) = Model::load(path)?;
        Ok(Box::new(Classifier { model, architecture }))
    },
};

struct Classifier {
    model: Model<DannNet>,
    architecture: Architecture,
}

impl Saved for Classifier {
    fn describe(&self) -> String {
        let mut input = vec![1];
        input.extend_from_slice(&self.architecture.input);
        format!(
            "{}, {}\n\n{}",
            self.architecture.name,
            counted(&self.model.classes),
            summary(&self.model.net, &input[..])
        )
    }

    fn serve(self: Box<Self>, ask: &Ask) -> anyhow::Result<Served> {
        ask.no_task()?;
        ask.no_candidates()?;
        let Classifier { model, architecture } = *self;
        Ok(Served {
            input: architecture.input,
            meaning: Meaning::Probabilities(model.classes.clone()),
            answer: Box::new(move |inputs| model.probabilities(inputs)),
        })
    }

    fn embedder(self: Box<Self>, ask: &Ask) -> anyhow::Result<Embedder> {
        ask.no_task()?;
        ask.no_candidates()?;
        let Classifier { model, architecture } = *self;
        let features = Box::new(move |inputs: &_| model.embed(inputs));
        Ok(Embedder { input: architecture.input, features })
    }
}
