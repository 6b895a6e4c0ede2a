//! The paper's objective, term by term.
//!
//! Ganin et al. (2016) train a feature extractor whose features serve a label predictor and
//! mislead a domain classifier:
//!
//! **E(θ_f, θ_y, θ_d) = L_y - λ · (mean over source of L_d + mean over target of L_d)**
//!
//! (equation 10) is minimised over features and label predictor and maximised over the domain
//! classifier. A *gradient reversal layer* between features and domain classifier makes the saddle
//! point a plain minimisation: the identity forward, `-λ` times the gradient backward.

use nn_layers::Layer;
use tensor_autograd::{BinaryCrossEntropy, Real, Tensor, Var, concat};

/// The domain classifier's loss on both halves of a batch, and what tells whether it is alive.
#[derive(Clone, Copy, Debug)]
pub struct DomainLoss<'t> {
    /// Mean over source plus mean over target of the logistic loss; source is 0, target 1.
    pub loss: Var<'t>,
    /// The share of both halves whose domain the classifier tells.
    pub accuracy: f64,
}

// ANCHOR: domain_loss
/// The domain loss behind a gradient reversal layer: minimising it trains the classifier with
/// factor 1 to tell the domains, and the features with `-λ` to hide them.
///
/// # Shapes
/// `source` and `target` are features `[n, ..]` and `[m, ..]`; the classifier gives one logit,
/// `[n + m, 1]`.
///
/// # Panics
/// If the features' shapes differ beyond the first axis, or the classifier gives another shape.
#[track_caller]
pub fn domain_loss<'t>(
    classifier: &impl Layer,
    source: Var<'t>,
    target: Var<'t>,
    lambda: Real,
) -> DomainLoss<'t> {
    let (n, m) = (source.shape()[0], target.shape()[0]);
    let features = concat(&[source, target], 0).gradient_reversal(lambda);
    let logits = classifier.forward(features);
    assert_eq!(*logits.shape(), [n + m, 1], "the domain classifier gives one logit a sample");
    let half = |range, domain| {
        let logits = logits.slice(0, range);
        let domain = logits.tape().constant(Tensor::full(logits.shape(), domain));
        logits.binary_cross_entropy_with_logits(domain, BinaryCrossEntropy::default())
    };
    let values = logits.value();
    let (s, t) = values.as_slice().split_at(n);
    let told = s.iter().filter(|x| **x < 0.0).count() + t.iter().filter(|x| **x > 0.0).count();
    DomainLoss {
        loss: half(0..n, 0.0) + half(n..n + m, 1.0),
        accuracy: told as f64 / (n + m) as f64,
    }
}
// ANCHOR_END: domain_loss
