//! Nearest signature: attributes by ridge regression, then the class whose signature has the most
//! similar direction.
//!
//! **W = (XᵀX + γ I)⁻¹ Xᵀ S**, with a sample in each row of X and the signature of its class in the
//! same row of S; the score of a class is the cosine of xᵀ W and its signature.

use super::matrix::{Mat, of_labels, symmetric_eigen};

/// All that does not depend on γ.
#[derive(Clone, Debug)]
pub struct Prepared {
    samples: (Vec<f64>, Mat<f64>),
    middle: Mat<f64>,
}

impl Prepared {
    /// # Shapes
    /// `x` is `[n, d]`, `signatures` `[seen, k]`; a label is a row of them.
    pub fn new(x: &Mat<f64>, labels: &[usize], signatures: &Mat<f64>) -> Self {
        let samples = symmetric_eigen(&(x.transpose() * x));
        let middle = samples.1.transpose() * (x.transpose() * of_labels(signatures, labels));
        Prepared { samples, middle }
    }

    /// W, `[d, k]`, for a positive γ.
    pub fn solve(&self, gamma: f64) -> Mat<f64> {
        let (d, q) = &self.samples;
        let middle = Mat::from_fn(d.len(), self.middle.ncols(), |i, j| {
            self.middle[(i, j)] / (d[i].max(0.0) + gamma)
        });
        q * middle
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{largest, normal};
    use super::*;
    use tensor_autograd::Rng;

    #[test]
    fn the_normal_equations_hold() {
        let rng = &mut Rng::seed(1);
        let (x, signatures) = (normal(20, 5, rng), normal(3, 4, rng));
        let labels: Vec<usize> = (0..20).map(|i| i % 3).collect();
        let w = Prepared::new(&x, &labels, &signatures).solve(0.2);
        let s = of_labels(&signatures, &labels);
        let left = x.transpose() * (&x * &w) + &w * faer::Scale(0.2);
        assert!(largest(&(left - x.transpose() * s)) < 1e-8);
    }
}
