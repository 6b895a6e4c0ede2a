//! The walk that all update rules share.

use crate::group::{Rate, Resolved};
use crate::slots::Slots;
use crate::{ConfigError, Group, Rule, Schedule, StepContext};
use std::sync::Arc;
use tensor_autograd::{Grads, Kind, Module, Path, Pattern, Tensor};

/// An update rule at work on a model: learning rate, groups, and the state of every parameter.
///
/// Made by the rule: `Sgd::new(0.01).momentum(0.9)`. Parameters are known by their names, which are
/// all that connects a state with a model: a model that was rebuilt or loaded goes on where the
/// other stood.
#[derive(Clone, Debug)]
pub struct Optimizer<R> {
    pub(crate) rule: R,
    lr: Arc<dyn Schedule>,
    weight_decay: f64,
    groups: Vec<Group>,
    pub(crate) slots: Slots,
    pub(crate) step: u64,
    bound: bool,
    /// Learning rate and momentum of this step: the optimiser's, then each group's.
    rates: Vec<(f64, Option<f64>)>,
}

impl<R: Rule> Optimizer<R> {
    /// An optimiser of this rule; `lr` is a number or a [`Schedule`].
    pub fn new(rule: R, lr: impl Schedule + 'static) -> Self {
        Optimizer {
            lr: Arc::new(lr),
            weight_decay: rule.default_weight_decay(),
            groups: Vec::new(),
            slots: Slots::default(),
            step: 0,
            bound: false,
            rates: Vec::new(),
            rule,
        }
    }

    /// Weight decay λ of every parameter that no group gives another.
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self.bound = false;
        self
    }

    /// Other settings for the parameters that `pattern` names:
    /// `opt.group("features.*", |g| g.lr_scale(0.1)).group("*.bias", |g| g.weight_decay(0.0))`.
    ///
    /// Groups may overlap: each setting comes from the last group that names the parameter and sets
    /// it, so that here the biases of the features have both.
    pub fn group(
        mut self,
        pattern: impl Into<Pattern>,
        settings: impl FnOnce(Group) -> Group,
    ) -> Self {
        self.groups.push(settings(Group::new(pattern.into())));
        self.bound = false;
        self
    }

    /// Changes the rule's own settings.
    pub(crate) fn with_rule(mut self, change: impl FnOnce(&mut R)) -> Self {
        change(&mut self.rule);
        self.bound = false;
        self
    }

    /// Replaces the learning rate in the middle of training; groups with a rate of their own keep it.
    ///
    /// # Errors
    /// If it is out of range; the optimiser keeps the old one then.
    pub fn set_lr(&mut self, lr: impl Schedule + 'static) -> Result<(), ConfigError> {
        self.check_schedule(&lr)?;
        self.lr = Arc::new(lr);
        Ok(())
    }

    /// Checks every setting, and every group against the names of `module`. Settings that come from
    /// a user should be checked here; [`step`](Optimizer::step) panics at what this reports.
    ///
    /// # Errors
    /// The first setting that is out of range, or the first group that names no parameter.
    pub fn bind(mut self, module: &(impl Module + ?Sized)) -> Result<Self, ConfigError> {
        self.rebind(module)?;
        Ok(self)
    }

    /// Checks every setting without a model.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.rule.check()?;
        self.check_schedule(&*self.lr)?;
        ConfigError::not_negative("weight_decay", self.weight_decay)?;
        for group in &self.groups {
            match &group.rate {
                Some(Rate::Own(schedule)) => self.check_schedule(&**schedule)?,
                Some(Rate::Scale(scale)) => ConfigError::not_negative("lr_scale", *scale)?,
                None => {}
            }
            ConfigError::not_negative("weight_decay", group.weight_decay.unwrap_or(0.0))?;
        }
        Ok(())
    }

    fn check_schedule(&self, schedule: &dyn Schedule) -> Result<(), ConfigError> {
        schedule.check()?;
        if schedule.sets_momentum() && !self.rule.has_momentum() {
            return Err(ConfigError::Conflict {
                what: "the schedule cycles momentum, but the optimiser has none",
                hint: "give it momentum, or take the schedule without `cycle_momentum`",
            });
        }
        Ok(())
    }

    pub(crate) fn rebind(&mut self, module: &(impl Module + ?Sized)) -> Result<(), ConfigError> {
        self.check()?;
        let mut names = Vec::new();
        module.visit(&mut Path::default(), &mut |name, p| names.push((name.to_owned(), p.kind)));
        for Group { pattern, .. } in &self.groups {
            if !names.iter().any(|(name, _)| pattern.matches(name)) {
                let names = names.into_iter().map(|(name, _)| name).collect();
                return Err(ConfigError::EmptyGroup { pattern: pattern.to_string(), names });
            }
        }
        let (groups, weight_decay) = (&self.groups, self.weight_decay);
        let resolve = |name: &str| Resolved::new(name, groups, weight_decay);
        for (at, (name, kind)) in names.iter().enumerate() {
            self.slots.at(at, name, *kind, resolve);
        }
        let wanted = self.rule.slots().len();
        for slot in self.slots.iter_mut() {
            slot.settings = resolve(&slot.name);
            if slot.count > 0 && slot.kind == Kind::Weight && slot.state.len() != wanted {
                // The rule was given other settings and keeps other arrays now.
                (slot.count, slot.state) = (0, Vec::new());
            }
        }
        self.bound = true;
        Ok(())
    }

    /// One step: every weight with a gradient is updated in place, and every buffer takes the value
    /// that the forward pass proposed. A frozen parameter is left alone, and so is its state.
    ///
    /// # Panics
    /// If a setting is out of range or a group names no parameter, which
    /// [`bind`](Optimizer::bind) reports as an error; if two parameters have the same name; if a
    /// parameter has another shape than at the last step (see [`forget`](Optimizer::forget)).
    #[track_caller]
    pub fn step(&mut self, module: &mut (impl Module + ?Sized), grads: &Grads) {
        if !self.bound
            && let Err(e) = self.rebind(module)
        {
            panic!("{e}");
        }
        self.set_rates();
        let Optimizer { rule, slots, groups, weight_decay, rates, .. } = self;
        let mut visited = 0;
        module.visit_mut(&mut Path::default(), &mut |name, param| {
            let resolve = |name: &str| Resolved::new(name, groups, *weight_decay);
            let slot = slots.at(visited, name, param.kind, resolve);
            visited += 1;
            let Resolved { rate, weight_decay, frozen } = slot.settings;
            if frozen || param.frozen {
                return;
            }
            if param.kind == Kind::Buffer {
                if let Some(proposed) = grads.buffer(param) {
                    param.value = proposed.clone();
                }
                return;
            }
            let Some(grad) = grads.get(param) else { return };
            if slot.count == 0 {
                slot.state = rule.slots().iter().map(|_| Tensor::zeros(param.shape())).collect();
            }
            assert!(
                slot.state.iter().all(|s| s.shape() == param.shape()),
                "`{name}` has shape {}, but the optimiser knows another parameter of this name: \
                 call `forget` when replacing one",
                param.shape()
            );
            slot.count += 1;
            let (lr, momentum) = rates[rate];
            let step = StepContext { count: slot.count, lr, weight_decay, momentum };
            rule.update(param.value.make_mut(), grad.as_slice(), &mut slot.state, &step);
        });
        self.step += 1;
    }

    fn set_rates(&mut self) {
        let at = |s: &Arc<dyn Schedule>| (s.lr(self.step), s.momentum(self.step));
        let base = at(&self.lr);
        self.rates.clear();
        self.rates.push(base);
        self.rates.extend(self.groups.iter().map(|g| match &g.rate {
            Some(Rate::Own(schedule)) => at(schedule),
            Some(Rate::Scale(scale)) => (base.0 * scale, base.1),
            None => base,
        }));
    }

    /// Drops the state of what `pattern` names, as if it had never been updated: for a parameter
    /// that was replaced or drawn anew.
    pub fn forget(&mut self, pattern: impl Into<Pattern>) {
        let pattern = pattern.into();
        for slot in self.slots.iter_mut().filter(|slot| pattern.matches(&slot.name)) {
            (slot.count, slot.state) = (0, Vec::new());
        }
    }

    /// The learning rate of the next step, before groups.
    pub fn lr(&self) -> f64 {
        self.lr.lr(self.step)
    }

    /// The learning rate of the next step for the parameter of that name, with its groups; none if a
    /// group freezes it.
    pub fn lr_of(&self, name: &str) -> Option<f64> {
        let Resolved { rate, frozen, .. } = Resolved::new(name, &self.groups, self.weight_decay);
        let rate = match rate.checked_sub(1).and_then(|group| self.groups[group].rate.as_ref()) {
            Some(Rate::Own(schedule)) => schedule.lr(self.step),
            Some(Rate::Scale(scale)) => self.lr() * scale,
            None => self.lr(),
        };
        (!frozen).then_some(rate)
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The rule and its settings.
    pub fn rule(&self) -> &R {
        &self.rule
    }
}

impl<R: Rule + 'static> Optimizer<R> {
    /// The same optimiser with its rule behind a pointer, so that optimisers chosen at run time have
    /// one type.
    pub fn erased(self) -> Optimizer<Arc<dyn Rule>> {
        let Optimizer { rule, lr, weight_decay, groups, slots, step, bound, rates } = self;
        let rule: Arc<dyn Rule> = Arc::new(rule);
        Optimizer { rule, lr, weight_decay, groups, slots, step, bound, rates }
    }
}
