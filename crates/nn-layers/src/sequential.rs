//! Layers one after another.

use crate::Layer;
use crate::summary::Row;
use std::fmt;
use std::ops::{Index, IndexMut, Range};
use tensor_autograd::{Module, Param, Path, Var};

/// A chain of layers, each applied to the value of the one before. Children are named by their
/// index, as in PyTorch: `0.weight`, `2.bias`; functions take an index too.
///
/// Frozen layers are still in training too: dropout between two of them draws nothing. Dropout before
/// the first or after the last of them belongs to the layers beside, and goes on.
///
/// ```
/// use nn_layers::{Layer, Linear, relu, seq};
/// use tensor_autograd::{Module, Rng};
///
/// let rng = &mut Rng::seed(0);
/// let mut net = seq![Linear::new(784, 256, rng), relu, Linear::new(256, 10, rng)];
/// net[2] = Box::new(Linear::new(256, 26, rng)); // a new head
/// assert_eq!(net.named_params()[3].0, "2.bias");
/// assert_eq!(net.describe(), "Sequential(Linear(784 -> 256), relu, Linear(256 -> 26))");
/// ```
#[derive(Clone, Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// The empty chain: the identity.
    pub fn new() -> Self {
        Sequential::default()
    }

    /// Adds a layer at the end.
    pub fn push(&mut self, layer: impl Layer) {
        self.layers.push(Box::new(layer));
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is no layer.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The layers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Box<dyn Layer>> {
        self.layers.iter()
    }

    /// The layers in order, for writing.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Box<dyn Layer>> {
        self.layers.iter_mut()
    }

    /// Removes and returns the last layer.
    pub fn pop(&mut self) -> Option<Box<dyn Layer>> {
        self.layers.pop()
    }

    /// Cuts the chain: keeps the layers before `at`, returns those from `at` on. Their indices, and
    /// so their names, begin at 0 again.
    ///
    /// # Panics
    /// If `at` is larger than the number of layers.
    #[track_caller]
    pub fn split_off(&mut self, at: usize) -> Sequential {
        assert!(at <= self.len(), "split_off({at}) of {} layers", self.len());
        Sequential { layers: self.layers.split_off(at) }
    }

    /// The layers `range` alone, at `x`, as [`forward`](Layer::forward) runs them: to run a chain in
    /// parts, one after the other, is to run it.
    ///
    /// # Panics
    /// If there are no such layers.
    #[track_caller]
    pub fn forward_range<'t>(&self, range: Range<usize>, x: Var<'t>) -> Var<'t> {
        assert!(range.end <= self.len(), "forward_range({range:?}) of {} layers", self.len());
        let tape = x.tape();
        if !tape.is_training() {
            return self.layers[range].iter().fold(x, |x, layer| layer.forward(x));
        }
        let frozen = self.frozen();
        self.layers[range.clone()].iter().zip(&frozen[range]).fold(x, |x, (layer, frozen)| {
            match frozen {
                true => tape.still(|| layer.forward(x)),
                false => layer.forward(x),
            }
        })
    }

    /// Which layers are frozen: those whose every parameter is, and between two of them those that
    /// have none.
    fn frozen(&self) -> Vec<bool> {
        let mut frozen = vec![false; self.len()];
        let mut latest: Option<usize> = None;
        for (i, layer) in self.layers.iter().enumerate() {
            let (mut any, mut all) = (false, true);
            layer.visit(&mut Path::default(), &mut |_, p| (any, all) = (true, all && p.frozen));
            if any {
                let from = latest.filter(|_| all).map_or(i, |latest| latest + 1);
                frozen[from..=i].fill(all);
                latest = all.then_some(i);
            }
        }
        frozen
    }
}

impl Module for Sequential {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&str, &'a Param)) {
        for (i, layer) in self.layers.iter().enumerate() {
            path.enter(&i.to_string(), |path| layer.visit(path, f));
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            path.enter(&i.to_string(), |path| layer.visit_mut(path, f));
        }
    }
}

impl Layer for Sequential {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.forward_range(0..self.len(), x)
    }

    fn describe(&self) -> String {
        let inner: Vec<String> = self.layers.iter().map(|layer| layer.describe()).collect();
        format!("Sequential({})", inner.join(", "))
    }

    fn trace<'t>(&self, path: &mut Path, x: Var<'t>, rows: &mut Vec<Row>) -> Var<'t> {
        self.layers
            .iter()
            .enumerate()
            .fold(x, |x, (i, layer)| path.enter(&i.to_string(), |path| layer.trace(path, x, rows)))
    }
}

impl Index<usize> for Sequential {
    type Output = Box<dyn Layer>;
    #[track_caller]
    fn index(&self, index: usize) -> &Box<dyn Layer> {
        &self.layers[index]
    }
}

impl IndexMut<usize> for Sequential {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut Box<dyn Layer> {
        &mut self.layers[index]
    }
}

impl Extend<Box<dyn Layer>> for Sequential {
    fn extend<I: IntoIterator<Item = Box<dyn Layer>>>(&mut self, layers: I) {
        self.layers.extend(layers);
    }
}

impl FromIterator<Box<dyn Layer>> for Sequential {
    fn from_iter<I: IntoIterator<Item = Box<dyn Layer>>>(layers: I) -> Self {
        Sequential { layers: layers.into_iter().collect() }
    }
}

impl IntoIterator for Sequential {
    type Item = Box<dyn Layer>;
    type IntoIter = std::vec::IntoIter<Box<dyn Layer>>;
    fn into_iter(self) -> Self::IntoIter {
        self.layers.into_iter()
    }
}

impl<'a> IntoIterator for &'a Sequential {
    type Item = &'a Box<dyn Layer>;
    type IntoIter = std::slice::Iter<'a, Box<dyn Layer>>;
    fn into_iter(self) -> Self::IntoIter {
        self.layers.iter()
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

/// A [`Sequential`] of these layers: `seq![Linear::new(4, 8, rng), relu, Linear::new(8, 2, rng)]`.
#[macro_export]
macro_rules! seq {
    ($($layer:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "an empty chain pushes nothing")]
        let mut chain = $crate::Sequential::new();
        $(chain.push($layer);)*
        chain
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dropout, Linear, tanh};
    use tensor_autograd::{Rng, Tensor, eval, grad};

    fn value(layer: &dyn Layer, x: &Tensor) -> Tensor {
        eval(|t| layer.forward(t.constant(x.clone())).value())
    }

    #[test]
    fn a_cut_chain_and_its_parts_give_the_same_value() {
        let rng = &mut Rng::seed(1);
        let whole = seq![Linear::new(3, 4, rng), tanh, seq![Linear::new(4, 2, rng), tanh]];
        let x = Tensor::uniform([5, 3], -1.0..1.0, rng);
        let mut front = whole.clone();
        let back = front.split_off(1);
        assert_eq!((front.len(), back.len()), (1, 2));
        assert_eq!(value(&back, &value(&front, &x)), value(&whole, &x));
        let names: Vec<String> = whole.named_params().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["0.weight", "0.bias", "2.0.weight", "2.0.bias"]);
        front.extend(back);
        assert_eq!(value(&front, &x), value(&whole, &x));
        assert_eq!(value(&seq![], &x), x);
    }

    #[test]
    fn a_copy_has_values_of_its_own() {
        let net = seq![Linear::new(2, 2, &mut Rng::seed(0))];
        let mut copy = net.clone();
        copy.visit_mut(&mut Path::default(), &mut |_, p| p.value = Tensor::zeros(p.shape()));
        assert!(net.state_dict()["0.weight"].as_slice().iter().any(|&w| w != 0.0));
    }

    #[test]
    fn dropout_between_frozen_layers_draws_nothing() {
        let rng = &mut Rng::seed(1);
        let half = || Dropout::new(0.5);
        let mut net = seq![
            half(),
            Linear::new(3, 4, rng),
            half(),
            tanh,
            Linear::new(4, 4, rng),
            half(),
            Linear::new(4, 2, rng)
        ];
        net.freeze("1.*, 4.*");
        assert_eq!(net.frozen(), [false, true, true, true, true, false, false]);
        let x = Tensor::uniform([5, 3], -1.0..1.0, rng);
        let of = |net: &Sequential, seed| {
            grad(&mut Rng::seed(seed), |t| net.forward(t.constant(x.clone())).sum(..)).0
        };
        let parts = |cut| {
            grad(&mut Rng::seed(0), |t| {
                let front = net.forward_range(0..cut, t.constant(x.clone()));
                net.forward_range(cut..net.len(), front).sum(..)
            })
        };
        assert!((0..=net.len()).all(|cut| parts(cut).0 == of(&net, 0)), "it knows its neighbours");
        // Between the frozen layers nothing is drawn; before and after them it is.
        let middle = || net.iter().skip(1).take(4).cloned().collect::<Sequential>();
        let inference = value(&middle(), &x).as_slice().iter().sum::<tensor_autograd::Real>();
        assert!((of(&middle(), 0) - inference).abs() < 1e-5);
        assert_ne!(of(&net, 0), of(&net, 1));
        net.freeze("6.*");
        net = net.into_iter().skip(1).collect();
        assert_eq!(of(&net, 0), of(&net, 1));
        net.unfreeze("*");
        assert_ne!(of(&net, 0), of(&net, 1));
    }

    #[test]
    fn a_model_is_plain_data() {
        fn plain<T: Send + Sync + Clone + 'static>(_: &T) {}
        plain(&seq![tanh]);
    }
}
