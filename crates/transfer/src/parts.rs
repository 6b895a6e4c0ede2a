//! The tensors of a file on their way into a model, each looked at before it is used.

use crate::TransferError;
use nn_layers::{LoadMode, StateDict, load_into};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;
use tensor_autograd::{Module, Tensor};

/// What is said of a description whose halves do not fit.
pub(crate) fn contradicts(key: &str, how: &str) -> String {
    format!(
        "its `{key}` contradicts itself: {how}; it was changed since it was saved: take an unchanged \
         copy, or train it again"
    )
}

/// The tensors of a file, or of a folder's model, and what its metadata say of them under `key`; `otherwise` is what the file is
/// without.
///
/// # Errors
/// If the file cannot be read, has no such metadata, or they are of another form.
pub(crate) fn described<T: DeserializeOwned>(
    path: &Path,
    key: &str,
    otherwise: &str,
) -> Result<(StateDict, T), TransferError> {
    let path = crate::model_file(path);
    let unusable = |why: String| TransferError::Unusable { path: path.clone(), why };
    let state = StateDict::load(&path)?;
    let json = state.metadata.get(key);
    let json =
        json.ok_or_else(|| unusable(format!("it has no `{key}` in its metadata: {otherwise}")))?;
    let description = serde_json::from_str(json)
        .map_err(|e| unusable(format!("its `{key}` cannot be read: {e}")))?;
    Ok((state, description))
}

/// Tensors of a file, each to be used once.
pub(crate) struct Parts {
    tensors: BTreeMap<String, Tensor>,
    /// Numbers in all of them.
    held: usize,
}

impl Parts {
    pub(crate) fn new(tensors: BTreeMap<String, Tensor>) -> Self {
        let held = tensors.values().map(Tensor::len).sum();
        Parts { tensors, held }
    }

    /// Numbers of the whole file.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// The shape of a tensor that must have so many axes.
    pub(crate) fn shape<const N: usize>(&self, name: &str) -> Result<[usize; N], String> {
        let tensor = self.tensors.get(name).ok_or_else(|| format!("it has no tensor `{name}`"))?;
        let shape = tensor.shape();
        shape[..].try_into().map_err(|_| format!("`{name}` has shape {shape}, not {N} axes"))
    }

    /// The tensor, which must have this shape and finite numbers.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, String> {
        let tensor =
            self.tensors.remove(name).ok_or_else(|| format!("it has no tensor `{name}`"))?;
        if tensor.shape()[..] != *shape {
            return Err(format!("`{name}` has shape {}, not {shape:?}", tensor.shape()));
        }
        if !tensor.is_finite() {
            return Err(format!("tensor `{name}` holds a value that is not finite"));
        }
        Ok(tensor)
    }

    /// Atoms of `d` numbers, `[k, d]`. Coding takes a table of all their products: it must not be
    /// beyond proportion to the file.
    pub(crate) fn atoms(&mut self, name: &str, d: usize) -> Result<Tensor, String> {
        let [k, _] = self.shape(name)?;
        if k.saturating_mul(k) > self.held.saturating_mul(256).max(1 << 26) {
            return Err(format!("`{name}` has {k} atoms, more than any use of the file has"));
        }
        self.take(name, &[k, d])
    }

    /// All tensors that are left, into a module.
    pub(crate) fn load_into(&mut self, module: &mut impl Module) -> Result<(), String> {
        let state = StateDict { tensors: std::mem::take(&mut self.tensors), ..Default::default() };
        load_into(module, &state, LoadMode::Strict).map(|_| ()).map_err(|e| e.to_string())
    }

    /// Whether every tensor was used.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.tensors.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("`{name}` is no tensor of such a model")),
        }
    }
}
