//! The state of a run on disk, and back to the bit.

use super::{History, Means, Plan};
use crate::TransferError;
use nn_layers::{LoadMode, StateDict, load_into};
use optim::{Optimizer, OptimizerState, Rule};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tensor_autograd::{Module, Tensor};

/// A folder of checkpoints of one run. The newest two are kept; each is written completely or not
/// at all, and the older one goes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    folder: PathBuf,
    run: String,
}

/// Everything that a step depends on beside the settings.
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
/// The key under which the digest of everything else stands: a damaged weight is still a number,
/// and nothing but a digest would tell.
const DIGEST: &str = "sha256";

impl Checkpoints {
    /// Checkpoints in `folder`, which is made when the first one is written. `run` says whose they
    /// are, such as which data: a checkpoint of another run is refused, as is one of another method
    /// or of other settings.
    pub fn new(folder: impl Into<PathBuf>, run: impl Into<String>) -> Self {
        Checkpoints { folder: folder.into(), run: run.into() }
    }

    /// Writes the state, and drops all but the newest two.
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
        let digest = digest(&json, &file.tensors);
        let file = file.with_metadata(KEY, json).with_metadata(DIGEST, digest);
        let path = self.folder.join(format!("step-{:010}.safetensors", state.step));
        file.save(&path)?;
        for old in self.list()?.iter().rev().skip(2) {
            fs::remove_file(old).map_err(io(old, "remove"))?;
        }
        Ok(path)
    }

    /// Puts the newest checkpoint into `state` and `optimizer`; without one, changes nothing.
    pub(super) fn resume<N: Module + Clone, R: Rule>(
        &self,
        state: &mut State<N>,
        optimizer: &mut Optimizer<R>,
        plan: &Plan,
    ) -> Result<(), TransferError> {
        let Some(path) = self.list()?.pop() else { return Ok(()) };
        let unusable = |why: String| TransferError::Unusable { path: path.clone(), why };
        let file = StateDict::load(&path)?;
        let json = file.metadata.get(KEY);
        let json = json.ok_or_else(|| unusable("it is not a checkpoint".into()))?;
        let counters: Counters =
            serde_json::from_str(json).map_err(|e| unusable(format!("its counters: {e}")))?;
        if file.metadata.get(DIGEST) != Some(&digest(json, &file.tensors)) {
            return Err(unusable("it is damaged: remove it to go on from the one before".into()));
        }
        let theirs = (counters.run, counters.settings, counters.steps);
        let ours = (&self.run, &plan.settings, plan.steps);
        if (&theirs.0, &theirs.1, theirs.2) != ours {
            let why = format!(
                "it belongs to another run: {} ({}) of {} steps, this is {} ({}) of {}; choose another folder",
                theirs.0, theirs.1, theirs.2, ours.0, ours.1, ours.2
            );
            return Err(unusable(why));
        }
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

/// The SHA-256 of counters and tensors, in hexadecimal.
fn digest(json: &str, tensors: &BTreeMap<String, Tensor>) -> String {
    let mut hash = Sha256::new();
    hash.update(json);
    for (name, tensor) in tensors {
        hash.update(format!("\n{name} {}\n", tensor.shape()));
        let bytes: Vec<u8> = tensor.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect();
        hash.update(bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
