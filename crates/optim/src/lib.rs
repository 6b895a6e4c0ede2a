//! Optimisers: how gradients change a model.
//!
//! ```
//! use optim::{Adam, Cosine};
//! use tensor_autograd::{Param, Rng, Tensor, grad};
//!
//! let mut w = Param::weight(Tensor::scalar(3.0));
//! let mut opt = Adam::new(Cosine::new(0.5, 100)).bind(&w)?;
//! for _ in 0..100 {
//!     let (_, grads) = grad(&mut Rng::seed(0), |tape| {
//!         let w = tape.param(&w);
//!         (w - 1.0) * (w - 1.0)
//!     });
//!     opt.step(&mut w, &grads);
//! }
//! assert!((w.value.item() - 1.0).abs() < 1e-2);
//! # Ok::<(), optim::ConfigError>(())
//! ```
//!
//! * [`Sgd`], [`Adam`], [`AdamW`], [`RmsProp`] and [`Adagrad`] are [`Rule`]s: the update of one
//!   tensor, with PyTorch's formula and defaults. [`Optimizer`] walks a model and applies one.
//! * A learning rate is a number or a [`Schedule`], a pure function of the step.
//! * [`Optimizer::group`] gives the parameters that a pattern names settings of their own.
//! * [`clip_norm`] and [`clip_value`] bound gradients, [`Ema`] averages weights.
//!
//! Hyper-parameters are `f64` whatever the model's numbers are, as in PyTorch: of `1 - 0.9999`,
//! `f32` would keep four digits.

#![forbid(unsafe_code)]

mod adagrad;
mod adam;
mod adamw;
mod clip;
mod ema;
mod error;
mod group;
mod optimizer;
mod rmsprop;
mod rule;
mod schedule;
mod sgd;
mod slots;
mod state;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use clip::{clip_norm, clip_value};
pub use ema::Ema;
pub use error::{ConfigError, Mismatch, StateError};
pub use group::Group;
pub use optimizer::Optimizer;
pub use rmsprop::RmsProp;
pub use rule::{Rule, StepContext};
pub use schedule::*;
pub use sgd::Sgd;
pub use state::OptimizerState;
