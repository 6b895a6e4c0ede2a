//! Settings from a file and from flags, and the record of them in the run folder.

use super::shared::Shared;
use crate::error::{InputError, UsageError, nearest};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::Table;

/// The table of a recorded configuration that says how the run was made; it is no setting.
pub(super) const PROVENANCE: &str = "provenance";
/// The key under which a recorded configuration names its method.
pub(super) const METHOD: &str = "method";
/// Pairs of settings of which a given one takes the place of the other.
const EXCLUSIVE: [(&str, &str); 4] = [
    ("steps", "epochs"),
    ("init", "source"),
    ("lr-decay-by-depth", "trunk-lr"),
    ("unfreeze-after", "train-copied"),
];

/// A method's settings: those of the file, then those of the command line over them.
///
/// # Errors
/// If the file cannot be read, is no TOML, has a key that is no setting of the method or a value of
/// the wrong kind, or is the configuration of another method.
pub(crate) fn merge<O>(
    method: &'static str,
    matches: &ArgMatches,
    file: Option<&Path>,
) -> anyhow::Result<(Shared, O)>
where
    O: Args + Serialize + DeserializeOwned,
{
    let mut settings = match file {
        Some(path) => read::<O>(method, path)?,
        None => Table::new(),
    };
    let shared = Shared::from_arg_matches(matches)?;
    shared.check()?;
    let flags = table(&shared, &O::from_arg_matches(matches)?)?;
    for (a, b) in EXCLUSIVE {
        for (given, other) in [(a, b), (b, a)] {
            if flags.contains_key(given) {
                settings.remove(other);
            }
        }
    }
    settings.extend(flags);
    let shared: Shared = settings.clone().try_into()?;
    shared.check()?;
    Ok((shared, settings.try_into()?))
}

/// All settings as one table.
pub(super) fn table<O: Serialize>(shared: &Shared, own: &O) -> anyhow::Result<Table> {
    let mut table = Table::try_from(shared).map_err(UsageError::Settings)?;
    table.extend(Table::try_from(own).map_err(UsageError::Settings)?);
    Ok(table)
}

fn read<O: Args + DeserializeOwned>(method: &'static str, path: &Path) -> anyhow::Result<Table> {
    Ok(parse::<O>(method, path, &settings_text(path)?)?)
}

/// What stands in the file of --config.
pub(crate) fn settings_text(path: &Path) -> Result<String, InputError> {
    nn_layers::read_text(path).map_err(|source| {
        let path = path.to_owned();
        InputError::Read { path, operation: "read the configuration", source }
    })
}

fn parse<O: Args + DeserializeOwned>(
    method: &'static str,
    path: &Path,
    text: &str,
) -> Result<Table, UsageError> {
    let invalid = |source| UsageError::Config { path: path.to_owned(), source };
    let mut table: Table = toml::from_str(text).map_err(invalid)?;
    table.remove(PROVENANCE);
    match table.remove(METHOD) {
        Some(found) if found.as_str() != Some(method) => {
            let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            let path = path.to_owned();
            return Err(UsageError::ConfigMethod { path, found, expected: method });
        }
        _ => {}
    }
    let command = O::augment_args(Shared::augment_args(Command::new("settings")));
    let known: Vec<&str> = command.get_arguments().filter_map(|a| a.get_long()).collect();
    if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(UsageError::ConfigKey {
            path: path.to_owned(),
            line: line_of(key, text),
            key: key.clone(),
            nearest: nearest(key, known.iter().copied()),
            known: known.join(", "),
        });
    }
    // From the text rather than the table: only so do the errors say where.
    let _: Shared = toml::from_str(text).map_err(invalid)?;
    let _: O = toml::from_str(text).map_err(invalid)?;
    Ok(table)
}

/// The line, from 1, on which a key of the top level stands.
fn line_of(key: &str, text: &str) -> usize {
    let table = toml::de::DeTable::parse(text).ok();
    let place = table.and_then(|table| {
        let key = table.get_ref().keys().find(|k| k.get_ref().as_ref() == key)?;
        text.get(..key.span().start)
    });
    place.map_or(1, |before| before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Args, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case", default)]
    struct Own {
        #[arg(long)]
        trunk_lr: Option<f64>,
        #[arg(long)]
        init: Option<String>,
    }

    fn merged(file: &str, flags: &[&str]) -> Result<(Shared, Own), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, file).unwrap();
        let command = Own::augment_args(Shared::augment_args(Command::new("m")));
        let words = std::iter::once(&"m").chain(flags);
        let matches = command.try_get_matches_from(words).map_err(|e| e.to_string())?;
        merge("m", &matches, Some(&path)).map_err(|e| e.to_string())
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = "method = \"m\"\nlr = 1\nepochs = 3\nsource = \"s:\"\ntrunk-lr = 0.5\n\
                    [provenance]\nthreads = 2\n";
        let (shared, own) = merged(file, &["--lr", "0.25", "--steps", "9"]).unwrap();
        assert_eq!((shared.lr, shared.steps, shared.epochs), (Some(0.25), Some(9), None));
        assert_eq!((own.trunk_lr, shared.source.as_deref()), (Some(0.5), Some("s:")));
        let (shared, own) = merged(file, &["--init", "f"]).unwrap();
        assert_eq!((shared.source, own.init.as_deref()), (None, Some("f")));
        assert_eq!(shared.lr, Some(1.0));
    }

    #[test]
    fn a_bad_file_is_refused_with_the_place() {
        let error = merged("lr = 0.1\n\nlearning-rate = 2\n", &[]).unwrap_err();
        assert!(error.contains("c.toml:3: there is no setting `learning-rate`"), "{error}");
        let error = merged("batch-size = 2\n[batch]\nsize = 2\n", &[]).unwrap_err();
        assert!(error.contains("c.toml:2: there is no setting `batch`"), "{error}");
        let error = merged("batchsize = 2\n", &[]).unwrap_err();
        assert!(error.contains("did you mean `batch-size`?"), "{error}");
        let error = merged("lr = 0.1\nepochs = \"many\"\n", &[]).unwrap_err();
        assert!(error.contains("line 2") && error.contains("epochs"), "{error}");
        let error = merged("trunk-lr = \"slow\"\n", &[]).unwrap_err();
        assert!(error.contains("line 1"), "{error}");
        let error = merged("method = \"other\"\n", &[]).unwrap_err();
        assert!(error.contains("configuration of `other`, not of `m`"), "{error}");
        let error = merged("method = 3\n", &[]).unwrap_err();
        assert!(error.contains("configuration of `3`, not of `m`"), "{error}");
        let error = merged("lr = -2.0\n", &[]).unwrap_err();
        assert_eq!(error, "--lr -2: it must be positive and finite");
        assert!(merged("epochs = 1\nsteps = 2", &[]).unwrap_err().contains("not both"));
    }
}
