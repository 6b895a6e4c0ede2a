//! What joins a layer to the older columns.

use super::plan::Laterals;
use nn_layers::init::{self, Fan, Nonlinearity};
use nn_layers::{Conv2d, Layer, Linear};
use tensor_autograd::{Module, Param, Path, Real, Rng, Tensor, Var, concat, module};

/// The largest value that the scale α starts with. The paper says small and random. From a tenth of
/// this a few hundred steps do not wake the laterals; without it they drown the column's own map.
const LARGEST_ALPHA: Real = 0.5;

/// A linear map between activations: fully connected, or a convolution.
#[derive(Clone, Debug)]
pub(super) enum Map {
    Linear(Linear),
    Conv(Conv2d),
}

impl Map {
    /// From activations of shape `from` to `outputs` units, or maps by filters of size `kernel`.
    /// Weights start as Kaiming normal (He et al. 2015), biases at 0.
    pub(super) fn new(
        from: &[usize],
        outputs: usize,
        kernel: Option<usize>,
        rng: &mut Rng,
    ) -> Self {
        let mut map = match kernel {
            Some(kernel) => Map::Conv(Conv2d::new(from[0], outputs, kernel, rng)),
            None => Map::Linear(Linear::new(from.iter().product(), outputs, rng)),
        };
        let gain = Nonlinearity::Relu.gain();
        init::apply(&mut map, "weight", |shape| init::kaiming_normal(shape, Fan::In, gain, rng));
        init::apply(&mut map, "bias", |shape| init::constant(shape, 0.0));
        map
    }

    pub(super) fn no_bias(self) -> Self {
        match self {
            Map::Linear(map) => Map::Linear(map.no_bias()),
            Map::Conv(map) => Map::Conv(map.no_bias()),
        }
    }

    /// A fully connected map flattens what it is given.
    pub(super) fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        match self {
            Map::Linear(map) => map.forward(x.flatten(1)),
            Map::Conv(map) => map.forward(x),
        }
    }
}

impl Module for Map {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&str, &'a Param)) {
        match self {
            Map::Linear(map) => map.visit(path, f),
            Map::Conv(map) => map.visit(path, f),
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&str, &'a mut Param)) {
        match self {
            Map::Linear(map) => map.visit_mut(path, f),
            Map::Conv(map) => map.visit_mut(path, f),
        }
    }
}

/// What a layer adds of the older columns' previous layer, `h` = their activations one behind the
/// other: **U σ(V(α h))** with σ = ReLU, or **U h** where `v` is missing, which is the sum of a
/// linear map of each column. No biases: the layer's own map has one.
#[derive(Clone, Debug)]
pub(super) struct Lateral {
    /// The learnt scale, `[]`.
    pub(super) alpha: Option<Param>,
    /// The projection to as many units or maps as the layer's own input has; of maps a 1x1
    /// convolution.
    pub(super) v: Option<Map>,
    /// To the layer's units or maps, with filters as its own map has.
    pub(super) u: Map,
}
module!(Lateral: alpha, v, u);

impl Lateral {
    /// For a layer from activations of shape `from` to `outputs`, beside `older` columns.
    pub(super) fn new(
        kind: Laterals,
        older: usize,
        from: &[usize],
        (outputs, kernel): (usize, Option<usize>),
        rng: &mut Rng,
    ) -> Self {
        let mut all = from.to_vec();
        all[0] *= older;
        match kind {
            Laterals::Linear => {
                let u = Map::new(&all, outputs, kernel, rng).no_bias();
                Lateral { alpha: None, v: None, u }
            }
            Laterals::Adapter => {
                let maps = (from.len() == 3).then_some(1);
                let v = Map::new(&all, from[0], maps, rng).no_bias();
                let u = Map::new(from, outputs, kernel, rng).no_bias();
                let alpha = Param::weight(Tensor::scalar(LARGEST_ALPHA * rng.uniform()));
                Lateral { alpha: Some(alpha), v: Some(v), u }
            }
        }
    }

    // ANCHOR: forward
    /// `older`: the previous layer of each older column.
    pub(super) fn forward<'t>(&self, older: &[Var<'t>]) -> Var<'t> {
        let mut h = concat(older, 1);
        if let Some(alpha) = &self.alpha {
            h = h * h.tape().param(alpha);
        }
        if let Some(v) = &self.v {
            h = v.forward(h).relu();
        }
        self.u.forward(h)
    }
    // ANCHOR_END: forward
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_layers::check;

    /// The lateral of a layer whose input is split into the activations of two older columns, so
    /// that the gradient with respect to these is checked too.
    #[derive(Clone)]
    struct TwoOlder(Lateral, usize);
    impl Module for TwoOlder {
        fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&str, &'a Param)) {
            self.0.visit(path, f);
        }
        fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&str, &'a mut Param)) {
            self.0.visit_mut(path, f);
        }
    }
    impl Layer for TwoOlder {
        fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
            self.0.forward(&[x.slice(1, ..self.1), x.slice(1, self.1..)])
        }
        fn describe(&self) -> String {
            "a lateral".into()
        }
    }

    fn check(kind: Laterals, from: &[usize], to: (usize, Option<usize>)) {
        let mut lateral = Lateral::new(kind, 2, from, to, &mut Rng::seed(5));
        if let Some(alpha) = &mut lateral.alpha {
            alpha.value = Tensor::scalar(0.7);
        }
        let mut shape = vec![3, 2 * from[0]];
        shape.extend(&from[1..]);
        check::gradients(&TwoOlder(lateral, from[0]), &shape, -1.0..1.0);
    }

    #[test]
    fn gradients_of_an_adapter_are_those_of_differences() {
        check(Laterals::Adapter, &[4], (3, None));
        check(Laterals::Adapter, &[2, 4, 4], (3, Some(3)));
        check(Laterals::Adapter, &[2, 3, 3], (3, None));
    }

    #[test]
    fn gradients_of_linear_laterals_are_those_of_differences() {
        check(Laterals::Linear, &[4], (3, None));
        check(Laterals::Linear, &[2, 4, 4], (3, Some(3)));
        check(Laterals::Linear, &[2, 3, 3], (3, None));
    }

    #[test]
    fn an_adapter_is_the_formula() {
        let mut lateral = Lateral::new(Laterals::Adapter, 2, &[1], (1, None), &mut Rng::seed(0));
        let alpha = lateral.alpha.as_ref().unwrap().value.item();
        assert!((0.0..0.5).contains(&alpha));
        for (name, p) in lateral.named_params_mut() {
            p.value = match name.as_str() {
                "alpha" => Tensor::scalar(0.5),
                "v.weight" => Tensor::new([1, 2], vec![2.0, -4.0]),
                "u.weight" => Tensor::new([1, 1], vec![3.0]),
                other => panic!("{other}"),
            };
        }
        let value = |a, b| {
            tensor_autograd::eval(|t| {
                let older = [a, b].map(|x| t.constant(Tensor::new([1, 1], vec![x])));
                lateral.forward(&older).value().item()
            })
        };
        // 3 · relu(2 · 0.5 · 5 - 4 · 0.5 · 1) and, where that is negative, 0.
        assert_eq!((value(5.0, 1.0), value(1.0, 5.0)), (9.0, 0.0));
    }
}
