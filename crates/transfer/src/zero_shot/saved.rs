//! A zero-shot model on disk: one safetensors file that says what it is.
//!
//! The closed forms are numbers of 64 bits, and a file holds the engine's, of 32. So a matrix
//! `[r, c]` is saved as `[3, r, c]`: three terms whose sum it is, each what the ones before leave.

use super::compatibility::Embedder;
use super::dap::{Binary, Dap};
use super::matrix::{Centring, Mat};
use super::model::{Network, ZeroShotModel};
use super::sae::Direction;
use super::scorer::{Map, Scorer};
use super::signatures::{Scaler, Signatures};
use super::training;
use crate::input::Normalizer;
use crate::parts::{Parts, contradicts, described};
use crate::{Architecture, History, Model, TransferError};
use nn_layers::models::DannNet;
use nn_layers::{Sequential, StateDict, flatten, seq};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use tensor_autograd::{Real, Rng, Tensor};

/// The key of the file's metadata under which the description stands.
const KEY: &str = "transfer.zero-shot/1";

/// What the numbers do not say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// The network whose features the method stands on; without one these are the inputs.
    network: Option<Architecture>,
    normalizer: Normalizer,
    form: Form,
    /// Whether scaled signatures have length 1.
    unit: bool,
    classes: Vec<String>,
    attributes: Vec<String>,
    seen: Vec<String>,
    gamma: f64,
    penalties: BTreeMap<String, f64>,
}

/// [`Map`] without its numbers.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Form {
    Dap,
    Attributes,
    Nearest,
    Bilinear,
    Sae { to_features: bool },
    Conse { top: usize },
    Product,
    Cosine,
}

impl ZeroShotModel {
    /// The key of the file's metadata that tells a saved zero-shot model from other files.
    pub const METADATA_KEY: &'static str = KEY;

    /// Writes the model to one file, atomically. `network` is the one whose features were given to
    /// [`ZeroShot::network`](super::ZeroShot::network); `None` without. The history is not kept.
    ///
    /// # Errors
    /// If the file cannot be written; an older one of that name is then untouched.
    pub fn save(&self, network: Option<&Architecture>, path: &Path) -> Result<(), TransferError> {
        let Scorer { centring, scaler, map } = &self.scorer;
        let mut state = match &self.network {
            Network::Features(model) | Network::Probabilities(model) => StateDict::of(&model.net),
            Network::Embedder(model) => StateDict::of(&model.net),
        };
        let row = |numbers: &[f64]| Mat::from_fn(1, numbers.len(), |_, j| numbers[j]);
        let mut put = |name: &str, m: &Mat<f64>| state.tensors.insert(name.to_owned(), terms(m));
        put("signatures", self.signatures.values());
        put("scaler.mean", &row(&scaler.mean));
        if let Some(centring) = centring {
            put("centring.mean", &row(&centring.mean));
            put("centring.scale", &row(&[centring.scale]));
        }
        if let Map::Dap(Dap { binary, .. }) | Map::Attributes(binary) = map {
            put("map.threshold", &row(&binary.threshold));
            put("map.prior", &row(&binary.prior));
        }
        let form = match map {
            Map::Dap(dap) => {
                put("map", &dap.weights);
                Form::Dap
            }
            Map::Attributes(_) => Form::Attributes,
            Map::Nearest(w) => {
                put("map", w);
                Form::Nearest
            }
            Map::Bilinear(v) => {
                put("map", v);
                Form::Bilinear
            }
            Map::Sae(w, way) => {
                put("map", w);
                Form::Sae { to_features: *way == Direction::ToFeatures }
            }
            Map::Conse(seen, top) => {
                put("map", seen);
                Form::Conse { top: *top }
            }
            // The network has their numbers.
            Map::Product(_) => Form::Product,
            Map::Cosine => Form::Cosine,
        };
        let description = Description {
            network: network.cloned(),
            normalizer: self.network.normalizer().clone(),
            form,
            unit: scaler.unit,
            classes: self.signatures.classes().to_vec(),
            attributes: self.signatures.attributes().to_vec(),
            seen: self.seen.clone(),
            gamma: self.gamma,
            penalties: self.penalties.clone(),
        };
        let json = serde_json::to_string(&description).expect("plain data becomes JSON");
        state.with_metadata(KEY, json).save(path)?;
        Ok(())
    }

    /// Reads a model that [`save`](ZeroShotModel::save) wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is no zero-shot model, or its tensors do not fit what it says
    /// they are.
    pub fn load(path: &Path) -> Result<Self, TransferError> {
        let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
        let (state, description) = described(path, KEY, "this is no zero-shot model")?;
        model(description, Parts::new(state.tensors)).map_err(unusable)
    }
}

fn model(d: Description, mut parts: Parts) -> Result<ZeroShotModel, String> {
    let (classes, attributes) = (d.classes.len(), d.attributes.len());
    let sample = d.normalizer.sample().to_vec();
    let own = d.network.as_ref().is_none_or(|network| network.input == sample);
    let top = !matches!(d.form, Form::Conse { top: 0 });
    if !(own && top && d.normalizer.fits(&sample) && d.gamma.is_finite() && !d.seen.is_empty()) {
        return Err(contradicts(KEY, "its settings, inputs and classes do not fit each other"));
    }
    let values = matrix(&mut parts, "signatures", [classes, attributes])?;
    let rows = (0..classes).map(|i| (0..attributes).map(|j| values[(i, j)]).collect()).collect();
    let signatures = Signatures::new(d.classes, d.attributes, rows).map_err(|e| e.to_string())?;
    signatures.of(&d.seen).map_err(|e| e.to_string())?;
    let scaler = Scaler { mean: row(&mut parts, "scaler.mean", attributes)?, unit: d.unit };

    let centred = matches!(d.form, Form::Dap | Form::Nearest | Form::Bilinear | Form::Sae { .. });
    let centring = match centred {
        false => None,
        true => {
            let [_, _, width] = parts.shape("centring.mean")?;
            let mean = row(&mut parts, "centring.mean", width)?;
            Some(Centring { mean, scale: row(&mut parts, "centring.scale", 1)?[0] })
        }
    };
    let width = centring.as_ref().map_or(0, |centring| centring.mean.len());
    let binary = match d.form {
        Form::Dap | Form::Attributes => Some(Binary {
            threshold: row(&mut parts, "map.threshold", attributes)?,
            prior: row(&mut parts, "map.prior", attributes)?,
        }),
        _ => None,
    };
    let mut map = |shape| matrix(&mut parts, "map", shape);
    let map = match (d.form, &binary) {
        (Form::Dap, Some(binary)) => {
            let (binary, weights) = (binary.clone(), map([width + 1, attributes])?);
            Some(Map::Dap(Dap { binary, weights }))
        }
        (Form::Nearest, _) => Some(Map::Nearest(map([width, attributes])?)),
        (Form::Bilinear, _) => Some(Map::Bilinear(map([width, attributes])?)),
        (Form::Sae { to_features: false }, _) => {
            Some(Map::Sae(map([attributes, width])?, Direction::ToSignatures))
        }
        (Form::Sae { to_features: true }, _) => {
            Some(Map::Sae(map([attributes, width])?, Direction::ToFeatures))
        }
        (Form::Conse { top }, _) => Some(Map::Conse(map([d.seen.len(), attributes])?, top)),
        _ => None,
    };
    let (features, d_features) = features(d.network.as_ref(), &sample, parts.held())?;
    if centred && width != d_features {
        return Err(format!("`centring.mean` has {width} numbers for {d_features} features"));
    }
    let (network, map) = match map {
        Some(map) => {
            let net = classifier(features, d_features, &d.seen, &mut parts)?;
            let normalizer = d.normalizer;
            let model =
                Model { net, normalizer, classes: d.seen.clone(), history: History::default() };
            match centred {
                true => (Network::Features(model), map),
                false => (Network::Probabilities(model), map),
            }
        }
        None => {
            let two = matches!(d.form, Form::Product);
            let net = embedder(features, d_features, two.then_some(attributes), &mut parts)?;
            let map = match (binary, &net.signature) {
                (Some(binary), _) => Map::Attributes(binary),
                (None, Some(signature)) => Map::Product(signature.clone()),
                (None, None) => Map::Cosine,
            };
            if !two && net.image.weight.shape()[0] != attributes {
                return Err(format!("`image.weight` does not lead to {attributes} attributes"));
            }
            let (normalizer, classes) = (d.normalizer, d.seen.clone());
            let model = Model { net, normalizer, classes, history: History::default() };
            (Network::Embedder(Box::new(model)), map)
        }
    };
    let scorer = Scorer { centring, scaler, map };
    let (seen, gamma, penalties) = (d.seen, d.gamma, d.penalties);
    let history = History::default();
    Ok(ZeroShotModel { network, scorer, signatures, seen, gamma, penalties, history })
}

/// Weights of a network at most whose features are taken: a gigabyte.
const MOST_WEIGHTS: usize = 1 << 28;

/// The feature extractor with fresh values, and how many features it gives.
fn features(
    network: Option<&Architecture>,
    sample: &[usize],
    held: usize,
) -> Result<(Sequential, usize), String> {
    let size = sample.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
    // Before anything is made: the description alone must not take memory.
    let size = size.filter(|n| (1..=held.max(1 << 16)).contains(n));
    let size = size.ok_or_else(|| format!("it claims samples {sample:?}"))?;
    let Some(network) = network else { return Ok((seq![flatten], size)) };
    let network = Architecture { classes: 1, ..network.clone() };
    // The heads that are made with the features and left out are in no file to be compared with.
    network.check_weights(MOST_WEIGHTS).map_err(|e| e.to_string())?;
    let net = network.build(&mut Rng::seed(0)).map_err(|e| e.to_string())?;
    let width = training::width(&net.features, sample);
    Ok((net.features, width))
}

/// A classifier of the seen classes, or features alone where the file has no more.
fn classifier(
    features: Sequential,
    d: usize,
    seen: &[String],
    parts: &mut Parts,
) -> Result<DannNet, String> {
    let mut net = match parts.shape("label.1.weight") {
        Ok([classes, width]) if [classes, width] == [seen.len(), d] => {
            training::on_features(features, d, classes, &mut Rng::seed(0))
        }
        Ok(shape) => return Err(format!("`label.1.weight` has shape {shape:?}")),
        Err(_) => DannNet { features, label: seq![], domain: seq![] },
    };
    parts.load_into(&mut net)?;
    Ok(net)
}

/// Both halves of an embedder, or one, if signatures need no map.
fn embedder(
    features: Sequential,
    d: usize,
    signatures: Option<usize>,
    parts: &mut Parts,
) -> Result<Embedder, String> {
    let [e, width] = parts.shape("image.weight")?;
    if width != d {
        return Err(format!("`image.weight` takes {width} features, but there are {d}"));
    }
    let rng = &mut Rng::seed(0);
    let mut net = match signatures {
        None => Embedder::regression(features, d, e, rng),
        Some(k) if parts.shape("signature.weight")? == [e, k] => {
            Embedder::compatibility(features, d, k, e, rng)
        }
        Some(k) => return Err(format!("`signature.weight` is no map of {k} attributes")),
    };
    parts.load_into(&mut net)?;
    Ok(net)
}

/// Three terms whose sum is the matrix.
fn terms(m: &Mat<f64>) -> Tensor {
    let (r, c) = (m.nrows(), m.ncols());
    Tensor::from_fn([3, r, c], |i| {
        let mut left = m[(i / c % r, i % c)];
        for _ in 0..i / (r * c) {
            left -= f64::from(left as Real);
        }
        left as Real
    })
}

/// The matrix of such terms.
fn matrix(parts: &mut Parts, name: &str, [r, c]: [usize; 2]) -> Result<Mat<f64>, String> {
    let terms = parts.take(name, &[3, r, c])?;
    let term = |k: usize, i: usize, j: usize| f64::from(terms.as_slice()[(k * r + i) * c + j]);
    Ok(Mat::from_fn(r, c, |i, j| term(0, i, j) + term(1, i, j) + term(2, i, j)))
}

fn row(parts: &mut Parts, name: &str, width: usize) -> Result<Vec<f64>, String> {
    let row = matrix(parts, name, [1, width])?;
    Ok((0..width).map(|j| row[(0, j)]).collect())
}

#[cfg(test)]
mod tests;
