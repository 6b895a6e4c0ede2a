//! A model on disk: one safetensors file that says what it is.

use crate::architecture::Architecture;
use crate::backbone::{self, Unfilled};
use crate::input::Normalizer;
use crate::model::Model;
use crate::parts::{contradicts, described};
use crate::{History, TransferError};
use nn_layers::models::DannNet;
use nn_layers::{LoadMode, StateDict, load_into};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tensor_autograd::{Rng, Tensor};

/// The key of the file's metadata under which the description stands.
const KEY: &str = "transfer.model/1";

/// The file of a saved model: `path` itself, or `model.safetensors` in it if it is a folder, such
/// as a run leaves.
pub fn model_file(path: &Path) -> PathBuf {
    match path.is_dir() {
        true => path.join("model.safetensors"),
        false => path.to_owned(),
    }
}

/// What the numbers do not say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    architecture: Architecture,
    normalizer: Normalizer,
    classes: Vec<String>,
}

impl Model<DannNet> {
    /// The key of the file's metadata that tells a saved model from bare weights.
    pub const METADATA_KEY: &'static str = KEY;

    /// Writes the model to one file, atomically. The tensors carry PyTorch's names and layouts; how
    /// to build the network and prepare its inputs stands in the metadata. Of torchvision's networks
    /// and described ones the classifier alone is kept, under their own names: it loads in PyTorch as it
    /// is.
    ///
    /// # Errors
    /// If the file cannot be written; an older one of that name is then untouched.
    pub fn save(&self, architecture: &Architecture, path: &Path) -> Result<(), TransferError> {
        let description = Description {
            architecture: architecture.clone(),
            normalizer: self.normalizer.clone(),
            classes: self.classes.clone(),
        };
        let json = serde_json::to_string(&description).expect("plain data becomes JSON");
        let mut state = StateDict::of(&self.net);
        if let Some(tensors) = backbone::tensors(architecture, &self.net)? {
            state.tensors = tensors;
        }
        state.with_metadata(KEY, json).save(path)?;
        Ok(())
    }

    /// Reads a model that [`save`](Model::save) wrote, or the one in a run's folder:
    /// `Model::load(Path::new("runs/fine-tune-1"))`.
    ///
    /// # Errors
    /// If the file cannot be read, is no model of this program, or its tensors do not fit the
    /// network that it names.
    pub fn load(path: &Path) -> Result<(Self, Architecture), TransferError> {
        let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
        let bare = "these are bare weights, not a model saved by `transfer`";
        let (state, d): (_, Description) = described(path, KEY, bare)?;
        if d.classes.len() != d.architecture.classes || !d.normalizer.fits(&d.architecture.input) {
            return Err(unusable(contradicts(
                KEY,
                "the classes or the inputs are not those of the net",
            )));
        }
        let held = state.tensors.values().map(Tensor::len).sum();
        d.architecture.check_weights(held).map_err(|e| unusable(e.to_string()))?;
        let rng = &mut Rng::seed(0);
        d.architecture.check()?;
        let net = match backbone::filled(&d.architecture, &state, rng) {
            Ok(Some(net)) => net,
            Ok(None) => {
                let mut net = d.architecture.build(rng)?;
                load_into(&mut net, &state, LoadMode::Strict)
                    .map_err(|e| unusable(e.to_string()))?;
                net
            }
            Err(Unfilled::Network(error)) => return Err(error),
            Err(Unfilled::Tensors(error)) => return Err(unusable(error.to_string())),
        };
        let model = Model {
            net,
            normalizer: d.normalizer,
            classes: d.classes,
            history: History::default(),
        };
        Ok((model, d.architecture))
    }
}
