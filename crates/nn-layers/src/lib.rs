//! Layers, initialisations, metrics, state dicts and a small model zoo on the tape of
//! [`tensor_autograd`].
//!
//! ```
//! use nn_layers::{Layer, Linear, flatten, metrics, relu, seq};
//! use tensor_autograd::{Rng, Tensor, grad, eval};
//!
//! let rng = &mut Rng::seed(0);
//! let net = seq![flatten, Linear::new(8 * 8, 32, rng), relu, Linear::new(32, 3, rng)];
//! let (images, labels) = (Tensor::normal([5, 1, 8, 8], 0.0, 1.0, rng), [0, 1, 2, 0, 1]);
//!
//! let (loss, grads) =
//!     grad(rng, |t| net.forward(t.constant(images.clone())).cross_entropy(&labels));
//! let logits = eval(|t| net.forward(t.constant(images.clone())).value());
//! println!("loss {loss:.3}, accuracy {:.2}", metrics::accuracy(&logits, &labels));
//! ```
//!
//! * [`Layer`] is a module with a forward pass; layers are plain data, `Send + Sync + Clone`.
//!   [`Sequential`] and [`seq!`] chain them, plain functions such as [`relu`] included.
//! * Losses are ops of [`Var`](tensor_autograd::Var); their options are re-exported here.
//! * [`init`] draws initial weights, [`metrics`] judges predictions, [`summary()`] lists a model.
//! * [`save`], [`load`] and [`load_into`] are the way to and from disk: safetensors with PyTorch's
//!   names and layouts.
//! * [`models`] has nets that are ready to use.
#![forbid(unsafe_code)]

mod activation;
pub mod check;
pub mod init;
mod layer;
mod layers;
pub mod metrics;
pub mod models;
mod sequential;
mod state_dict;
mod summary;
mod text;

pub use activation::*;
pub use layer::{CloneLayer, Layer, layer_fn};
pub use layers::*;
pub use sequential::Sequential;
pub use state_dict::*;
pub use summary::{Row, Summary, summary};
pub use tensor_autograd::{BinaryCrossEntropy, CrossEntropy, Reduction, Targets};
pub use text::read_text;
