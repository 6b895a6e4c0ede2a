//! A figure over several seeds.

use serde::{Deserialize, Serialize};

/// Mean, sample standard deviation and the values themselves, in the order of the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation (divided by n - 1); 0 for a single seed.
    pub std: f64,
    /// One value a seed.
    pub per_seed: Vec<f64>,
}

impl Summary {
    /// Sums up the values of the seeds.
    ///
    /// # Panics
    /// Without any value.
    #[track_caller]
    pub fn of(per_seed: Vec<f64>) -> Self {
        assert!(!per_seed.is_empty(), "a summary of no values");
        let n = per_seed.len() as f64;
        let mean = per_seed.iter().sum::<f64>() / n;
        let square = per_seed.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let std = if per_seed.len() > 1 { (square / (n - 1.0)).sqrt() } else { 0.0 };
        Summary { mean, std, per_seed }
    }

    /// The differences to another figure on the same seeds, seed by seed.
    ///
    /// # Panics
    /// If the numbers of seeds differ.
    #[track_caller]
    pub fn minus(&self, other: &Summary) -> Summary {
        assert_eq!(self.per_seed.len(), other.per_seed.len(), "paired figures need the same seeds");
        let pairs = self.per_seed.iter().zip(&other.per_seed);
        Summary::of(pairs.map(|(a, b)| a - b).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_deviation_is_the_samples() {
        let s = Summary::of(vec![1.0, 2.0, 3.0]);
        assert_eq!((s.mean, s.std), (2.0, 1.0));
        assert_eq!(Summary::of(vec![4.0]).std, 0.0);
        assert_eq!(s.minus(&Summary::of(vec![0.0, 2.0, 4.0])).per_seed, [1.0, 0.0, -1.0]);
    }
}
