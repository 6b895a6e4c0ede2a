//! The nets of domain-adversarial training (Ganin et al., *Domain-Adversarial Training of Neural
//! Networks*, JMLR 2016, figure 4 and section 5.1).
//!
//! The convolutional ones start from Kaiming normal weights and zero biases (He et al. 2015), which
//! keep the scale of the signal through layers of ReLU. The paper does not say how its nets start;
//! PyTorch's default values shrink the features so far that the domain classifier learns too slowly
//! to be worth hiding from.

use super::feature_count;
use crate::init::{Fan, Nonlinearity};
use crate::summary::Row;
use crate::{Conv2d, Layer, Linear, MaxPool2d, Sequential, flatten, init, relu, seq, sigmoid};
use tensor_autograd::{Path, Rng, Var, module};

/// Three parts that meet at the features: a label predictor that all classes' logits come from, and
/// a domain classifier with one logit, whose sign tells target from source.
///
/// Between features and domain classifier stands the gradient reversal, which belongs to the
/// training and not to the net. As a layer, this is the classifier `label(features(x))`.
#[derive(Clone, Debug)]
pub struct DannNet {
    /// From an input to features `[n, d]`.
    pub features: Sequential,
    /// From features to logits `[n, classes]`.
    pub label: Sequential,
    /// From features to one logit of the domain, `[n, 1]`.
    pub domain: Sequential,
}
module!(DannNet: features, label, domain);

impl Layer for DannNet {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.label.forward(self.features.forward(x))
    }

    fn describe(&self) -> String {
        let parts = [&self.features, &self.label, &self.domain].map(Layer::describe);
        format!("DannNet(features: {}, label: {}, domain: {})", parts[0], parts[1], parts[2])
    }

    fn trace<'t>(&self, path: &mut Path, x: Var<'t>, rows: &mut Vec<Row>) -> Var<'t> {
        let features = path.enter("features", |path| self.features.trace(path, x, rows));
        path.enter("domain", |path| self.domain.trace(path, features, rows));
        path.enter("label", |path| self.label.trace(path, features, rows))
    }
}

/// The MNIST architecture (figure 4a): `conv 5x5 32, ReLU, max-pool 2x2, conv 5x5 48, ReLU, max-pool
/// 2x2`; labels `100, ReLU, 100, ReLU, classes`; domain `100, ReLU, 1`. The paper's input is
/// `[3, 28, 28]`, which gives 768 features.
///
/// # Panics
/// If the image `[channels, height, width]` is too small.
#[track_caller]
pub fn dann_mnist(image: [usize; 3], classes: usize, rng: &mut Rng) -> DannNet {
    let features = seq![
        Conv2d::new(image[0], 32, 5, rng),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(32, 48, 5, rng),
        relu,
        MaxPool2d::new(2),
        flatten,
    ];
    let d = feature_count(&features, &image);
    let net = DannNet {
        features,
        label: super::mlp(&[d, 100, 100, classes], rng),
        domain: super::mlp(&[d, 100, 1], rng),
    };
    for_relu(net, rng)
}

/// The net that Sener and Koltun (2018) took for MultiMNIST, in the same three parts: `conv 5x5 10,
/// max-pool 2x2, ReLU, conv 5x5 20, max-pool 2x2, ReLU, FC 50, ReLU`; labels `50, ReLU, classes`;
/// domain `50, ReLU, 1`. Without their dropout in the label predictor.
///
/// # Panics
/// If the image `[channels, height, width]` is too small.
#[track_caller]
pub fn dann_lenet(image: [usize; 3], classes: usize, rng: &mut Rng) -> DannNet {
    let mut features = seq![
        Conv2d::new(image[0], 10, 5, rng),
        MaxPool2d::new(2),
        relu,
        Conv2d::new(10, 20, 5, rng),
        MaxPool2d::new(2),
        relu,
        flatten,
    ];
    features.push(Linear::new(feature_count(&features, &image), 50, rng));
    features.push(relu);
    let net = DannNet {
        features,
        label: super::mlp(&[50, 50, classes], rng),
        domain: super::mlp(&[50, 50, 1], rng),
    };
    for_relu(net, rng)
}

/// The SVHN architecture (figure 4b): `conv 5x5 64, ReLU, max-pool 3x3 / 2, conv 5x5 64, ReLU,
/// max-pool 3x3 / 2, conv 5x5 128, ReLU`; labels `3072, ReLU, 2048, ReLU, classes`; domain
/// `1024, ReLU, 1024, ReLU, 1`. The paper's input is `[3, 32, 32]`. Its convolutions pad by 2,
/// without which the third one would not fit; that gives 6272 features.
///
/// # Panics
/// If the image `[channels, height, width]` is too small.
#[track_caller]
pub fn dann_svhn(image: [usize; 3], classes: usize, rng: &mut Rng) -> DannNet {
    let features = seq![
        Conv2d::new(image[0], 64, 5, rng).padding(2),
        relu,
        MaxPool2d::new(3).stride(2),
        Conv2d::new(64, 64, 5, rng).padding(2),
        relu,
        MaxPool2d::new(3).stride(2),
        Conv2d::new(64, 128, 5, rng).padding(2),
        relu,
        flatten,
    ];
    let d = feature_count(&features, &image);
    let net = DannNet {
        features,
        label: super::mlp(&[d, 3072, 2048, classes], rng),
        domain: super::mlp(&[d, 1024, 1024, 1], rng),
    };
    for_relu(net, rng)
}

/// The traffic-sign architecture (figure 4c): `conv 5x5 96, ReLU, max-pool 2x2, conv 3x3 144, ReLU,
/// max-pool 2x2, conv 5x5 256, ReLU, max-pool 2x2`; labels `512, ReLU, classes`; domain
/// `1024, ReLU, 1024, ReLU, 1`. The paper's input is `[3, 40, 40]` with 43 classes, which gives 1024
/// features.
///
/// # Panics
/// If the image `[channels, height, width]` is too small.
#[track_caller]
pub fn dann_signs(image: [usize; 3], classes: usize, rng: &mut Rng) -> DannNet {
    let features = seq![
        Conv2d::new(image[0], 96, 5, rng),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(96, 144, 3, rng),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(144, 256, 5, rng),
        relu,
        MaxPool2d::new(2),
        flatten,
    ];
    let d = feature_count(&features, &image);
    let net = DannNet {
        features,
        label: super::mlp(&[d, 512, classes], rng),
        domain: super::mlp(&[d, 1024, 1024, 1], rng),
    };
    for_relu(net, rng)
}

/// A perceptron in the same three parts: `flatten, hidden[0], ReLU, hidden[1], ReLU`; labels one
/// linear layer; domain `100, ReLU, 1`. For inputs that are no pictures, such as spectrograms.
pub fn dann_mlp(inputs: usize, hidden: [usize; 2], classes: usize, rng: &mut Rng) -> DannNet {
    let [first, second] = hidden;
    let net = DannNet {
        features: seq![
            flatten,
            Linear::new(inputs, first, rng),
            relu,
            Linear::new(first, second, rng),
            relu,
        ],
        label: seq![Linear::new(second, classes, rng)],
        domain: super::mlp(&[second, 100, 1], rng),
    };
    for_relu(net, rng)
}

/// The initial values of a net of ReLU layers.
fn for_relu(mut net: DannNet, rng: &mut Rng) -> DannNet {
    let gain = Nonlinearity::Relu.gain();
    init::apply(&mut net, "*.weight", |shape| init::kaiming_normal(shape, Fan::In, gain, rng));
    init::apply(&mut net, "*.bias", |shape| init::constant(shape, 0.0));
    net
}

/// The shallow net of sections 4.1 and 5.1: one hidden layer of sigmoids, then linear logits for
/// labels and domain. The moons of figure 2 have 2 inputs, 15 hidden units and 2 classes.
///
/// Weights of hidden and label layers start as Xavier uniform, the domain weights and all biases at
/// 0, as the authors' code has it.
pub fn dann_shallow(inputs: usize, hidden: usize, classes: usize, rng: &mut Rng) -> DannNet {
    let mut net = DannNet {
        features: seq![Linear::new(inputs, hidden, rng), sigmoid],
        label: seq![Linear::new(hidden, classes, rng)],
        domain: seq![Linear::new(hidden, 1, rng)],
    };
    init::apply(&mut net, "features.0.weight, label.0.weight", |shape| {
        init::xavier_uniform(shape, 1.0, rng)
    });
    init::apply(&mut net, "*.bias, domain.*", |shape| init::constant(shape, 0.0));
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary;
    use tensor_autograd::Module;

    /// Features, then the parameters of the three parts.
    fn sizes(net: &DannNet, image: [usize; 3]) -> [usize; 4] {
        let [c, h, w] = image;
        let table = summary(net, [1, c, h, w]);
        assert_eq!(table.parameters(), net.num_parameters());
        let domain = table.rows.iter().find(|row| row.path == "domain.0").unwrap();
        let features: Vec<_> =
            table.rows.iter().filter(|row| row.path.starts_with("features")).collect();
        assert!(
            domain.layer.starts_with(&format!("Linear({}", features.last().unwrap().output[1]))
        );
        let parts = [&net.features, &net.label, &net.domain].map(Module::num_parameters);
        [features.last().unwrap().output[1], parts[0], parts[1], parts[2]]
    }

    #[test]
    fn sizes_are_the_papers() {
        let rng = &mut Rng::seed(0);
        let mnist = dann_mnist([3, 28, 28], 10, rng);
        let conv = (3 * 25 + 1) * 32 + (32 * 25 + 1) * 48;
        let label = 769 * 100 + 101 * 100 + 101 * 10;
        assert_eq!(sizes(&mnist, [3, 28, 28]), [768, conv, label, 769 * 100 + 101]);

        let lenet = dann_lenet([1, 28, 28], 10, rng);
        let trunk = 26 * 10 + 251 * 20 + 321 * 50;
        let label = 51 * 50 + 51 * 10;
        assert_eq!(sizes(&lenet, [1, 28, 28]), [50, trunk, label, 51 * 50 + 51]);

        let signs = dann_signs([3, 40, 40], 43, rng);
        let conv = 76 * 96 + (96 * 9 + 1) * 144 + (144 * 25 + 1) * 256;
        let domain = 1025 * 1024 + 1025 * 1024 + 1025;
        assert_eq!(sizes(&signs, [3, 40, 40]), [1024, conv, 1025 * 512 + 513 * 43, domain]);
    }

    #[test]
    fn the_svhn_net_has_the_papers_sizes() {
        let net = dann_svhn([3, 32, 32], 10, &mut Rng::seed(0));
        let conv = 76 * 64 + (64 * 25 + 1) * 64 + (64 * 25 + 1) * 128;
        let label = 6273 * 3072 + 3073 * 2048 + 2049 * 10;
        let domain = 6273 * 1024 + 1025 * 1024 + 1025;
        assert_eq!(sizes(&net, [3, 32, 32]), [6272, conv, label, domain]);
    }

    #[test]
    fn the_convolutional_nets_start_as_relu_layers_should() {
        let state = dann_mnist([3, 28, 28], 10, &mut Rng::seed(0)).state_dict();
        for (name, fan_in) in [("features.3", 32 * 25), ("label.0", 768), ("domain.0", 768)] {
            let w = &state[&format!("{name}.weight")];
            let square: f64 = w.as_slice().iter().map(|&w| f64::from(w).powi(2)).sum();
            let ratio = square / w.len() as f64 * fan_in as f64 / 2.0;
            assert!((ratio - 1.0).abs() < 0.05, "{name}: {ratio} times the variance 2 / fan-in");
            assert!(state[&format!("{name}.bias")].as_slice().iter().all(|&b| b == 0.0));
        }
    }

    #[test]
    fn names_are_part_index_and_kind() {
        let net = dann_shallow(2, 15, 2, &mut Rng::seed(0));
        let names: Vec<String> = net.named_params().into_iter().map(|(name, _)| name).collect();
        let want = ["features.0.weight", "features.0.bias", "label.0.weight", "label.0.bias"];
        assert_eq!(names[..4], want);
        let state = net.state_dict();
        assert!(state["domain.0.weight"].as_slice().iter().all(|&w| w == 0.0));
        let bound = (6.0 as tensor_autograd::Real / 17.0).sqrt();
        assert!(state["features.0.weight"].as_slice().iter().all(|w| w.abs() <= bound));
    }
}
