//! How well a linear model on features could explain the labels, all its weights considered.

use super::features::{ClassedFeatures, thin};
use tensor_autograd::Tensor;

/// The evidence has converged long before; the reference implementation stops at eleven.
const ROUNDS: usize = 100;
/// What keeps a variance that is explained in full from being divided by.
const EPS: f64 = 1e-5;

/// The logarithm of the maximum evidence (LogME) of features for a task, for each example: the mean
/// over the classes of
///
/// **max over α, β of log N(y; 0, β⁻¹ I + α⁻¹ F Fᵀ) / n**
///
/// where *y* is 1 at the examples of the class and 0 at the others (You et al., *LogME: Practical
/// Assessment of Pre-trained Models for Transfer Learning*, 2021). It is the probability that a linear
/// model with normal weights and noise gives the labels, at the best scales of both; larger is better,
/// and it has no bound.
///
/// # Shapes
/// `features` is `[n, d]`, with `n` labels.
///
/// # Panics
/// If the numbers of examples and labels differ.
#[track_caller]
pub fn log_me(features: &Tensor, labels: &[usize]) -> f64 {
    let of = ClassedFeatures::new("log_me", features, labels);
    let (n, d) = (labels.len() as f64, of.features.ncols() as f64);
    let (u, singular) = thin(&of.features);
    let squares: Vec<f64> = singular.iter().map(|s| s * s).collect();
    let evidence = |rows: &Vec<usize>| {
        let part = |j: usize| rows.iter().map(|&i| u[(i, j)]).sum::<f64>().powi(2);
        let parts: Vec<f64> = (0..squares.len()).map(part).collect();
        evidence(&squares, &parts, rows.len() as f64, (n, d)) / n
    };
    of.classes.iter().map(evidence).sum::<f64>() / of.classes.len() as f64
}

/// The largest evidence of a target whose squared length is `whole`, and the squares of whose parts
/// along the features' left singular vectors are `parts` (the paper's algorithm 1).
fn evidence(squares: &[f64], parts: &[f64], whole: f64, (n, d): (f64, f64)) -> f64 {
    let (mut alpha, mut beta, mut best) = (1.0_f64, 1.0_f64, f64::NEG_INFINITY);
    let outside = (whole - parts.iter().sum::<f64>()).max(0.0);
    for _ in 0..ROUNDS {
        let sum = |f: &dyn Fn(f64, f64) -> f64| {
            squares.iter().zip(parts).map(|(s, z)| f(*s, *z)).sum::<f64>()
        };
        let weights = sum(&|s, z| s * z * (beta / (alpha + beta * s)).powi(2));
        let rest = outside + sum(&|s, z| z * (alpha / (alpha + beta * s)).powi(2));
        let determinant = sum(&|s, _| (beta * s / alpha).ln_1p());
        let here = 0.5 * (n * beta.ln() - determinant - beta * rest - alpha * weights)
            - 0.5 * n * std::f64::consts::TAU.ln();
        if (here - best).abs() < 1e-10 * n {
            return here.max(best);
        }
        best = here.max(best);
        let used = sum(&|s, _| beta * s / (alpha + beta * s));
        alpha = used.min(d) / (weights + EPS);
        beta = (n - used).max(EPS) / (rest + EPS);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::{eight, labels};
    use super::*;

    /// By numpy: the density of the normal distribution as it stands, maximised over α and β by
    /// search. The three classes have -0.840838, -0.626454 and -0.725155.
    #[test]
    fn it_is_the_largest_evidence() {
        let score = log_me(&eight(), &labels());
        assert!((score + 0.730_815_651_8).abs() < 1e-6, "{score}");
    }

    #[test]
    fn features_that_tell_the_classes_score_above_those_that_do_not() {
        let rng = &mut tensor_autograd::Rng::seed(0);
        let classes: Vec<usize> = (0..60).map(|i| i % 3).collect();
        let noise = Tensor::normal([60, 5], 0.0, 1.0, rng);
        let told = |share: f64| {
            let hot = |i: usize| f64::from(u8::from(i % 5 == classes[i / 5]));
            let x = Tensor::from_fn([60, 5], |i| {
                (share * hot(i) + (1.0 - share) * f64::from(noise.as_slice()[i])) as _
            });
            log_me(&x, &classes)
        };
        assert!(told(0.0) < told(0.4) && told(0.4) < told(0.7) && told(0.7) < told(0.95));
        // More directions than examples, and features that explain everything, are no trouble.
        assert!(log_me(&Tensor::normal([6, 40], 0.0, 1.0, rng), &[0, 0, 0, 1, 1, 1]).is_finite());
        assert!(told(1.0).is_finite() && told(1.0) > told(0.95));
        assert!(log_me(&Tensor::zeros([4, 2]), &[0, 1, 0, 1]).is_finite());
    }
}
