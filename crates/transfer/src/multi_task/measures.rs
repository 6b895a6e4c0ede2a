//! How well a task is done, and what several tasks together have gained.

/// The measures of one task, or of several of one kind taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TaskScore {
    /// Of classes.
    Classes {
        /// The share told right.
        accuracy: f64,
    },
    /// Of numbers.
    Numbers {
        /// The root of the mean squared error, in the labels' units.
        rmse: f64,
        /// **1 - Σ (y - ŷ)² / Σ (y - ȳ)²**, with ȳ the mean of the labels that are scored. Of several
        /// tasks together it is the mean over all of them, so that telling the tasks apart counts:
        /// other papers take each task's own mean, and their figures are smaller.
        explained_variance: f64,
    },
}

impl TaskScore {
    /// The accuracy, or the explained variance; larger is better.
    pub fn value(&self) -> f64 {
        match *self {
            TaskScore::Classes { accuracy } => accuracy,
            TaskScore::Numbers { explained_variance, .. } => explained_variance,
        }
    }

    /// The measure that is compared as a ratio, and its sign: accuracy, or the error, which is to
    /// be small. (The explained variance is a function of the error, and may be 0.)
    fn ratio(&self) -> (f64, f64) {
        match *self {
            TaskScore::Classes { accuracy } => (accuracy, 1.0),
            TaskScore::Numbers { rmse, .. } => (rmse, -1.0),
        }
    }
}

/// From pairs of prediction and label.
pub(super) fn classes_score(pairs: &[(usize, usize)]) -> TaskScore {
    let right = pairs.iter().filter(|(said, label)| said == label).count();
    TaskScore::Classes { accuracy: right as f64 / pairs.len() as f64 }
}

/// From pairs of prediction and label. Of labels that are all equal, nothing can be explained: 0.
pub(super) fn numbers_score(pairs: &[(f64, f64)]) -> TaskScore {
    let n = pairs.len() as f64;
    let mean = pairs.iter().map(|p| p.1).sum::<f64>() / n;
    let error: f64 = pairs.iter().map(|(said, label)| (said - label).powi(2)).sum();
    let total: f64 = pairs.iter().map(|(_, label)| (label - mean).powi(2)).sum();
    let explained_variance = if total > 0.0 { 1.0 - error / total } else { 0.0 };
    TaskScore::Numbers { rmse: (error / n).sqrt(), explained_variance }
}

/// Δ_m (Maninis et al., 2019): the mean over the tasks of the relative gain on the single-task
/// baseline, **(-1)^l (M - M_single) / M_single** with `l` = 1 where smaller is better. The measure
/// is the accuracy, or the root of the mean squared error.
///
/// # Panics
/// If there are not as many of both, or none.
#[track_caller]
pub fn delta_m(method: &[TaskScore], single: &[TaskScore]) -> f64 {
    assert_eq!(method.len(), single.len(), "a baseline for each task");
    assert!(!method.is_empty(), "a mean of no tasks");
    let gain = |(method, single): (&TaskScore, &TaskScore)| {
        let ((m, sign), (base, _)) = (method.ratio(), single.ratio());
        sign * (m - base) / base
    };
    method.iter().zip(single).map(gain).sum::<f64>() / method.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_are_those_of_the_definition() {
        assert_eq!(classes_score(&[(1, 1), (0, 1), (2, 2), (2, 2)]).value(), 0.75);
        // sklearn.metrics: r2_score([1, 2, 3, 6], [1, 2, 4, 4]) and the root of mean_squared_error.
        let pairs = [(1.0, 1.0), (2.0, 2.0), (4.0, 3.0), (4.0, 6.0)];
        let TaskScore::Numbers { rmse, explained_variance } = numbers_score(&pairs) else {
            unreachable!("numbers")
        };
        assert!((rmse - 1.118_033_988_749_895).abs() < 1e-12, "{rmse}");
        assert!((explained_variance - 0.642_857_142_857_142_8).abs() < 1e-12);
        assert_eq!(numbers_score(&[(1.0, 2.0)]).value(), 0.0);
    }

    #[test]
    fn delta_m_counts_a_smaller_error_as_a_gain() {
        let classes = |accuracy| TaskScore::Classes { accuracy };
        let numbers = |rmse| TaskScore::Numbers { rmse, explained_variance: 0.5 };
        let delta = delta_m(&[classes(0.9), numbers(1.8)], &[classes(0.8), numbers(2.0)]);
        assert!((delta - (0.125 + 0.1) / 2.0).abs() < 1e-12, "{delta}");
        assert!(delta_m(&[numbers(3.0)], &[numbers(2.0)]) < 0.0);
    }
}
