//! Matrices of 64-bit numbers for the closed forms, a sample or a class in each row.

use faer::Side;
use tensor_autograd::Tensor;

pub use faer::Mat;

/// A matrix of a tensor `[n, d]`.
///
/// # Panics
/// If it has another rank.
#[track_caller]
pub fn matrix(tensor: &Tensor) -> Mat<f64> {
    let shape = tensor.shape();
    assert_eq!(shape.rank(), 2, "matrix: a tensor of shape {shape}");
    let (width, values) = (shape[1], tensor.as_slice());
    Mat::from_fn(shape[0], width, |i, j| f64::from(values[i * width + j]))
}

/// These rows, in this order.
pub(super) fn select_rows(m: &Mat<f64>, rows: &[usize]) -> Mat<f64> {
    Mat::from_fn(rows.len(), m.ncols(), |i, j| m[(rows[i], j)])
}

/// Each row divided by its length; a row of zeros stays.
pub(super) fn unit_rows(m: &Mat<f64>) -> Mat<f64> {
    let length = |i| (0..m.ncols()).map(|j| m[(i, j)] * m[(i, j)]).sum::<f64>().sqrt();
    let lengths: Vec<f64> = (0..m.nrows()).map(length).collect();
    let by = |i: usize| if lengths[i] > 0.0 { lengths[i] } else { 1.0 };
    Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] / by(i))
}

/// The cosine of the angle between each row of `a` `[n, k]` and each of `b` `[m, k]`; 0 where a row
/// is 0.
pub(super) fn cosines(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    unit_rows(a) * unit_rows(b).transpose()
}

/// **A = Q · diag(d) · Qᵀ** of a symmetric matrix: `(d, Q)`.
pub(super) fn symmetric_eigen(a: &Mat<f64>) -> (Vec<f64>, Mat<f64>) {
    let eigen = a.self_adjoint_eigen(Side::Lower).expect("the numbers are finite");
    let d = eigen.S().column_vector();
    ((0..a.nrows()).map(|i| d[i]).collect(), eigen.U().to_owned())
}

/// The column of the largest value of each row, the first of equals.
pub(super) fn argmax_rows(m: &Mat<f64>) -> Vec<usize> {
    let best =
        |i| (0..m.ncols()).fold(0, |best, j| if m[(i, j)] > m[(i, best)] { j } else { best });
    (0..m.nrows()).map(best).collect()
}

/// The signature of each sample's class, `[n, attributes]`.
pub(super) fn of_labels(signatures: &Mat<f64>, labels: &[usize]) -> Mat<f64> {
    select_rows(signatures, labels)
}

/// The largest absolute value.
#[cfg(test)]
pub(super) fn largest(m: &Mat<f64>) -> f64 {
    let at = |j| (0..m.nrows()).map(move |i| (i, j));
    (0..m.ncols()).flat_map(at).fold(0.0, |l, (i, j)| l.max(m[(i, j)].abs()))
}

/// Normal draws.
#[cfg(test)]
pub(super) fn normal(n: usize, d: usize, rng: &mut tensor_autograd::Rng) -> Mat<f64> {
    Mat::from_fn(n, d, |_, _| f64::from(rng.normal()))
}

/// Features brought to a scale on which one range of penalties serves all data: the mean of each
/// column is subtracted, and all are divided by one number so that the mean squared length of a
/// sample is 1.
#[derive(Clone, Debug)]
pub struct Centring {
    pub(super) mean: Vec<f64>,
    pub(super) scale: f64,
}

impl Centring {
    /// Measures `x`, `[n, d]`: samples of the seen classes.
    pub fn fit(x: &Mat<f64>) -> Self {
        let n = x.nrows().max(1) as f64;
        let mean: Vec<f64> =
            (0..x.ncols()).map(|j| (0..x.nrows()).map(|i| x[(i, j)]).sum::<f64>() / n).collect();
        let column = |j: usize| (0..x.nrows()).map(|i| (x[(i, j)] - mean[j]).powi(2)).sum::<f64>();
        let square = (0..x.ncols()).map(column).sum::<f64>() / n;
        // Constant features stay 0 rather than be divided by nothing.
        let scale = if square > 0.0 { 1.0 / square.sqrt() } else { 1.0 };
        Centring { mean, scale }
    }

    /// Centred and scaled features.
    pub fn apply(&self, x: &Mat<f64>) -> Mat<f64> {
        Mat::from_fn(x.nrows(), x.ncols(), |i, j| (x[(i, j)] - self.mean[j]) * self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Rng;

    #[test]
    fn an_eigendecomposition_gives_the_matrix_back() {
        let x = normal(7, 5, &mut Rng::seed(0));
        let a = x.transpose() * &x;
        let (d, q) = symmetric_eigen(&a);
        let scaled = Mat::from_fn(5, 5, |i, j| q[(i, j)] * d[j]);
        assert!(largest(&(scaled * q.transpose() - &a)) < 1e-12);
    }

    #[test]
    fn centred_samples_have_mean_zero_and_length_one_on_average() {
        let x = normal(50, 4, &mut Rng::seed(1));
        let x = Mat::from_fn(50, 4, |i, j| 3.0 + 7.0 * x[(i, j)]);
        let y = Centring::fit(&x).apply(&x);
        for j in 0..4 {
            assert!((0..50).map(|i| y[(i, j)]).sum::<f64>().abs() < 1e-12);
        }
        let square: f64 = (0..50).map(|i| (0..4).map(|j| y[(i, j)].powi(2)).sum::<f64>()).sum();
        assert!((square / 50.0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn cosines_do_not_see_length_and_survive_zero() {
        let a = Mat::from_fn(2, 2, |i, j| if i == 0 { [3.0, 4.0][j] } else { 0.0 });
        let b = Mat::from_fn(1, 2, |_, j| [30.0, 40.0][j]);
        let c = cosines(&a, &b);
        assert!((c[(0, 0)] - 1.0).abs() < 1e-15 && c[(1, 0)] == 0.0);
    }
}
