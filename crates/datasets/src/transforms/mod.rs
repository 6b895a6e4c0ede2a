//! Transforms: pure functions from arrays `[n, ...]` to arrays `[n, ...]`.
//!
//! They fit [`Dataset::map_inputs`](crate::Dataset::map_inputs) and work on batches just as well.

mod augment;
mod channels;
mod overlay;
mod resize;
mod standardize;

pub use augment::Augment;
pub use channels::grey_to_rgb;
pub use overlay::{MARGIN, Overlay};
pub use resize::resize;
pub use standardize::Standardize;

use ndarray::{ArrayView4, ArrayViewD, Ix4};

/// The images `[n, c, h, w]` that an operation needs.
#[track_caller]
fn images<'a>(operation: &str, inputs: ArrayViewD<'a, f32>) -> ArrayView4<'a, f32> {
    let shape = inputs.shape().to_vec();
    inputs
        .into_dimensionality::<Ix4>()
        .unwrap_or_else(|_| panic!("{operation}: expected images [n, c, h, w], found {shape:?}"))
}
