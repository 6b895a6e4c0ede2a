//! What can be wrong with a folder of folders.

use thiserror::Error;

/// What is wrong with how files lie in folders; [`DataError::Folder`](super::DataError::Folder)
/// says where.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderError {
    /// A folder where files are expected.
    #[error(
        "a folder inside the folder of a class; a class is one folder of files, so move its files up, or name the folder above them"
    )]
    Nested,

    /// A file where folders are expected.
    #[error("a file beside the folders of the classes; move it into the folder of its class")]
    Stray,

    /// The name of a class that cannot be shown.
    #[error("the name of this folder is to be that of a class and is no UTF-8; rename it")]
    NoText,

    /// A folder that must not be written into.
    #[error("the folder is not empty; name one that is, or that does not exist")]
    NotEmpty,

    /// A class whose name cannot be that of a folder.
    #[error("class `{class}` cannot be the name of a folder: {why}; choose classes by ?only=")]
    ClassName {
        /// The class.
        class: String,
        /// Why not.
        why: &'static str,
    },
}
