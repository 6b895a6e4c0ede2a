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
    let inputs = Inputs::new(data, normalizer)?;
    let has_statistics =
        net.features.named_params().iter().any(|(name, _)| name.ends_with("running_var"));
    if !has_statistics {
        return Err(TransferError::Mismatch {
            what: "the network has no batch normalisation to adapt",
            left: net.features.describe(),
            right: "batch statistics of the target".into(),
            remedy: "choose a network that has, as cifar-cnn",
        });
    }
    if inputs.len() < 2 {
        return Err(TransferError::Unsuitable {
            data: data.name().into(),
            problem: format!("{} sample, of which there is no variance", inputs.len()),
            remedy: "give the target more samples",
        });
    }
    let mut sums: Vec<(String, Tensor)> = Vec::new();
    let rows: Vec<usize> = (0..inputs.len()).collect();
    // A last batch of one sample would have no variance; it is left out.
    let batches: Vec<&[usize]> = rows.chunks(BATCH).filter(|rows| rows.len() > 1).collect();
    for rows in &batches {
        let batch = statistics(net, &inputs.batch(rows));
        match sums.is_empty() {
            true => sums = batch,
            false => {
                for ((_, sum), (_, new)) in sums.iter_mut().zip(batch) {
                    *sum = sum.zip(&new, |a, b| a + b);
                }
            }
        }
    }
    let count = batches.len() as Real;
    for (name, param) in net.features.named_params_mut() {
        if let Some((_, sum)) = sums.iter().find(|(n, _)| *n == name) {
            param.value = sum.map(|s| s / count);
        }
    }
    Ok(())
}

/// The batch's own statistics, by the names of the buffers.
///
/// A layer proposes `(1 - m) · running + m · batch`, with a momentum `m` that only it knows; from 0
/// and from 1 that is `m · batch` and `1 - m` more.
fn statistics(net: &DannNet, batch: &Tensor) -> Vec<(String, Tensor)> {
    let proposed = |start: Real| {
        let mut net = net.features.clone();
        for (name, param) in net.named_params_mut() {
            if is_statistic(&name) {
                param.value = param.value.map(|_| start);
            }
            // Frozen weights have no backward pass to pay for.
            param.frozen = param.kind == Kind::Weight;
        }
        let (_, grads) =
            grad(&mut Rng::seed(0), |t| net.forward(t.constant(batch.clone())).sum(..));
        let all = net.named_params().into_iter().filter(|(name, _)| is_statistic(name));
        all.map(|(name, param)| {
            let value = grads.buffer(param).expect("training moves every statistic").clone();
            (name, value)
        })
        .collect::<Vec<_>>()
    };
    let (zero, one) = (proposed(0.0), proposed(1.0));
    let pairs = zero.into_iter().zip(one);
    pairs
        .map(|((name, zero), (_, one))| (name, zero.zip(&one, |z, o| z / (1.0 - (o - z)))))
        .collect()
}

fn is_statistic(name: &str) -> bool {
    name.ends_with("running_mean") || name.ends_with("running_var")
}
