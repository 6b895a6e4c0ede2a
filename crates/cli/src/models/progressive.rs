//! A progressive network: a column for each task.

use super::{Ask, Embedder, Kind, Meaning, Saved, Served, counted};
use std::fmt::Write;
use tensor_autograd::Module;
use transfer::ProgressiveModel;

pub(super) const KIND: Kind = Kind {
    key: ProgressiveModel::METADATA_KEY,
    load: |path| Ok(Box::new(ProgressiveModel::load(path)?)),
};

impl Saved for ProgressiveModel {
    fn describe(&self) -> String {
        let (columns, numbers) = (self.tasks().len(), self.net().num_parameters());
        let mut text = format!("a progressive network of {columns} columns, {numbers} parameters");
        for task in self.tasks() {
            let _ = write!(text, "\n  --task {}: {}", task.name, counted(&task.classes));
        }
        text + "\n"
    }

    fn serve(self: Box<Self>, ask: &Ask) -> anyhow::Result<Served> {
        let names: Vec<&str> = self.tasks().iter().map(|task| task.name.as_str()).collect();
        let model = self.task(ask.task(&names)?);
        Ok(Served {
            input: self.net().plan().input().to_vec(),
            meaning: Meaning::Probabilities(model.classes.clone()),
            answer: Box::new(move |inputs| model.probabilities(inputs)),
        })
    }

    fn embedder(self: Box<Self>, ask: &Ask) -> anyhow::Result<Embedder> {
        let names: Vec<&str> = self.tasks().iter().map(|task| task.name.as_str()).collect();
        let model = self.task(ask.task(&names)?);
        let input = self.net().plan().input().to_vec();
        Ok(Embedder { input, features: Box::new(move |inputs| model.embed(inputs)) })
    }
}
