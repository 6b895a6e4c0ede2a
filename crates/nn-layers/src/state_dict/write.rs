//! Writing safetensors.
//!
//! The header is written here and not by the `safetensors` crate, whose metadata come in the random
//! order of a hash map: the same model must give the same bytes.

use super::{StateDict, write_atomically};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use tensor_autograd::{Module, Real, Tensor};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The system refused an operation.
    #[error("cannot {operation} {}: {source}", path.display())]
    Io {
        /// The file to be written.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The path is a folder, a device, or has no file name.
    #[error("{} is not the path of a regular file; give a file name", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
    },
}

impl SaveError {
    pub(super) fn new(path: &Path, operation: &'static str, source: io::Error) -> Self {
        SaveError::Io { path: path.to_owned(), operation, source }
    }
}

/// Writes every value of a module to a safetensors file, atomically. For metadata, use
/// [`StateDict::of`], [`StateDict::with_metadata`] and [`StateDict::save`].
///
/// # Errors
/// If the file cannot be written. An older file of that name is then untouched.
pub fn save<M: Module + ?Sized>(module: &M, path: impl AsRef<Path>) -> Result<(), SaveError> {
    StateDict::of(module).save(path)
}

pub(super) fn write(state: &StateDict, path: &Path) -> Result<(), SaveError> {
    // The format wants wide types first, so that every tensor is aligned; then by name.
    let (counters, reals): (Vec<_>, Vec<_>) =
        state.tensors.iter().partition(|(name, _)| is_counter(name));
    let header = header(state, counters.iter().chain(&reals));
    write_atomically(path, |out| {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        for (_, t) in &counters {
            t.as_slice().iter().try_for_each(|&x| out.write_all(&(x as i64).to_le_bytes()))?;
        }
        for (_, t) in &reals {
            t.as_slice().iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))?;
        }
        Ok(())
    })
}

/// PyTorch keeps this buffer of batch normalisation as an integer.
pub(super) fn is_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

fn header<'a>(
    state: &StateDict,
    tensors: impl Iterator<Item = &'a (&'a String, &'a Tensor)>,
) -> String {
    let mut entries = Vec::with_capacity(state.tensors.len() + 1);
    if !state.metadata.is_empty() {
        let lines = state.metadata.iter().map(|(k, v)| format!("{}:{}", json(k), json(v)));
        let lines: Vec<String> = lines.collect();
        entries.push(format!("\"__metadata__\":{{{}}}", lines.join(",")));
    }
    let mut offset = 0;
    for (name, t) in tensors {
        let (dtype, size) = match is_counter(name) {
            true => ("I64", size_of::<i64>()),
            false => (if cfg!(real_f64) { "F64" } else { "F32" }, size_of::<Real>()),
        };
        let end = offset + t.len() * size;
        let dims: Vec<String> = t.shape().iter().map(usize::to_string).collect();
        entries.push(format!(
            "{}:{{\"dtype\":\"{dtype}\",\"shape\":[{}],\"data_offsets\":[{offset},{end}]}}",
            json(name),
            dims.join(",")
        ));
        offset = end;
    }
    let mut header = format!("{{{}}}", entries.join(","));
    // Blanks up to a multiple of 8, for the alignment of what follows.
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    header
}

/// A JSON string.
fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", c as u32); // a String takes everything
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_the_same_every_time_and_wide_types_come_first() {
        let mut state = StateDict::default().with_metadata("z", "1").with_metadata("a", "\"\n");
        state.tensors.insert("b.weight".into(), Tensor::zeros([2, 3]));
        state.tensors.insert("c.num_batches_tracked".into(), Tensor::scalar(7.0));
        let (counters, reals): (Vec<_>, Vec<_>) =
            state.tensors.iter().partition(|(name, _)| is_counter(name));
        let header = header(&state, counters.iter().chain(&reals));
        let (real, end) = if cfg!(real_f64) { ("F64", 56) } else { ("F32", 32) };
        let want = format!(
            "{{\"__metadata__\":{{\"a\":\"\\\"\\u000a\",\"z\":\"1\"}},\
             \"c.num_batches_tracked\":{{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}},\
             \"b.weight\":{{\"dtype\":\"{real}\",\"shape\":[2,3],\"data_offsets\":[8,{end}]}}}}"
        );
        assert_eq!(header.trim_end(), want);
        assert_eq!(header.len() % 8, 0);
        let parsed: serde_json::Value = serde_json::from_str(&header).unwrap();
        assert_eq!(parsed["__metadata__"]["a"], "\"\n");
    }
}
