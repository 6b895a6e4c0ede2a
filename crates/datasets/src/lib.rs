//! Data as plain arrays: readers, generators, splits, batches and transforms.
//!
//! This floor knows `ndarray` and nothing of tapes or layers. Three ideas carry it:
//!
//! - **A data set is a value.** [`Dataset`] holds inputs `[n, ...]` and perhaps labels, checked
//!   when it is made, cheap to clone. [`Unlabelled`] has no labels *to be hidden*: what a method
//!   of domain adaptation must not see, its argument does not contain.
//! - **Order is a function, not a state.** Which rows are in a batch follows from
//!   `(seed, step)` ([`BatchStream`]), how a row is augmented from `(seed, step, row)`
//!   ([`transforms::Augment`]). So a run can stop and go on, and give the same bits.
//! - **Files are not believed.** Readers hold every claim of a header against the bytes that are
//!   there before they take memory for it, and say in one line what is wrong where
//!   ([`DataError`]).
//!
//! Data sets are named by [`Spec`] strings, on the command line and here:
//!
//! ```
//! let spec = "synthetic:digits?n=300&seed=1".parse()?;
//! let digits = datasets::load(&spec)?;
//! println!("{}", datasets::describe(&digits));
//!
//! let (train, test) = digits.split_stratified(0.8, 0)?;
//! for epoch in 0..2 {
//!     for rows in datasets::Batches::new(train.len(), 32, 0, epoch) {
//!         let (images, labels) = train.batch(&rows);
//!         assert_eq!(images.shape()[0], labels.len()); // here you would train
//!     }
//! }
//! # assert_eq!(test.len(), 60);
//! # Ok::<(), datasets::DataError>(())
//! ```
//!
//! To read on: [`synthetic`] draws handwriting, its coloured twin and the two moons out of
//! nothing; [`readers`] reads folders of pictures and of recordings, MNIST's and CIFAR's formats,
//! tables, arrays and sparse rows; [`spec`] has the grammar.

#![forbid(unsafe_code)]

mod batches;
mod bytes;
mod dataset;
mod deferred;
mod describe;
mod error;
mod export;
mod fingerprint;
mod lines;
mod portable;
mod random;
pub mod readers;
mod rows;
mod shift;
mod sparse;
pub mod spec;
mod split;
pub mod synthetic;
pub mod transforms;
mod unlabelled;

pub use batches::{BatchStream, Batches, epoch_order, stream_batch};
pub use dataset::Dataset;
pub use deferred::Identity;
pub use describe::{Description, Moments, describe};
pub use error::{AudioError, DataError, FolderError, FormatError, LineError, PictureError};
pub use export::write_images;
pub use random::Random;
pub use shift::{ChannelShift, shift};
pub use sparse::{Csr, SparseDataset, SparseUnlabelled};
pub use spec::{Spec, SpecError, load, load_later, load_sparse, schemes};
pub use unlabelled::Unlabelled;
