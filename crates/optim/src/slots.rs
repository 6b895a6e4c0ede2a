//! What an optimiser keeps for each parameter, found by name.

use crate::group::Resolved;
use tensor_autograd::{Kind, Tensor};

/// A parameter as the optimiser knows it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) settings: Resolved,
    /// Updates so far.
    pub(crate) count: u64,
    /// The rule's arrays; none before the first update.
    pub(crate) state: Vec<Tensor>,
}

/// Slots in the order of the latest walk. A model is walked in the same order at every step, so
/// that finding a slot costs one comparison of names and no map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots(Vec<Slot>);

impl Slots {
    /// The slot of `name`, the parameter visited as number `at`; `resolve` gives the settings of a
    /// name that is seen for the first time.
    ///
    /// # Panics
    /// If the walk has been at this name already: two parameters would share one state.
    #[inline]
    pub(crate) fn at(
        &mut self,
        at: usize,
        name: &str,
        kind: Kind,
        resolve: impl FnOnce(&str) -> Resolved,
    ) -> &mut Slot {
        if self.0.get(at).is_none_or(|slot| slot.name != name) {
            self.reorder(at, name, kind, resolve);
        }
        &mut self.0[at]
    }

    /// Puts the slot of `name` at `at`, where the next walk will find it.
    #[cold]
    fn reorder(
        &mut self,
        at: usize,
        name: &str,
        kind: Kind,
        resolve: impl FnOnce(&str) -> Resolved,
    ) {
        match self.0.iter().position(|slot| slot.name == name) {
            Some(found) => {
                assert!(found >= at, "two parameters of the model are named `{name}`");
                self.0.swap(at, found);
            }
            None => {
                let name = name.to_owned();
                let settings = resolve(&name);
                self.0.insert(at, Slot { name, kind, settings, count: 0, state: Vec::new() });
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.0.iter_mut()
    }
}
