//! What is raced: workloads that several engines run from the same parameters on the same batches,
//! and how a step is timed.
//!
//! * [`generator`] makes parameters and batches, the same in every engine.
//! * [`workloads`] has the nets and their training steps.
//! * [`measure`](mod@measure) times them, [`race`] compares engines.
//!
//! The binary `workloads` prints one JSON line a workload, the binary `compare` runs it in turns
//! with other engines; `cargo bench -p benches` has criterion's figures of products, ops and steps.

#![forbid(unsafe_code)]

pub mod generator;
pub mod measure;
pub mod race;
pub mod workloads;
