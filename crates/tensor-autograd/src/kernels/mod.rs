//! The performance-critical core: plain functions on slices that know nothing of autodiff.
//!
//! This is the one place of the workspace with `unsafe` code and with threads. Two promises hold
//! for everything here:
//!
//! * **The bits never depend on the number of threads.** Work is split by output element, never by
//!   the summed index; sums that must be split are split into chunks of a fixed size whose partial
//!   results are combined in index order.
//! * **The instruction set is chosen once, at run time** ([`isa`]), and can be forced with the
//!   environment variable `TENSOR_ISA` (`portable`, `avx2`, `avx512`) so that each can be tested.

#![allow(unsafe_code, reason = "vector intrinsics and target features live here and only here")]

pub mod axis;
pub mod conv;
pub mod cross_entropy;
pub mod elementwise;
pub mod gather;
pub mod gemm;
pub mod isa;
mod lanes;
pub mod math;
pub mod norm;
pub mod parallel;
pub mod permute;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod region;
mod scratch;
pub mod softmax;
pub mod special;
pub mod update;
