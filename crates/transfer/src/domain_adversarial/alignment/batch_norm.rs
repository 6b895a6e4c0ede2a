//! Adaptive batch normalisation (Li et al., *Revisiting Batch Normalization For Practical Domain
//! Adaptation*, 2016).

use crate::TransferError;
use crate::input::{Inputs, Normalizer};
use datasets::Unlabelled;
use nn_layers::Layer;
use nn_layers::models::DannNet;
use tensor_autograd::{Kind, Module, Real, Rng, Tensor, grad};

/// Samples whose statistics are taken together.
const BATCH: usize = 256;

/// Gives every batch normalisation of the feature extractor the statistics of `data` in place of
/// those it was trained with: the mean over all batches of each batch's mean and variance. Weights
/// stay as they are.
///
/// # Errors
/// If the feature extractor has no batch normalisation, there are fewer than two samples, or their
/// shape is another.
pub fn recalibrate(
    net: &mut DannNet,
    data: &Unlabelled,
    normalizer: &Normalizer,
) -> Result<(), TransferError> {
    check(net, data)?;
    let inputs = Inputs::new(data, normalizer)?;
    let rows: Vec<usize> = (0..inputs.len()).collect();
    // A last batch of one sample would have no variance; it is left out.
    let batches: Vec<&[usize]> = rows.chunks(BATCH).filter(|rows| rows.len() > 1).collect();
    // A layer proposes `(1 - m) · running + m · batch`, with a momentum `m` that only it knows: from
    // 0 that is `m · batch`, and from 1 it is `1 - m` more.
    let first = inputs.batch(batches[0]);
    let (mut sums, one) = (proposed(net, &first, 0.0), proposed(net, &first, 1.0));
    let pairs = sums.iter().zip(&one);
    let momenta: Vec<Tensor> = pairs.map(|(z, o)| z.zip(o, |z, o| 1.0 - (o - z))).collect();
    for rows in &batches[1..] {
        for (sum, new) in sums.iter_mut().zip(proposed(net, &inputs.batch(rows), 0.0)) {
            *sum = sum.zip(&new, |a, b| a + b);
        }
    }
    let count = batches.len() as Real;
    let statistics = net.features.named_params_mut();
    let statistics = statistics.into_iter().filter(|(name, _)| is_statistic(name));
    for (((_, param), sum), m) in statistics.zip(&sums).zip(&momenta) {
        param.value = sum.zip(m, |s, m| s / (m * count));
    }
    Ok(())
}

/// Whether there is something to adapt and enough to adapt it to: [`recalibrate`]'s errors, before a
/// training that would end in them.
pub(in crate::domain_adversarial) fn check(
    net: &DannNet,
    data: &Unlabelled,
) -> Result<(), TransferError> {
    let has_statistics = net.features.named_params().iter().any(|(name, _)| is_statistic(name));
    if !has_statistics {
        return Err(TransferError::Mismatch {
            what: "the network has no batch normalisation to adapt",
            left: net.features.describe(),
            right: "batch statistics of the target".into(),
            remedy: "choose a network that has, as cifar-cnn",
        });
    }
    if data.len() < 2 {
        return Err(TransferError::Unsuitable {
            data: data.name().into(),
            problem: format!("{} sample, of which there is no variance", data.len()),
            remedy: "give the target more samples",
        });
    }
    Ok(())
}

/// What the layers propose for their statistics after `batch`, starting from `start`, in the order
/// of their names.
fn proposed(net: &DannNet, batch: &Tensor, start: Real) -> Vec<Tensor> {
    let mut net = net.features.clone();
    for (name, param) in net.named_params_mut() {
        if is_statistic(&name) {
            param.value = param.value.map(|_| start);
        }
        // Frozen weights have no backward pass to pay for.
        param.frozen = param.kind == Kind::Weight;
    }
    let (_, grads) = grad(&mut Rng::seed(0), |t| net.forward(t.constant(batch.clone())).sum(..));
    let all = net.named_params().into_iter().filter(|(name, _)| is_statistic(name));
    all.map(|(_, param)| grads.buffer(param).expect("training moves every statistic").clone())
        .collect()
}

fn is_statistic(name: &str) -> bool {
    name.ends_with("running_mean") || name.ends_with("running_var")
}
