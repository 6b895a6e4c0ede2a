//! The crate's tests, linked once.

mod clip_and_ema;
mod common;
mod config;
mod groups;
mod rules;
mod schedules;
mod state;
mod threads;
mod walk;
