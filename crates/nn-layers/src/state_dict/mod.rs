//! Every value of a model by name, in memory and on disk.
//!
//! The file format is [safetensors](https://github.com/huggingface/safetensors), the names and
//! layouts are PyTorch's: what `safetensors.torch.save_file(net.state_dict(), ..)` writes loads
//! here, and what [`save`] writes loads there.
//!
//! ```
//! use nn_layers::{LoadMode, StateDict, load_into, models};
//! use tensor_autograd::Rng;
//!
//! let mut net = models::mlp(&[4, 8, 3], &mut Rng::seed(0));
//! let trained = StateDict::of(&models::mlp(&[4, 8, 5], &mut Rng::seed(1)));
//!
//! // All or nothing: the heads differ, so nothing is changed, and the error says what differs.
//! let error = load_into(&mut net, &trained, LoadMode::Strict).unwrap_err();
//! assert!(error.to_string().contains("2.weight: expected [3, 8], found [5, 8]"));
//!
//! // What fits: the first layer.
//! let report = load_into(&mut net, &trained, LoadMode::Partial).unwrap();
//! assert_eq!(report.loaded, ["0.weight", "0.bias"]);
//! ```

mod atomic;
mod dtype;
mod key_map;
mod listing;
mod load;
mod nearest;
mod read;
mod write;

pub use atomic::write_atomically;
pub use key_map::{KeyMap, KeyMapError};
pub use listing::{ListedTensor, StateListing};
pub use load::{LoadError, LoadMode, LoadReport, Misfit, load_into};
pub use nearest::nearest;
pub use read::{ReadError, load};
pub use write::{SaveError, save};

use std::collections::BTreeMap;
use std::path::Path;
use tensor_autograd::{Module, Pattern, Tensor};

/// Tensors by name, and free text by key that says where they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict {
    /// The values, by the names of the parameters.
    pub tensors: BTreeMap<String, Tensor>,
    /// Provenance: the file's `__metadata__`.
    pub metadata: BTreeMap<String, String>,
}

impl StateDict {
    /// The values of a module; shares their memory.
    pub fn of<M: Module + ?Sized>(module: &M) -> Self {
        StateDict { tensors: module.state_dict(), metadata: BTreeMap::new() }
    }

    /// Adds a line of metadata.
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// The tensors that the pattern names, such as the layers to transfer: `"features.*"`.
    pub fn select(&self, pattern: impl Into<Pattern>) -> Self {
        let pattern = pattern.into();
        let named = self.tensors.iter().filter(|(name, _)| pattern.matches(name));
        StateDict {
            tensors: named.map(|(name, t)| (name.clone(), t.clone())).collect(),
            metadata: self.metadata.clone(),
        }
    }

    /// The tensors whose name begins with `from`, with `to` in its place: `("module.", "")` drops
    /// the prefix that data-parallel training leaves.
    pub fn rename_prefix(&self, from: &str, to: &str) -> Self {
        let renamed = self.tensors.iter().filter_map(|(name, t)| {
            let rest = name.strip_prefix(from)?;
            Some((format!("{to}{rest}"), t.clone()))
        });
        StateDict { tensors: renamed.collect(), metadata: self.metadata.clone() }
    }

    /// Reads a safetensors file; see [`load`].
    ///
    /// # Errors
    /// If the file cannot be read or is not a valid safetensors file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        load(path)
    }

    /// Writes a safetensors file atomically; see [`save`].
    ///
    /// # Errors
    /// If the file cannot be written. An older file of that name is then untouched.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        write::write(self, path.as_ref())
    }
}
