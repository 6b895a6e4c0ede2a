//! What the crate does as a whole: files, models, and nets that learn.

mod dann;
mod files;
mod learning;
mod malformed;
mod pytorch;
mod torchvision;
