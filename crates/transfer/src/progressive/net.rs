//! Columns side by side, and one more in training.

use super::column::{Column, Probe};
use super::plan::Plan;
use crate::{Network, TransferError};
use std::sync::Arc;
use tensor_autograd::{Module, Rng, Tensor, Var, concat, eval, module};

/// A progressive network: for every task a column, all frozen.
///
/// Layer *i* of column *k* is **hᵢᵏ = f(Wᵢᵏ hᵢ₋₁ᵏ + Uᵢᵏ σ(Vᵢᵏ(αᵢᵏ hᵢ₋₁^{<k})))**, where *h^{<k}* are
/// the activations of all older columns one behind the other. The first layer reads the sample
/// alone. As a [`Network`] it is the classifier of its last column.
#[derive(Clone, Debug)]
pub struct ProgressiveNet {
    plan: Plan,
    pub(super) columns: Vec<Column>,
}
module!(ProgressiveNet: columns);

impl ProgressiveNet {
    /// Without columns.
    ///
    /// # Errors
    /// As for [`Plan::shapes`].
    pub fn new(plan: Plan) -> Result<Self, TransferError> {
        plan.shapes()?;
        Ok(ProgressiveNet { plan, columns: Vec::new() })
    }

    /// The layers of its columns.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many columns it has.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Its first `columns` columns: what it was before the others came.
    ///
    /// # Panics
    /// If it has fewer.
    #[track_caller]
    pub fn first(&self, columns: usize) -> Self {
        ProgressiveNet { plan: self.plan.clone(), columns: self.columns[..columns].to_vec() }
    }

    /// A new column with a head of `classes`, to be trained beside the present ones. Its own weights
    /// start from the same values whatever stands beside it.
    pub fn grow(&self, classes: usize, rng: &Rng) -> NewColumn {
        let column = Column::new(&self.plan, self.len(), classes, rng);
        NewColumn { older: Arc::new(self.clone()), column }
    }

    /// The logits `[n, classes]` of a column for a batch. All columns are on the tape of `x`, where
    /// they are constants; in a training step the older ones behave as in inference only if nothing
    /// random is left in them, so a step goes through [`NewColumn::forward`].
    pub(super) fn probed<'t>(&self, column: usize, x: Var<'t>, probe: Probe<'_, 't>) -> Var<'t> {
        let older = self.hidden(column, x, probe);
        self.columns[column].logits(column, x, &older, probe)
    }

    /// The hidden activations of the first `columns` columns.
    pub(super) fn hidden<'t>(
        &self,
        columns: usize,
        x: Var<'t>,
        probe: Probe<'_, 't>,
    ) -> Vec<Vec<Var<'t>>> {
        let mut all: Vec<Vec<Var<'t>>> = Vec::new();
        for (number, column) in self.columns[..columns].iter().enumerate() {
            let hidden = column.hidden(number, x, &all, probe);
            all.push(hidden);
        }
        all
    }

    /// Adds a column and freezes it: weights, buffers, dropout.
    pub(super) fn push(&mut self, mut column: Column) {
        column.freeze("*");
        self.columns.push(column);
    }
}

impl Network for ProgressiveNet {
    /// The last hidden activations of all columns, `[n, columns · units]`.
    ///
    /// # Panics
    /// Without a column.
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        let all = self.hidden(self.len(), x, &mut |_, _, h| h);
        let last: Vec<Var<'t>> = all.iter().map(|hidden| hidden[hidden.len() - 1]).collect();
        concat(&last, 1)
    }

    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        let units = features.shape()[1] / self.len();
        let of = |k: usize| features.slice(1, k * units..(k + 1) * units);
        let older: Vec<Var<'t>> = (0..self.len() - 1).map(of).collect();
        self.columns[self.len() - 1].head(of(self.len() - 1), &older)
    }
}

/// A column in training beside older ones, which are no part of it: as a module it has the new
/// column's parameters alone, so that neither an optimiser nor a checkpoint ever holds an older one.
#[derive(Clone, Debug)]
pub struct NewColumn {
    older: Arc<ProgressiveNet>,
    pub(super) column: Column,
}
module!(NewColumn: column);

impl NewColumn {
    // ANCHOR: new_column
    /// The logits `[n, classes]` of the new column. The older columns run on a tape of inference of
    /// their own, and only their activations come onto the tape of `x`, as constants: no gradient
    /// goes into them, their dropout is off and their normalisation uses what it has kept.
    pub fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let older = self.older_hidden(&x.value());
        let constant = |h: Tensor| x.tape().constant(h);
        let older: Vec<Vec<Var<'t>>> =
            older.into_iter().map(|hidden| hidden.into_iter().map(constant).collect()).collect();
        self.column.logits(older.len(), x, &older, &mut |_, _, h| h)
    }
    // ANCHOR_END: new_column

    fn older_hidden(&self, x: &Tensor) -> Vec<Vec<Tensor>> {
        if self.older.is_empty() {
            return Vec::new();
        }
        eval(|t| {
            let all = self.older.hidden(self.older.len(), t.constant(x), &mut |_, _, h| h);
            all.iter().map(|hidden| hidden.iter().map(|h| h.value()).collect()).collect()
        })
    }

    /// The network with this column added, and frozen.
    pub fn join(self) -> ProgressiveNet {
        let mut net = (*self.older).clone();
        net.push(self.column);
        net
    }
}
