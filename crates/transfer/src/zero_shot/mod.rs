//! Zero-shot learning: classes that no example was ever seen of.
//!
//! *Source labelled, target without examples.* What is known of an unseen class is its *signature*:
//! its attributes, or the vector of its name. A model that learns on the seen classes what signatures
//! look like finds the unseen ones by theirs.
//!
//! * Parts, on plain matrices: [`dap`], [`nearest`], [`eszsl`], [`sae`], [`conse`], and on the tape
//!   [`attributes`] and [`compatibility`]; [`generalized`] judges them.
//! * [`ZeroShot`]: the estimator; [`ZeroShotModel`] predicts among any classes with a signature.
//!
//! Nothing of an unseen class is used to tune, scale or centre: penalties and the γ of calibrated
//! stacking are chosen on seen classes that play unseen.
//!
//! **When it hurts.** Where signatures do not say what the pictures show, as word vectors of cat and
//! dog, unseen classes are told by chance. And where seen classes are candidates too, nearly all
//! samples are given to them: report both accuracies and their harmonic mean, not the unseen one
//! alone.

pub mod attributes;
pub mod compatibility;
pub mod conse;
pub mod dap;
mod error;
mod estimator;
pub mod eszsl;
pub mod generalized;
mod matrix;
mod model;
pub mod nearest;
pub mod sae;
mod saved;
mod scorer;
mod seen;
mod signatures;
#[cfg(test)]
mod tests;
mod training;
mod tuning;

pub use error::ZeroShotError;
pub use estimator::{Kind, ZeroShot};
pub use matrix::{Centring, Mat, matrix};
pub use model::{Evaluation, Generalized, ZeroShotModel};
pub use signatures::{Scaler, Scaling, Signatures};
pub use tuning::class_folds;
