//! What is in a file, without making tensors of it.

use super::ReadError;
use super::read::read;
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::path::Path;

/// The tensors and metadata of a safetensors file as the file has them: of any type and shape, also
/// those that [`load`](super::load) does not convert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateListing {
    /// The tensors, in the order of their bytes.
    pub tensors: Vec<ListedTensor>,
    /// The file's `__metadata__`.
    pub metadata: BTreeMap<String, String>,
}

/// One tensor of a [`StateListing`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedTensor {
    /// Its name.
    pub name: String,
    /// Its element type as the format writes it, such as `F32`.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The bytes that its elements take.
    pub bytes: usize,
}

impl StateListing {
    /// Lists a file.
    ///
    /// # Errors
    /// If the file cannot be read or is not a valid safetensors file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let bytes = read(path)?;
        let malformed = |source| ReadError::Malformed { path: path.to_owned(), source };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(malformed)?;
        let tensor = |name: String| {
            let info = header.info(&name)?;
            Some(ListedTensor {
                dtype: info.dtype.to_string(),
                shape: info.shape.clone(),
                bytes: info.data_offsets.1 - info.data_offsets.0,
                name,
            })
        };
        let tensors = header.offset_keys().into_iter().filter_map(tensor).collect();
        let mut metadata = BTreeMap::new();
        if let Some(lines) = header.metadata() {
            // unsorted, but into a sorted map
            metadata.extend(lines.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        Ok(StateListing { tensors, metadata })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_no_layer_reads_are_listed_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let header = "{\"__metadata__\":{\"from\":\"elsewhere\"},\
                      \"b\":{\"dtype\":\"F8_E4M3\",\"shape\":[2,2],\"data_offsets\":[8,12]},\
                      \"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}";
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&[0; 12]);
        std::fs::write(&path, bytes).unwrap();
        let listing = StateListing::read(&path).unwrap();
        let lines: Vec<_> = listing
            .tensors
            .iter()
            .map(|t| (&t.name[..], &t.dtype[..], &t.shape[..], t.bytes))
            .collect();
        assert_eq!(lines, [("a", "I64", &[][..], 8), ("b", "F8_E4M3", &[2, 2], 4)]);
        assert_eq!(listing.metadata["from"], "elsewhere");
    }
}
