//! A hand-written reverse-mode autodiff engine.

pub mod kernels;

/// The element type: `f32`, or `f64` when built with `--cfg real_f64` (gradient checks).
#[cfg(not(real_f64))]
pub type Real = f32;
/// The element type: `f64` in this build, made with `--cfg real_f64` for gradient checks.
#[cfg(real_f64)]
pub type Real = f64;
