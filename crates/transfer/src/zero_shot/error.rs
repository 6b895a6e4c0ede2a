//! What can be wrong with signatures, and with classes that are to be told by them.

use crate::TransferError;

/// Classes and signatures that do not fit together.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ZeroShotError {
    /// A table of signatures whose parts do not have the same sizes, or that is empty.
    #[error("signatures: {what}")]
    Table {
        /// What does not fit, and where.
        what: String,
    },
    /// Classes that no attribute tells apart.
    #[error(
        "these classes have the same signature: {}; add an attribute that tells them apart, or leave all but one out",
        groups.iter().map(|g| g.join(" = ")).collect::<Vec<_>>().join(", ")
    )]
    Identical {
        /// The classes of each signature that occurs more than once.
        groups: Vec<Vec<String>>,
    },
    /// Classes that nothing is known about.
    #[error("there is no signature for {}; the signatures have: {}", classes.join(", "), known.join(", "))]
    NoSignature {
        /// The classes without a signature.
        classes: Vec<String>,
        /// The classes with one.
        known: Vec<String>,
    },
    /// Classes that are to be unseen and have training examples.
    #[error(
        "{} cannot be unseen: the training data has examples of it; remove them first",
        classes.join(", ")
    )]
    AlsoSeen {
        /// The classes.
        classes: Vec<String>,
    },
    /// Too few classes for what was asked.
    #[error("{what}: {found} classes, at least {needed} are needed")]
    TooFewClasses {
        /// For what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A test sample of a class that is no candidate.
    #[error(
        "{data} has examples of {class}, which is not among the candidates: {}; leave them out",
        candidates.join(", ")
    )]
    Label {
        /// The data set.
        data: String,
        /// The class.
        class: String,
        /// The classes among which the model chooses.
        candidates: Vec<String>,
    },
    /// Features that are no numbers.
    #[error("{data} has features that are not finite; mend or remove those samples")]
    NotFinite {
        /// The data set.
        data: String,
    },
}

/// `Ok`, or the error of a table of signatures.
pub(super) fn table(ok: bool, what: impl FnOnce() -> String) -> Result<(), TransferError> {
    if ok { Ok(()) } else { Err(ZeroShotError::Table { what: what() }.into()) }
}
