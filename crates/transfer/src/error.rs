//! What can go wrong outside the program's control.

use std::io;
use std::path::PathBuf;

/// An error of a transfer method, a run or a saved model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// A hyper-parameter outside its range.
    #[error("`{name}` is {value}: it must be {range}")]
    Setting {
        /// The hyper-parameter.
        name: &'static str,
        /// The value given.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// Two data sets, or a data set and a network, that do not fit together.
    #[error("{what}: {left} against {right}; {remedy}")]
    Mismatch {
        /// What does not fit.
        what: &'static str,
        /// The first of the two.
        left: String,
        /// The second of the two.
        right: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A pattern that chooses nothing of a network.
    #[error("{what} `{pattern}` {problem}; the names are {}", names.join(", "))]
    Pattern {
        /// What the pattern is for.
        what: &'static str,
        /// The pattern.
        pattern: String,
        /// Why nothing is chosen.
        problem: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// A table of counts with a row that cannot be used.
    #[error("{data}, row {row}: {why}")]
    Counts {
        /// The data set.
        data: String,
        /// The row, from 0.
        row: usize,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// Inputs or labels of which nothing can be learnt.
    #[error("{data}: {problem}; {remedy}")]
    Unsuitable {
        /// The data set.
        data: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A data set that cannot be used.
    #[error(transparent)]
    Data(#[from] datasets::DataError),
    /// An optimiser that refuses its settings.
    #[error(transparent)]
    Optim(#[from] optim::ConfigError),
    /// A file of weights that cannot be read.
    #[error(transparent)]
    Read(#[from] nn_layers::ReadError),
    /// A map of tensors' names that cannot be used.
    #[error(transparent)]
    Keys(#[from] nn_layers::KeyMapError),
    /// A description of a network that is none, or that does not take the samples.
    #[error("{network}, {source}{note}")]
    Description {
        /// The network's name: its file.
        network: String,
        /// What is wrong with it, and where.
        source: Box<crate::description::DescriptionError>,
        /// What is to be known of the samples beside it.
        note: String,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Save(#[from] nn_layers::SaveError),
    /// Classes and signatures that do not fit together.
    #[error(transparent)]
    ZeroShot(#[from] crate::zero_shot::ZeroShotError),
    /// The loss is no longer a finite number.
    #[error(
        "training diverged at step {step} of {steps}: the loss is {loss} at lr {lr}; \
         lower the learning rate or check the inputs' scale"
    )]
    Diverged {
        /// The step, from 0.
        step: usize,
        /// Steps of the whole run.
        steps: usize,
        /// The loss.
        loss: f64,
        /// The learning rate of the step.
        lr: f64,
    },
    /// The loss was a number to the end of an epoch, and the weights or the stopping criterion are
    /// none.
    #[error(
        "training diverged by step {step} of {steps}: {what} is not finite at lr {lr}; \
         lower the learning rate or check the inputs' scale"
    )]
    Overflowed {
        /// Steps done.
        step: usize,
        /// Steps of the whole run.
        steps: usize,
        /// The parameter or the criterion, by its name.
        what: String,
        /// The learning rate of the last step.
        lr: f64,
    },
    /// The observer asked to stop.
    #[error("interrupted at step {step}{}", saved(checkpoint))]
    Interrupted {
        /// Steps done.
        step: usize,
        /// Where the state was saved.
        checkpoint: Option<PathBuf>,
    },
    /// A checkpoint or a saved model that cannot be used.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A file operation that failed.
    #[error("{}: cannot {operation}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        operation: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

fn saved(checkpoint: &Option<PathBuf>) -> String {
    match checkpoint {
        Some(path) => format!("; the state is saved in {}", path.display()),
        None => String::new(),
    }
}

/// Checks a hyper-parameter: `ok`, or the error that names it, its value and its range.
pub(crate) fn setting(
    name: &'static str,
    value: impl ToString,
    ok: bool,
    range: &'static str,
) -> Result<(), TransferError> {
    match ok {
        true => Ok(()),
        false => Err(TransferError::Setting { name, value: value.to_string(), range }),
    }
}
