//! What a frozen prefix makes of all examples, kept in a file for the next run.
//!
//! The file's name is the SHA-256 of all that the values depend on: the examples or the files that
//! they are made from, their preprocessing, the prefix's parameters, and, since a layer may have settings that are no
//! parameters, what this processor makes of two examples with it. So nothing is ever out of date, and
//! deleting the folder costs time alone.

use crate::TransferError;
use crate::input::Inputs;
use nn_layers::write_atomically;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tensor_autograd::{Real, Tensor};

/// What such a file begins with; how many bytes a number has follows.
const MAGIC: &[u8; 20] = b"transfer.features/1\n";
/// Numbers that are turned into bytes at once.
const PIECE: usize = 1 << 14;

/// A folder of such files, for one set of examples.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    examples: Sha256,
}

/// What is in a file.
pub(super) enum Found {
    Values(Vec<Real>),
    /// There is none.
    Nothing,
    /// It is not as it was written; why.
    Damaged(String),
}

impl Shelf {
    /// In this folder, which is made if there is none, for these examples.
    ///
    /// # Errors
    /// If there is no such folder and none can be made; if what the examples are made from cannot be
    /// read.
    pub(crate) fn new(folder: &Path, examples: &Inputs) -> Result<Self, TransferError> {
        fs::create_dir_all(folder).map_err(|source| TransferError::Io {
            path: folder.to_owned(),
            operation: "make the folder for features",
            source,
        })?;
        let mut hash = Sha256::new_with_prefix(MAGIC);
        examples.identify(&mut |bytes| hash.update(bytes))?;
        Ok(Shelf { folder: folder.to_owned(), examples: hash })
    }

    /// The file for a prefix with these parameters that gives the probe `seen`.
    pub(super) fn path<'a>(
        &self,
        params: impl Iterator<Item = (&'a String, &'a Tensor)>,
        seen: &Tensor,
    ) -> PathBuf {
        let mut hash = self.examples.clone();
        let mut add = |name: &str, tensor: &Tensor| {
            // The form keeps one name's end from being another one's beginning.
            hash.update(format!("\0{name} {}\0", tensor.shape()));
            for piece in tensor.as_slice().chunks(PIECE) {
                hash.update(bytes(piece));
            }
        };
        params.for_each(|(name, tensor)| add(name, tensor));
        add("", seen);
        let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.features"))
    }
}

/// Reads a file of so many numbers.
///
/// # Errors
/// If there is one, and it cannot be read.
pub(super) fn load(path: &Path, numbers: usize) -> Result<Found, TransferError> {
    let failed =
        |source| TransferError::Io { path: path.to_owned(), operation: "read features", source };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(failed(e)),
    };
    let width = size_of::<Real>();
    let want = MAGIC.len() + 1 + numbers * width + 32;
    let mut content = Vec::new();
    // One byte more would tell that it is too long; nothing is taken on the file's word.
    file.take(want as u64 + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() != want {
        return Ok(Found::Damaged(format!("it has another length than the {want} bytes expected")));
    }
    let (content, sum) = content.split_at(want - 32);
    if Sha256::digest(content)[..] != *sum {
        return Ok(Found::Damaged("its checksum does not fit its content".to_owned()));
    }
    if content[..MAGIC.len()] != MAGIC[..] || usize::from(content[MAGIC.len()]) != width {
        return Ok(Found::Damaged("it is of another form".to_owned()));
    }
    let (numbers, _) = content[MAGIC.len() + 1..].as_chunks::<{ size_of::<Real>() }>();
    Ok(Found::Values(numbers.iter().map(|&b| Real::from_le_bytes(b)).collect()))
}

/// Writes a file, atomically.
///
/// # Errors
/// If it cannot be written; there is no half of it then.
pub(super) fn store(path: &Path, values: &[Real]) -> Result<(), TransferError> {
    write_atomically(path, |out| {
        let mut sum = Sha256::new();
        let mut put = |bytes: &[u8], out: &mut dyn Write| {
            sum.update(bytes);
            out.write_all(bytes)
        };
        put(MAGIC, out)?;
        put(&[size_of::<Real>() as u8], out)?;
        values.chunks(PIECE).try_for_each(|piece| put(&bytes(piece), out))?;
        out.write_all(&sum.finalize())
    })?;
    Ok(())
}

fn bytes(numbers: &[Real]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &Path, numbers: usize) -> Result<Vec<Real>, String> {
        match load(path, numbers).unwrap() {
            Found::Values(values) => Ok(values),
            Found::Nothing => Err("nothing".to_owned()),
            Found::Damaged(why) => Err(why),
        }
    }

    #[test]
    fn every_damage_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.features");
        assert_eq!(found(&path, 3), Err("nothing".to_owned()));
        store(&path, &[1.5, -0.0, Real::MAX]).unwrap();
        assert_eq!(found(&path, 3).unwrap(), [1.5, 0.0, Real::MAX]);
        assert!(found(&path, 4).is_err() && found(&path, 2).is_err());
        let whole = fs::read(&path).unwrap();
        for bit in 0..8 * whole.len() {
            let mut turned = whole.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &turned).unwrap();
            assert!(found(&path, 3).is_err(), "bit {bit}");
        }
        for len in 0..whole.len() {
            fs::write(&path, &whole[..len]).unwrap();
            assert!(found(&path, 3).unwrap_err().contains("another length"), "{len} bytes");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let data = ndarray::ArrayD::zeros(vec![1, 2]);
        let data = datasets::Unlabelled::new("data", data).unwrap();
        let normalizer = crate::Normalizer::fit(crate::Normalize::None, &data);
        let inputs = Inputs::new(&data, &normalizer).unwrap();
        let error = Shelf::new(&file.join("in"), &inputs).unwrap_err().to_string();
        assert!(error.contains("cannot make the folder for features"), "{error}");
    }
}
