//! The layers of a network in the order of their depth, and what training makes of it: rates that
//! fall with the depth, and layers that begin to move one after the other.

use crate::network::Network;
use std::collections::BTreeMap;
use tensor_autograd::{Kind, Module, Tape, Tensor};

/// A layer with all that belongs to it: a weight of two or more axes, its bias, and the
/// normalisation behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerGroup {
    /// The name of its first layer, as `features.0`.
    pub name: String,
    /// The names of its parameters, buffers included.
    pub params: Vec<String>,
}

impl LayerGroup {
    /// The pattern of its parameters.
    pub fn pattern(&self) -> String {
        self.params.join(",")
    }
}

/// The layers that the logits of `net` depend on, the first one first. `samples` is a batch of any
/// size: which layers a network uses is read off the tape. Parts that it does not use, such as a
/// domain classifier, are no layers here.
///
/// # Panics
/// If the network does not take such samples.
#[track_caller]
pub fn layer_groups(net: &impl Network, samples: &Tensor) -> Vec<LayerGroup> {
    let mut free = net.clone();
    free.unfreeze("*");
    let tape = Tape::new();
    let grads = free.forward(tape.constant(samples)).sum(..).backward();
    // A layer of buffers alone has no gradient: it is used if its neighbour before it is.
    let mut layers: Vec<Layer> = Vec::new();
    for (name, param) in free.named_params() {
        let of = name.rsplit_once('.').map_or("", |(layer, _)| layer).to_owned();
        if layers.last().is_none_or(|layer| layer.name != of) {
            let before = layers.last().filter(|before| part(&before.name) == part(&of));
            let used = before.is_some_and(|before| before.used);
            layers.push(Layer { name: of, used, weights: false, matrix: false, params: vec![] });
        }
        let layer = layers.last_mut().expect("there is one now");
        if param.kind == Kind::Weight {
            let used = grads.get(param).is_some();
            layer.used = if layer.weights { layer.used || used } else { used };
            layer.weights = true;
            layer.matrix |= param.shape().rank() >= 2;
        }
        layer.params.push(name);
    }
    let mut groups: Vec<LayerGroup> = Vec::new();
    let mut begun = false; // whether the latest group has its matrix
    for Layer { name, matrix, params, .. } in layers.into_iter().filter(|layer| layer.used) {
        match groups.last_mut().filter(|_| !(matrix && begun)) {
            Some(group) => group.params.extend(params),
            None => groups.push(LayerGroup { name, params }),
        }
        begun |= matrix;
    }
    groups
}

/// What a layer is in: `features` of `features.0`.
fn part(layer: &str) -> &str {
    layer.rsplit_once('.').map_or("", |(part, _)| part)
}

/// Parameters under one name, in the order of the module.
struct Layer {
    name: String,
    used: bool,
    weights: bool,
    matrix: bool,
    params: Vec<String>,
}

/// From which step on each parameter is trained. Those that are not named stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Thaw(BTreeMap<String, usize>);

impl Thaw {
    /// Holds `name` until `step`, and until any later step that it is held until already.
    pub(crate) fn hold(&mut self, name: &str, step: usize) {
        let since = self.0.entry(name.to_owned()).or_default();
        *since = step.max(*since);
    }

    /// Whether parameters are frozen in some steps and not in others.
    pub(crate) fn moves(&self) -> bool {
        self.0.values().any(|&since| since > 0)
    }

    /// Freezes and unfreezes `net` as it has to be in this step.
    pub(crate) fn apply(&self, net: &mut impl Module, step: usize) {
        if self.0.is_empty() {
            return;
        }
        for (name, param) in net.named_params_mut() {
            if let Some(since) = self.0.get(&name) {
                param.frozen = step < *since;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_layers::models::{DannNet, cifar_net, dann_mnist, dann_shallow};
    use nn_layers::{BatchNorm1d, Linear, seq};
    use tensor_autograd::Rng;

    fn names(net: &DannNet, sample: &[usize]) -> Vec<String> {
        let samples = Tensor::zeros(tensor_autograd::Shape::new(sample));
        layer_groups(net, &samples).into_iter().map(|group| group.name).collect()
    }

    #[test]
    fn layers_are_those_that_the_logits_need_with_their_normalisation() {
        let rng = &mut Rng::seed(0);
        assert_eq!(names(&dann_shallow(2, 3, 2, rng), &[1, 2]), ["features.0", "label.0"]);
        let mnist = ["features.0", "features.3", "label.0", "label.2", "label.4"];
        assert_eq!(names(&dann_mnist([1, 28, 28], 10, rng), &[1, 1, 28, 28]), mnist);
        let cifar = cifar_net([3, 8, 8], 2, rng);
        let groups = layer_groups(&cifar, &Tensor::zeros([1, 3, 8, 8]));
        assert_eq!(groups.len(), 4);
        assert_eq!(groups[1].name, "features.4");
        let params = groups[1].params.join(" ");
        assert!(params.starts_with("features.4.weight features.4.bias features.5.weight"));
        assert!(params.ends_with("features.5.running_var features.5.num_batches_tracked"));
    }

    #[test]
    fn frozen_layers_and_normalisation_without_weights_count_too() {
        let rng = &mut Rng::seed(0);
        let mut net = DannNet {
            features: seq![
                BatchNorm1d::new(2),
                Linear::new(2, 3, rng),
                BatchNorm1d::new(3).no_affine()
            ],
            label: seq![Linear::new(3, 2, rng)],
            domain: seq![BatchNorm1d::new(3).no_affine(), Linear::new(3, 1, rng)],
        };
        net.freeze("*");
        let groups = layer_groups(&net, &Tensor::zeros([1, 2]));
        let names: Vec<&str> = groups.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["features.0", "label.0"]);
        assert!(groups[0].pattern().contains("features.1.weight"), "{groups:?}");
        assert!(groups[0].pattern().contains("features.2.running_mean"), "{groups:?}");
        assert!(!groups[1].pattern().contains("domain"), "{groups:?}");
    }

    #[test]
    fn what_is_held_longest_counts() {
        let mut net = dann_shallow(2, 3, 2, &mut Rng::seed(0));
        net.freeze("label.0.bias");
        let mut thaw = Thaw::default();
        thaw.hold("features.0.weight", 3);
        thaw.hold("features.0.weight", 2);
        let mut frozen = |step| {
            thaw.apply(&mut net, step);
            let params = net.named_params().into_iter().filter(|(_, p)| p.frozen);
            params.map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(frozen(0), ["features.0.weight", "label.0.bias"]);
        assert_eq!(frozen(2), ["features.0.weight", "label.0.bias"]);
        assert_eq!(frozen(3), ["label.0.bias"]);
        assert_eq!(frozen(1), ["features.0.weight", "label.0.bias"]);
    }
}
