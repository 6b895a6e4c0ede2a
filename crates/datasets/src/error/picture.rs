//! What can be wrong with a picture.

use thiserror::Error;

/// What is wrong with one picture; [`DataError::Picture`](super::DataError::Picture) says which.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum PictureError {
    /// A file of another kind.
    #[error("no PNG or JPEG picture: it begins with {found}; {hint}")]
    Magic {
        /// The first bytes, in hexadecimal.
        found: String,
        /// What the file looks like, and what to do.
        hint: &'static str,
    },

    /// A file of no bytes.
    #[error("the file is empty; fetch it again, or remove it")]
    Empty,

    /// A file larger than any picture that is read.
    #[error("the file has {found} bytes, more than the {limit} that are read; scale it down")]
    File {
        /// Bytes of the file.
        found: u64,
        /// How many would have done.
        limit: u64,
    },

    /// A picture that ends early.
    #[error("the file ends at byte {at}, {inside}; it is cut off, fetch it again")]
    Truncated {
        /// Bytes of the file.
        at: usize,
        /// Inside what it ends.
        inside: String,
    },

    /// Bytes that the format does not allow there.
    #[error("byte {at}: {problem}; the file is damaged, fetch it again")]
    Structure {
        /// Where.
        at: usize,
        /// What.
        problem: String,
    },

    /// No pixels.
    #[error("its header claims {width}x{height} pixels; the file is damaged, fetch it again")]
    NoPixels {
        /// The width claimed.
        width: u32,
        /// The height claimed.
        height: u32,
    },

    /// More pixels than are read.
    #[error(
        "its header claims {width}x{height} pixels, more than the {limit} that are read; scale it down"
    )]
    TooLarge {
        /// The width claimed.
        width: u32,
        /// The height claimed.
        height: u32,
        /// How many pixels would have done.
        limit: u64,
    },

    /// More pixels than its bytes can hold.
    #[error(
        "its header claims {width}x{height} pixels, which {bytes} bytes of picture data cannot hold; it is cut off or its header is damaged"
    )]
    Claim {
        /// The width claimed.
        width: u32,
        /// The height claimed.
        height: u32,
        /// Bytes of compressed pixels.
        bytes: usize,
    },

    /// A kind of JPEG that is not read.
    #[error("{kind} JPEG pictures are not read here; save it as a plain one")]
    Unread {
        /// The kind.
        kind: &'static str,
    },

    /// What the decoder complains of.
    #[error("the picture cannot be decoded: {detail}; the file is damaged, fetch it again")]
    Damaged {
        /// What the decoder says.
        detail: String,
    },

    /// A file that is not what it was when it was first read.
    #[error("the file was changed while it was in use; begin again")]
    Changed,

    /// Pictures of several sizes where one size was expected.
    #[error(
        "the picture is {height}x{width} (height x width), {first} is {first_height}x{first_width}; bring them to one size by ?size=N or ?size=HxW"
    )]
    Sizes {
        /// Its height, in the position of its EXIF entry.
        height: u32,
        /// Its width.
        width: u32,
        /// The picture that was read first.
        first: String,
        /// The height of that one.
        first_height: u32,
        /// The width of that one.
        first_width: u32,
    },
}
