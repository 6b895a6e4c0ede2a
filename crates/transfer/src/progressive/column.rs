//! A column: a network of its own that also reads the older ones.

use super::lateral::{Lateral, Map};
use super::plan::{Hidden, Plan};
use nn_layers::{BatchNorm1d, BatchNorm2d, Dropout, Layer, MaxPool2d};
use tensor_autograd::{Module, Real, Rng, Var, module};

/// What is done to the activations of a layer before they are read: changed, looked at, or nothing.
/// Given the column, the hidden layer (both from 0) and the activations.
pub(super) type Probe<'p, 't> = &'p mut dyn FnMut(usize, usize, Var<'t>) -> Var<'t>;

/// One layer: **h = f(W h_own + lateral(h_older))** with *f* = dropout of pool of ReLU of batch norm
/// of a hidden layer, and the identity for a head.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) own: Map,
    pub(super) lateral: Option<Lateral>,
    norm1d: Option<BatchNorm1d>,
    norm2d: Option<BatchNorm2d>,
    hidden: bool,
    pool: Option<MaxPool2d>,
    dropout: Option<Dropout>,
}
module!(Unit: own, lateral, norm1d, norm2d);

impl Unit {
    /// Layer `i` of a column beside `older` ones, of which it reads activations of shape `from`.
    fn new(
        plan: &Plan,
        (i, older): (usize, usize),
        from: &[usize],
        outputs: usize,
        (own, laterals): (&mut Rng, &mut Rng),
    ) -> Self {
        let hidden = plan.hidden.get(i);
        let (kernel, pool) = match hidden {
            Some(Hidden::Conv { kernel, pool, .. }) => (Some(*kernel), *pool),
            _ => (None, 1),
        };
        let own = Map::new(from, outputs, kernel, own);
        // None into the first layer: its input is the sample, which the column has itself.
        let lateral = (i > 0 && older > 0)
            .then(|| Lateral::new(plan.laterals, older, from, (outputs, kernel), laterals));
        let norm = plan.batch_norm && hidden.is_some();
        let dropout = hidden.is_some() && plan.dropout > 0.0;
        Unit {
            own,
            lateral,
            norm1d: (norm && kernel.is_none()).then(|| BatchNorm1d::new(outputs)),
            norm2d: (norm && kernel.is_some()).then(|| BatchNorm2d::new(outputs)),
            hidden: hidden.is_some(),
            pool: (pool > 1).then(|| MaxPool2d::new(pool)),
            dropout: dropout.then(|| Dropout::new(plan.dropout as Real)),
        }
    }

    fn forward<'t>(&self, own: Var<'t>, older: &[Var<'t>]) -> Var<'t> {
        let mut z = self.own.forward(own);
        if let Some(lateral) = &self.lateral {
            z = z + lateral.forward(older);
        }
        if let Some(norm) = &self.norm1d {
            z = norm.forward(z);
        }
        if let Some(norm) = &self.norm2d {
            z = norm.forward(z);
        }
        if self.hidden {
            z = z.relu();
        }
        if let Some(pool) = &self.pool {
            z = pool.forward(z);
        }
        match &self.dropout {
            // A frozen layer is a fixed function: its dropout is off too.
            Some(dropout) if !self.is_frozen() => dropout.forward(z),
            _ => z,
        }
    }

    fn is_frozen(&self) -> bool {
        self.named_params().iter().all(|(_, p)| p.frozen)
    }
}

/// The layers of one column, its head last.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) layers: Vec<Unit>,
}
module!(Column: layers);

impl Column {
    /// A column with a head of `classes` beside `older` ones. What it has in common with a column
    /// that stands alone starts from the same values as that one.
    ///
    /// # Panics
    /// If the plan's layers do not fit, which [`Plan::shapes`] reports as an error.
    pub(super) fn new(plan: &Plan, older: usize, classes: usize, rng: &Rng) -> Self {
        let shapes = plan.shapes().expect("a plan is checked before columns are made");
        let (own, laterals) = (&mut rng.fork("own"), &mut rng.fork("laterals"));
        let widths = shapes[1..].iter().map(|shape| shape[0]).chain([classes]);
        let layers = widths.zip(&shapes).enumerate().map(|(i, (outputs, from))| {
            Unit::new(plan, (i, older), from, outputs, (&mut *own, &mut *laterals))
        });
        Column { layers: layers.collect() }
    }

    /// The hidden activations `h₁ .. h_{L-1}` at the input `x`, beside those of the older columns;
    /// `number` is the column's own, for the probe.
    pub(super) fn hidden<'t>(
        &self,
        number: usize,
        x: Var<'t>,
        older: &[Vec<Var<'t>>],
        probe: Probe<'_, 't>,
    ) -> Vec<Var<'t>> {
        let mut hidden: Vec<Var<'t>> = Vec::new();
        for (i, layer) in self.layers[..self.layers.len() - 1].iter().enumerate() {
            let own = hidden.last().copied().unwrap_or(x);
            let h = layer.forward(own, &beside(older, i));
            hidden.push(probe(number, i, h));
        }
        hidden
    }

    /// The logits over the last hidden activations, its own and those of the older columns.
    pub(super) fn head<'t>(&self, own: Var<'t>, older: &[Var<'t>]) -> Var<'t> {
        self.layers.last().expect("a head at least").forward(own, older)
    }

    /// The logits at `x`, beside the hidden activations of the older columns.
    pub(super) fn logits<'t>(
        &self,
        number: usize,
        x: Var<'t>,
        older: &[Vec<Var<'t>>],
        probe: Probe<'_, 't>,
    ) -> Var<'t> {
        let hidden = self.hidden(number, x, older, probe);
        let own = *hidden.last().expect("a plan has a hidden layer");
        self.head(own, &beside(older, hidden.len()))
    }
}

/// What layer `i` reads of each older column: the activations before it.
fn beside<'t>(older: &[Vec<Var<'t>>], i: usize) -> Vec<Var<'t>> {
    match i {
        0 => Vec::new(),
        i => older.iter().map(|hidden| hidden[i - 1]).collect(),
    }
}
