//! One step of training on a labelled and an unlabelled domain.

use super::alignment::{Alignment, Conditioning, coral_loss, mmd_loss};
use super::parts::domain_loss;
use super::{DomainAdversarial, LambdaSchedule, schedules};
use crate::batches::{Labelled, Stream};
use crate::fit::{At, Means, Objective};
use crate::validation::Validation;
use nn_layers::models::DannNet;
use nn_layers::{Layer, metrics};
use tensor_autograd::{Grads, Module, Real, Rng, Tensor, Var, grad};

/// Batches of both domains, and the settings of the loss.
pub(super) struct Aligned<'a> {
    pub(super) source: Labelled,
    pub(super) target: Stream,
    /// Of the conditional adversary alone.
    pub(super) conditioning: Option<Conditioning>,
    pub(super) validation: Option<Validation>,
    pub(super) lambda: f64,
    pub(super) settings: &'a DomainAdversarial,
}

impl Objective for Aligned<'_> {
    type Net = DannNet;

    fn step(&mut self, net: &DannNet, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let (xs, labels) = self.source.batch(at.step);
        let alignment = self.settings.alignment;
        let xt = alignment.has_loss().then(|| self.target.batch(at.step));
        let lambda = match self.settings.lambda_schedule {
            LambdaSchedule::Ramp => schedules::lambda(self.lambda, at.progress()),
            LambdaSchedule::Constant => self.lambda,
        };
        let (loss, grads) = grad(rng, |t| {
            // Labels before the target: dropout then draws as in supervised training.
            let features = net.features.forward(t.constant(xs));
            let logits = net.label.forward(features);
            let label_loss = logits.cross_entropy(&labels);
            means.add("accuracy", metrics::accuracy(&logits.value(), &labels));
            means.add("label_loss", f64::from(label_loss.value().item()));
            match xt {
                Some(xt) => {
                    label_loss + self.alignment_loss(net, (features, logits), xt, lambda, means)
                }
                None => label_loss,
            }
        });
        means.add("lambda", lambda);
        if alignment.is_adversarial() {
            means.add("domain_grad_norm", norm(&net.domain, &grads));
        }
        (loss, grads)
    }

    fn criterion(&self, net: &DannNet) -> Option<(&'static str, f64)> {
        Some(self.validation.as_ref()?.criterion(net))
    }
}

impl Aligned<'_> {
    /// What the target adds to the loss of the labels.
    fn alignment_loss<'t>(
        &self,
        net: &DannNet,
        (source, logits): (Var<'t>, Var<'t>),
        target: Tensor,
        lambda: f64,
        means: &mut Means,
    ) -> Var<'t> {
        let target = net.features.forward(source.tape().constant(target));
        let distance = match self.settings.alignment {
            Alignment::Coral => coral_loss(source, target),
            Alignment::Mmd => mmd_loss(source, target),
            _ => {
                let (source, target) = match &self.conditioning {
                    Some(map) => {
                        let guesses = net.label.forward(target);
                        (map.join(source, logits), map.join(target, guesses))
                    }
                    None => (source, target),
                };
                return self.adversary_loss(net, source, target, lambda, means);
            }
        };
        means.add("alignment_loss", f64::from(distance.value().item()));
        distance * lambda as Real
    }

    fn adversary_loss<'t>(
        &self,
        net: &DannNet,
        source: Var<'t>,
        target: Var<'t>,
        lambda: f64,
        means: &mut Means,
    ) -> Var<'t> {
        // What the classifier's loss is scaled by, and what the reversal adds to reach λ.
        let (scale, reversal) = match self.settings.lambda_on_domain_head {
            true => (lambda, 1.0),
            false => (1.0, lambda),
        };
        let domain = domain_loss(&net.domain, source, target, reversal as Real);
        means.add("domain_loss", f64::from(domain.loss.value().item()));
        means.add("domain_accuracy", domain.accuracy);
        domain.loss * scale as Real
    }
}

/// The Euclidean norm of a module's gradient.
fn norm(module: &impl Module, grads: &Grads) -> f64 {
    let square = |g: &Tensor| g.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    let params = module.named_params();
    params.into_iter().filter_map(|(_, p)| grads.get(p)).map(square).sum::<f64>().sqrt()
}
