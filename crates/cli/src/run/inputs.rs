//! What a run was made from beside its settings: a run that goes on must find it as it was.

use super::config::PROVENANCE;
use crate::error::{InputError, UsageError};
use datasets::{Identity, Spec};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The table of a recorded configuration's provenance in which they stand.
pub(super) const INPUTS: &str = "inputs";
/// Settings whose value may be the name of a file.
const FILES: [&str; 6] = ["arch", "backbone", "init", "key-map", "net", "signatures"];

/// What was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs {
    /// The SHA-256 of each data set and each file, under the words of the command line that name it.
    sums: BTreeMap<String, String>,
    /// Folders whose files are the data.
    folders: Vec<PathBuf>,
}

impl Inputs {
    /// Remembers a data set that was read by its fingerprint.
    pub(crate) fn data(&mut self, role: &str, spec: &str, known_by: &Identity) {
        self.sums.insert(format!("{role} {spec}"), hex(known_by));
        let spec: Option<Spec> = spec.parse().ok();
        // Only those schemes list what is in a folder.
        let listed = spec.filter(|spec| matches!(spec.scheme(), "images" | "audio"));
        self.folders
            .extend(listed.into_iter().flat_map(|spec| spec.parts().to_vec()).map(Into::into));
    }

    /// Refuses a run folder among the data: the next reading would find it there.
    pub(super) fn lie_outside(&self, out: &Path) -> Result<(), UsageError> {
        let out_is = whole(out);
        match self.folders.iter().find(|folder| out_is.starts_with(whole(folder))) {
            None => Ok(()),
            Some(folder) => {
                let why = format!(
                    "it lies in {}, all of which is read as data, and would be read with them the next \
                     time; choose a folder outside by --out",
                    folder.display()
                );
                Err(UsageError::Folder { path: out.to_owned(), why })
            }
        }
    }

    /// All of them, with the files that the settings name, as they are recorded.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn table(mut self, settings: &Table) -> Result<Table, InputError> {
        for key in FILES {
            let Some(file) = settings.get(key).and_then(Value::as_str) else { continue };
            let path = Path::new(file);
            if path.is_file() {
                let failed =
                    |source| InputError::Read { path: path.to_owned(), operation: "read", source };
                self.sums.insert(format!("--{key} {file}"), hex(&sum(path).map_err(failed)?));
            }
        }
        Ok(self.sums.into_iter().map(|(name, sum)| (name, Value::String(sum))).collect())
    }
}

/// What keeps a run that finds the inputs `now` from going on where `recorded` was begun. A run of a
/// version that recorded none goes on.
pub(super) fn difference(recorded: &Table, now: &Table) -> Option<String> {
    let then = recorded.get(PROVENANCE)?.get(INPUTS)?.as_table()?;
    let keys: Vec<&str> =
        now.keys().filter(|key| then.get(*key) != now.get(*key)).map(String::as_str).collect();
    let has = if keys.len() == 1 { "has" } else { "have" };
    (!keys.is_empty()).then(|| {
        format!(
            "`{}` {has} changed since its run was begun; put back what was there, or begin a run in \
             another folder",
            keys.join("` and `")
        )
    })
}

/// Bytes as they are written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The path without links, as far as it is there.
fn whole(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    there.map_or_else(
        || path.clone(),
        |(part, canonical)| canonical.join(path.strip_prefix(part).unwrap_or(Path::new(""))),
    )
}

fn sum(path: &Path) -> io::Result<[u8; 32]> {
    let mut sum = Sha256::new();
    io::copy(&mut File::open(path)?, &mut sum)?;
    Ok(sum.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_what_is_in_it_and_a_name_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let net = folder.path().join("net.toml");
        let settings =
            |net: &str| Table::from_iter([("net".to_owned(), Value::String(net.into()))]);
        let now = || Inputs::default().table(&settings(net.to_str().unwrap())).unwrap();
        std::fs::write(&net, "relu").unwrap();
        let then = now();
        assert!(Inputs::default().table(&settings("shallow")).unwrap().is_empty());
        let provenance = Table::from_iter([(INPUTS.to_owned(), Value::Table(then.clone()))]);
        let recorded = Table::from_iter([(PROVENANCE.to_owned(), Value::Table(provenance))]);
        assert_eq!(difference(&recorded, &now()), None);
        std::fs::write(&net, "tanh").unwrap();
        let why = difference(&recorded, &now()).unwrap();
        assert!(why.starts_with("`--net ") && why.contains("net.toml` has changed"), "{why}");
        assert_eq!(difference(&Table::new(), &now()), None, "nothing was recorded");
    }
}
