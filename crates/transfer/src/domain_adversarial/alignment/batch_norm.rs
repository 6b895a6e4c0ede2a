//! Adaptive batch normalisation (Li et al., *Revisiting Batch Normalization For Practical Domain
//! Adaptation*, 2016).

use crate::TransferError;
use crate::input::{Inputs, Normalizer};
use datasets::Unlabelled;
use nn_layers::Layer;
use nn_layers::models::DannNet;
use std::collections::BTreeMap;
use tensor_autograd::{Module, Real, Rng, Tensor, grad};

/// Samples whose statistics are taken together.
const BATCH: usize = 256;

/// Gives every batch normalisation of the feature extractor the statistics of `data` in place of
/// those it was trained with: the mean over all batches of each batch's mean and variance. Weights
/// stay as they are, and so do statistics that are frozen, or that no batch moves: those of a layer
/// at a momentum of 0.
///
/// # Errors
/// If the feature extractor has no batch normalisation whose statistics may move, there are fewer
/// than two samples, or their shape is another.
pub fn recalibrate(
    net: &mut DannNet,
    data: &Unlabelled,
    normalizer: &Normalizer,
) -> Result<(), TransferError> {
    let adapted = check(net, data, normalizer)?;
    let inputs = Inputs::new(data, normalizer)?;
    let rows: Vec<usize> = (0..inputs.len()).collect();
    // A last batch of one sample would have no variance; it is left out.
    let batches: Vec<&[usize]> = rows.chunks(BATCH).filter(|rows| rows.len() > 1).collect();
    let first = inputs.batch(batches[0]);
    let (mut sums, momenta) =
        (proposed(net, &adapted, &first, 0.0), momenta(net, &adapted, &first));
    for rows in &batches[1..] {
        for (name, new) in proposed(net, &adapted, &inputs.batch(rows), 0.0) {
            let sum = sums.get_mut(&name).expect("each batch moves the same statistics");
            *sum = sum.zip(&new, |a, b| a + b);
        }
    }
    let count = batches.len() as Real;
    for (name, param) in net.features.named_params_mut() {
        if let (Some(sum), Some(m)) = (sums.get(&name), momenta.get(&name)) {
            param.value = sum.zip(m, |s, m| s / (m * count));
        }
    }
    Ok(())
}

/// The names of the statistics that there are to adapt: [`recalibrate`]'s errors, before a training
/// that would end in them.
pub(in crate::domain_adversarial) fn check(
    net: &DannNet,
    data: &Unlabelled,
    normalizer: &Normalizer,
) -> Result<Vec<String>, TransferError> {
    let params = net.features.named_params();
    let statistics = || params.iter().filter(|(name, _)| is_statistic(name));
    let refused = |what, left, remedy| {
        let right = "batch statistics of the target".into();
        Err(TransferError::Mismatch { what, left, right, remedy })
    };
    if statistics().next().is_none() {
        let what = "the network has no batch normalisation to adapt";
        return refused(what, net.features.describe(), "choose a network that has, as cifar-cnn");
    }
    if data.len() < 2 {
        return Err(TransferError::Unsuitable {
            data: data.name().into(),
            problem: format!("{} sample, of which there is no variance", data.len()),
            remedy: "give the target more samples",
        });
    }
    let free: Vec<String> =
        statistics().filter(|(_, p)| !p.frozen).map(|(name, _)| name.clone()).collect();
    let two = Inputs::new(data, normalizer)?.batch(&[0, 1]);
    let momenta = momenta(net, &free, &two).into_iter();
    let moving = momenta.filter(|(_, m)| m.as_slice().iter().any(|m| *m != 0.0));
    let adapted: Vec<String> = moving.map(|(name, _)| name).collect();
    if adapted.is_empty() {
        let kept: Vec<&str> = statistics().map(|(name, _)| name.as_str()).collect();
        let what = "the network keeps the statistics of every batch normalisation";
        let left = format!("{}, frozen or at a momentum of 0", kept.join(", "));
        return refused(what, left, "unfreeze one, or choose another alignment");
    }
    Ok(adapted)
}

/// The momentum of each statistic in `free` that a batch moves. A layer proposes
/// `(1 - m) · running + m · batch`, with an `m` that only it knows: from 0 that is `m · batch`, and
/// from 1 it is `1 - m` more.
fn momenta(net: &DannNet, free: &[String], batch: &Tensor) -> BTreeMap<String, Tensor> {
    let (zero, one) = (proposed(net, free, batch, 0.0), proposed(net, free, batch, 1.0));
    let pairs = zero.into_iter().zip(one.into_values());
    pairs.map(|((name, z), o)| (name, z.zip(&o, |z, o| 1.0 - (o - z)))).collect()
}

/// What the layers propose for the statistics in `free` after `batch`, starting from `start`. All
/// others are used as they are.
fn proposed(
    net: &DannNet,
    free: &[String],
    batch: &Tensor,
    start: Real,
) -> BTreeMap<String, Tensor> {
    let mut net = net.features.clone();
    for (name, param) in net.named_params_mut() {
        // Frozen weights have no backward pass to pay for.
        param.frozen = !free.contains(&name);
        if !param.frozen {
            param.value = param.value.map(|_| start);
        }
    }
    let (_, grads) = grad(&mut Rng::seed(0).without_dropout(), |t| {
        net.forward(t.constant(batch.clone())).sum(..)
    });
    let all = net.named_params().into_iter();
    all.filter_map(|(name, param)| Some((name, grads.buffer(param)?.clone()))).collect()
}

fn is_statistic(name: &str) -> bool {
    name.ends_with("running_mean") || name.ends_with("running_var")
}
