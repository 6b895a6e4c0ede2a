//! Which class is taken for which.

use super::{expect_labels, predictions};
use std::fmt;
use tensor_autograd::Tensor;

/// Counts of (label, prediction), gathered over any number of batches.
///
/// ```
/// use nn_layers::metrics::ConfusionMatrix;
///
/// let mut seen = ConfusionMatrix::new(2);
/// seen.record(&[0, 0, 0, 1], &[0, 0, 1, 1]);
/// assert_eq!(seen.recall(), [Some(2.0 / 3.0), Some(1.0)]);
/// assert_eq!(seen.accuracy(), 0.75);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// No counts yet.
    pub fn new(classes: usize) -> Self {
        ConfusionMatrix { classes, counts: vec![0; classes * classes] }
    }

    /// The matrix of one batch of logits `[n, classes]`.
    ///
    /// # Panics
    /// If the logits are not `[n, classes]`, the number of labels is not `n`, or a label is no class.
    #[track_caller]
    pub fn of(logits: &Tensor, labels: &[usize]) -> Self {
        expect_labels(logits, labels);
        let predicted = predictions(logits);
        let mut matrix = ConfusionMatrix::new(logits.shape()[1]);
        matrix.record(labels, &predicted);
        matrix
    }

    /// Counts a batch of labels and predictions.
    ///
    /// # Panics
    /// If their numbers differ or one is no class.
    #[track_caller]
    pub fn record(&mut self, labels: &[usize], predicted: &[usize]) {
        assert_eq!(labels.len(), predicted.len(), "as many predictions as labels");
        for (&label, &guess) in labels.iter().zip(predicted) {
            let classes = self.classes;
            assert!(label < classes && guess < classes, "{label} or {guess} of {classes} classes");
            self.counts[label * classes + guess] += 1;
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often class `label` was taken for class `predicted`.
    ///
    /// # Panics
    /// If one of them is no class.
    #[track_caller]
    pub fn count(&self, label: usize, predicted: usize) -> u64 {
        assert!(label < self.classes && predicted < self.classes, "{} classes", self.classes);
        self.counts[label * self.classes + predicted]
    }

    /// All that was counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The share of right predictions, in `0..=1`; NaN if nothing was counted.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|c| self.count(c, c)).sum();
        right as f64 / self.total() as f64
    }

    /// Of every class, the share of its members that were found; `None` for a class without any.
    pub fn recall(&self) -> Vec<Option<f64>> {
        self.shares(|class, other| self.count(class, other))
    }

    /// Of every class, the share of the predictions of it that were right; `None` for a class that
    /// was never predicted.
    pub fn precision(&self) -> Vec<Option<f64>> {
        self.shares(|class, other| self.count(other, class))
    }

    /// Of every class, the harmonic mean of precision and recall, 0 if one of them is 0; `None` for a
    /// class without members that was never predicted.
    pub fn f1(&self) -> Vec<Option<f64>> {
        let f1 = |(precision, recall): (Option<f64>, Option<f64>)| {
            precision.or(recall)?;
            let (p, r) = (precision.unwrap_or(0.0), recall.unwrap_or(0.0));
            Some(if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 })
        };
        self.precision().into_iter().zip(self.recall()).map(f1).collect()
    }

    /// The mean recall of the classes that have members: accuracy when every class counts the same.
    /// NaN if nothing was counted.
    pub fn balanced_accuracy(&self) -> f64 {
        let recall: Vec<f64> = self.recall().into_iter().flatten().collect();
        recall.iter().sum::<f64>() / recall.len() as f64
    }

    fn shares(&self, count: impl Fn(usize, usize) -> u64) -> Vec<Option<f64>> {
        let share = |class| {
            let all: u64 = (0..self.classes).map(|other| count(class, other)).sum();
            (all > 0).then(|| count(class, class) as f64 / all as f64)
        };
        (0..self.classes).map(share).collect()
    }
}

/// A row a label, a column a prediction, and the recall at the end of the row.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.counts.iter().max().copied().unwrap_or(0);
        let width = largest.max(self.classes as u64).to_string().len().max(2);
        write!(f, "{:>8}", "label")?;
        for class in 0..self.classes {
            write!(f, " {class:>width$}")?;
        }
        writeln!(f, "  recall")?;
        for (label, recall) in self.recall().into_iter().enumerate() {
            write!(f, "{label:>8}")?;
            for predicted in 0..self.classes {
                write!(f, " {:>width$}", self.count(label, predicted))?;
            }
            match recall {
                Some(share) => writeln!(f, "  {:5.1}%", 100.0 * share)?,
                None => writeln!(f, "       -")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> ConfusionMatrix {
        let mut seen = ConfusionMatrix::new(3);
        seen.record(&[0, 0, 0, 0, 1], &[0, 0, 0, 1, 1]);
        seen.record(&[1], &[0]);
        seen
    }

    #[test]
    fn shares_are_by_row_and_by_column() {
        let seen = matrix();
        assert_eq!((seen.count(0, 1), seen.count(1, 0), seen.total()), (1, 1, 6));
        assert_eq!(seen.recall(), [Some(0.75), Some(0.5), None]);
        assert_eq!(seen.precision(), [Some(0.75), Some(0.5), None]);
        assert_eq!(seen.f1(), [Some(0.75), Some(0.5), None]);
        assert_eq!(seen.balanced_accuracy(), 0.625);
        assert_eq!(seen.accuracy(), 4.0 / 6.0);
    }

    #[test]
    fn f1_is_the_harmonic_mean_and_0_where_nothing_was_right() {
        let mut seen = ConfusionMatrix::new(3);
        seen.record(&[0, 0, 0, 1, 2], &[0, 1, 1, 1, 0]);
        // Precision 1/2, 1/3, none; recall 1/3, 1, 0.
        assert_eq!(seen.f1(), [Some(0.4), Some(0.5), Some(0.0)]);
    }

    #[test]
    fn logits_are_counted_by_their_largest() {
        let logits = Tensor::new([3, 2], vec![1.0, 0.0, 0.0, 1.0, 2.0, 1.0]);
        let seen = ConfusionMatrix::of(&logits, &[0, 1, 1]);
        assert_eq!(seen.counts, [1, 0, 1, 1]);
        assert_eq!(seen.accuracy(), super::super::accuracy(&logits, &[0, 1, 1]));
    }

    #[test]
    fn the_table_has_a_row_a_label() {
        let want = "   label  0  1  2  recall
       0  3  1  0   75.0%
       1  1  1  0   50.0%
       2  0  0  0       -
";
        assert_eq!(matrix().to_string(), want);
    }
}
