//! Readers: one file each, from bytes on disk to a [`Dataset`](crate::Dataset).
//!
//! To add a reader, write `readers/yours.rs` with a `SCHEME` (see [`crate::spec::Scheme`]), name
//! it here and put it into [`SCHEMES`]. Specs, help texts and error messages follow.

mod arff;
mod arrays;
pub mod audio;
pub mod cifar;
pub mod cifar100;
mod columns;
pub mod csv;
mod folders;
pub mod idx;
mod idx_files;
mod images;
mod mnist;
mod multi;
mod npy;
mod npy_header;
mod npz;
mod numbers;
mod safetensors;
pub mod signatures;
pub mod svmlight;
mod synthetic;
mod tar;
mod zip;

use crate::spec::Scheme;

/// Every scheme that a spec string can begin with.
pub const SCHEMES: &[Scheme] = &[
    synthetic::SCHEME,
    mnist::SCHEME,
    idx_files::SCHEME,
    cifar::SCHEME,
    cifar100::SCHEME,
    images::SCHEME,
    csv::SCHEME,
    svmlight::SCHEME,
    arff::SCHEME,
    npy::SCHEME,
    npz::SCHEME,
    safetensors::SCHEME,
    audio::SCHEME,
    multi::SCHEME,
];
