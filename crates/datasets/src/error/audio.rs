//! What can be wrong with a recording.

use thiserror::Error;

/// What is wrong with one recording; [`DataError::Audio`](super::DataError::Audio) says which.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum AudioError {
    /// A file whose name does not say what is in it.
    #[error(
        "the name is not of the form DIGIT_SPEAKER_INDEX.wav, as in 7_jackson_32.wav; rename the file or move it away"
    )]
    Name,

    /// Two files of one name, as an archive can hold them.
    #[error("digit {digit}, speaker {speaker}, index {index} is there a second time; remove one")]
    Twice {
        /// The digit spoken.
        digit: usize,
        /// Who speaks.
        speaker: String,
        /// Which take.
        index: u64,
    },

    /// More than this reader takes.
    #[error("more than {limit} {what}, and this reader stops there; split it")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much would have done.
        limit: u64,
    },

    /// No wav file, or a damaged one.
    #[error(
        "no wav file that can be read: {detail}; expected RIFF/WAVE of whole numbers of 8 to 32 bits, or of 32-bit floats"
    )]
    Wav {
        /// What is wrong with it.
        detail: String,
    },

    /// A wav file that ends inside its samples.
    #[error(
        "the header claims {claimed} samples, the file ends after {found}; it is cut off, fetch it again"
    )]
    Truncated {
        /// Samples claimed, over all channels.
        claimed: u64,
        /// Samples that are there.
        found: u64,
    },

    /// A wav file of no samples.
    #[error("the recording is empty: no samples; remove the file")]
    Empty,

    /// Nothing to hear.
    #[error("the recording is silent: all samples are equal; remove the file")]
    Silent,

    /// A sample that is no number.
    #[error("sample {at} is {value}; every sample must be finite")]
    NotFinite {
        /// Which, from 0, over all channels.
        at: u64,
        /// The value found.
        value: f32,
    },

    /// A setting of the recorder that no speech was recorded with.
    #[error("{found} {what}; expected {least} to {most}")]
    Setting {
        /// What it is a number of.
        what: &'static str,
        /// The number found.
        found: u64,
        /// The least that is read.
        least: u64,
        /// The most that is read.
        most: u64,
    },
}
