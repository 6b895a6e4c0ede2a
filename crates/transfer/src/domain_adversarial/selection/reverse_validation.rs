//! Reverse validation: the way back, from the target's predicted labels to the source's true ones.

use super::{Evidence, HOLD_OUT};
use crate::domain_adversarial::DomainAdversarial;
use crate::fit::Observer;
use crate::model::Model;
use crate::{Normalizer, TransferError};
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use tensor_autograd::Module;

/// The risk on held-out source of the reverse classifier (Ganin et al., 2016, section 5.1.2; Zhong
/// et al., 2010). `model` labels the target; from there a network with the same `settings` learns
/// the source, whose labels it is not shown, starting from the model's weights. Labels that are
/// wrong in a way of their own lead it astray, and so do labels that are all the same.
///
/// If the settings choose the epoch by held-out data, so does the reverse training, by a tenth of
/// the target with its predicted labels. No checkpoint of it is kept.
///
/// # Errors
/// Those of [`DomainAdversarial::fit`].
pub fn reverse_risk(
    settings: &DomainAdversarial,
    model: &Model<DannNet>,
    evidence: Evidence<'_>,
    observer: &mut dyn Observer,
) -> Result<f64, TransferError> {
    let mut reverse = settings.clone();
    reverse.net = turned(&model.net);
    reverse.training.checkpoints = None;
    let labelled = self_labelled(model, evidence.target)?;
    let labelled = match settings.validation {
        Some(_) => {
            let (train, held_out) = labelled.split(1.0 - HOLD_OUT, settings.training.seed)?;
            reverse.validation = Some(held_out);
            train
        }
        None => labelled,
    };
    // The estimator's target is the source now, and its model serves that.
    let back = reverse.fit(&labelled, &evidence.source.without_labels(), observer)?;
    let kind = settings.training.normalize;
    let normalizer = Normalizer::fit(kind, &evidence.source.without_labels());
    Ok(1.0 - back.with_normalizer(normalizer).accuracy(evidence.held_out)?)
}

/// The target with the labels that the model gives it.
fn self_labelled(model: &Model<DannNet>, target: &Unlabelled) -> Result<Dataset, TransferError> {
    let labels = model.predict(target)?;
    let name = format!("{}, labels predicted", target.name());
    Ok(Dataset::new(name, target.inputs().to_owned(), Some(labels), model.classes.clone())?)
}

/// The net for domains that have changed places: what its domain classifier called target is the
/// source now, which its last layer's sign says.
fn turned(net: &DannNet) -> DannNet {
    let mut net = net.clone();
    let mut params = net.domain.named_params_mut();
    let layer = |name: &str| name.rsplit_once('.').map_or("", |(layer, _)| layer).to_owned();
    let last = params.last().map(|(name, _)| layer(name));
    for (name, param) in &mut params {
        if Some(layer(name)) == last {
            param.value = param.value.map(|x| -x);
        }
    }
    drop(params);
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain_adversarial::selection::hold_out;
    use crate::fit::Progress;
    use datasets::synthetic;
    use nn_layers::Layer;
    use nn_layers::models::{dann_mlp, dann_shallow};
    use tensor_autograd::{Rng, Tensor, eval};

    #[test]
    fn a_turned_net_calls_the_source_target_and_changes_no_prediction() {
        let net = dann_mlp(3, [5, 4], 2, &mut Rng::seed(1));
        let x = Tensor::from_fn([6, 3], |i| (i as tensor_autograd::Real).sin());
        let run = |net: &DannNet| {
            eval(|t| {
                let features = net.features.forward(t.constant(&x));
                let (y, d) = (net.label.forward(features), net.domain.forward(features));
                (y.value(), d.value())
            })
        };
        let ((y, d), (turned_y, turned_d)) = (run(&net), run(&turned(&net)));
        assert_eq!(y.as_slice(), turned_y.as_slice());
        assert!(d.as_slice().iter().zip(turned_d.as_slice()).all(|(a, b)| *a == -b && *a != 0.0));
    }

    #[test]
    fn good_labels_lead_back_and_one_label_for_all_does_not() {
        let source = synthetic::moons(200, 3);
        let target = synthetic::moons_rotated(200, 20.0, 4).without_labels();
        let (train, held_out) = hold_out(&source, 0.2, 0).unwrap();
        let net = dann_shallow(2, 15, 2, &mut Rng::seed(0));
        let settings = DomainAdversarial::new(net).lr(0.2).lambda(0.1).batch_size(8).epochs(20);
        let quiet = &mut Progress::silent();
        let good = settings.fit(&train, &target, quiet).unwrap();
        let mut collapsed = good.clone();
        for (name, param) in collapsed.net.label.named_params_mut() {
            let one = |i| if name.ends_with("bias") && i == 0 { 3.0 } else { 0.0 };
            param.value = Tensor::from_fn(param.value.shape(), one);
        }
        let evidence = Evidence { source: &train, held_out: &held_out, target: &target };
        let mut risk = |model| reverse_risk(&settings, model, evidence, quiet).unwrap();
        let (good, collapsed) = (risk(&good), risk(&collapsed));
        assert!(good < 0.25, "{good}");
        assert!((collapsed - 0.5).abs() < 1e-9, "{collapsed}");
    }
}
