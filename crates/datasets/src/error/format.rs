//! What can be wrong inside a file of bytes.

use thiserror::Error;

/// What is wrong inside a file; [`DataError::Format`](super::DataError::Format) says at which byte.
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

    /// A packed member of an archive is damaged.
    #[error("the packed bytes are damaged: {detail}; fetch the file again")]
    Deflate {
        /// What the unpacker said.
        detail: String,
    },

    /// A header, or an archive's table of contents, that is damaged or says what is not read.
    #[error("{found}; expected {expected}")]
    Header {
        /// What stands there.
        found: String,
        /// What would do, and what to do.
        expected: &'static str,
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

    /// An archive that cannot be read further.
    #[error("{problem}; expected a tar archive, gzipped or not")]
    Archive {
        /// What is wrong there.
        problem: String,
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
