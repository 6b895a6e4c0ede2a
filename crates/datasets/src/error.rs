//! What can be wrong with data that comes from outside.
//!
//! Every message is one line that says where (path, byte), what was expected, what was found, and
//! what to do about it. A mistake that only editing the program can mend (a row that does not
//! exist, a batch of size 0) is a panic instead.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

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
        /// `"a file"`, `"a folder"` or `"something else"`.
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

/// What is wrong inside a file.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum FormatError {
    /// The first bytes belong to no file of this kind.
    #[error("expected {expected}, found {found}; {hint}")]
    Magic {
        /// What the format begins with.
        expected: &'static str,
        /// The bytes found, in hexadecimal.
        found: String,
        /// What the file looks like, and what to do.
        hint: &'static str,
    },

    /// An idx element type that does not exist.
    #[error(
        "element type 0x{found:02X} does not exist in idx; expected 0x08 (u8), 0x09 (i8), 0x0B (i16), 0x0C (i32), 0x0D (f32) or 0x0E (f64)"
    )]
    ElementType {
        /// The byte found.
        found: u8,
    },

    /// A number of axes that is not read.
    #[error("{found} axes; expected 1 to 4")]
    Axes {
        /// The byte found.
        found: u8,
    },

    /// The file ends inside its header.
    #[error(
        "the header takes {expected} bytes, the file ends after {found}; it is cut off, fetch it again"
    )]
    HeaderTruncated {
        /// Length of the header as far as known.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },

    /// An axis of length 0.
    #[error("shape {shape:?} is empty; expected every axis to be at least 1")]
    EmptyAxis {
        /// The shape claimed.
        shape: Vec<usize>,
    },

    /// A shape whose size in bytes is no number.
    #[error(
        "shape {shape:?} of {element}-byte elements is more than any machine can address; the header is damaged"
    )]
    TooLarge {
        /// The shape claimed.
        shape: Vec<usize>,
        /// Bytes of one element.
        element: usize,
    },

    /// The header claims more than there is.
    #[error(
        "the header claims shape {shape:?} = {expected} bytes of data, the file {holds} {found}; it is cut off or its header is damaged"
    )]
    Truncated {
        /// The shape claimed.
        shape: Vec<usize>,
        /// Bytes of data claimed.
        expected: u64,
        /// `"holds"`, or `"can hold at most"` where gzip's best ratio bounds it.
        holds: &'static str,
        /// Bytes of data present, or the bound.
        found: u64,
    },

    /// There is more than the header claims.
    #[error(
        "the data should end here and {found} follow; the header is damaged, or two files were joined"
    )]
    Trailing {
        /// `"7 bytes"`, or `"more bytes"` where unpacking further just to count would be unwise.
        found: String,
    },

    /// The gzip stream itself is damaged.
    #[error("the gzip stream is damaged: {detail}; fetch the file again")]
    Gzip {
        /// What the unpacker said.
        detail: String,
    },

    /// A sound file, of a shape or type that does not suit its use.
    #[error("{found} cannot be {wanted}; expected {expected}")]
    Unsuitable {
        /// Shape and type found.
        found: String,
        /// What it was to be.
        wanted: &'static str,
        /// What would do.
        expected: &'static str,
    },

    /// A number that is not finite.
    #[error("{value} is no usable value; every element must be finite")]
    NotFinite {
        /// The value found.
        value: f64,
    },

    /// A file of records that is no whole number of them.
    #[error(
        "{len} bytes are no whole number of records of {record} bytes; {over} are left over, the file is cut off or of another kind"
    )]
    Records {
        /// Bytes in the file.
        len: u64,
        /// Bytes of a record.
        record: u64,
        /// Bytes left over.
        over: u64,
    },

    /// A file that unpacks to more than this reader takes.
    #[error("the file unpacks to more than {limit} bytes, and this reader stops there; split it")]
    TooMuch {
        /// The limit in bytes.
        limit: u64,
    },
}
