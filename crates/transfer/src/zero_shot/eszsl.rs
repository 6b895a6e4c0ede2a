//! ESZSL (Romera-Paredes and Torr, *An embarrassingly simple approach to zero-shot learning*, ICML
//! 2015): a bilinear score xᵀ V s in closed form.
//!
//! **V = (XᵀX + γ I)⁻¹ Xᵀ Y S (SᵀS + λ I)⁻¹**
//!
//! with a sample in each row of X, a seen class in each row of S, and Y saying which is which. The
//! paper codes Y as -1 and +1; the authors' program has 0 and 1.

use super::matrix::{Mat, symmetric_eigen};

/// What stands in Y.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// +1 for the sample's class, -1 for the others: the paper's.
    #[default]
    Signs,
    /// 1 and 0: the authors' program's.
    ZeroOne,
}

/// All that does not depend on γ and λ, so that a grid of them costs little more than one pair.
#[derive(Clone, Debug)]
pub struct Prepared {
    samples: (Vec<f64>, Mat<f64>),
    classes: (Vec<f64>, Mat<f64>),
    /// Xᵀ Y S between the two bases of eigenvectors.
    middle: Mat<f64>,
}

impl Prepared {
    /// # Shapes
    /// `x` is `[n, d]`, `signatures` `[seen, k]`; a label is a row of them.
    pub fn new(x: &Mat<f64>, labels: &[usize], signatures: &Mat<f64>, coding: Coding) -> Self {
        let off = match coding {
            Coding::Signs => -1.0,
            Coding::ZeroOne => 0.0,
        };
        let y = Mat::from_fn(
            x.nrows(),
            signatures.nrows(),
            |i, c| {
                if labels[i] == c { 1.0 } else { off }
            },
        );
        let samples = symmetric_eigen(&(x.transpose() * x));
        let classes = symmetric_eigen(&(signatures.transpose() * signatures));
        let cross = (x.transpose() * y) * signatures;
        let middle = samples.1.transpose() * cross * &classes.1;
        Prepared { samples, classes, middle }
    }

    // ANCHOR: solve
    /// V, `[d, k]`: scores are `X · V · Sᵀ`.
    ///
    /// # Panics
    /// If γ or λ is not positive where the matrix it is added to has no inverse.
    #[track_caller]
    pub fn solve(&self, gamma: f64, lambda: f64) -> Mat<f64> {
        let ((d, q), (e, p)) = (&self.samples, &self.classes);
        let middle = Mat::from_fn(d.len(), e.len(), |i, j| {
            // Eigenvalues that are 0 come out as tiny numbers of either sign.
            self.middle[(i, j)] / ((d[i].max(0.0) + gamma) * (e[j].max(0.0) + lambda))
        });
        let v = q * middle * p.transpose();
        assert!(v[(0, 0)].is_finite(), "ESZSL: singular at gamma {gamma}, lambda {lambda}");
        v
    }
    // ANCHOR_END: solve
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{largest, normal};
    use super::*;
    use faer::Side;
    use faer::prelude::Solve;
    use tensor_autograd::Rng;

    fn data() -> (Mat<f64>, Vec<usize>, Mat<f64>) {
        let rng = &mut Rng::seed(5);
        (normal(30, 6, rng), (0..30).map(|i| (i * 7) % 4).collect(), normal(4, 3, rng))
    }

    fn plus(mut a: Mat<f64>, x: f64) -> Mat<f64> {
        (0..a.nrows()).for_each(|i| a[(i, i)] += x);
        a
    }

    #[test]
    fn the_normal_equations_hold() {
        let (x, labels, s) = data();
        for (coding, off) in [(Coding::Signs, -1.0), (Coding::ZeroOne, 0.0)] {
            let v = Prepared::new(&x, &labels, &s, coding).solve(0.3, 0.7);
            let y = Mat::from_fn(30, 4, |i, c| if labels[i] == c { 1.0 } else { off });
            let left = plus(x.transpose() * &x, 0.3) * v * plus(s.transpose() * &s, 0.7);
            assert!(largest(&(left - x.transpose() * y * &s)) < 1e-8);
        }
    }

    #[test]
    fn with_one_hot_signatures_it_is_ridge_regression() {
        let (x, labels, _) = data();
        let one_hot = Mat::from_fn(4, 4, |i, j| f64::from(u8::from(i == j)));
        let v = Prepared::new(&x, &labels, &one_hot, Coding::ZeroOne).solve(2.0, 0.0);
        let y = Mat::from_fn(30, 4, |i, c| f64::from(u8::from(labels[i] == c)));
        let ridge = plus(x.transpose() * &x, 2.0).llt(Side::Lower).unwrap();
        let ridge = ridge.solve(x.transpose() * y);
        assert!(largest(&(v - ridge)) < 1e-10);
    }

    #[test]
    #[should_panic(expected = "singular at gamma 0")]
    fn no_penalty_on_too_few_samples_is_refused() {
        let (x, labels, s) = data();
        let few = Mat::from_fn(30, 6, |i, j| if j < 3 { x[(i, j)] } else { 0.0 });
        Prepared::new(&few, &labels, &s, Coding::Signs).solve(0.0, 0.0);
    }
}
