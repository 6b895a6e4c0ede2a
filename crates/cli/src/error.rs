//! Errors of the command itself, and what every error means for the exit code.

use datasets::DataError;
use nn_layers::ReadError;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use transfer::TransferError;

/// A command line or configuration that asks for what cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UsageError {
    /// A method's name that nobody knows.
    #[error("there is no method `{found}`{}; methods: {known}", did_you_mean(nearest))]
    UnknownMethod { found: String, nearest: Option<String>, known: String },
    /// A network's name that nobody knows.
    #[error("--net: there is no network `{found}`{}; networks: {known}", did_you_mean(nearest))]
    UnknownNet { found: String, nearest: Option<String>, known: String },
    /// A value outside its range.
    #[error("{flag} {value}: it must be {range}")]
    Range { flag: &'static str, value: String, range: &'static str },
    /// Something that the run needs and was not given.
    #[error("{what} is missing: {remedy}")]
    Missing { what: &'static str, remedy: &'static str },
    /// A baseline that this method has not.
    #[error("there is no baseline `{found}`; baselines of {method}: all, none, {known}")]
    UnknownBaseline { found: String, method: &'static str, known: String },
    /// A baseline that needs what was not given.
    #[error("baseline `{name}`: {why}")]
    Baseline { name: &'static str, why: &'static str },
    /// A task that a model has not, or that was not named.
    #[error("{}", task(found, nearest, known))]
    Task { found: Option<String>, nearest: Option<String>, known: String },
    /// A setting that other methods have.
    #[error("{flag} has no meaning for {method}; leave it out")]
    Unused { flag: &'static str, method: &'static str },
    /// Two settings that exclude each other.
    #[error("{0}")]
    Conflict(&'static str),
    /// A configuration with a key that means nothing.
    #[error("{}:{line}: there is no setting `{key}`{}; settings: {known}",
        path.display(), did_you_mean(nearest))]
    ConfigKey { path: PathBuf, line: usize, key: String, nearest: Option<String>, known: String },
    /// A configuration that is no TOML, or has values of the wrong kind.
    #[error("{}: {source}", path.display())]
    Config { path: PathBuf, source: toml::de::Error },
    /// A value that no configuration can hold.
    #[error("a setting cannot be written down: {0}; whole numbers must be below 2^63")]
    Settings(toml::ser::Error),
    /// A configuration for another method.
    #[error("{}: this is a configuration of `{found}`, not of `{expected}`", path.display())]
    ConfigMethod { path: PathBuf, found: String, expected: &'static str },
    /// A run folder that must not be written to.
    #[error("{}: {why}", path.display())]
    Folder { path: PathBuf, why: String },
    /// Two runs that cannot stand in one table.
    #[error(
        "{} has {left_is}, {} has {right_is}; compare runs of one method and one score",
        left.display(),
        right.display()
    )]
    Runs { left: PathBuf, left_is: String, right: PathBuf, right_is: String },
    /// A setting that a sweep cannot try.
    #[error("there is no setting `{name}` of {method}{}; settings: {known}", did_you_mean(nearest))]
    SweptSetting { name: String, method: &'static str, nearest: Option<String>, known: String },
    /// A trial of a sweep that is no command line.
    #[error("a trial would be refused: {0}")]
    Trial(String),
    /// A port that cannot be had.
    #[error(
        "port {port} of 127.0.0.1: {source}; name another by --port, or 0 for one that is free"
    )]
    Port { port: u16, source: std::io::Error },
    /// A setting that has no value in a run.
    #[error("--by: `{name}` has no value in {}{}; settings that have one: {known}",
        run.display(), did_you_mean(nearest))]
    NoSetting { run: PathBuf, name: String, nearest: Option<String>, known: String },
}

/// Input that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum InputError {
    /// A data set, and what it was to be used for.
    #[error("{}", data_set(role, spec, source))]
    Data { role: &'static str, spec: String, source: Box<DataError> },
    /// Two data sets, or data and model, that do not fit.
    #[error("{left} has {left_is}, {right} has {right_is}; {remedy}")]
    Mismatch { left: String, left_is: String, right: String, right_is: String, remedy: String },
    /// A data set of the wrong kind for what was asked.
    #[error("{role} {name} has samples of shape {shape:?}; {remedy}")]
    Shape { role: &'static str, name: String, shape: Vec<usize>, remedy: &'static str },
    /// A data set that would not fit into memory.
    #[error(
        "{name} has {samples} samples, which at shape {shape:?} take more than 4 GB; choose a smaller \
         --resize, or fewer samples, as with ?limit=1000"
    )]
    TooLarge { name: String, samples: usize, shape: Vec<usize> },
    /// A file that could not be read.
    #[error("{}: cannot {operation}", path.display())]
    Read { path: PathBuf, operation: &'static str, source: io::Error },
    /// A file that is not what it should be.
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: String },
}

/// A sweep in which no training came to its end.
#[derive(Debug, thiserror::Error)]
#[error(
    "every trial diverged, {trials} of {trials}: lower the learning rates that are tried, or check the \
     inputs' scale"
)]
pub(crate) struct AllDiverged {
    pub(crate) trials: usize,
}

/// The role and the spec, but for an error that repeats the spec itself.
fn data_set(role: &str, spec: &str, source: &DataError) -> String {
    match source {
        DataError::Spec(_) => role.to_owned(),
        _ => format!("{role} {spec}"),
    }
}

fn task(found: &Option<String>, nearest: &Option<String>, known: &str) -> String {
    match found {
        None => format!("--task is missing: the model has the tasks {known}"),
        Some(found) => {
            let hint = did_you_mean(nearest);
            format!("--task: the model has no task `{found}`{hint}; tasks: {known}")
        }
    }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

/// The known word that is spelled most alike, if it is alike enough for a slip.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let alike = known.into_iter().map(|word| (strsim::jaro_winkler(found, word), word));
    let (likeness, word) = alike.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness > 0.8).then(|| word.to_owned())
}

/// Prints an error with its causes, and gives the exit code that it deserves.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_broken_pipe) {
        return ExitCode::SUCCESS; // whoever read has seen enough
    }
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // A transparent error says the same again, and many say their cause themselves.
        if !text.ends_with(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
    }
    let mut stderr = io::stderr().lock();
    let label =
        match stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) {
            true => "\x1b[1;31merror:\x1b[0m",
            false => "error:",
        };
    // With standard error closed there is nobody left to tell.
    let _ = writeln!(stderr, "{label} {text}");
    ExitCode::from(code(error))
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

fn code(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if cause.is::<UsageError>() {
            return 2;
        }
        if cause.is::<AllDiverged>() {
            return 4;
        }
        if cause.is::<InputError>() || cause.is::<DataError>() || cause.is::<ReadError>() {
            return 3;
        }
        if let Some(e) = cause.downcast_ref::<TransferError>() {
            return match e {
                TransferError::Setting { .. }
                | TransferError::Pattern { .. }
                | TransferError::Optim(_) => 2,
                TransferError::Mismatch { .. }
                | TransferError::Counts { .. }
                | TransferError::Unsuitable { .. }
                | TransferError::Data(_)
                | TransferError::ZeroShot(_)
                | TransferError::Read(_)
                | TransferError::Keys(_)
                | TransferError::Description { .. }
                | TransferError::Unusable { .. } => 3,
                TransferError::Diverged { .. } | TransferError::Overflowed { .. } => 4,
                TransferError::Interrupted { .. } => 5,
                _ => 1,
            };
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_has_a_nearest_word_and_nonsense_has_none() {
        let known = ["batch-size", "lambda", "lambda-schedule"];
        assert_eq!(nearest("batchsize", known).as_deref(), Some("batch-size"));
        assert_eq!(nearest("lamda", known).as_deref(), Some("lambda"));
        assert_eq!(nearest("xyzzy", known), None);
    }

    #[test]
    fn every_kind_of_error_has_its_exit_code() {
        let range = UsageError::Range { flag: "--lr", value: "-1".into(), range: "positive" };
        assert_eq!(code(&range.into()), 2);
        let interrupted = TransferError::Interrupted { step: 3, checkpoint: None };
        assert_eq!(code(&anyhow::Error::from(interrupted).context("somewhere")), 5);
        let diverged = TransferError::Diverged { step: 3, steps: 9, loss: f64::NAN, lr: 1.0 };
        assert_eq!(code(&diverged.into()), 4);
        assert_eq!(code(&AllDiverged { trials: 3 }.into()), 4);
        assert_eq!(code(&io::Error::from(io::ErrorKind::StorageFull).into()), 1);
    }
}
