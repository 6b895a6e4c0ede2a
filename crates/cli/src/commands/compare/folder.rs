//! What a finished run left in its folder.

use crate::error::InputError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use transfer::Report;

/// The form of the document that is understood here.
const SCHEMA: &str = "transfer.run/1";

/// A finished run.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) report: Report,
    /// The settings as they are written.
    pub(super) settings: BTreeMap<String, String>,
}

impl Folder {
    /// Reads the report and the settings of a run.
    ///
    /// # Errors
    /// If the folder holds no finished run, or one of another version of the program.
    pub(super) fn read(path: &Path) -> Result<Self, InputError> {
        let read = |name: &str| {
            let path = path.join(name);
            fs::read_to_string(&path).map_err(|source| InputError::Read {
                path,
                operation: "read it; a finished run has this file",
                source,
            })
        };
        let bad = |name: &str, why: String| InputError::File { path: path.join(name), why };
        let (name, text) = ("report.json", read("report.json")?);
        let document: serde_json::Value =
            serde_json::from_str(&text).map_err(|e| bad(name, e.to_string()))?;
        let schema = document["schema"].as_str().unwrap_or("none");
        if schema != SCHEMA {
            let why = format!("its schema is `{schema}`, and this program reads `{SCHEMA}`");
            return Err(bad(name, why));
        }
        let report = serde_json::from_value(document).map_err(|e| bad(name, e.to_string()))?;
        let name = "config.toml";
        let table: toml::Table =
            toml::from_str(&read(name)?).map_err(|e| bad(name, e.to_string()))?;
        let settings = table
            .into_iter()
            .filter(|(_, value)| !value.is_table())
            .map(|(key, value)| {
                (key, value.as_str().map_or_else(|| value.to_string(), String::from))
            })
            .collect();
        Ok(Folder { path: path.to_owned(), report, settings })
    }

    /// The scores of an arm, seed by seed, if the run has it.
    pub(super) fn scores(&self, arm: &str) -> Option<&[f64]> {
        let own = (arm == self.report.method).then_some(&self.report.score.summary);
        own.or_else(|| self.report.baselines.get(arm)).map(|s| s.per_seed.as_slice())
    }
}
