//! What a method needs of a network: features, and logits from features.

use nn_layers::{Layer, models::DannNet};
use std::ops::Range;
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

    /// The names of the stages that [`forward`](Network::forward) runs one after the other, as those
    /// of their parameters begin. Here they are the two parts; a finer division saves more where the
    /// first ones are frozen.
    fn stages(&self) -> Vec<String> {
        vec!["features".to_owned(), "logits".to_owned()]
    }

    /// The stages `range` alone: all of them in order are [`forward`](Network::forward), to the bit.
    ///
    /// # Panics
    /// If there are no such stages.
    fn run_stages<'t>(&self, range: Range<usize>, x: Var<'t>) -> Var<'t> {
        let x = if range.contains(&0) { self.features(x) } else { x };
        if range.contains(&1) { self.logits(x) } else { x }
    }
}

/// Whether what passes through `net` in training moves the running statistics of a normalisation by
/// the batch. Frozen ones stay.
pub fn normalises_by_batch(net: &impl Module) -> bool {
    let params = net.named_params();
    params.iter().any(|(name, param)| name.ends_with("running_mean") && !param.frozen)
}

impl Network for DannNet {
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.features.forward(x)
    }
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        self.label.forward(features)
    }

    /// The layers of features and label predictor.
    fn stages(&self) -> Vec<String> {
        let of = |part: &'static str, len: usize| (0..len).map(move |i| format!("{part}.{i}"));
        let features = of("features", self.features.len());
        features.chain(of("label", self.label.len())).collect()
    }

    fn run_stages<'t>(&self, range: Range<usize>, x: Var<'t>) -> Var<'t> {
        let cut = self.features.len();
        let x = self.features.forward_range(range.start.min(cut)..range.end.min(cut), x);
        let label = range.start.max(cut) - cut..range.end.max(cut) - cut;
        self.label.forward_range(label, x)
    }
}
