//! Reading safetensors: every size is checked against the bytes that are there.

use super::{StateDict, dtype};
use safetensors::tensor::TensorInfo;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tensor_autograd::{MAX_RANK, Shape, Tensor};

/// Largest header accepted, in bytes. A name takes about 100, so this is a third of a million
/// tensors.
const MAX_HEADER: u64 = 32 << 20;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refused an operation.
    #[error("cannot {operation} {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The path is a folder or a device.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
    },
    /// The file begins as PyTorch's own files do.
    #[error(
        "{}: this is a pickle, which runs code of its own when it is read, and is never read here; \
         docs/pth_to_safetensors.py makes a safetensors file of it", path.display()
    )]
    Pickle {
        /// The file.
        path: PathBuf,
    },
    /// The first eight bytes claim a header that the file does not hold.
    #[error(
        "{}: byte 0: the header should have {claimed} bytes, but {present} follow; the file is \
         truncated or no safetensors file", path.display()
    )]
    Header {
        /// The file.
        path: PathBuf,
        /// Length of the header according to the file.
        claimed: u64,
        /// Bytes that follow the length.
        present: u64,
    },
    /// The header is longer than any model needs.
    #[error(
        "{}: byte 0: the header should have {claimed} bytes, more than the {MAX_HEADER} accepted; \
         is it a safetensors file?", path.display()
    )]
    HugeHeader {
        /// The file.
        path: PathBuf,
        /// Length of the header according to the file.
        claimed: u64,
    },
    /// The header is no JSON of the right form, or its offsets do not cover the data.
    #[error(
        "{}: not a valid safetensors file: {source}; it is of another format, or damaged: take \
         another copy", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SafeTensorError,
    },
    /// A tensor of a type that no layer uses.
    #[error(
        "{}: tensor `{name}` has elements of type {dtype}; f16, bf16, f32, f64 and integers can be \
         read", path.display()
    )]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its element type.
        dtype: Dtype,
    },
    /// A tensor with more axes than [`MAX_RANK`], or without elements.
    #[error(
        "{}: tensor `{name}` has shape {shape:?}; at most {MAX_RANK} axes, none of extent 0, can be \
         read", path.display()
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
}

/// Reads a safetensors file. Numbers of other widths (f16, bf16, f64, integers) are converted.
///
/// # Errors
/// If the file cannot be read or is not a valid safetensors file. Nothing is allocated by a size
/// that the file merely claims.
pub fn load(path: impl AsRef<Path>) -> Result<StateDict, ReadError> {
    let path = path.as_ref();
    let bytes = read(path)?;
    let malformed = |source| ReadError::Malformed { path: path.to_owned(), source };
    let (length, header) = SafeTensors::read_metadata(&bytes).map_err(malformed)?;
    let data = &bytes[8 + length..];

    let mut state = StateDict::default();
    if let Some(lines) = header.metadata() {
        // unsorted, but into a sorted map
        state.metadata.extend(lines.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    for name in header.offset_keys() {
        let Some(TensorInfo { dtype, shape, data_offsets: (start, end) }) = header.info(&name)
        else {
            continue;
        };
        if shape.len() > MAX_RANK || shape.contains(&0) {
            return Err(ReadError::Shape { path: path.to_owned(), name, shape: shape.clone() });
        }
        let Some(numbers) = dtype::decode(*dtype, &data[*start..*end]) else {
            return Err(ReadError::Dtype { path: path.to_owned(), name, dtype: *dtype });
        };
        state.tensors.insert(name, Tensor::new(Shape::new(shape), numbers));
    }
    Ok(state)
}

/// The file's bytes, once its first eight make sense.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed =
        |operation| move |source| ReadError::Io { path: path.to_owned(), operation, source };
    // Asked before opening: to open a pipe may block for ever.
    let kind = std::fs::metadata(path).map_err(failed("open"))?;
    if !kind.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    let mut file = File::open(path).map_err(failed("open"))?;
    let mut first = [0; 8];
    let len = kind.len();
    if len < 8 {
        return Err(ReadError::Header { path: path.to_owned(), claimed: 8, present: 0 });
    }
    file.read_exact(&mut first).map_err(failed("read"))?;
    let (claimed, present) = (u64::from_le_bytes(first), len - 8);
    // A zip archive as `torch.save` writes it, or a bare pickle of protocol 2 to 5 as it once did. A
    // header of 640 bytes begins as the latter, too.
    let pickle = first.starts_with(b"PK\x03\x04") || matches!(first, [0x80, 2..=5, ..]);
    if pickle && claimed > present.min(MAX_HEADER) {
        return Err(ReadError::Pickle { path: path.to_owned() });
    }
    if claimed > present {
        return Err(ReadError::Header { path: path.to_owned(), claimed, present });
    }
    if claimed > MAX_HEADER {
        return Err(ReadError::HugeHeader { path: path.to_owned(), claimed });
    }
    let mut bytes = first.to_vec();
    file.read_to_end(&mut bytes).map_err(failed("read"))?;
    Ok(bytes)
}
