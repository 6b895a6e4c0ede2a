//! Whether a classifier's probabilities are what they say.

use super::{expect_labels, rows};
use tensor_autograd::{Real, Tensor};

/// The mean of `-ln p_y` over the rows of probabilities `[n, classes]`: 0 for a classifier that is
/// always right and sure, `ln classes` for one that knows nothing; NaN for no rows. A probability
/// counts as at least the smallest difference from 1 that its type has, so that one row that is
/// wrong and sure does not make the whole infinite.
///
/// # Panics
/// If the probabilities are not `[n, classes]`, the number of labels is not `n`, or a label is no
/// class.
#[track_caller]
pub fn log_loss(probabilities: &Tensor, labels: &[usize]) -> f64 {
    expect_labels(probabilities, labels);
    let loss = |(row, &label): (&[Real], &usize)| -f64::from(row[label].max(Real::EPSILON)).ln();
    rows(probabilities).zip(labels).map(loss).sum::<f64>() / labels.len() as f64
}

/// The expected calibration error (Naeini et al., 2015; Guo et al., 2017): rows are put into `bins`
/// of equal width by the probability of their likeliest class, and the differences between mean
/// probability and share of right ones are averaged, each bin weighing as many rows as it has. In
/// `0..=1`; NaN for no rows.
///
/// # Panics
/// If the probabilities are not `[n, classes]`, the number of labels is not `n`, or there is no bin.
#[track_caller]
pub fn expected_calibration_error(probabilities: &Tensor, labels: &[usize], bins: usize) -> f64 {
    expect_labels(probabilities, labels);
    assert!(bins > 0, "expected_calibration_error needs a bin");
    // Right ones less their probabilities, summed up in each bin.
    let mut gaps = vec![0.0; bins];
    let guesses = super::predictions(probabilities);
    for ((row, &guess), &label) in rows(probabilities).zip(&guesses).zip(labels) {
        let sure = f64::from(row[guess]);
        let bin = ((sure * bins as f64).ceil() as usize).clamp(1, bins) - 1;
        gaps[bin] += f64::from(u8::from(guess == label)) - sure;
    }
    gaps.into_iter().map(f64::abs).sum::<f64>() / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probabilities() -> Tensor {
        Tensor::new([4, 2], vec![0.9, 0.1, 0.75, 0.25, 0.375, 0.625, 0.0, 1.0])
    }

    #[test]
    fn the_log_loss_is_the_mean_of_the_logarithms() {
        let loss = log_loss(&probabilities(), &[0, 1, 1, 1]);
        let want = -(0.9_f64.ln() + 0.25_f64.ln() + 0.625_f64.ln()) / 4.0;
        assert!((loss - want).abs() < 1e-6, "{loss}");
        let sure = log_loss(&probabilities(), &[0, 0, 1, 0]);
        assert!(sure.is_finite() && sure > 3.0);
        assert!(log_loss(&Tensor::zeros([0, 2]), &[]).is_nan());
    }

    #[test]
    fn the_calibration_error_weighs_the_gaps_of_its_bins() {
        let p = probabilities();
        // In (0.6, 0.8]: 0.625 right and 0.75 wrong; in (0.8, 1]: 0.9 and 1, both right.
        let error = expected_calibration_error(&p, &[0, 1, 1, 1], 5);
        assert!((error - (0.375 + 0.1) / 4.0).abs() < 1e-6, "{error}");
        // In one bin: three right of four, and probabilities of 3.275.
        let error = expected_calibration_error(&p, &[0, 1, 1, 1], 1);
        assert!((error - 0.275 / 4.0).abs() < 1e-6, "{error}");
    }
}
