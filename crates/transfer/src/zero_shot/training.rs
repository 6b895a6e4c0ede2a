//! The networks of the estimator: a classifier of the seen classes, or an embedder.

use super::attributes::Targets;
use super::compatibility::{Embedder, cosine_loss, margin_loss};
use super::dap::Binary;
use super::matrix::{Mat, matrix};
use crate::batches::Labelled;
use crate::fit::{At, Means, Objective, Observer, fit};
use crate::input::Normalizer;
use crate::model::Model;
use crate::{History, Supervised, Training, TransferError};
use datasets::Dataset;
use nn_layers::models::DannNet;
use nn_layers::{Layer, Linear, Sequential, flatten, metrics, seq};
use tensor_autograd::{Grads, Real, Rng, Shape, Tensor, eval, grad};

/// How many features `features` gives for a sample of this shape.
pub(super) fn width(features: &Sequential, sample: &[usize]) -> usize {
    let shape: Vec<usize> = [1].iter().chain(sample).copied().collect();
    let x = Tensor::zeros(Shape::new(&shape));
    eval(|t| features.forward(t.constant(x)).flatten(1).shape()[1])
}

/// Trains a classifier of the classes of `data`: these features, and a fresh linear layer on them.
pub(super) fn classifier(
    features: Option<&Sequential>,
    data: &Dataset,
    training: &Training,
    observer: &mut dyn Observer,
) -> Result<Model<DannNet>, TransferError> {
    let features = features.cloned().unwrap_or_else(|| seq![flatten]);
    let rng = &mut Rng::seed(training.seed).fork("zero-shot head");
    let d = width(&features, data.sample_shape());
    let net = on_features(features, d, data.classes().len(), rng);
    Supervised::new(net).training(training.clone()).fit(data, observer)
}

/// These features of `d` numbers, and a fresh linear layer on them.
pub(super) fn on_features(
    features: Sequential,
    d: usize,
    classes: usize,
    rng: &mut Rng,
) -> DannNet {
    DannNet { features, label: seq![flatten, Linear::new(d, classes, rng)], domain: seq![] }
}

/// The inputs as they are, joined to rows: a model of which only the features are used.
pub(super) fn raw(data: &Dataset, training: &Training) -> Model<DannNet> {
    Model {
        net: DannNet { features: seq![flatten], label: seq![], domain: seq![] },
        normalizer: Normalizer::fit(training.normalize, &data.without_labels()),
        classes: data.classes().to_vec(),
        history: History::default(),
    }
}

/// What an embedder is trained on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss {
    /// [`margin_loss`] in a space of so many dimensions.
    Margin { margin: f64, width: usize },
    /// [`cosine_loss`] in the space of the signatures.
    Cosine,
}

/// Trains an embedder on the classes of `data`, whose signatures are the rows of `signatures`.
pub(super) fn embedder(
    features: Option<&Sequential>,
    loss: Loss,
    data: &Dataset,
    signatures: &Mat<f64>,
    training: &Training,
    observer: &mut dyn Observer,
) -> Result<Model<Embedder>, TransferError> {
    let fresh = |features, d, rng: &mut Rng| match loss {
        Loss::Margin { width, .. } => {
            Embedder::compatibility(features, d, signatures.ncols(), width, rng)
        }
        Loss::Cosine => Embedder::regression(features, d, signatures.ncols(), rng),
    };
    let objective = |batches| Embedding { batches, signatures: tensor(signatures), loss };
    let words = format!("zero-shot embedder, {loss:?}");
    trained((features, fresh), (&words, objective), data, training, observer)
}

/// Trains a network with a logit for each attribute, as `binary` reads the rows of `signatures`.
pub(super) fn attributes(
    features: Option<&Sequential>,
    binary: &Binary,
    data: &Dataset,
    signatures: &Mat<f64>,
    training: &Training,
    observer: &mut dyn Observer,
) -> Result<Model<Embedder>, TransferError> {
    let k = signatures.ncols();
    let fresh = |features, d, rng: &mut Rng| Embedder::regression(features, d, k, rng);
    let objective = |batches| Attributes {
        batches,
        targets: Targets::new(binary, signatures),
        binary: binary.clone(),
        signatures: signatures.clone(),
    };
    let words = "zero-shot attributes";
    trained((features, fresh), (words, objective), data, training, observer)
}

/// Trains what `fresh` puts on the features by what `objective` makes of the batches.
fn trained<O: Objective<Net = Embedder>>(
    (features, fresh): (Option<&Sequential>, impl FnOnce(Sequential, usize, &mut Rng) -> Embedder),
    (words, objective): (&str, impl FnOnce(Labelled) -> O),
    data: &Dataset,
    training: &Training,
    observer: &mut dyn Observer,
) -> Result<Model<Embedder>, TransferError> {
    let features = features.cloned().unwrap_or_else(|| seq![flatten]);
    let d = width(&features, data.sample_shape());
    let net = fresh(features, d, &mut Rng::seed(training.seed).fork("zero-shot head"));
    let plan = training.plan(words, data.len())?;
    let normalizer = Normalizer::fit(training.normalize, &data.without_labels());
    let mut objective = objective(Labelled::new(data, &normalizer, training)?);
    let sgd = training.sgd(&plan).bind(&net)?;
    let fitted = fit(&mut objective, net, sgd, &plan, observer)?;
    let (net, history) = (fitted.net, fitted.history);
    Ok(Model { net, normalizer, classes: data.classes().to_vec(), history })
}

/// The matrix on the engine's side.
pub(super) fn tensor(m: &Mat<f64>) -> Tensor {
    Tensor::from_fn([m.nrows(), m.ncols()], |i| m[(i / m.ncols(), i % m.ncols())] as Real)
}

/// One of the embedder's losses on batches of seen classes.
struct Embedding {
    batches: Labelled,
    signatures: Tensor,
    loss: Loss,
}

impl Objective for Embedding {
    type Net = Embedder;

    fn step(&mut self, net: &Embedder, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let (x, labels) = self.batches.batch(at.step);
        grad(rng, |t| {
            let f = crate::Network::forward(net, t.constant(x));
            let s = t.constant(self.signatures.clone());
            let g = net.signature.as_ref().map_or(s, |g| g.forward(s));
            // Cosines with all classes differ from these scores by the length of f alone.
            let scores = f.value();
            let scores =
                eval(|t| t.constant(scores).matmul(t.constant(g.value()).transpose(0, 1)).value());
            means.add("accuracy", metrics::accuracy(&scores, &labels));
            match self.loss {
                Loss::Margin { margin, .. } => margin_loss(f, g, &labels, margin as Real),
                Loss::Cosine => cosine_loss(f, g, &labels),
            }
        })
    }
}

/// The attributes' loss on batches of seen classes.
struct Attributes {
    batches: Labelled,
    targets: Targets,
    binary: Binary,
    signatures: Mat<f64>,
}

impl Objective for Attributes {
    type Net = Embedder;

    fn step(&mut self, net: &Embedder, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let (x, labels) = self.batches.batch(at.step);
        grad(rng, |t| {
            let z = crate::Network::forward(net, t.constant(x));
            let scores = self.binary.scores(&matrix(&z.value()), &self.signatures);
            means.add("accuracy", metrics::accuracy(&tensor(&scores), &labels));
            self.targets.loss(z, &labels)
        })
    }
}
