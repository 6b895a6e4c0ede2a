//! A damaged checkpoint is an error that names the file, or the one before it is used: never a
//! panic, never other numbers.

use crate::common::{bits, quiet};
use crate::estimators::{Task, short};
use crate::resume::{Stop, kept};
use nn_layers::models::dann_shallow;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tensor_autograd::Rng;
use transfer::fit::Observer;
use transfer::{Supervised, Training, TransferError};

/// The smallest of nets: every bit of its checkpoint is tried.
fn fit(
    training: Training,
    task: &Task,
    observer: &mut dyn Observer,
) -> Result<String, TransferError> {
    let net = dann_shallow(2, 2, 2, &mut Rng::seed(0));
    let model = Supervised::new(net).training(training).fit(&task.labelled, observer)?;
    Ok(bits(&model.net))
}

/// The checkpoints in a folder, oldest first.
fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A run stopped in its second epoch: a checkpoint at its first's end, and the newest one, whose
/// bytes are given too.
fn stopped(folder: &Path, task: &Task) -> (PathBuf, PathBuf, Vec<u8>) {
    let asked = fit(kept(short(), folder), task, &mut Stop { done: 0, at: 20 });
    assert!(matches!(asked, Err(TransferError::Interrupted { step: 20, .. })));
    let [older, newest] = checkpoints(folder).try_into().unwrap();
    let bytes = fs::read(&newest).unwrap();
    (older, newest, bytes)
}

/// A folder with the newest checkpoint alone.
fn alone(folder: &Path, task: &Task) -> (PathBuf, Vec<u8>) {
    let (older, newest, bytes) = stopped(folder, task);
    fs::remove_file(older).unwrap();
    (newest, bytes)
}

#[track_caller]
fn assert_refused(result: Result<String, TransferError>, file: &Path, what: &str) {
    match result {
        Err(TransferError::Unusable { path, why }) => {
            assert_eq!(path, file);
            let words = "no older checkpoint is whole: remove it to begin anew";
            assert!(why.contains(words), "{what}: {why}");
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_checkpoint_truncated_at_any_length_is_an_error() {
    let (folder, task) = (tempfile::tempdir().unwrap(), Task::moons());
    let (file, bytes) = alone(folder.path(), &task);
    for length in 0..bytes.len() {
        fs::write(&file, &bytes[..length]).unwrap();
        let resumed = fit(kept(short(), folder.path()), &task, &mut quiet());
        assert_refused(resumed, &file, &format!("{length} of {} bytes", bytes.len()));
    }
}

#[test]
fn a_checkpoint_with_any_bit_flipped_is_an_error() {
    let (folder, task) = (tempfile::tempdir().unwrap(), Task::moons());
    let (file, mut bytes) = alone(folder.path(), &task);
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&file, &bytes).unwrap();
        let resumed = fit(kept(short(), folder.path()), &task, &mut quiet());
        assert_refused(resumed, &file, &format!("bit {} of byte {}", bit % 8, bit / 8));
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Writes down what it is told.
struct Notes(Vec<String>, Stop);

impl Observer for Notes {
    fn begin(&mut self, steps: usize, done: usize) {
        self.1.begin(steps, done);
    }
    fn step(&mut self, done: usize) {
        self.1.step(done);
    }
    fn interrupted(&self) -> bool {
        self.1.interrupted()
    }
    fn note(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
}

#[test]
fn the_one_before_a_damaged_checkpoint_is_used_and_the_damaged_one_is_named() {
    let task = Task::moons();
    let whole = fit(short(), &task, &mut quiet()).unwrap();
    for damage in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        let (older, newest, mut bytes) = stopped(folder.path(), &task);
        match damage % 3 {
            0 => bytes.truncate(damage * bytes.len() / 60),
            1 => bytes = b"not a checkpoint at all".to_vec(),
            _ => {
                let at = damage * bytes.len() / 60;
                bytes[at] ^= 1 << (damage % 8);
            }
        }
        fs::write(&newest, &bytes).unwrap();
        // One step on, the damaged file has gone, and the run has two whole ones again.
        let mut notes = Notes(Vec::new(), Stop { done: 0, at: 16 });
        let stopped = fit(kept(short(), folder.path()), &task, &mut notes);
        assert!(matches!(stopped, Err(TransferError::Interrupted { step: 16, .. })));
        let [note] = &notes.0[..] else { panic!("{:?}", notes.0) };
        assert!(note.starts_with(&newest.display().to_string()), "{note}");
        assert!(note.ends_with("; it is passed over"), "{note}");
        let left = checkpoints(folder.path());
        assert!(left.len() == 2 && left[0] == older && !left.contains(&newest), "{left:?}");
        let resumed = fit(kept(short(), folder.path()), &task, &mut quiet());
        assert_eq!(resumed.unwrap(), whole, "damage {damage}");
    }
}

#[test]
fn weights_without_a_state_are_no_checkpoint() {
    let (folder, task) = (tempfile::tempdir().unwrap(), Task::moons());
    let (file, _) = alone(folder.path(), &task);
    nn_layers::StateDict::of(&task.net).save(&file).unwrap();
    let error = fit(kept(short(), folder.path()), &task, &mut quiet()).unwrap_err().to_string();
    assert!(error.contains("it is not a checkpoint"), "{error}");
}

/// One that a newer version wrote is whole: to pass over it would lose what it holds.
#[test]
fn a_checkpoint_of_another_version_is_refused_and_not_passed_over() {
    let (folder, task) = (tempfile::tempdir().unwrap(), Task::moons());
    let (_, file, _) = stopped(folder.path(), &task);
    let mut state = nn_layers::load(&file).unwrap();
    let (key, next) = ("transfer.checkpoint/1", "transfer.checkpoint/2");
    let json = state.metadata.remove(key).unwrap();
    let mut hash = Sha256::new();
    hash.update(format!("{next}\n{json}"));
    for (name, tensor) in &state.tensors {
        hash.update(format!("\n{name} {}\n", tensor.shape()));
        tensor.as_slice().iter().for_each(|x| hash.update(x.to_le_bytes()));
    }
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    state.with_metadata(next, json).with_metadata("sha256", digest).save(&file).unwrap();
    let error = fit(kept(short(), folder.path()), &task, &mut quiet()).unwrap_err();
    let words =
        "`transfer.checkpoint/2` of another version, and this one knows `transfer.checkpoint/1`";
    assert!(error.to_string().contains(words), "{error}");
}
