//! A hand-written reverse-mode autodiff engine: tensors, kernels, an explicit tape and its
//! operations.
//!
//! A tape is a list of what was computed; backward reads it from the end.
//!
//! ```
//! use tensor_autograd::{Param, Rng, Tensor, grad};
//!
//! let w = Param::weight(Tensor::scalar(3.0));
//! let (loss, grads) = grad(&mut Rng::seed(0), |tape| {
//!     let w = tape.param(&w);
//!     w * w + 1.0
//! });
//! assert_eq!(loss, 10.0);
//! assert_eq!(grads.get(&w).unwrap().item(), 6.0);
//! ```
//!
//! * [`Tensor`] is memory and a shape; [`Var`] is a tensor on a [`Tape`], and has the ops.
//! * [`Param`] is a trainable value, [`Module`] a tree of them with names.
//! * [`grad`] runs a training step, [`eval`] an inference.
//! * [`kernels`] hold the loops that take the time.

mod buffer;
mod dot;
pub mod gradcheck;
mod grads;
pub mod kernels;
mod module;
mod ops;
mod param;
mod pattern;
pub mod reference;
mod rng;
mod shape;
mod tape;
mod tensor;
mod var;

pub use buffer::release_buffers;
pub use grads::Grads;
pub use module::{Module, Path, Visitor, VisitorMut};
pub use ops::{
    Axes, BinaryCrossEntropy, Conv1d, Conv2d, ConvTranspose2d, CrossEntropy, Pool1d, Pool2d,
    Reduction, Targets, concat, stack,
};
pub use param::{Kind, Param, ParamId};
pub use pattern::Pattern;
pub use rng::{Rng, RngState};
pub use shape::{MAX_RANK, Shape};
pub use tape::{Recorder, Tape, eval, grad};
pub use tensor::Tensor;
pub use var::Var;

/// The element type: `f32`, or `f64` when built with `--cfg real_f64` (gradient checks).
#[cfg(not(real_f64))]
pub type Real = f32;
/// The element type: `f64` in this build, made with `--cfg real_f64` for gradient checks.
#[cfg(real_f64)]
pub type Real = f64;
