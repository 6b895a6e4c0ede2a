//! Settings for the parameters that a pattern names.

use crate::Schedule;
use std::sync::Arc;
use tensor_autograd::Pattern;

/// A learning rate of its own, or a multiple of the optimiser's.
#[derive(Clone, Debug)]
pub(crate) enum Rate {
    Scale(f64),
    Own(Arc<dyn Schedule>),
}

/// What [`Optimizer::group`](crate::Optimizer::group) changes for some parameters. What is not set
/// stays as it is for the rest.
#[derive(Clone, Debug)]
pub struct Group {
    pub(crate) pattern: Pattern,
    pub(crate) rate: Option<Rate>,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) frozen: Option<bool>,
}

impl Group {
    pub(crate) fn new(pattern: Pattern) -> Self {
        Group { pattern, rate: None, weight_decay: None, frozen: None }
    }

    /// A learning rate, or a schedule, independent of the optimiser's.
    pub fn lr(mut self, lr: impl Schedule + 'static) -> Self {
        self.rate = Some(Rate::Own(Arc::new(lr)));
        self
    }

    /// `scale` times the optimiser's learning rate, at every step of its schedule.
    pub fn lr_scale(mut self, scale: f64) -> Self {
        self.rate = Some(Rate::Scale(scale));
        self
    }

    /// Weight decay.
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = Some(weight_decay);
        self
    }

    /// Not updated: neither weights, nor buffers, nor the optimiser's state for them. Freezing the
    /// parameters themselves (`model.freeze(pattern)`) also saves computing their gradients.
    pub fn frozen(mut self, frozen: bool) -> Self {
        self.frozen = Some(frozen);
        self
    }
}

/// The settings of one parameter after all groups were asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Resolved {
    /// 0 for the optimiser's rate, `i + 1` for that of group `i`.
    pub(crate) rate: usize,
    pub(crate) weight_decay: f64,
    pub(crate) frozen: bool,
}

impl Resolved {
    /// Each setting comes from the last group that names the parameter and sets it.
    pub(crate) fn new(name: &str, groups: &[Group], weight_decay: f64) -> Self {
        let mut out = Resolved { rate: 0, weight_decay, frozen: false };
        for (i, group) in groups.iter().enumerate().filter(|(_, g)| g.pattern.matches(name)) {
            if group.rate.is_some() {
                out.rate = i + 1;
            }
            out.weight_decay = group.weight_decay.unwrap_or(out.weight_decay);
            out.frozen = group.frozen.unwrap_or(out.frozen);
        }
        out
    }
}
