//! A damaged checkpoint is an error that names the file: never a panic, never other numbers.

use crate::common::{bits, quiet};
use crate::estimators::{ESTIMATORS, Task, short};
use crate::resume::{interrupt, kept};
use std::fs;
use std::path::{Path, PathBuf};
use transfer::TransferError;

/// A checkpoint in the middle of a run.
fn checkpoint(folder: &Path) -> (PathBuf, Vec<u8>) {
    interrupt(&ESTIMATORS[0], short(), &Task::moons(), folder, 20);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let newest = files.pop().unwrap();
    let bytes = fs::read(&newest).unwrap();
    (newest, bytes)
}

/// The weights at the end, or the error.
fn resumed(folder: &Path) -> Result<String, TransferError> {
    let model = (ESTIMATORS[0].fit)(kept(short(), folder), &Task::moons(), &mut quiet())?;
    Ok(bits(&model.net))
}

/// Puts the checkpoint and whatever came after it back to where it was.
fn restore(folder: &Path, file: &Path, bytes: &[u8]) {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_truncated_checkpoint_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (file, bytes) = checkpoint(folder.path());
    for length in (0..40).map(|i| i * bytes.len() / 40) {
        restore(folder.path(), &file, &bytes[..length]);
        let error =
            resumed(folder.path()).expect_err("half a checkpoint was taken for a whole one");
        let typed = matches!(error, TransferError::Unusable { .. } | TransferError::Read(_));
        assert!(typed && error.to_string().contains("step-"), "{length} bytes: {error}");
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_without_effect() {
    let folder = tempfile::tempdir().unwrap();
    let (file, bytes) = checkpoint(folder.path());
    let whole = resumed(folder.path()).unwrap();
    let (mut flips, mut harmless) = (0, 0);
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        restore(folder.path(), &file, &damaged);
        flips += 1;
        match resumed(folder.path()) {
            Err(TransferError::Unusable { .. } | TransferError::Read(_)) => {}
            Err(other) => panic!("byte {at}: {other}"),
            Ok(weights) => {
                assert_eq!(weights, whole, "byte {at} changes the result");
                harmless += 1;
            }
        }
    }
    // Spaces that pad the header, perhaps.
    assert!(harmless * 20 < flips, "{harmless} of {flips} flips were not noticed");
}

#[test]
fn a_file_of_another_kind_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = checkpoint(folder.path());
    restore(folder.path(), &file, b"not a checkpoint at all");
    assert!(resumed(folder.path()).is_err());
    let weights = nn_layers::StateDict::of(&Task::moons().net);
    weights.save(&file).unwrap();
    let error = resumed(folder.path()).unwrap_err().to_string();
    assert!(error.contains("it is not a checkpoint"), "{error}");
}
