//! Pretrained networks of torchvision as networks of this crate: the stages before the last linear
//! layer are the features, that layer is the label predictor.
//!
//! Files have torchvision's names, `layer1.0.conv1.weight` and `fc.weight`, on the way in and out, so
//! that what is fine-tuned here loads back into PyTorch with `strict=True`. In between the names are
//! this crate's, `features.4.0.conv1.weight` and `label.0.weight`, which patterns go by.

use crate::input::{Normalize, Normalizer};
use crate::{Architecture, History, Model, TransferError};
use nn_layers::init::{self, Fan, Nonlinearity};
use nn_layers::models::{self, Backbone, DannNet};
use nn_layers::{KeyMap, LoadError, LoadMode, StateDict, load_into};
use std::collections::BTreeMap;
use std::path::Path;
use tensor_autograd::{Module, Rng, Tensor};

/// A network of torchvision: its name, how it is made for so many classes, and the names of its
/// stages.
struct Net {
    name: &'static str,
    build: fn(usize, &mut Rng) -> Backbone,
    stages: fn() -> Vec<String>,
}

const NETS: [Net; 5] = [
    Net { name: "resnet18", build: models::resnet18, stages: resnet },
    Net { name: "resnet34", build: models::resnet34, stages: resnet },
    Net { name: "resnet50", build: models::resnet50, stages: resnet },
    Net { name: "mobilenet_v2", build: models::mobilenet_v2, stages: || numbered(19, &[0, 1]) },
    Net {
        name: "vgg11_bn",
        build: models::vgg11_bn,
        stages: || numbered(29, &[0, 1, 2, 3, 4, 5, 6]),
    },
];

fn resnet() -> Vec<String> {
    let stages = "conv1 bn1 relu maxpool layer1 layer2 layer3 layer4 avgpool flatten fc";
    stages.split(' ').map(str::to_owned).collect()
}

/// Features by number, the pooling, a classifier by number.
fn numbered(features: usize, classifier: &[usize]) -> Vec<String> {
    let features = (0..features).map(|i| format!("features.{i}"));
    let between = ["avgpool", "flatten"].map(str::to_owned);
    features.chain(between).chain(classifier.iter().map(|i| format!("classifier.{i}"))).collect()
}

fn net(name: &str) -> Option<&'static Net> {
    NETS.iter().find(|net| net.name == name)
}

/// The network of that name for so many classes, if it is one of torchvision's.
pub(crate) fn bare(name: &str, classes: usize, rng: &mut Rng) -> Option<Backbone> {
    net(name).map(|net| (net.build)(classes, rng))
}

/// A network whose tensors have names of their own in files: the names of its stages, and how many of
/// these come before the head.
struct Stages {
    names: Vec<String>,
    head: usize,
}

/// The stages of a network of torchvision or of a description; none of others.
fn stages(architecture: &Architecture) -> Result<Option<Stages>, TransferError> {
    if let Some(plan) = architecture.plan()? {
        return Ok(Some(Stages { names: plan.names(), head: plan.head }));
    }
    Ok(net(&architecture.name).map(|net| {
        let names = (net.stages)();
        Stages { head: names.len() - 1, names }
    }))
}

/// The network with the weights of a file that has its own names, in this crate's parts; none where
/// files have this crate's names.
///
/// # Errors
/// If it lacks a tensor, has one too many or one of another shape; all of them are listed.
pub(crate) fn filled(
    architecture: &Architecture,
    state: &StateDict,
    rng: &mut Rng,
) -> Result<Option<DannNet>, Unfilled> {
    let Some(Stages { head, .. }) = stages(architecture)? else { return Ok(None) };
    let mut whole = match architecture.plan()? {
        Some(plan) => plan.build(rng),
        None => bare(&architecture.name, architecture.classes, rng).expect("it has stages"),
    };
    load_into(&mut whole, state, LoadMode::Strict)?;
    Ok(Some(divided(whole, head, rng)))
}

/// Why a network is not filled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfilled {
    /// It is no network for such samples.
    #[error(transparent)]
    Network(#[from] TransferError),
    /// The tensors are others.
    #[error(transparent)]
    Tensors(#[from] LoadError),
}

/// The network in this crate's parts, of which `head` stages are the features. Its domain classifier, which torchvision's has not, is
/// `1024, ReLU, 1024, ReLU, 1`, as on the AlexNet of Ganin et al. (2016), with fresh values.
pub(crate) fn divided(net: Backbone, head: usize, rng: &mut Rng) -> DannNet {
    let (_, mut features) = net.into_parts();
    let label = features.split_off(head);
    let linear = label.named_params().into_iter().find(|(_, param)| param.shape().rank() == 2);
    let d = linear.expect("a head ends with a linear layer").1.shape()[1];
    let mut domain = models::mlp(&[d, 1024, 1024, 1], rng);
    let gain = Nonlinearity::Relu.gain();
    init::apply(&mut domain, "*.weight", |shape| init::kaiming_normal(shape, Fan::In, gain, rng));
    init::apply(&mut domain, "*.bias", |shape| init::constant(shape, 0.0));
    DannNet { features, label, domain }
}

/// The tensors of the classifier under the names that they have in files, if the network has names of
/// its own there. The domain classifier has no place among them.
pub(crate) fn tensors(
    architecture: &Architecture,
    of: &DannNet,
) -> Result<Option<BTreeMap<String, Tensor>>, TransferError> {
    let Some(Stages { names, head }) = stages(architecture)? else { return Ok(None) };
    let mut tensors = BTreeMap::new();
    for (stage, name) in of.features.iter().chain(&of.label).zip(&names) {
        let part = stage.state_dict();
        tensors.extend(part.into_iter().map(|(tensor, t)| (format!("{name}.{tensor}"), t)));
    }
    debug_assert_eq!(of.features.len(), head, "the parts are cut where they were put together");
    Ok(Some(tensors))
}

impl Architecture {
    /// The names of the networks that pretrained weights can be loaded for, which are torchvision's.
    pub fn pretrained() -> impl Iterator<Item = &'static str> {
        NETS.iter().map(|net| net.name)
    }
}

impl Model<DannNet> {
    /// A pretrained network from a file of bare weights with torchvision's names: a state dict that
    /// `safetensors.torch` saved, or one that `keys` gives these names. Its classes, which the file
    /// does not name, are as many as its last layer has outputs. Pictures `[3, h, w]` of shape `input`
    /// with numbers in 0..1 are normalised by ImageNet's mean and deviation.
    ///
    /// # Errors
    /// If there is no such network or it does not take such pictures, the file cannot be read, or it
    /// lacks a tensor, has one too many or one of another shape; all of them are listed.
    pub fn pretrained(
        path: &Path,
        name: &str,
        input: &[usize],
        keys: Option<&KeyMap>,
    ) -> Result<(Self, Architecture), TransferError> {
        if net(name).is_none() {
            return Err(TransferError::Mismatch {
                what: "there is no such pretrained network",
                left: format!("`{name}`"),
                right: Architecture::pretrained().collect::<Vec<_>>().join(", "),
                remedy: "name one of these, or a description of a network, FILE.toml",
            });
        }
        Self::pretrained_as(path, Architecture::named(name, input, 1), keys)
    }

    /// As [`pretrained`](Model::pretrained), for a network that is described: its tensors have the
    /// names of the description's layers. Its classes are as many as the description says.
    ///
    /// # Errors
    /// As for [`pretrained`](Model::pretrained), and if the description's layers do not take such
    /// samples.
    pub fn pretrained_as(
        path: &Path,
        mut architecture: Architecture,
        keys: Option<&KeyMap>,
    ) -> Result<(Self, Architecture), TransferError> {
        let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
        let mut state = StateDict::load(path)?;
        if let Some(keys) = keys {
            state = keys.apply(&state)?;
        }
        let of = match &architecture.description {
            Some(description) => {
                architecture.classes = description.classes();
                architecture.name.clone()
            }
            None => {
                architecture.classes = outputs(&architecture.name, &state).map_err(unusable)?;
                format!("{} of torchvision", architecture.name)
            }
        };
        architecture.check()?;
        let rng = &mut Rng::seed(0);
        let net = match filled(&architecture, &state, rng) {
            Ok(net) => net.expect("it is torchvision's or described"),
            Err(Unfilled::Network(error)) => return Err(error),
            Err(Unfilled::Tensors(error)) => {
                return Err(unusable(format!("it is no {of}: {error}")));
            }
        };
        let normalize = match &architecture.description {
            Some(description) => description.normalize().unwrap_or(Normalize::None),
            None => Normalize::ImageNet,
        };
        let model = Model {
            net,
            normalizer: Normalizer::of_kind(normalize, &architecture.input),
            classes: (0..architecture.classes)
                .map(|i| format!("class {i} of the backbone"))
                .collect(),
            history: History::default(),
        };
        Ok((model, architecture))
    }
}

/// How many classes a network of torchvision tells with these weights.
fn outputs(name: &str, state: &StateDict) -> Result<usize, String> {
    let head = net(name).and_then(|net| (net.stages)().pop()).unwrap_or_default();
    let head = format!("{head}.weight");
    match state.tensors.get(&head).map(|w| w.shape()) {
        Some(shape) if shape.rank() == 2 => Ok(shape[0]),
        Some(shape) => Err(format!("`{head}` has shape {shape}, not two axes")),
        None => Err(format!(
            "it has no tensor `{head}`: it holds no {name} of torchvision; name the network that it \
             holds, or give its tensors other names by a key map"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::Unlabelled;
    use nn_layers::{Layer, save};

    #[test]
    fn the_names_of_the_stages_are_those_of_the_nets() {
        for Net { name, build, stages } in NETS {
            let net = build(2, &mut Rng::seed(0));
            assert_eq!(net.names(), stages(), "{name}");
        }
    }

    fn pictures() -> Unlabelled {
        let numbers = (0..2 * 3 * 32 * 33).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
        let pictures = ndarray::ArrayD::from_shape_vec(vec![2, 3, 32, 33], numbers).unwrap();
        Unlabelled::new("pictures", pictures).unwrap()
    }

    #[test]
    fn a_backbone_goes_in_and_out_under_torchvisions_names_with_the_same_logits() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let net = models::mobilenet_v2(5, &mut Rng::seed(1));
        save(&net, path("bare")).unwrap();
        let shape = [3, 32, 33];
        let (model, architecture) =
            Model::pretrained(&path("bare"), "mobilenet_v2", &shape, None).unwrap();
        assert_eq!((architecture.classes, model.classes.len()), (5, 5));
        let batch = model.batch(&pictures()).unwrap();
        let logits = tensor_autograd::eval(|t| net.forward(t.constant(batch)).value());
        assert_eq!(model.logits(&pictures()).unwrap(), logits);

        model.save(&architecture, &path("saved")).unwrap();
        let state = StateDict::load(path("saved")).unwrap();
        assert_eq!(state.tensors, net.state_dict());
        let (loaded, same) = Model::load(&path("saved")).unwrap();
        assert_eq!((same, loaded.normalizer.clone()), (architecture, model.normalizer.clone()));
        assert_eq!(loaded.logits(&pictures()).unwrap(), logits);
        // What is saved is a backbone, too.
        let again = Model::pretrained(&path("saved"), "mobilenet_v2", &shape, None).unwrap().0;
        assert_eq!(again.logits(&pictures()).unwrap(), logits);
    }

    #[test]
    fn pictures_that_are_too_small_or_grey_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net");
        save(&models::mobilenet_v2(2, &mut Rng::seed(1)), &path).unwrap();
        for shape in [&[3, 31, 40][..], &[1, 32, 32], &[7]] {
            let error = Model::pretrained(&path, "mobilenet_v2", shape, None).unwrap_err();
            assert!(error.to_string().contains("does not take such samples"), "{error}");
        }
    }
}
