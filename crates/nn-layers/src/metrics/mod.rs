//! How good the predictions of a classifier are.

mod calibration;
mod confusion;

pub use calibration::{expected_calibration_error, log_loss};
pub use confusion::ConfusionMatrix;

use tensor_autograd::{Real, Tensor};

/// The class with the largest logit of every row of `[n, classes]`; the first one among equals.
///
/// # Panics
/// If the logits are not `[n, classes]` with at least one class.
#[track_caller]
pub fn predictions(logits: &Tensor) -> Vec<usize> {
    let best =
        |row: &[Real]| (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
    rows(logits).map(best).collect()
}

/// The share of rows of `[n, classes]` whose largest logit is the label's, in `0..=1`; NaN for no
/// rows.
///
/// # Panics
/// If the logits are not `[n, classes]` or the number of labels is not `n`.
#[track_caller]
pub fn accuracy(logits: &Tensor, labels: &[usize]) -> f64 {
    expect_labels(logits, labels);
    let right = predictions(logits).iter().zip(labels).filter(|(p, y)| p == y).count();
    right as f64 / labels.len() as f64
}

/// The share of rows of `[n, classes]` whose label is among the `k` largest logits, in `0..=1`; NaN
/// for no rows. Among equals the lower class comes first; a logit that is not a number comes last.
///
/// # Panics
/// If the logits are not `[n, classes]`, the number of labels is not `n`, or a label is no class.
#[track_caller]
pub fn top_k_accuracy(logits: &Tensor, labels: &[usize], k: usize) -> f64 {
    expect_labels(logits, labels);
    let within = |(row, &label): (&[Real], &usize)| {
        assert!(label < row.len(), "label {label} of {} classes", row.len());
        let ahead =
            |(class, &z): (usize, &Real)| z > row[label] || (z == row[label] && class < label);
        let rank = row.iter().enumerate().filter(|&candidate| ahead(candidate)).count();
        !row[label].is_nan() && rank < k
    };
    let right = rows(logits).zip(labels).filter(|&pair| within(pair)).count();
    right as f64 / labels.len() as f64
}

/// The share of single logits `[n]` or `[n, 1]` that are positive exactly where the label is true,
/// in `0..=1`; NaN for no rows. This is what a domain classifier with one logistic unit is judged by.
///
/// # Panics
/// If the number of labels is not the number of logits.
#[track_caller]
pub fn binary_accuracy(logits: &Tensor, labels: &[bool]) -> f64 {
    let shape = logits.shape();
    assert!(
        matches!(*shape, [n] | [n, 1] if n == labels.len()),
        "binary_accuracy: expected logits [{n}] or [{n}, 1], got {shape}",
        n = labels.len()
    );
    let right = logits.as_slice().iter().zip(labels).filter(|(z, y)| (**z > 0.0) == **y).count();
    right as f64 / labels.len() as f64
}

#[track_caller]
fn rows(logits: &Tensor) -> std::slice::ChunksExact<'_, Real> {
    match *logits.shape() {
        [_, classes] if classes > 0 => logits.as_slice().chunks_exact(classes),
        _ => panic!("expected logits [n, classes], got {}", logits.shape()),
    }
}

#[track_caller]
fn expect_labels(logits: &Tensor, labels: &[usize]) {
    let n = labels.len();
    let shape = logits.shape();
    assert!(
        shape.first() == Some(&n),
        "expected logits [{n}, classes] for {n} labels, got {shape}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits() -> Tensor {
        Tensor::new([4, 3], vec![3.0, 2.0, 1.0, 0.0, 0.0, 5.0, 1.0, 1.0, 0.0, -3.0, -1.0, -2.0])
    }

    #[test]
    fn the_largest_logit_decides_and_the_first_of_equals() {
        assert_eq!(predictions(&logits()), [0, 2, 0, 1]);
        assert_eq!(accuracy(&logits(), &[0, 2, 1, 0]), 0.5);
    }

    #[test]
    fn top_k_widens_until_every_label_is_in() {
        let labels = [1, 0, 1, 0];
        let share = |k| top_k_accuracy(&logits(), &labels, k);
        assert_eq!([share(0), share(1), share(2), share(3)], [0.0, 0.0, 0.75, 1.0]);
        assert_eq!(top_k_accuracy(&logits(), &[0, 2, 0, 1], 1), 1.0);
        let broken = Tensor::full([1, 3], Real::NAN);
        assert_eq!(top_k_accuracy(&broken, &[1], 3), 0.0);
    }

    #[test]
    fn one_logit_is_judged_by_its_sign() {
        let z = Tensor::new([3, 1], vec![0.5, -0.1, 2.0]);
        assert_eq!(binary_accuracy(&z, &[true, false, false]), 2.0 / 3.0);
        assert!(binary_accuracy(&Tensor::zeros([0]), &[]).is_nan());
    }

    #[test]
    #[should_panic(expected = "expected logits [3, classes] for 3 labels, got [4, 3]")]
    fn labels_of_another_batch_are_refused() {
        accuracy(&logits(), &[0, 0, 0]);
    }
}
