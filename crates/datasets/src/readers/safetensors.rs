//! `safetensors:FILE[?x=NAME&y=NAME]`: tables of features, such as a network's outputs kept for a
//! head to be trained on.

use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::arrays::Array;
use super::npy::{self, CLASSES};
use super::npz::{X, Y, choose};
use super::numbers::{Element, Kind};
use crate::bytes::{ByteSource, recognise};
use crate::error::shown;
use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec};
use crate::{DataError, Dataset, FormatError};

pub(super) const SCHEME: Scheme = Scheme {
    name: "safetensors",
    usage: "safetensors:FILE[?x=NAME&y=NAME]",
    help: "tensors of one file: inputs x and labels y, if there are some under that name",
    grammar: |_| {
        Ok(Grammar { parts: 1..=1, options: &[X, Y, CLASSES], fragments: Fragments::None })
    },
    load: Loader::Dense(load),
};

/// What a gzipped file may unpack to, and the longest plain one.
const MOST_BYTES: u64 = 1 << 32;

/// A name takes about 100 bytes: ten thousand tensors.
const MOST_HEADER: u64 = 1 << 20;

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let path = Path::new(&spec.parts()[0]);
    let bytes = ByteSource::open(path)?.rest(MOST_BYTES)?;
    let wrong = |offset, problem| DataError::Format { path: path.into(), offset, problem };
    let header = check_header(&bytes).map_err(|problem| wrong(0, problem))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| {
        let expected = "a table of tensors that cover the file exactly; it is cut off or damaged";
        wrong(8, FormatError::Header { found: format!("in the header: {error}"), expected })
    })?;
    let mut names = tensors.names();
    names.sort_unstable();
    let (x, y) = choose(spec, &names)?;
    let open = |name: &str| {
        let tensor = tensors.tensor(name).expect("the name is one of the file's");
        let kind = kind(tensor.dtype()).ok_or_else(|| {
            let found = format!("tensor `{}` of type {}", shown(name), tensor.dtype());
            let expected = "bool, whole numbers, f16, bf16, f32 or f64; save it as one of these";
            wrong(8, FormatError::Header { found, expected })
        })?;
        let start =
            header + tensor.data().as_ptr() as u64 - bytes[header as usize..].as_ptr() as u64;
        let source =
            ByteSource::piece(path.join(shown(name.trim_start_matches('/'))), tensor.data(), start);
        let (element, shape) = (Element::little(kind), tensor.shape().to_vec());
        Ok(Array { source, element, shape, fortran: false })
    };
    let labels = y.map(|name| (path.join(&name).display().to_string(), open(&name)));
    npy::labelled(spec, || open(&x)?.inputs(), labels)
}

/// Where the tensors begin: behind the header, whose length the first eight bytes are.
fn check_header(bytes: &[u8]) -> Result<u64, FormatError> {
    let Some((first, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(FormatError::HeaderTruncated { expected: 8, found: bytes.len() as u64 });
    };
    let (len, present) = (u64::from_le_bytes(*first), rest.len() as u64);
    if len > present.min(MOST_HEADER) || rest.first() != Some(&b'{') {
        let known = recognise(first);
        let found = format!("a header of {len} bytes where {present} follow");
        let expected = match known {
            "this is a file of another kind" => {
                "a safetensors file: a length of at most 1048576, then that much text from `{` on; \
                 it is cut off or of another kind"
            }
            _ => {
                return Err(FormatError::Magic {
                    expected: "a safetensors file",
                    found,
                    hint: known,
                });
            }
        };
        return Err(FormatError::Header { found, expected });
    }
    Ok(8 + len)
}

fn kind(dtype: Dtype) -> Option<Kind> {
    Some(match dtype {
        Dtype::BOOL => Kind::Bool,
        Dtype::U8 => Kind::U8,
        Dtype::I8 => Kind::I8,
        Dtype::U16 => Kind::U16,
        Dtype::I16 => Kind::I16,
        Dtype::F16 => Kind::F16,
        Dtype::BF16 => Kind::Bf16,
        Dtype::U32 => Kind::U32,
        Dtype::I32 => Kind::I32,
        Dtype::F32 => Kind::F32,
        Dtype::U64 => Kind::U64,
        Dtype::I64 => Kind::I64,
        Dtype::F64 => Kind::F64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    #[test]
    fn features_of_every_width() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let labels: Vec<u8> = [1i64, 0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let brain = [0x80, 0x3F, 0, 0, 0x40, 0xC0, 0, 0];
        let half = [0, 0x3C, 0, 0, 0, 0xC2, 0, 0];
        for (dtype, bytes) in [(Dtype::BF16, brain), (Dtype::F16, half)] {
            let x = TensorView::new(dtype, vec![2, 2], &bytes).unwrap();
            let y = TensorView::new(Dtype::I64, vec![2], &labels).unwrap();
            let all = safetensors::serialize([("features", x), ("y", y)], None).unwrap();
            std::fs::write(file.path(), all).unwrap();
            let spec = format!("safetensors:{}?x=features", file.path().display());
            let data = crate::load(&spec.parse().unwrap()).unwrap();
            assert_eq!(data.inputs(), ndarray::arr2(&[[1.0, 0.0], [-3.0, 0.0]]).into_dyn());
            assert_eq!(data.labels(), Some(&[1, 0][..]));
        }
    }
}
