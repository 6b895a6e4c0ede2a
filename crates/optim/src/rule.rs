//! What an optimiser does to one tensor.

use crate::ConfigError;
use std::fmt::Debug;
use std::sync::Arc;
use tensor_autograd::{Real, Tensor};

/// The settings of one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepContext {
    /// Which update of this tensor it is, from 1. A tensor that was frozen for a while has had
    /// fewer than its neighbours.
    pub count: u64,
    /// Learning rate.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// The momentum that the schedule prescribes in place of the rule's own, if it does.
    pub momentum: Option<f64>,
}

/// An update rule: plain, immutable hyper-parameters, and the arithmetic on one tensor. The walk
/// over the model, groups, schedules and saved state are [`Optimizer`](crate::Optimizer)'s.
///
/// To write one, state which arrays it keeps per parameter and how one element changes;
/// `tensor_autograd::kernels::update::fused` makes that a single vectorised pass.
pub trait Rule: Debug + Send + Sync {
    /// The name in saved state: `"adam"`.
    fn name(&self) -> &'static str;

    /// The arrays that it keeps for each parameter, of the parameter's shape and zero at first.
    fn slots(&self) -> &'static [&'static str];

    /// Weight decay unless the user sets one.
    fn default_weight_decay(&self) -> f64 {
        0.0
    }

    /// Whether it follows a schedule's momentum.
    fn has_momentum(&self) -> bool {
        false
    }

    /// Whether every hyper-parameter is in its range.
    fn check(&self) -> Result<(), ConfigError>;

    /// Updates one weight from its gradient. `state` holds as many tensors as [`slots`](Rule::slots).
    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext);
}

/// A rule chosen at run time; see [`Optimizer::erased`](crate::Optimizer::erased).
impl Rule for Arc<dyn Rule> {
    fn name(&self) -> &'static str {
        (**self).name()
    }
    fn slots(&self) -> &'static [&'static str] {
        (**self).slots()
    }
    fn default_weight_decay(&self) -> f64 {
        (**self).default_weight_decay()
    }
    fn has_momentum(&self) -> bool {
        (**self).has_momentum()
    }
    fn check(&self) -> Result<(), ConfigError> {
        (**self).check()
    }
    fn update(&self, weight: &mut [Real], grad: &[Real], state: &mut [Tensor], step: &StepContext) {
        (**self).update(weight, grad, state, step);
    }
}

/// The slots of a rule as slices. `update` is only ever called with as many as it asked for.
pub(crate) fn arrays<const N: usize>(state: &mut [Tensor]) -> [&mut [Real]; N] {
    let state: &mut [Tensor; N] = state.try_into().expect("one tensor a slot");
    state.each_mut().map(Tensor::make_mut)
}
