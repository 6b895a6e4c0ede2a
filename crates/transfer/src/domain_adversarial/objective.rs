//! One step of adversarial training.

use super::parts::domain_loss;
use super::{DomainAdversarial, LambdaSchedule, schedules};
use crate::batches::{Labelled, Stream};
use crate::fit::{At, Means, Objective};
use nn_layers::models::DannNet;
use nn_layers::{Layer, metrics};
use tensor_autograd::{Grads, Module, Real, Rng, grad};

/// Batches of both domains, and the settings of the loss.
pub(super) struct Adversarial<'a> {
    pub(super) source: Labelled,
    pub(super) target: Stream,
    pub(super) settings: &'a DomainAdversarial,
}

impl Objective for Adversarial<'_> {
    type Net = DannNet;

    fn step(&mut self, net: &DannNet, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let (xs, labels) = self.source.batch(at.step);
        let xt = self.target.batch(at.step);
        let full = self.settings.lambda;
        let lambda = match self.settings.lambda_schedule {
            LambdaSchedule::Ramp => schedules::lambda(full, at.progress()),
            LambdaSchedule::Constant => full,
        };
        // What the classifier's loss is scaled by, and what the reversal adds to reach λ.
        let (scale, reversal) = match self.settings.lambda_on_domain_head {
            true => (lambda, 1.0),
            false => (1.0, lambda),
        };
        let (loss, grads) = grad(rng, |t| {
            // Labels before the target: dropout then draws as in supervised training.
            let source = net.features.forward(t.constant(xs));
            let logits = net.label.forward(source);
            let label_loss = logits.cross_entropy(&labels);
            let target = net.features.forward(t.constant(xt));
            let domain = domain_loss(&net.domain, source, target, reversal as Real);
            means.add("accuracy", metrics::accuracy(&logits.value(), &labels));
            means.add("label_loss", f64::from(label_loss.value().item()));
            means.add("domain_loss", f64::from(domain.loss.value().item()));
            means.add("domain_accuracy", domain.accuracy);
            label_loss + domain.loss * scale as Real
        });
        means.add("lambda", lambda);
        means.add("domain_grad_norm", norm(&net.domain, &grads));
        (loss, grads)
    }
}

/// The Euclidean norm of a module's gradient.
fn norm(module: &impl Module, grads: &Grads) -> f64 {
    let square = |g: &tensor_autograd::Tensor| {
        g.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum::<f64>()
    };
    let params = module.named_params();
    params.into_iter().filter_map(|(_, p)| grads.get(p)).map(square).sum::<f64>().sqrt()
}
