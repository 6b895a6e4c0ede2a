//! An optimiser's state as plain data.

use crate::{Mismatch, Optimizer, Rule, StateError};
use std::collections::BTreeMap;
use tensor_autograd::{Kind, Module, Path, Tensor};

/// All that an optimiser has to remember to go on bit for bit: what a checkpoint holds beside the
/// weights. Its settings are not part of it, they belong to the program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// The rule that it belongs to: `"adam"`.
    pub rule: String,
    /// Steps taken.
    pub step: u64,
    /// Updates of each weight; 0 for one that was always frozen or never had a gradient.
    pub updates: BTreeMap<String, u64>,
    /// The rule's arrays by the weight's name and their own: `"features.0.weight.exp_avg"`.
    pub tensors: BTreeMap<String, Tensor>,
}

impl<R: Rule> Optimizer<R> {
    /// The state now. Its tensors share the optimiser's memory until the next step.
    pub fn state(&self) -> OptimizerState {
        let mut state = OptimizerState {
            rule: self.rule.name().to_owned(),
            step: self.step,
            ..OptimizerState::default()
        };
        for slot in self.slots.iter().filter(|slot| slot.kind == Kind::Weight) {
            state.updates.insert(slot.name.clone(), slot.count);
            for (array, tensor) in self.rule.slots().iter().zip(&slot.state) {
                state.tensors.insert(format!("{}.{array}", slot.name), tensor.clone());
            }
        }
        state
    }

    /// Goes on from a saved state: the next step gives the same bits as the optimiser that saved it
    /// would have given.
    ///
    /// # Errors
    /// If it was saved by another rule, or its names or shapes are not those of `module` (all
    /// differences are listed). The optimiser is unchanged then.
    ///
    /// # Panics
    /// If a setting is wrong, which [`bind`](Optimizer::bind) reports as an error.
    #[track_caller]
    pub fn load_state(
        &mut self,
        mut state: OptimizerState,
        module: &(impl Module + ?Sized),
    ) -> Result<(), StateError> {
        if state.rule != self.rule.name() {
            let expected = self.rule.name().to_owned();
            return Err(StateError::Rule { expected, found: state.rule });
        }
        let arrays = self.rule.slots();
        let mismatch = compare(&state, arrays, module);
        if !mismatch.is_empty() {
            return Err(StateError::Mismatch(mismatch));
        }
        if let Err(e) = self.rebind(module) {
            panic!("{e}");
        }
        for slot in self.slots.iter_mut().filter(|slot| slot.kind == Kind::Weight) {
            slot.count = state.updates.get(&slot.name).copied().unwrap_or(0);
            let key = |array: &&str| format!("{}.{array}", slot.name);
            slot.state = arrays.iter().filter_map(|a| state.tensors.remove(&key(a))).collect();
        }
        self.step = state.step;
        Ok(())
    }
}

/// How the names and shapes of `state` differ from those that `module` needs. A state that was saved
/// before the first step need not name anything.
fn compare(state: &OptimizerState, arrays: &[&str], module: &(impl Module + ?Sized)) -> Mismatch {
    let mut mismatch = Mismatch::default();
    let mut unexpected: BTreeMap<&str, ()> =
        state.updates.keys().chain(state.tensors.keys()).map(|name| (name.as_str(), ())).collect();
    let started = state.step > 0 || !state.updates.is_empty();
    module.visit(&mut Path::default(), &mut |name, param| {
        if param.kind == Kind::Buffer || !started {
            return;
        }
        unexpected.remove(name);
        let Some(&count) = state.updates.get(name) else {
            return mismatch.missing.push(name.to_owned());
        };
        for array in arrays.iter().filter(|_| count > 0) {
            let key = format!("{name}.{array}");
            unexpected.remove(key.as_str());
            match state.tensors.get(&key) {
                Some(t) if t.shape() == param.shape() => {}
                Some(t) => mismatch.misshapen.push((key, param.shape(), t.shape())),
                None => mismatch.missing.push(key),
            }
        }
    });
    mismatch.unexpected = unexpected.into_keys().map(str::to_owned).collect();
    mismatch
}
