//! GradNorm (Chen et al., *GradNorm: Gradient Normalization for Adaptive Loss Balancing*, ICML 2018).
//!
//! With `W` the weight of the last shared layer, `G_t = w_t ‖∇_W L_t‖` and their mean `Ḡ`, and
//! `r_t` a task's loss over its first loss, divided by the mean of these over the tasks, the weights
//! follow
//!
//! **min over w of Σ |G_t - Ḡ r_t^α|**, the aim `Ḡ r_t^α` taken as constant,
//!
//! and are scaled after each step so that they sum to the number of tasks: gradients of equal size,
//! larger for a task that lags.
//!
//! Two things are done otherwise than in the paper, so that neither a loss in other units nor a long
//! run can bring a weight to 0 or below. The step is taken in `ln w_t`, of the gradient
//! `sign(G_t - Ḡ r_t^α) G_t` in units of `Ḡ`. And the weights do not start at 1 but where all `G_t`
//! are equal, which is what the objective asks for at the start, where every `r_t` is 1.

/// The weights at the start, from the norms of the tasks' gradients.
pub(super) fn start(norms: &[f64]) -> Vec<f64> {
    let largest = norms.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return vec![1.0; norms.len()];
    }
    // A task without a gradient would have all the weight.
    renormalized(&norms.iter().map(|g| 1.0 / g.max(1e-6 * largest)).collect::<Vec<_>>())
}

/// One step of the weights, not yet renormalised. `ratio` is each loss over its first value.
pub fn step(weights: &[f64], norms: &[f64], ratio: &[f64], alpha: f64, lr: f64) -> Vec<f64> {
    let n = weights.len() as f64;
    let sizes: Vec<f64> = weights.iter().zip(norms).map(|(w, g)| w * g).collect();
    let (mean, mean_ratio) = (sizes.iter().sum::<f64>() / n, ratio.iter().sum::<f64>() / n);
    if mean <= 0.0 || mean_ratio <= 0.0 {
        return weights.to_vec();
    }
    let step = |((w, size), ratio): ((&f64, &f64), &f64)| {
        let aim = mean * (ratio / mean_ratio).powf(alpha);
        let direction = if size > &aim { 1.0 } else { -1.0 };
        w * (-lr * direction * size / mean).exp()
    };
    weights.iter().zip(&sizes).zip(ratio).map(step).collect()
}

/// The weights, scaled to sum to their number.
pub fn renormalized(weights: &[f64]) -> Vec<f64> {
    let scale = weights.len() as f64 / weights.iter().sum::<f64>();
    weights.iter().map(|w| w * scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_sum_to_the_number_of_tasks_and_stay_positive() {
        let mut weights = start(&[1000.0, 1.0, 0.1]);
        for i in 0..2000 {
            let norms = [1000.0, 1.0 + f64::from(i % 7), 0.1];
            weights = renormalized(&step(&weights, &norms, &[1.0, 0.5, 0.9], 1.5, 0.025));
            assert!((weights.iter().sum::<f64>() - 3.0).abs() < 1e-9);
            assert!(weights.iter().all(|w| *w > 0.0), "{weights:?}");
        }
    }

    #[test]
    fn gradients_come_to_the_sizes_that_the_rates_ask_for() {
        // Constant norms and rates. The aims do not sum to what there is, so that the sum of the
        // distances is least where one of the tasks, or the other, is at its own.
        let (norms, ratio, alpha) = ([4.0, 1.0], [0.5, 1.0], 1.5);
        let mut weights = vec![1.0, 1.0];
        for _ in 0..5000 {
            weights = renormalized(&step(&weights, &norms, &ratio, alpha, 1e-3));
        }
        let share = weights[0] * norms[0] / (weights[0] * norms[0] + weights[1] * norms[1]);
        let aims = [0.5 * (2.0f64 / 3.0).powf(alpha), 1.0 - 0.5 * (4.0f64 / 3.0).powf(alpha)];
        let nearest = aims.map(|aim| (share - aim).abs()).into_iter().fold(f64::MAX, f64::min);
        assert!(nearest < 1e-3, "{share} is none of {aims:?}");
    }

    #[test]
    fn the_start_balances_whatever_the_units() {
        let weights = start(&[1000.0, 1.0]);
        assert!((weights[0] * 1000.0 - weights[1]).abs() < 1e-9);
        assert_eq!(start(&[0.0, 0.0]), [1.0, 1.0]);
        assert!(start(&[0.0, 1.0])[1] > 0.0);
    }
}
