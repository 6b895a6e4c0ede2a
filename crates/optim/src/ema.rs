//! An exponential moving average of weights.

use crate::{ConfigError, Mismatch, StateError};
use std::collections::BTreeMap;
use tensor_autograd::kernels::update::fused;
use tensor_autograd::{Kind, Module, Path, Real, Tensor};

/// A running average of a model's weights, `e ← d·e + (1 - d)·w`: steadier than the weights
/// themselves, and often better on new data (Polyak and Juditsky 1992; Tarvainen and Valpola 2017).
/// Buffers are running averages already and are copied.
///
/// ```
/// # use optim::{ConfigError, Ema};
/// # use tensor_autograd::{Param, Tensor};
/// # let mut net = Param::weight(Tensor::zeros([3]));
/// let mut ema = Ema::new(&net, 0.999)?;
/// // after every step:
/// ema.update(&net);
/// // to evaluate, and back:
/// ema.swap(&mut net);
/// ema.swap(&mut net);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ema {
    decay: f64,
    warmup: bool,
    updates: u64,
    average: BTreeMap<String, Tensor>,
}

impl Ema {
    /// Starts at the present weights. `decay` d in [0, 1): the average looks back over about
    /// `1 / (1 - d)` steps.
    ///
    /// # Errors
    /// If `decay` is out of range.
    pub fn new(module: &(impl Module + ?Sized), decay: f64) -> Result<Self, ConfigError> {
        ConfigError::averaging("decay", decay, "0.999 is usual, closer to 1 for longer runs")?;
        Ok(Ema { decay, warmup: false, updates: 0, average: module.state_dict() })
    }

    /// Uses `min(d, (1 + t) / (10 + t))` at update `t` from 1, so that the first weights are soon
    /// forgotten.
    pub fn warmup(mut self) -> Self {
        self.warmup = true;
        self
    }

    /// The decay of the next update.
    pub fn decay(&self) -> f64 {
        let t = (self.updates + 1) as f64;
        if self.warmup { self.decay.min((1.0 + t) / (10.0 + t)) } else { self.decay }
    }

    /// Takes in the weights after a step. A parameter that is new starts at its value.
    pub fn update(&mut self, module: &(impl Module + ?Sized)) {
        let new = (1.0 - self.decay()) as Real;
        let average = &mut self.average;
        module.visit(&mut Path::default(), &mut |name, param| match average.get_mut(name) {
            Some(mean) if param.kind == Kind::Weight && mean.shape() == param.shape() => {
                fused(param.value.as_slice(), [mean.make_mut()], |w, [e]| [e + new * (w - e)]);
            }
            Some(value) => *value = param.value.clone(),
            None => drop(average.insert(name.to_owned(), param.value.clone())),
        });
        self.updates += 1;
    }

    /// Exchanges the model's values and the averages: once to evaluate with the averages, once more
    /// to go on training. Nothing is copied.
    pub fn swap(&mut self, module: &mut (impl Module + ?Sized)) {
        module.visit_mut(&mut Path::default(), &mut |name, param| {
            if let Some(value) = self.average.get_mut(name) {
                std::mem::swap(&mut param.value, value);
            }
        });
    }

    /// Gives the model the averages; its own values are lost.
    pub fn copy_to(&self, module: &mut (impl Module + ?Sized)) {
        module.visit_mut(&mut Path::default(), &mut |name, param| {
            if let Some(value) = self.average.get(name) {
                param.value = value.clone();
            }
        });
    }

    /// The averages by name, and the number of updates: what a checkpoint holds.
    pub fn state(&self) -> (BTreeMap<String, Tensor>, u64) {
        (self.average.clone(), self.updates)
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// If its names or shapes are not the present ones; all differences are listed, and nothing is
    /// changed.
    pub fn load_state(
        &mut self,
        average: BTreeMap<String, Tensor>,
        updates: u64,
    ) -> Result<(), StateError> {
        let mut mismatch = Mismatch::default();
        for (name, have) in &self.average {
            match average.get(name) {
                Some(t) if t.shape() == have.shape() => {}
                Some(t) => mismatch.misshapen.push((name.clone(), have.shape(), t.shape())),
                None => mismatch.missing.push(name.clone()),
            }
        }
        let unknown = average.keys().filter(|name| !self.average.contains_key(*name));
        mismatch.unexpected = unknown.cloned().collect();
        if !mismatch.is_empty() {
            return Err(StateError::Mismatch(mismatch));
        }
        (self.average, self.updates) = (average, updates);
        Ok(())
    }
}
