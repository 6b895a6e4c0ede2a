//! The run folder: how the run was made, what it measured, what came out.

use super::card;
use super::config::{METHOD, PROVENANCE};
use super::inputs::{self, INPUTS};
use super::lock::Lock;
use crate::error::{InputError, UsageError};
use serde::de::DeserializeOwned;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tensor_autograd::kernels::{isa, parallel};
use toml::{Table, Value};
use transfer::{Outcome, TransferError};

const CONFIG: &str = "config.toml";
const RESULTS: &str = "results.jsonl";
const METRICS: &str = "metrics.jsonl";
const CHECKPOINTS: &str = "checkpoint";
/// Its presence tells a finished run.
const REPORT: &str = "report.json";

/// The folder of one run.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Held by whoever may write into it.
    _lock: Option<Arc<Lock>>,
}

impl Folder {
    /// Makes the folder and records `settings` and `inputs` in it, or finds the one in which they are
    /// recorded.
    ///
    /// # Errors
    /// If the folder holds another run, or cannot be written to.
    pub(crate) fn open(
        method: &'static str,
        (settings, inputs): (Table, Table),
        out: Option<&Path>,
        resume: bool,
    ) -> anyhow::Result<Self> {
        let Some(path) = out else {
            return Folder::at(&fresh(method)?).begin(method, (settings, inputs));
        };
        let folder = Folder::at(path);
        let refuse = |why: String| UsageError::Folder { path: path.to_owned(), why };
        let config = path.join(CONFIG);
        let recorded = match fs::read_to_string(&config) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                if resume {
                    let why = "there is no run to go on with; leave out --resume to begin one";
                    return Err(refuse(why.into()).into());
                }
                Folder::is_unused(
                    path,
                    &[REPORT, RESULTS, METRICS, "model.safetensors", CHECKPOINTS],
                )?;
                make(path)?;
                return folder.begin(method, (settings, inputs));
            }
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
                return Err(refuse("it is a file; choose a folder".into()).into());
            }
            Err(source) => return Err(io_error(&config, "read", source).into()),
        };
        if !resume {
            Lock::is_free(path)?;
            let why = match Folder::is_finished(path) {
                true => "it holds a finished run; choose another folder",
                false => {
                    "it holds an unfinished run; go on with it by --resume, or choose another folder"
                }
            };
            return Err(refuse(why.into()).into());
        }
        let recorded: Table = toml::from_str(&recorded).map_err(|e| InputError::File {
            path: config,
            why: format!("not a configuration: {e}"),
        })?;
        let why = difference(&recorded, &with_method(method, settings));
        if let Some(why) = why.or_else(|| inputs::difference(&recorded, &inputs)) {
            return Err(refuse(why).into());
        }
        let folder = folder.locked()?;
        sweep(path);
        for training in fs::read_dir(path.join(CHECKPOINTS)).into_iter().flatten().flatten() {
            sweep(&training.path());
        }
        Ok(folder)
    }

    /// Refuses a folder for results if something of that name stands in it, or if it is a file.
    pub(crate) fn is_unused(path: &Path, names: &[&str]) -> Result<(), UsageError> {
        let refuse = |why: String| Err(UsageError::Folder { path: path.to_owned(), why });
        if path.is_file() {
            return refuse("it is a file; choose a folder".into());
        }
        match names.iter().find(|name| path.join(name).exists()) {
            Some(name) => {
                refuse(format!("its `{name}` would be overwritten; choose another folder"))
            }
            None => Ok(()),
        }
    }

    fn at(path: &Path) -> Self {
        Folder { path: path.to_owned(), _lock: None }
    }

    fn locked(self) -> anyhow::Result<Self> {
        let _lock = Some(Arc::new(Lock::take(&self.path)?));
        Ok(Folder { _lock, ..self })
    }

    /// The folder of a tour, which holds the run folders of the methods.
    ///
    /// # Errors
    /// If it has a tour in it already, or cannot be made.
    pub(crate) fn for_tour(out: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = out else { return Ok(Folder::at(&fresh("tour")?)) };
        if path.join("report.html").exists() {
            let why = "there is a report in it already; choose another folder".to_owned();
            return Err(UsageError::Folder { path: path.to_owned(), why }.into());
        }
        make(path)?;
        Ok(Folder::at(path))
    }

    /// The folder of a sweep, which holds the run folders of its trials.
    ///
    /// # Errors
    /// If it cannot be made, or another process has it.
    pub(crate) fn for_sweep(out: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = out else { return Folder::at(&fresh("sweep")?).locked() };
        make(path)?;
        Folder::at(path).locked()
    }

    /// Whether a run was begun in `path`.
    pub(crate) fn is_begun(path: &Path) -> bool {
        path.join(CONFIG).exists()
    }

    /// The settings as they are recorded.
    pub(super) fn settings(&self) -> anyhow::Result<String> {
        let mut table: Table = toml::from_str(&self.read(CONFIG)?)?;
        table.remove(PROVENANCE);
        Ok(toml::to_string(&table)?)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the folder, completely or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), TransferError> {
        let path = self.path.join(name);
        Ok(nn_layers::write_atomically(&path, |out| out.write_all(text.as_bytes()))?)
    }

    /// Writes the result; from then on the run is a finished one, and needs no checkpoints.
    pub(crate) fn finish(&self, document: &serde_json::Value) -> anyhow::Result<()> {
        let recorded = toml::from_str(&self.read(CONFIG)?)?;
        card::write(self, recorded)?;
        self.write(REPORT, &serde_json::to_string_pretty(document)?)?;
        let _ = fs::remove_dir_all(self.path.join(CHECKPOINTS)); // they only take room
        Ok(())
    }

    /// Where the checkpoints of one training are.
    pub(crate) fn checkpoints(&self, training: &str) -> PathBuf {
        self.path.join(CHECKPOINTS).join(training)
    }

    /// Appends what an epoch measured.
    pub(crate) fn metrics(&self, line: &str) -> Result<(), TransferError> {
        match Folder::is_finished(&self.path) {
            true => Ok(()),
            false => self.append(METRICS, line, false),
        }
    }

    /// Whether the run in `path` has ended: all its metrics are there, and what is trained again to
    /// print the result once more adds none.
    pub(crate) fn is_finished(path: &Path) -> bool {
        path.join(REPORT).exists()
    }

    /// Drops the lines of metrics that `keep` does not keep: those after a checkpoint are made again.
    pub(crate) fn retain_metrics(
        &self,
        keep: impl Fn(&serde_json::Value) -> bool,
    ) -> Result<(), TransferError> {
        if Folder::is_finished(&self.path) {
            return Ok(());
        }
        let text = self.read(METRICS)?;
        let kept: String = text
            .split_inclusive('\n')
            .filter(|line| serde_json::from_str(line).is_ok_and(|line| keep(&line)))
            .collect();
        if kept == text { Ok(()) } else { self.write(METRICS, &kept) }
    }

    /// Appends a finished training, durably.
    pub(crate) fn outcome(&self, outcome: &Outcome) -> Result<(), TransferError> {
        let line = serde_json::to_string(outcome).expect("plain data becomes JSON");
        self.append(RESULTS, &line, true)
    }

    /// The trainings that are finished.
    pub(crate) fn outcomes(&self) -> anyhow::Result<Vec<Outcome>> {
        self.json_lines(RESULTS, "its training is then done again")
    }

    /// What the lines of a file hold. A last line that was cut off is dropped from the file; `then`
    /// is what comes of removing one that cannot be read.
    pub(crate) fn json_lines<T: DeserializeOwned>(
        &self,
        name: &str,
        then: &str,
    ) -> anyhow::Result<Vec<T>> {
        let text = self.read(name)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            self.write(name, &text[..whole])?;
        }
        let parse = |(i, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|e| InputError::File {
                path: self.path.join(name),
                why: format!("line {}: {e}; remove the line, {then}", i + 1),
            })
        };
        Ok(text[..whole].lines().enumerate().map(parse).collect::<Result<_, _>>()?)
    }

    /// Appends a line that is on the disk when this returns.
    pub(crate) fn append_durably(&self, name: &str, line: &str) -> Result<(), TransferError> {
        self.append(name, line, true)
    }

    fn read(&self, name: &str) -> Result<String, TransferError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(source) => Err(io_error(&path, "read", source)),
        }
    }

    fn append(&self, name: &str, line: &str, durable: bool) -> Result<(), TransferError> {
        let path = self.path.join(name);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let mut file = file.map_err(|e| io_error(&path, "open", e))?;
        let whole = file.write_all(format!("{line}\n").as_bytes());
        whole.map_err(|e| io_error(&path, "append to", e))?;
        if durable {
            file.sync_all().map_err(|e| io_error(&path, "flush", e))?;
        }
        Ok(())
    }

    /// Takes the new folder and records the settings in it; it goes again if that fails, as on a
    /// full disk.
    fn begin(self, method: &'static str, of: (Table, Table)) -> anyhow::Result<Self> {
        let path = self.path.clone();
        let begun = self.locked().and_then(|folder| {
            if Folder::is_begun(&folder.path) {
                let why = "another run has begun in it; choose another folder".to_owned();
                return Err(UsageError::Folder { path: folder.path.clone(), why }.into());
            }
            sweep(&folder.path);
            folder.record(method, of).map(|()| folder)
        });
        if begun.is_err() {
            let _ = fs::remove_dir(path); // it stays if somebody has put something in it
        }
        begun
    }

    fn record(
        &self,
        method: &'static str,
        (settings, inputs): (Table, Table),
    ) -> anyhow::Result<()> {
        let mut table = with_method(method, settings);
        let text = |s: &str| Value::String(s.to_owned());
        let provenance = Table::from_iter([
            ("version".to_owned(), text(env!("CARGO_PKG_VERSION"))),
            ("threads".to_owned(), Value::Integer(parallel::num_threads() as i64)),
            ("instruction-set".to_owned(), text(isa::isa().name())),
            ("machine".to_owned(), text(std::env::consts::ARCH)),
            ("system".to_owned(), text(std::env::consts::OS)),
            (INPUTS.to_owned(), Value::Table(inputs)),
        ]);
        table.insert(PROVENANCE.to_owned(), Value::Table(provenance));
        let repeat = format!("# `transfer run {method} --config THIS_FILE` repeats this run.\n\n");
        Ok(self.write(CONFIG, &(repeat + &toml::to_string(&table)?))?)
    }
}

fn with_method(method: &str, mut settings: Table) -> Table {
    settings.insert(METHOD.to_owned(), Value::String(method.to_owned()));
    settings
}

/// What keeps a run with settings `now` from going on in a folder with settings `then`.
fn difference(then: &Table, now: &Table) -> Option<String> {
    let version = then.get(PROVENANCE).and_then(|p| p.get("version")?.as_str());
    let ours = env!("CARGO_PKG_VERSION");
    if let Some(version) = version.filter(|v| *v != ours) {
        let age = if numbers(version) > numbers(ours) { "the newer version" } else { "version" };
        return Some(format!(
            "its run was made by {age} {version}, this is {ours}; go on with that one"
        ));
    }
    let method = |table: &Table| table.get(METHOD).map_or("no method".into(), Value::to_string);
    let (theirs, ours) = (method(then), method(now));
    if theirs != ours {
        return Some(format!("its run is one of {theirs}, not of {ours}; choose another folder"));
    }
    let keys = then.keys().chain(now.keys()).filter(|k| *k != PROVENANCE);
    let differ = keys.filter(|k| then.get(*k) != now.get(*k));
    let mut all: Vec<String> = differ
        .map(|key| {
            let show = |v: Option<&Value>| v.map_or("not set".to_owned(), Value::to_string);
            format!("`{key}` was {}, is {}", show(then.get(key)), show(now.get(key)))
        })
        .collect();
    all.sort();
    all.dedup();
    (!all.is_empty()).then(|| {
        format!("its run has other settings: {}; resume with the same ones", all.join("; "))
    })
}

/// The numbers of a version, to be compared.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

/// Removes the unfinished files of a process that was killed while it wrote.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".tmp") {
            let _ = fs::remove_file(entry.path()); // it does no harm, but takes room
        }
    }
}

/// Makes `runs/METHOD-N` with the smallest N that is free.
fn fresh(method: &str) -> Result<PathBuf, TransferError> {
    make(Path::new("runs"))?;
    let mut n = 1;
    loop {
        let path = Path::new("runs").join(format!("{method}-{n}"));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => n += 1,
            Err(source) => return Err(io_error(&path, "make the folder", source)),
        }
    }
}

fn make(path: &Path) -> Result<(), TransferError> {
    fs::create_dir_all(path).map_err(|source| io_error(path, "make the folder", source))
}

pub(super) fn io_error(path: &Path, operation: &'static str, source: io::Error) -> TransferError {
    TransferError::Io { path: path.to_owned(), operation, source }
}
