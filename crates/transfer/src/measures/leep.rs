//! How well the classes that a source model sees tell those of the target.

use tensor_autograd::Tensor;

/// The log expected empirical prediction (LEEP) of a source model for a task: the mean over the
/// examples of
///
/// **log Σ_z P(y | z) θ(x)_z**,
///
/// where *θ(x)_z* is the probability that the model gives its own class *z*, and *P(y | z)* is how
/// often label *y* comes with it: *Σ θ(x)_z* over the examples of *y*, by that over all (Nguyen et al.,
/// *LEEP: A New Measure to Evaluate Transferability of Learned Representations*, 2020). At most 0; no
/// feature is looked at, and nothing is trained.
///
/// # Shapes
/// `probabilities` is `[n, source classes]`, with `n` labels.
///
/// # Panics
/// If the numbers of examples and labels differ.
#[track_caller]
pub fn leep(probabilities: &Tensor, labels: &[usize]) -> f64 {
    let [n, classes] = crate::matrix::sizes(probabilities);
    assert_eq!(n, labels.len(), "leep: examples and labels");
    let theta = |i: usize, z: usize| f64::from(probabilities.as_slice()[i * classes + z]);
    let targets = labels.iter().max().map_or(0, |y| y + 1);
    let mut joint = vec![0.0; targets * classes];
    for (i, y) in labels.iter().enumerate() {
        (0..classes).for_each(|z| joint[y * classes + z] += theta(i, z));
    }
    let total = |z: usize| (0..targets).map(|y| joint[y * classes + z]).sum::<f64>();
    let totals: Vec<f64> = (0..classes).map(total).collect();
    let word = |(i, y): (usize, &usize)| {
        let seen = (0..classes).filter(|&z| totals[z] > 0.0);
        seen.map(|z| joint[y * classes + z] / totals[z] * theta(i, z)).sum::<f64>().ln()
    };
    labels.iter().enumerate().map(word).sum::<f64>() / n as f64
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::labels;
    use super::*;

    /// By numpy, from the joint table of labels and source classes.
    #[test]
    fn it_is_the_papers_formula() {
        let rows = [
            [0.7, 0.2, 0.1],
            [0.5, 0.3, 0.2],
            [0.1, 0.8, 0.1],
            [0.2, 0.6, 0.2],
            [0.1, 0.1, 0.8],
            [0.6, 0.3, 0.1],
            [0.3, 0.3, 0.4],
            [0.9, 0.05, 0.05],
        ];
        let probabilities = Tensor::from_fn([8, 3], |i| rows[i / 3][i % 3] as _);
        let score = leep(&probabilities, &labels());
        assert!((score + 0.682_629_450_092_623).abs() < 1e-6, "{score}");
    }

    #[test]
    fn classes_under_other_names_are_told_and_one_for_all_tells_nothing() {
        let hot = |of: fn(usize) -> usize| {
            Tensor::from_fn([8, 4], |i| if i % 4 == of(labels()[i / 4]) { 1.0 } else { 0.0 })
        };
        assert!(leep(&hot(|y| 3 - y), &labels()).abs() < 1e-12);
        // The entropy of the labels: half, a quarter and a quarter.
        let entropy = 1.5 * 2.0_f64.ln();
        assert!((leep(&hot(|_| 2), &labels()) + entropy).abs() < 1e-12);
    }
}
