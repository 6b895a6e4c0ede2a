//! The networks of [torchvision](https://pytorch.org/vision) that pretrained weights are usually for:
//! its modules, its names and its initial values, so that its state dicts load without a map, and
//! what is saved here loads there.

mod mobilenet;
mod residual;
mod resnet;
mod vgg;

pub use mobilenet::{InvertedResidual, mobilenet_v2};
pub use residual::Residual;
pub use resnet::{BasicBlock, Bottleneck, resnet18, resnet34, resnet50};
pub use vgg::vgg11_bn;

use crate::init::{self, Fan, Nonlinearity};
use crate::summary::Row;
use crate::{Layer, Sequential};
use tensor_autograd::{Module, Param, Path, Rng, Var};

/// A pretrained network as a chain of stages with names of their own, such as `layer1` or
/// `classifier.1`; the last stage of a whole one is the linear layer that gives the logits of the
/// classes.
///
/// As a module those of torchvision have its names: `conv1.weight`, `layer1.0.bn1.running_mean`, `fc.bias`.
///
/// ```
/// use nn_layers::models::resnet18;
/// use tensor_autograd::{Module, Rng};
///
/// let net = resnet18(1000, &mut Rng::seed(0));
/// assert_eq!(net.named_params()[0].0, "conv1.weight");
/// assert_eq!(net.num_parameters(), 11_689_512);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Backbone {
    names: Vec<String>,
    stages: Sequential,
}

impl Backbone {
    /// The empty chain: the identity.
    pub fn new() -> Self {
        Backbone::default()
    }

    /// Adds a stage at the end.
    pub fn push(&mut self, name: impl Into<String>, stage: impl Layer) {
        self.push_boxed(name, Box::new(stage));
    }

    /// Adds a stage of a kind that is known when the program runs.
    pub fn push_boxed(&mut self, name: impl Into<String>, stage: Box<dyn Layer>) {
        self.names.push(name.into());
        self.stages.extend([stage]);
    }

    /// The names of the stages, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The stages, in order.
    pub fn stages(&self) -> &Sequential {
        &self.stages
    }

    /// The names of the stages, and the stages.
    pub fn into_parts(self) -> (Vec<String>, Sequential) {
        (self.names, self.stages)
    }

    /// Draws the initial values that torchvision's convolutional nets have: weights of convolutions
    /// Kaiming normal by fan-out (He et al. 2015), their biases 0.
    fn with_kaiming_convolutions(mut self, rng: &mut Rng) -> Self {
        let gain = Nonlinearity::Relu.gain();
        // The only biases of convolutions are VGG's, all within its `features`, where those of the
        // normalisations are 0 already.
        for (name, param) in self.named_params_mut() {
            if param.shape().rank() == 4 {
                param.value = init::kaiming_normal(param.shape(), Fan::Out, gain, rng);
            } else if name.starts_with("features.") && name.ends_with(".bias") {
                param.value = init::constant(param.shape(), 0.0);
            }
        }
        self
    }

    /// Draws the linear layers' weights of the named part from N(0, 0.01²), biases 0.
    fn with_normal_linear(mut self, part: &str, rng: &mut Rng) -> Self {
        for (name, param) in self.named_params_mut() {
            if name.starts_with(part) {
                param.value = match param.shape().rank() {
                    2 => init::normal(param.shape(), 0.0, 0.01, rng),
                    _ => init::constant(param.shape(), 0.0),
                };
            }
        }
        self
    }
}

impl Module for Backbone {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&str, &'a Param)) {
        for (name, stage) in self.names.iter().zip(&self.stages) {
            path.enter(name, |path| stage.visit(path, f));
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (name, stage) in self.names.iter().zip(self.stages.iter_mut()) {
            path.enter(name, |path| stage.visit_mut(path, f));
        }
    }
}

impl Layer for Backbone {
    /// # Panics
    /// If the input is no image `[n, 3, h, w]`, or so small that nothing is left of it.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.stages.forward(x)
    }

    fn describe(&self) -> String {
        let stages = self.names.iter().zip(&self.stages);
        let stages: Vec<String> =
            stages.map(|(name, stage)| format!("{name}: {}", stage.describe())).collect();
        format!("Backbone({})", stages.join(", "))
    }

    fn trace<'t>(&self, path: &mut Path, x: Var<'t>, rows: &mut Vec<Row>) -> Var<'t> {
        self.names
            .iter()
            .zip(&self.stages)
            .fold(x, |x, (name, stage)| path.enter(name, |path| stage.trace(path, x, rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Kind, Tensor};

    /// Weights, and all tensors: what `sum(p.numel() for p in net.parameters())` and
    /// `len(net.state_dict())` are in torchvision.
    #[test]
    fn sizes_are_torchvisions() {
        let rng = &mut Rng::seed(0);
        let nets: [(Backbone, usize, usize); 4] = [
            (resnet18(1000, rng), 11_689_512, 122),
            (resnet34(1000, rng), 21_797_672, 218),
            (resnet50(1000, rng), 25_557_032, 320),
            (mobilenet_v2(1000, rng), 3_504_872, 314),
        ];
        for (net, weights, tensors) in nets {
            assert_eq!((net.num_parameters(), net.named_params().len()), (weights, tensors));
        }
    }

    #[test]
    fn names_are_torchvisions() {
        let names = |net: &Backbone| -> Vec<String> {
            net.named_params().into_iter().map(|(name, _)| name).collect()
        };
        let rng = &mut Rng::seed(0);
        let resnet = names(&resnet18(7, rng));
        assert_eq!(resnet[..2], ["conv1.weight", "bn1.weight"]);
        assert_eq!(resnet[6..8], ["layer1.0.conv1.weight", "layer1.0.bn1.weight"]);
        assert!(resnet.contains(&"layer2.0.downsample.1.num_batches_tracked".to_owned()));
        assert_eq!(resnet[120..], ["fc.weight", "fc.bias"]);
        let mobile = names(&mobilenet_v2(7, rng));
        assert_eq!(mobile[..2], ["features.0.0.weight", "features.0.1.weight"]);
        assert!(mobile.contains(&"features.1.conv.0.0.weight".to_owned()));
        assert!(mobile.contains(&"features.17.conv.3.running_var".to_owned()));
        assert_eq!(mobile[312..], ["classifier.1.weight", "classifier.1.bias"]);
    }

    /// Mean square of a weight times `n`.
    fn scale(net: &Backbone, name: &str, n: f64) -> f64 {
        let w: &Tensor = &net.state_dict()[name];
        w.as_slice().iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / w.len() as f64 * n
    }

    #[test]
    fn initial_values_are_torchvisions() {
        let rng = &mut Rng::seed(0);
        let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 0.05, "{got} {want}");
        let net = resnet18(1000, rng);
        near(scale(&net, "layer3.0.conv1.weight", 256.0 * 9.0), 2.0);
        near(scale(&net, "fc.weight", 512.0), 1.0 / 3.0);
        let net = mobilenet_v2(1000, rng);
        near(scale(&net, "features.18.0.weight", 1280.0), 2.0);
        near(scale(&net, "classifier.1.weight", 1e4), 1.0);
        for (name, param) in net.named_params() {
            let norm = param.kind == Kind::Weight && param.shape().rank() == 1;
            let want = if name.ends_with(".bias") { 0.0 } else { 1.0 };
            assert!(!norm || param.value.as_slice().iter().all(|&v| v == want), "{name}");
        }
    }
}
