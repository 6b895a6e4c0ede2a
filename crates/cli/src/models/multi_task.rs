//! A network for several tasks: each has its head, and perhaps inputs of its own.

use super::{Ask, Embedder, Kind, Meaning, Saved, Served, counted};
use std::fmt::Write;
use tensor_autograd::{Module, Real, Tensor, eval};
use transfer::MultiTaskModel;
use transfer::multi_task::{Kind as TaskKind, MultiTaskArchitecture, Predictions};

pub(super) const KIND: Kind = Kind {
    key: MultiTaskModel::METADATA_KEY,
    load: |path| {
        let (model, architecture) = MultiTaskModel::load(path)?;
        Ok(Box::new(MultiTask { model, architecture }))
    },
};

struct MultiTask {
    model: MultiTaskModel,
    architecture: MultiTaskArchitecture,
}

impl Saved for MultiTask {
    fn describe(&self) -> String {
        let mut text = format!(
            "{} for {} tasks, {} parameters",
            self.architecture.name,
            self.model.tasks.len(),
            self.model.net.num_parameters()
        );
        for (name, task) in &self.model.tasks {
            let said = match &task.kind {
                TaskKind::Classes(classes) => counted(classes),
                TaskKind::Numbers { .. } => "a number".to_owned(),
            };
            let _ = write!(text, "\n  --task {name}: {said}");
        }
        text + "\n"
    }

    fn serve(self: Box<Self>, ask: &Ask) -> anyhow::Result<Served> {
        let MultiTask { model, architecture } = *self;
        let names: Vec<&str> = model.tasks.keys().map(String::as_str).collect();
        let task = names[ask.task(&names)?].to_owned();
        let input = architecture.own_inputs.get(&task).unwrap_or(&architecture.input).clone();
        Ok(match &model.tasks[&task].kind {
            TaskKind::Classes(classes) => Served {
                input,
                meaning: Meaning::Probabilities(classes.clone()),
                answer: Box::new(move |inputs| {
                    let logits = model.output(&task, inputs)?;
                    Ok(eval(|t| t.constant(logits).softmax(1).value()))
                }),
            },
            TaskKind::Numbers { .. } => Served {
                input,
                meaning: Meaning::Number,
                answer: Box::new(move |inputs| {
                    Ok(match model.predict(&task, inputs)? {
                        Predictions::Classes(_) => unreachable!("the task has numbers"),
                        Predictions::Numbers(all) => {
                            let all: Vec<Real> = all.iter().map(|&x| x as Real).collect();
                            Tensor::new([all.len(), 1], all)
                        }
                    })
                }),
            },
        })
    }

    fn embedder(self: Box<Self>, ask: &Ask) -> anyhow::Result<Embedder> {
        let MultiTask { model, architecture } = *self;
        let names: Vec<&str> = model.tasks.keys().map(String::as_str).collect();
        let task = names[ask.task(&names)?].to_owned();
        let input = architecture.own_inputs.get(&task).unwrap_or(&architecture.input).clone();
        Ok(Embedder { input, features: Box::new(move |inputs| model.embed(&task, inputs)) })
    }
}
