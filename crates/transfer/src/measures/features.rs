//! What the scores of features have in common: features at 64 bits, the examples of each class, and
//! the directions that features vary in.

use faer::{Mat, Side};
use tensor_autograd::Tensor;

/// Features and the classes of their examples.
pub(super) struct ClassedFeatures {
    /// `[n, d]`
    pub(super) features: Mat<f64>,
    /// The rows of each class that has any, by the class's number.
    pub(super) classes: Vec<Vec<usize>>,
}

impl ClassedFeatures {
    /// # Panics
    /// If the numbers of examples and labels differ.
    #[track_caller]
    pub(super) fn new(what: &str, features: &Tensor, labels: &[usize]) -> Self {
        let [n, d] = crate::matrix::sizes(features);
        assert_eq!(n, labels.len(), "{what}: examples and labels");
        let mut classes = vec![Vec::new(); labels.iter().max().map_or(0, |y| y + 1)];
        labels.iter().enumerate().for_each(|(row, y)| classes[*y].push(row));
        classes.retain(|rows| !rows.is_empty());
        let values = features.as_slice();
        let features = Mat::from_fn(n, d, |i, j| f64::from(values[i * d + j]));
        ClassedFeatures { features, classes }
    }

    /// The features, with the mean of each subtracted.
    pub(super) fn centred(&self) -> Mat<f64> {
        let (x, n) = (&self.features, self.features.nrows());
        let mean = |j: usize| (0..n).map(|i| x[(i, j)]).sum::<f64>() / n.max(1) as f64;
        let means: Vec<f64> = (0..x.ncols()).map(mean).collect();
        Mat::from_fn(n, x.ncols(), |i, j| x[(i, j)] - means[j])
    }
}

/// The left singular vectors of a matrix as columns, and its singular values, those that are 0 left
/// out. By the eigenvalues of the smaller of XXᵀ and XᵀX.
pub(super) fn thin(x: &Mat<f64>) -> (Mat<f64>, Vec<f64>) {
    let wide = x.nrows() <= x.ncols();
    let gram = if wide { x * x.transpose() } else { x.transpose() * x };
    let eigen = gram.self_adjoint_eigen(Side::Lower).expect("the numbers are finite");
    let (values, vectors) = (eigen.S().column_vector(), eigen.U());
    let all: Vec<f64> = (0..gram.nrows()).map(|i| values[i]).collect();
    let largest = all.iter().fold(0.0, |l: f64, v| l.max(*v));
    // Squares: what is left of a direction that is none is the rounding of the numbers.
    let least = largest * 1e-10;
    let kept: Vec<usize> = (0..all.len()).filter(|&i| all[i] > least).collect();
    let singular: Vec<f64> = kept.iter().map(|&i| all[i].sqrt()).collect();
    let chosen = Mat::from_fn(gram.nrows(), kept.len(), |i, j| vectors[(i, kept[j])]);
    let left = if wide { chosen } else { x * chosen };
    let by = |j: usize| if wide { 1.0 } else { singular[j] };
    (Mat::from_fn(left.nrows(), kept.len(), |i, j| left[(i, j)] / by(j)), singular)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Eight examples of two features, in three classes.
    pub(in crate::measures) fn eight() -> Tensor {
        let values =
            [1.0, 0.5, 0.8, -0.2, -0.3, 1.1, -1.2, 0.4, 0.1, -0.9, 0.6, 0.7, -0.5, -0.6, 1.4, 0.2];
        Tensor::from_fn([8, 2], |i| values[i] as _)
    }

    /// Their classes.
    pub(in crate::measures) fn labels() -> [usize; 8] {
        [0, 0, 1, 1, 2, 0, 2, 0]
    }

    #[test]
    fn the_directions_give_the_matrix_back_whatever_its_form() {
        let tall = ClassedFeatures::new("test", &eight(), &labels());
        assert_eq!(tall.classes, [vec![0, 1, 5, 7], vec![2, 3], vec![4, 6]]);
        for x in [tall.features.clone(), tall.features.transpose().to_owned()] {
            let (u, singular) = thin(&x);
            assert_eq!(singular.len(), 2);
            // U·Uᵀ is the projection on the columns of X.
            let again = &u * u.transpose() * &x;
            let apart = (0..x.ncols()).flat_map(|j| (0..x.nrows()).map(move |i| (i, j)));
            assert!(apart.map(|at| (again[at] - x[at]).abs()).fold(0.0, f64::max) < 1e-12);
        }
        let flat = Mat::from_fn(5, 3, |i, j| (i * (j + 1)) as f64);
        assert_eq!(thin(&flat).1.len(), 1);
        assert_eq!(thin(&Mat::zeros(3, 2)).1.len(), 0);
    }
}
