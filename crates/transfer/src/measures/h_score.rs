//! How much of what features vary in is the classes.

use super::features::{ClassedFeatures, thin};
use tensor_autograd::Tensor;

/// The H-score of features for a task,
///
/// **tr(cov(f)⁻¹ cov(E[f | y]))**
///
/// (Bao et al., *An Information-Theoretic Approach to Transferability in Task Transfer Learning*,
/// 2019): from 0, where the classes have the same mean, to the number of classes less one, where
/// knowing the class is knowing all directions that matter. Where the covariance is singular, its
/// pseudo-inverse stands for the inverse.
///
/// `None` if the features vary in as many directions as there are examples, less one: then it is the
/// number of classes less one, whatever the features are.
///
/// # Shapes
/// `features` is `[n, d]`, with `n` labels.
///
/// # Panics
/// If the numbers of examples and labels differ.
#[track_caller]
pub fn h_score(features: &Tensor, labels: &[usize]) -> Option<f64> {
    let of = ClassedFeatures::new("h_score", features, labels);
    // With centred features U·S·Vᵀ, the two covariances leave the class means of U's rows alone.
    let (u, singular) = thin(&of.centred());
    if singular.len() + 1 >= labels.len() {
        return None;
    }
    let of_class = |rows: &Vec<usize>| {
        let mean = |j: usize| rows.iter().map(|&i| u[(i, j)]).sum::<f64>() / rows.len() as f64;
        rows.len() as f64 * (0..singular.len()).map(|j| mean(j).powi(2)).sum::<f64>()
    };
    Some(of.classes.iter().map(of_class).sum())
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::{eight, labels};
    use super::*;

    /// `trace(inv(cov(F)) @ cov(G))` by numpy, with the class means of F as the rows of G.
    #[test]
    fn it_is_the_papers_formula() {
        let score = h_score(&eight(), &labels()).unwrap();
        assert!((score - 1.589_408_504_695_115).abs() < 1e-5, "{score}");
    }

    #[test]
    fn it_is_between_nothing_and_the_number_of_classes() {
        let one = |x: [f64; 6]| Tensor::from_fn([6, 1], |i| x[i] as _);
        let classes = [0, 0, 0, 1, 1, 1];
        let near = |x, want: f64| (h_score(&one(x), &classes).unwrap() - want).abs() < 1e-6;
        assert!(near([1.0, 1.0, 1.0, -3.0, -3.0, -3.0], 1.0));
        assert!(near([1.0, 2.0, 3.0, 3.0, 1.0, 2.0], 0.0));
        // The same features twice vary in no more directions.
        let twice = Tensor::from_fn([8, 4], |i| eight().as_slice()[i / 4 * 2 + i % 2]);
        let once = h_score(&eight(), &labels()).unwrap();
        assert!((h_score(&twice, &labels()).unwrap() - once).abs() < 1e-5);
    }

    #[test]
    fn with_more_directions_than_examples_it_says_nothing() {
        let random = Tensor::normal([6, 9], 0.0, 1.0, &mut tensor_autograd::Rng::seed(0));
        assert_eq!(h_score(&random, &[0, 0, 0, 1, 1, 1]), None);
    }
}
