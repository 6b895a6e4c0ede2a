//! [`MultiTaskNet`]: shared layers, and what belongs to one task alone.

use super::Task;
use crate::{Architecture, Description, TransferError};
use nn_layers::{Flatten, Layer, Linear, Sequential, relu};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tensor_autograd::{Module, Path, Rng, Var};

/// One trunk for all tasks and a head for each (hard sharing; Caruana, 1997).
///
/// A task may have layers of its own in front as well, for inputs of its own kind: then the tasks
/// meet in the trunk, as the languages of a multilingual recogniser do (Huang et al., 2013). What
/// belongs to a task goes by its name: `inputs.NAME.0.weight`, `heads.NAME.0.weight`, in the order
/// of the names' bytes; the shared layers are `trunk.*`.
///
/// Where the trunk has batch normalisation, its statistics are those of all tasks' rows together:
/// for inputs that differ much, leave it out.
#[derive(Clone, Debug, Default)]
pub struct MultiTaskNet {
    /// Layers in front of the trunk, for the tasks that have some.
    pub inputs: BTreeMap<String, Sequential>,
    /// The shared layers; none is the identity, and shares nothing.
    pub trunk: Sequential,
    /// From the trunk's features to a task's logits `[n, classes]`, or its number `[n, 1]`.
    pub heads: BTreeMap<String, Sequential>,
}

impl MultiTaskNet {
    /// A network of which no part is shared: each task has a copy of every layer on its way, with
    /// the values that they have here. Trained on all tasks at once it gives, bit for bit, what
    /// training each task alone gives (without layers that draw random numbers), with as many
    /// parameters on each task's way: the single-task baseline.
    pub fn apart(&self) -> MultiTaskNet {
        let whole = |name: &String, head: &Sequential| {
            let front = self.inputs.get(name).cloned().unwrap_or_default();
            front.into_iter().chain(self.trunk.clone()).chain(head.clone()).collect()
        };
        MultiTaskNet {
            inputs: BTreeMap::new(),
            trunk: Sequential::new(),
            heads: self.heads.iter().map(|(n, head)| (n.clone(), whole(n, head))).collect(),
        }
    }

    /// Numbers on the way of one task: its own layers and the trunk.
    pub fn parameters_of(&self, task: &str) -> usize {
        let own = [self.inputs.get(task), self.heads.get(task)].into_iter().flatten();
        own.map(Module::num_parameters).sum::<usize>() + self.trunk.num_parameters()
    }

    /// What a task's own layers in front make of its inputs.
    pub(super) fn enter<'t>(&self, task: &str, x: Var<'t>) -> Var<'t> {
        self.inputs.get(task).map_or(x, |layers| layers.forward(x))
    }

    // ANCHOR: forward
    /// A task's output from its inputs.
    ///
    /// # Panics
    /// If there is no such task.
    #[track_caller]
    pub fn forward<'t>(&self, task: &str, x: Var<'t>) -> Var<'t> {
        let Some(head) = self.heads.get(task) else { panic!("there is no task `{task}`") };
        head.forward(self.trunk.forward(self.enter(task, x)))
    }
    // ANCHOR_END: forward
}

impl Module for MultiTaskNet {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&str, &'a tensor_autograd::Param)) {
        let named = |map: &'a BTreeMap<String, Sequential>,
                     path: &mut Path,
                     f: &mut dyn FnMut(&str, &'a tensor_autograd::Param)| {
            for (name, layers) in map {
                path.enter(name, |path| layers.visit(path, f));
            }
        };
        path.enter("inputs", |path| named(&self.inputs, path, f));
        path.enter("trunk", |path| self.trunk.visit(path, f));
        path.enter("heads", |path| named(&self.heads, path, f));
    }

    fn visit_mut<'a>(
        &'a mut self,
        path: &mut Path,
        f: &mut dyn FnMut(&str, &'a mut tensor_autograd::Param),
    ) {
        path.enter("inputs", |path| {
            for (name, layers) in &mut self.inputs {
                path.enter(name, |path| layers.visit_mut(path, f));
            }
        });
        path.enter("trunk", |path| self.trunk.visit_mut(path, f));
        path.enter("heads", |path| {
            for (name, layers) in &mut self.heads {
                path.enter(name, |path| layers.visit_mut(path, f));
            }
        });
    }
}

/// The sizes that define a [`MultiTaskNet`] made of a named network: its features are the trunk,
/// and each head is its label predictor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiTaskArchitecture {
    /// The network; one of [`Architecture::kinds`].
    pub name: String,
    /// The shape of a sample as the trunk takes it.
    pub input: Vec<usize>,
    /// Of the tasks with a layer of their own in front, the shape of a sample.
    pub own_inputs: BTreeMap<String, Vec<usize>>,
    /// Each task's outputs: its classes, or 1.
    pub outputs: BTreeMap<String, usize>,
    /// What the network is, where it is none of the kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

impl MultiTaskArchitecture {
    /// Units of a layer in front of the trunk, where the tasks' inputs have different shapes.
    pub const WIDTH: usize = 64;

    /// The network called `name`, or one that fits, for these tasks. If their samples have one
    /// shape, the trunk takes them; otherwise each task has a layer of [`WIDTH`](Self::WIDTH) ReLU
    /// units in front, and they meet in the trunk.
    pub fn of(name: Option<&str>, tasks: &[Task]) -> Self {
        let shape = |task: &Task| task.inputs().sample_shape().to_vec();
        let first = tasks.first().map(shape).unwrap_or_default();
        let same = tasks.iter().all(|task| shape(task) == first);
        let own = tasks.iter().filter(|_| !same).map(|t| (t.name().to_owned(), shape(t)));
        let input = if same { first } else { vec![Self::WIDTH] };
        let name = match name {
            Some(name) => name.to_owned(),
            None => Architecture::default_for(&input, 1).name,
        };
        let outputs = tasks.iter().map(|t| (t.name().to_owned(), t.outputs())).collect();
        let own_inputs = own.collect();
        MultiTaskArchitecture { name, input, own_inputs, outputs, description: None }
    }

    /// Makes the network with fresh values. A task's own layers get the values that they would get
    /// whatever other tasks there are.
    ///
    /// # Errors
    /// If there is no such network or it does not take such samples.
    pub fn build(&self, rng: &Rng) -> Result<MultiTaskNet, TransferError> {
        let part = |outputs: usize, purpose: &str| {
            self.with_outputs(outputs).build(&mut rng.fork(purpose))
        };
        let trunk = part(1, "trunk")?.features;
        let mut heads = BTreeMap::new();
        for (task, &outputs) in &self.outputs {
            heads.insert(task.clone(), part(outputs, &format!("head {task}"))?.label);
        }
        let front = |(task, shape): (&String, &Vec<usize>)| {
            let rng = &mut rng.fork(&format!("input {task}"));
            let linear = Linear::new(shape.iter().product(), self.input.iter().product(), rng);
            (task.clone(), nn_layers::seq![Flatten::default(), linear, relu])
        };
        Ok(MultiTaskNet { inputs: self.own_inputs.iter().map(front).collect(), trunk, heads })
    }

    /// Sets what the sizes claim beside the numbers that a file holds, before a network of them
    /// takes memory.
    ///
    /// # Errors
    /// As for [`build`](MultiTaskArchitecture::build), or if the sizes are those of more weights.
    pub(super) fn check_weights(&self, held: usize) -> Result<(), TransferError> {
        // A part is cut out of a whole network, whose domain classifier is no more than thrice it.
        let part = |&outputs: &usize| self.with_outputs(outputs).check_weights(4 * held);
        self.outputs.values().chain([&1]).try_for_each(part)?;
        let size = |shape: &[usize]| shape.iter().map(|&n| n as f64).product::<f64>();
        let own: f64 = self.own_inputs.values().map(|shape| size(shape)).sum();
        if own * size(&self.input) > held as f64 {
            return Err(TransferError::Mismatch {
                what: "the sizes that are claimed are not those of the weights",
                left: format!("layers of their own for {} tasks", self.own_inputs.len()),
                right: format!("{held} numbers"),
                remedy: "the file is damaged or made by hand: save the model again",
            });
        }
        Ok(())
    }

    fn with_outputs(&self, classes: usize) -> Architecture {
        let description = self.description.clone();
        Architecture { description, ..Architecture::named(&*self.name, &self.input, classes) }
    }
}
