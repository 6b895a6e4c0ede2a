//! What a method needs of a network: features, and logits from features.

use nn_layers::{Layer, models::DannNet};
use tensor_autograd::{Module, Var};

/// A classifier in two parts, as the papers of transfer learning cut it.
pub trait Network: Module + Clone + Send + Sync {
    /// The feature extractor.
    fn features<'t>(&self, x: Var<'t>) -> Var<'t>;

    /// The label predictor: logits `[n, classes]` from features.
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t>;

    /// Logits from inputs.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.logits(self.features(x))
    }
}

impl Network for DannNet {
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.features.forward(x)
    }
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        self.label.forward(features)
    }
}
