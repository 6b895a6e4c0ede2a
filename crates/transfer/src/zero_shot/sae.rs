//! The semantic autoencoder (Kodirov, Xiang and Gong, CVPR 2017): one matrix that takes features to
//! signatures, whose transpose takes them back.
//!
//! W minimises ‖X - Wᵀ S‖² + λ ‖W X - S‖² (samples in columns, as in the paper), so that
//!
//! **(S Sᵀ) W + W (λ X Xᵀ) = (1 + λ) S Xᵀ**
//!
//! a Sylvester equation. Both its matrices are symmetric, so two eigendecompositions turn it into a
//! division.

use super::matrix::{Mat, cosines, of_labels, symmetric_eigen};

/// Where features and signatures are compared, by their cosine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Among signatures: W x against s.
    #[default]
    ToSignatures,
    /// Among features: x against Wᵀ s. It has fewer hubs: points that are the nearest of everything.
    ToFeatures,
}

/// All that does not depend on λ.
#[derive(Clone, Debug)]
pub struct Prepared {
    signatures: (Vec<f64>, Mat<f64>),
    samples: (Vec<f64>, Mat<f64>),
    middle: Mat<f64>,
}

impl Prepared {
    /// # Shapes
    /// `x` is `[n, d]`, `signatures` `[seen, k]`; a label is a row of them.
    pub fn new(x: &Mat<f64>, labels: &[usize], signatures: &Mat<f64>) -> Self {
        let s = of_labels(signatures, labels);
        let a = symmetric_eigen(&(s.transpose() * &s));
        let b = symmetric_eigen(&(x.transpose() * x));
        let middle = a.1.transpose() * (s.transpose() * x) * &b.1;
        Prepared { signatures: a, samples: b, middle }
    }

    /// W, `[k, d]`, for a positive λ.
    pub fn solve(&self, lambda: f64) -> Mat<f64> {
        let ((a, p), (b, q)) = (&self.signatures, &self.samples);
        // What neither samples nor signatures reach has the right side 0, and stays 0 in W.
        let (largest_a, largest_b) =
            (a.iter().fold(0.0, |m: f64, x| m.max(*x)), b.iter().fold(0.0, |m: f64, x| m.max(*x)));
        let nothing = 1e-13 * (largest_a + lambda * largest_b);
        let middle = Mat::from_fn(a.len(), b.len(), |i, j| {
            let sum = a[i].max(0.0) + lambda * b[j].max(0.0);
            if sum > nothing { (1.0 + lambda) * self.middle[(i, j)] / sum } else { 0.0 }
        });
        p * middle * q.transpose()
    }
}

/// Scores `[n, classes]` of W for features `[n, d]` and the signatures `[classes, k]`.
pub fn scores(w: &Mat<f64>, x: &Mat<f64>, signatures: &Mat<f64>, direction: Direction) -> Mat<f64> {
    match direction {
        Direction::ToSignatures => cosines(&(x * w.transpose()), signatures),
        Direction::ToFeatures => cosines(x, &(signatures * w)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{argmax_rows, largest, normal};
    use super::*;
    use tensor_autograd::Rng;

    fn residual(w: &Mat<f64>, x: &Mat<f64>, s: &Mat<f64>, lambda: f64) -> f64 {
        let left = s.transpose() * s * w + w * (x.transpose() * x) * faer::Scale(lambda);
        largest(&(left - s.transpose() * x * faer::Scale(1.0 + lambda)))
    }

    #[test]
    fn the_sylvester_equation_holds() {
        let rng = &mut Rng::seed(2);
        let (x, signatures) = (normal(40, 6, rng), normal(5, 4, rng));
        let labels: Vec<usize> = (0..40).map(|i| i % 5).collect();
        let s = of_labels(&signatures, &labels);
        let prepared = Prepared::new(&x, &labels, &signatures);
        for lambda in [0.01, 1.0, 50.0] {
            let w = prepared.solve(lambda);
            assert!(residual(&w, &x, &s, lambda) < 1e-8);
        }
    }

    #[test]
    fn it_holds_where_both_matrices_are_singular() {
        let rng = &mut Rng::seed(4);
        // 3 samples in 6 dimensions, 3 classes of 5 attributes.
        let (x, signatures) = (normal(3, 6, rng), normal(3, 5, rng));
        let prepared = Prepared::new(&x, &[0, 1, 2], &signatures);
        let w = prepared.solve(0.5);
        assert!(residual(&w, &x, &signatures, 0.5) < 1e-8 && largest(&w) < 1e3);
    }

    #[test]
    fn both_directions_find_planted_classes() {
        let rng = &mut Rng::seed(6);
        let (signatures, map) = (normal(8, 6, rng), normal(6, 10, rng));
        let labels: Vec<usize> = (0..80).map(|i| i % 5).collect();
        let noise = normal(80, 10, rng);
        let x = of_labels(&signatures, &labels) * &map + noise * faer::Scale(0.05);
        let w = Prepared::new(&x, &labels, &signatures).solve(1.0);
        for direction in [Direction::ToSignatures, Direction::ToFeatures] {
            let found = argmax_rows(&scores(&w, &x, &signatures, direction));
            assert_eq!(found, labels);
        }
    }
}
