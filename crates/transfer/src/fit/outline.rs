//! What a training is about to do.

use super::Plan;
use optim::{Optimizer, Rule};
use tensor_autograd::{Kind, Module};

/// A training as it begins: how long it is, and what it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Steps of the whole run.
    pub steps: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: usize,
    /// The network's weights, in its order; buffers are left out.
    pub weights: Vec<OutlinedWeight>,
}

/// A weight in an [`Outline`].
#[derive(Clone, Debug, PartialEq)]
pub struct OutlinedWeight {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The learning rate of its first step; none if it is frozen then.
    pub lr: Option<f64>,
}

impl Outline {
    pub(super) fn of<R: Rule>(net: &impl Module, optimizer: &Optimizer<R>, plan: &Plan) -> Self {
        let weights = net.named_params().into_iter().filter(|(_, p)| p.kind == Kind::Weight);
        let weight = |(name, p): (String, &tensor_autograd::Param)| OutlinedWeight {
            lr: optimizer.lr_of(&name).filter(|_| !p.frozen),
            shape: p.shape().to_vec(),
            name,
        };
        let weights = weights.map(weight).collect();
        Outline { steps: plan.steps, steps_per_epoch: plan.steps_per_epoch, weights }
    }
}
