//! The folder of a sweep: what was asked, a line for each finished trial, the trials' own folders.

use super::space::Settings;
use crate::error::{InputError, UsageError};
use crate::run::Folder;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const ASKED: &str = "sweep.toml";
const TRIALS: &str = "trials.jsonl";

/// What a sweep was asked for: one that goes on must ask for the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) version: String,
    pub(super) method: String,
    /// What every trial is given beside its settings.
    pub(super) words: Vec<String>,
    /// By what trials are compared.
    pub(super) criterion: String,
    /// What the file of --config said.
    pub(super) config: Option<String>,
    pub(super) halving: Option<usize>,
    /// Every trial's settings.
    pub(super) trials: Vec<Settings>,
}

/// A finished trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Trial {
    /// Its place among the settings.
    pub(super) trial: usize,
    /// Its stage, in successive halving.
    pub(super) rung: usize,
    pub(super) settings: Settings,
    /// The criterion; none of a training that diverged.
    pub(super) value: Option<f64>,
    pub(super) seconds: f64,
    /// The folder of its run, in that of the sweep.
    pub(super) folder: String,
}

/// The folder.
pub(super) struct Record {
    folder: Folder,
}

impl Record {
    /// Begins a sweep in `out`, or in a fresh folder; or goes on with the one in it.
    ///
    /// # Errors
    /// If the folder holds something else, or another sweep, or cannot be written to.
    pub(super) fn open(asked: &Asked, out: Option<PathBuf>, resume: bool) -> anyhow::Result<Self> {
        let folder = Folder::for_sweep(out.as_deref())?;
        let path = folder.path().join(ASKED);
        let refuse = |why: &str| {
            let (path, why) = (folder.path().to_owned(), why.to_owned());
            anyhow::Error::from(UsageError::Folder { path, why })
        };
        match (path.exists(), resume) {
            (false, true) => {
                return Err(refuse("there is no sweep to go on with; leave out --resume"));
            }
            (true, false) => {
                return Err(refuse(
                    "it holds a sweep; go on with it by --resume, or choose another folder",
                ));
            }
            (false, false) => folder.write(ASKED, &toml::to_string(asked)?)?,
            (true, true) => {
                let text = std::fs::read_to_string(&path).map_err(|source| {
                    let (path, operation) = (path.clone(), "read what was asked");
                    InputError::Read { path, operation, source }
                })?;
                let then: Asked = toml::from_str(&text)
                    .map_err(|e| InputError::File { path, why: format!("not a sweep: {e}") })?;
                if then != *asked {
                    return Err(refuse(
                        "its sweep was asked for other trials, or by another version; ask for the same \
                         ones, or choose another folder",
                    ));
                }
            }
        }
        Ok(Record { folder })
    }

    /// Takes back what [`open`](Record::open) wrote, before there is a trial.
    pub(super) fn abandon(&self) {
        let _ = std::fs::remove_file(self.folder.path().join(ASKED)); // it does no harm
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The trials that are finished.
    pub(super) fn finished(&self) -> anyhow::Result<Vec<Trial>> {
        self.folder.json_lines(TRIALS, "the trial is then done again")
    }

    /// Keeps a finished trial, durably.
    pub(super) fn keep(&self, trial: &Trial) -> anyhow::Result<()> {
        let line = serde_json::to_string(trial).expect("plain data becomes JSON");
        Ok(self.folder.append_durably(TRIALS, &line)?)
    }
}
