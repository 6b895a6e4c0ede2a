//! The state of a run on disk, and back to the bit.

use super::{History, Means, Observer, Plan};
use crate::TransferError;
use crate::error::setting;
use nn_layers::{LoadMode, ReadError, StateDict, load_into};
use optim::{Optimizer, OptimizerState, Rule};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tensor_autograd::{Module, Tensor};

/// A folder of checkpoints of one run. Each is one file, written completely or not at all, and the
/// older ones go last. One is written at the end of every epoch and when the run is asked to stop,
/// and in between as [`every`](Checkpoints::every) says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    folder: PathBuf,
    run: String,
    keep: usize,
    every: Every,
}

/// When a checkpoint is written beside those at the ends of epochs. It makes no difference to the
/// result, only to how much of it a crash can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// At no other time.
    Epoch,
    /// After so many steps, at least 1.
    Steps(usize),
    /// Once so much time has passed since the last one.
    Time(Duration),
}

/// Everything that a step depends on beside the settings. What is random in a step, and which
/// examples it sees, are functions of the seed and of `step`: they need no state of their own, and
/// nor does a schedule.
pub(super) struct State<N> {
    pub(super) net: N,
    pub(super) best: Option<(f64, N)>,
    pub(super) stale: usize,
    pub(super) step: usize,
    pub(super) means: Means,
    pub(super) history: History,
}

impl<N> State<N> {
    pub(super) fn new(net: N) -> Self {
        let (means, history) = (Means::default(), History::default());
        State { net, best: None, stale: 0, step: 0, means, history }
    }
}

/// What stands in a checkpoint beside its tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counters {
    run: String,
    settings: String,
    step: usize,
    steps: usize,
    stale: usize,
    best: Option<f64>,
    means: Means,
    history: History,
    rule: String,
    optimizer_step: u64,
    updates: BTreeMap<String, u64>,
}

/// The key of the file's metadata under which the counters stand.
const KEY: &str = "transfer.checkpoint/1";
/// What the keys of every version begin with.
const FAMILY: &str = "transfer.checkpoint/";
/// The key under which the digest of everything else stands: a damaged weight is still a number,
/// and nothing but a digest would tell.
const DIGEST: &str = "sha256";

impl Checkpoints {
    /// Checkpoints in `folder`, which is made when the first one is written. `run` says whose they
    /// are, such as which data: a checkpoint of another run is refused, as is one of another method
    /// or of other settings.
    pub fn new(folder: impl Into<PathBuf>, run: impl Into<String>) -> Self {
        let every = Every::Time(Duration::from_secs(60));
        Checkpoints { folder: folder.into(), run: run.into(), keep: 2, every }
    }

    /// How many are kept, the newest ones: 2, and at least 1.
    pub fn keep(mut self, checkpoints: usize) -> Self {
        self.keep = checkpoints;
        self
    }

    /// When one is written beside those at the ends of epochs: after a minute without one.
    pub fn every(mut self, every: Every) -> Self {
        self.every = every;
        self
    }

    /// Whether one is due after `step` steps within an epoch, the last one having been `written`.
    pub(super) fn due(&self, step: usize, written: Instant) -> bool {
        match self.every {
            Every::Epoch => false,
            Every::Steps(n) => step.is_multiple_of(n),
            Every::Time(time) => written.elapsed() >= time,
        }
    }

    /// Writes the state, and drops all but the newest ones.
    pub(super) fn save<N: Module, R: Rule>(
        &self,
        state: &State<N>,
        optimizer: &Optimizer<R>,
        plan: &Plan,
    ) -> Result<PathBuf, TransferError> {
        let io = |path: &Path, operation| {
            let path = path.to_owned();
            move |source| TransferError::Io { path, operation, source }
        };
        fs::create_dir_all(&self.folder).map_err(io(&self.folder, "make the folder"))?;
        let OptimizerState { rule, step, updates, tensors } = optimizer.state();
        let counters = Counters {
            run: self.run.clone(),
            settings: plan.settings.clone(),
            step: state.step,
            steps: plan.steps,
            stale: state.stale,
            best: state.best.as_ref().map(|(value, _)| *value),
            means: state.means.clone(),
            history: state.history.clone(),
            rule,
            optimizer_step: step,
            updates,
        };
        let json = serde_json::to_string(&counters).expect("plain data becomes JSON");
        let mut file = StateDict::default();
        let mut put = |prefix: &str, tensors: BTreeMap<String, Tensor>| {
            let renamed = tensors.into_iter().map(|(name, t)| (format!("{prefix}.{name}"), t));
            file.tensors.extend(renamed);
        };
        put("net", state.net.state_dict());
        put("optimizer", tensors);
        if let Some((_, best)) = &state.best {
            put("best", best.state_dict());
        }
        let digest = digest(KEY, &json, &file.tensors);
        let file = file.with_metadata(KEY, json).with_metadata(DIGEST, digest);
        let path = self.folder.join(format!("step-{:010}.safetensors", state.step));
        file.save(&path)?;
        // Those of later steps are damaged ones, which this run has passed over.
        let (own, later): (Vec<_>, Vec<_>) = self.list()?.into_iter().partition(|p| *p <= path);
        for old in own.iter().rev().skip(self.keep).chain(&later) {
            fs::remove_file(old).map_err(io(old, "remove"))?;
        }
        Ok(path)
    }

    /// Puts the newest checkpoint that is whole into `state` and `optimizer`, and tells the observer
    /// of those that are not; without one, changes nothing.
    pub(super) fn resume<N: Module + Clone, R: Rule>(
        &self,
        state: &mut State<N>,
        optimizer: &mut Optimizer<R>,
        plan: &Plan,
        observer: &mut dyn Observer,
    ) -> Result<(), TransferError> {
        setting("keep", self.keep, self.keep > 0, "at least 1")?;
        setting("every", "0 steps", self.every != Every::Steps(0), "at least 1 step")?;
        let mut newest = None;
        for path in self.list()?.into_iter().rev() {
            match self.read(&path, plan) {
                Ok((counters, file)) => return restore(&path, counters, &file, state, optimizer),
                Err(Flaw::Other(e)) => return Err(e),
                Err(Flaw::Damaged(why)) => {
                    observer.note(&format!("{}: {why}; it is passed over", path.display()));
                    newest.get_or_insert((path, why));
                }
            }
        }
        let Some((path, why)) = newest else { return Ok(()) };
        let why = format!("{why}, and no older checkpoint is whole: remove it to begin anew");
        Err(TransferError::Unusable { path, why })
    }

    /// What is in one file, if it is whole and of this run.
    fn read(&self, path: &Path, plan: &Plan) -> Result<(Counters, StateDict), Flaw> {
        let other = |why: String| Flaw::Other(TransferError::Unusable { path: path.into(), why });
        let file = match StateDict::load(path) {
            Ok(file) => file,
            Err(e @ (ReadError::Io { .. } | ReadError::NotAFile { .. })) => {
                return Err(Flaw::Other(e.into()));
            }
            Err(_) => return Err(Flaw::Damaged("it is truncated or damaged".into())),
        };
        let mut keys = file.metadata.iter().filter(|(key, _)| key.starts_with(FAMILY));
        let Some((key, json)) = keys.next() else {
            return Err(Flaw::Damaged("it is not a checkpoint".into()));
        };
        if file.metadata.get(DIGEST) != Some(&digest(key, json, &file.tensors)) {
            return Err(Flaw::Damaged("it is damaged".into()));
        }
        if key != KEY {
            return Err(other(format!(
                "it is a checkpoint `{key}` of another version, and this one knows `{KEY}`: go on \
                 with the version that wrote it"
            )));
        }
        let counters: Counters =
            serde_json::from_str(json).map_err(|e| other(format!("its counters: {e}")))?;
        let theirs = (&counters.run, &counters.settings, counters.steps);
        let ours = (&self.run, &plan.settings, plan.steps);
        if theirs != ours {
            return Err(other(format!(
                "it belongs to another run: {} ({}) of {} steps, this is {} ({}) of {}; choose another folder",
                theirs.0, theirs.1, theirs.2, ours.0, ours.1, ours.2
            )));
        }
        Ok((counters, file))
    }

    /// The checkpoints, oldest first; none if the folder does not exist.
    fn list(&self) -> Result<Vec<PathBuf>, TransferError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                let (path, operation) = (self.folder.clone(), "list");
                return Err(TransferError::Io { path, operation, source });
            }
        };
        let ours = |path: &PathBuf| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            name.starts_with("step-") && name.ends_with(".safetensors")
        };
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|e| Some(e.ok()?.path())).filter(ours).collect();
        paths.sort();
        Ok(paths)
    }
}

/// Why a checkpoint is not used.
enum Flaw {
    /// It is not what was written: the one before it is.
    Damaged(String),
    /// Anything else, which the one before it would not mend.
    Other(TransferError),
}

/// Puts a checkpoint into `state` and `optimizer`.
fn restore<N: Module + Clone, R: Rule>(
    path: &Path,
    counters: Counters,
    file: &StateDict,
    state: &mut State<N>,
    optimizer: &mut Optimizer<R>,
) -> Result<(), TransferError> {
    let unusable = |why: String| TransferError::Unusable { path: path.to_owned(), why };
    let part = |prefix: &str| {
        let prefix = format!("{prefix}.");
        let own = file
            .tensors
            .iter()
            .filter_map(|(name, t)| Some((name.strip_prefix(&prefix)?.to_owned(), t.clone())));
        StateDict { tensors: own.collect(), metadata: BTreeMap::new() }
    };
    let load = |net: &mut N, prefix| {
        load_into(net, &part(prefix), LoadMode::Strict).map_err(|e| unusable(e.to_string()))
    };
    let mut net = state.net.clone();
    load(&mut net, "net")?;
    let best = match counters.best {
        Some(value) => {
            let mut best = net.clone();
            load(&mut best, "best")?;
            Some((value, best))
        }
        None => None,
    };
    let saved = OptimizerState {
        rule: counters.rule,
        step: counters.optimizer_step,
        updates: counters.updates,
        tensors: part("optimizer").tensors,
    };
    optimizer.load_state(saved, &net).map_err(|e| unusable(e.to_string()))?;
    *state = State {
        net,
        best,
        stale: counters.stale,
        step: counters.step,
        means: counters.means,
        history: counters.history,
    };
    Ok(())
}

/// The SHA-256 of key, counters and tensors, in hexadecimal.
fn digest(key: &str, json: &str, tensors: &BTreeMap<String, Tensor>) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{key}\n{json}"));
    let mut bytes = Vec::new();
    for (name, tensor) in tensors {
        hash.update(format!("\n{name} {}\n", tensor.shape()));
        for numbers in tensor.as_slice().chunks(1 << 12) {
            bytes.clear();
            numbers.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
            hash.update(&bytes);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
