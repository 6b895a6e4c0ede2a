//! What can be wrong with data that comes from outside.
//!
//! Every message is one line that says where (path, byte), what was expected, what was found, and
//! what to do about it. A mistake that only editing the program can mend (a row that does not
//! exist, a batch of size 0) is a panic instead.

mod audio;
mod folder;
mod format;
mod line;
mod picture;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

pub use audio::AudioError;
pub use folder::FolderError;
pub use format::FormatError;
pub use line::LineError;
pub(crate) use line::shown;
pub use picture::PictureError;

use crate::spec::SpecError;

/// A data set that could not be read, made or divided.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder that is not there.
    #[error("{path}: no such file or folder; check the spelling, relative paths start at {cwd}")]
    NotFound {
        /// The path as it was given.
        path: PathBuf,
        /// The working directory, where a relative path starts.
        cwd: PathBuf,
    },

    /// A folder that lacks a file it should have.
    #[error("{folder}: holds no {what}; looked for {}", looked_for.join(", "))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// What the file would be for.
        what: &'static str,
        /// Every name that would have been taken.
        looked_for: Vec<String>,
    },

    /// A file where a folder should be, or the reverse.
    #[error("{path}: expected {expected}, found {found}")]
    Kind {
        /// The path as it was given.
        path: PathBuf,
        /// `"a folder"` or `"a file"`.
        expected: &'static str,
        /// `"a file"`, `"a folder"` or `"neither file nor folder"`.
        found: &'static str,
    },

    /// The operating system refused.
    #[error("{path}: cannot read after byte {offset}: {error}; check permissions and the disk")]
    Io {
        /// The file.
        path: PathBuf,
        /// Bytes that had been read.
        offset: u64,
        /// What the system said.
        error: io::Error,
    },

    /// A file that is not what its format says.
    #[error("{path}: byte {offset}: {problem}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Where; counted in the unpacked bytes if the file is gzipped.
        offset: u64,
        /// What.
        problem: FormatError,
    },

    /// A text file that is not what its format says.
    #[error("{path}: line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What.
        problem: LineError,
    },

    /// A recording that cannot be used.
    #[error("{path}: {problem}")]
    Audio {
        /// The file; in an archive, the archive's path and the name in it.
        path: PathBuf,
        /// What.
        problem: AudioError,
    },

    /// A picture that cannot be used.
    #[error("{path}: {problem}")]
    Picture {
        /// The file.
        path: PathBuf,
        /// What.
        problem: PictureError,
    },

    /// Files that do not lie as one folder a class.
    #[error("{path}: {problem}")]
    Folder {
        /// The file or folder in the wrong place.
        path: PathBuf,
        /// What.
        problem: FolderError,
    },

    /// Samples that would fill too much memory.
    #[error(
        "{dataset}: {samples} samples of shape {shape:?} are {numbers} numbers, more than the {limit} that are read; take fewer by ?limit=N, or smaller ones by ?size=N"
    )]
    TooMany {
        /// The data set.
        dataset: String,
        /// How many samples there are.
        samples: usize,
        /// The shape of one.
        shape: Vec<usize>,
        /// How many numbers that makes.
        numbers: u64,
        /// How many would have done.
        limit: usize,
    },

    /// A file or folder that could not be written.
    #[error("{path}: cannot {operation}: {error}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        error: io::Error,
    },

    /// Samples that cannot be written as pictures.
    #[error(
        "{dataset}: sample {row} has the value {value}; a picture is written of values from 0 to 1, so leave out what normalises them"
    )]
    NoShade {
        /// The data set.
        dataset: String,
        /// The sample.
        row: usize,
        /// The first such value.
        value: f32,
    },

    /// A table without a column of that name.
    #[error(
        "{table}: there is no column `{column}`; the columns are {}",
        crate::spec::list(columns)
    )]
    NoColumn {
        /// The table's name.
        table: String,
        /// The column asked for.
        column: String,
        /// Those there are.
        columns: Vec<String>,
    },

    /// Sparse rows that would be too large when dense.
    #[error(
        "{dataset}: {rows} rows of {features} features are more than {limit} numbers when dense, the most for {stored} that are stored; look for an index that is too large, take fewer rows or a method for sparse data"
    )]
    TooDense {
        /// The data set.
        dataset: String,
        /// How many rows there are.
        rows: usize,
        /// How many features each has.
        features: usize,
        /// How many numbers are made at most.
        limit: usize,
        /// How many values are stored.
        stored: usize,
    },

    /// Inputs and labels do not belong together.
    #[error(
        "{inputs_from} has {inputs} examples, {labels_from} has {labels} labels; they must come in pairs"
    )]
    CountMismatch {
        /// Where the inputs came from.
        inputs_from: String,
        /// How many there are.
        inputs: usize,
        /// Where the labels came from.
        labels_from: String,
        /// How many there are.
        labels: usize,
    },

    /// Samples of another shape where images were needed.
    #[error("{from}: samples of shape {shape:?} are no images; [1, h, w] or [3, h, w] is needed")]
    NoImages {
        /// Where the samples came from.
        from: String,
        /// The shape of one.
        shape: Vec<usize>,
    },
    /// Labels that are all one class, where a pair of two is needed.
    #[error("{from}: all examples are of one class; pairs of different ones are needed")]
    OneClass {
        /// Where the examples came from.
        from: String,
    },

    /// A label that names no class.
    #[error("{from}: row {row}: label {label} is outside 0..{classes}; {hint}")]
    LabelOutOfRange {
        /// The file or data set.
        from: String,
        /// The row, from 0.
        row: usize,
        /// The label found.
        label: i64,
        /// How many classes there are.
        classes: usize,
        /// What to do.
        hint: &'static str,
    },

    /// Inputs that are no examples: no rows, no axis for the values, or an axis of length 0.
    #[error(
        "{from}: inputs of shape {shape:?} hold no examples; expected [n, ...] with every axis at least 1, and at least 2 axes"
    )]
    Empty {
        /// The file or data set.
        from: String,
        /// The shape found.
        shape: Vec<usize>,
    },

    /// Labels were needed, and there are none.
    #[error(
        "{dataset}: has no labels, and they are needed here; name a labels file too, as in idx:IMAGES,LABELS"
    )]
    NoLabels {
        /// The data set.
        dataset: String,
    },

    /// A class with fewer examples than asked for.
    #[error(
        "{dataset}: class `{class}` has {found} examples, {wanted} are needed; ask for fewer or give more data"
    )]
    TooFewExamples {
        /// The data set.
        dataset: String,
        /// The poorest class.
        class: String,
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },

    /// A split that leaves one side empty.
    #[error(
        "{dataset}: a fraction of {fraction} of {len} examples leaves one part empty; choose between 0 and 1, or give more data"
    )]
    Split {
        /// The data set.
        dataset: String,
        /// The fraction asked for.
        fraction: f64,
        /// How many examples there are.
        len: usize,
    },

    /// A range of rows that the data set does not have.
    #[error("{dataset}: rows {start}..{end} are not in 0..{len}, or none are")]
    Rows {
        /// The data set.
        dataset: String,
        /// First row asked for.
        start: usize,
        /// One past the last row asked for.
        end: usize,
        /// How many rows there are.
        len: usize,
    },

    /// A spec string that says nothing sensible.
    #[error(transparent)]
    Spec(#[from] SpecError),
}
