//! The crate's tests, linked once.

mod common;
mod walk;
