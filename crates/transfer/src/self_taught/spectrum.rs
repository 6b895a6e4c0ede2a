//! The eigenvectors of a covariance: the ground of principal components and of whitening.

use crate::TransferError;
use crate::matrix::{matmul_tn, sizes};
use faer::{Mat, Side};
use tensor_autograd::{Real, Tensor};

/// Rows that are multiplied at once.
const CHUNK: usize = 4096;

/// Mean, variances and directions of a cloud of rows.
pub(super) struct Spectrum {
    /// `[d]`.
    pub(super) mean: Vec<f64>,
    /// Variances, the largest first.
    pub(super) variances: Vec<f64>,
    /// Direction `i` is `directions[i]`, of length 1, its largest element positive.
    pub(super) directions: Vec<Vec<f64>>,
}

impl Spectrum {
    /// Of the rows of `x`, `[n, d]`, called `name` in errors.
    ///
    /// # Errors
    /// If the rows do not vary.
    pub(super) fn of(x: &Tensor, name: &str) -> Result<Self, TransferError> {
        let [n, d] = sizes(x);
        let mut mean = vec![0.0; d];
        for row in x.as_slice().chunks_exact(d) {
            mean.iter_mut().zip(row).for_each(|(m, v)| *m += f64::from(*v) / n as f64);
        }
        let mut covariance = vec![0.0; d * d];
        for rows in x.as_slice().chunks(CHUNK * d) {
            let centred = Tensor::from_fn([rows.len() / d, d], |i| {
                (f64::from(rows[i]) - mean[i % d]) as Real
            });
            let square = matmul_tn(&centred, &centred);
            covariance.iter_mut().zip(square.as_slice()).for_each(|(c, s)| *c += f64::from(*s));
        }
        let covariance = Mat::from_fn(d, d, |i, j| {
            0.5 * (covariance[i * d + j] + covariance[j * d + i]) / n as f64
        });
        let unsuitable = |problem: &str| TransferError::Unsuitable {
            data: name.into(),
            problem: problem.into(),
            remedy: "give samples that differ from one another",
        };
        let eigen = covariance
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| unsuitable("its covariance has no eigenvectors that can be found"))?;
        let (values, vectors) = (eigen.S().column_vector(), eigen.U());
        // The largest comes last there.
        let variances: Vec<f64> = (0..d).rev().map(|i| values[i].max(0.0)).collect();
        if variances[0] <= 1e-12 {
            return Err(unsuitable("its samples do not vary, there is no direction to learn"));
        }
        let direction = |i| {
            let v: Vec<f64> = (0..d).map(|j| vectors[(j, i)]).collect();
            let largest = v.iter().fold(0.0, |m: f64, x| if x.abs() > m.abs() { *x } else { m });
            v.into_iter().map(|x| if largest < 0.0 { -x } else { x }).collect()
        };
        Ok(Spectrum { mean, variances, directions: (0..d).rev().map(direction).collect() })
    }

    /// The first `k` directions as a matrix `[d, k]`, scaled by `scale` of their variances, and
    /// minus what the mean becomes, `[k]`: `x·matrix + shift` is what `x - mean` becomes.
    pub(super) fn projection(&self, k: usize, scale: impl Fn(f64) -> f64) -> (Tensor, Vec<Real>) {
        let d = self.mean.len();
        let scale: Vec<f64> = self.variances[..k].iter().map(|v| scale(*v)).collect();
        let matrix =
            Tensor::from_fn([d, k], |i| (self.directions[i % k][i / k] * scale[i % k]) as Real);
        (matrix.clone(), self.shift(&matrix))
    }

    /// **ZCA whitening**, `V (Λ + ε)^-½ Vᵀ`: unit variance in every direction while staying as near
    /// to the inputs as can be (Bell and Sejnowski, 1997). `ε` keeps directions of noise small.
    pub(super) fn whitening(&self, epsilon: f64) -> (Tensor, Vec<Real>) {
        let d = self.mean.len();
        let mut matrix = vec![0.0; d * d];
        for (v, variance) in self.directions.iter().zip(&self.variances) {
            let scale = 1.0 / (variance + epsilon).sqrt();
            for i in 0..d {
                (0..d).for_each(|j| matrix[i * d + j] += v[i] * scale * v[j]);
            }
        }
        let matrix = Tensor::from_fn([d, d], |i| matrix[i] as Real);
        let shift = self.shift(&matrix);
        (matrix, shift)
    }

    fn shift(&self, matrix: &Tensor) -> Vec<Real> {
        let k = sizes(matrix)[1];
        let along = |j: usize| {
            let column = matrix.as_slice().iter().skip(j).step_by(k);
            column.zip(&self.mean).map(|(a, m)| f64::from(*a) * m).sum::<f64>()
        };
        (0..k).map(|j| -along(j) as Real).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::matmul;
    use tensor_autograd::Rng;

    fn cloud() -> Tensor {
        let mut rng = Rng::seed(1);
        let (a, b) = (
            Tensor::normal([400, 1], 0.0, 3.0, &mut rng),
            Tensor::normal([400, 1], 0.0, 1.0, &mut rng),
        );
        Tensor::from_fn([400, 3], |i| {
            let (a, b) = (a.as_slice()[i / 3], b.as_slice()[i / 3]);
            [0.6 * a - 0.8 * b + 5.0, 0.8 * a + 0.6 * b, 0.1 * (a + b)][i % 3]
        })
    }

    fn apply(x: &Tensor, (matrix, shift): &(Tensor, Vec<Real>)) -> Tensor {
        let mut y = matmul(x, matrix);
        for row in y.make_mut().chunks_exact_mut(shift.len()) {
            row.iter_mut().zip(shift).for_each(|(y, s)| *y += s);
        }
        y
    }

    #[test]
    fn components_are_uncorrelated_and_in_order() {
        let x = cloud();
        let spectrum = Spectrum::of(&x, "cloud").unwrap();
        assert!((spectrum.variances[0].sqrt() - 3.0).abs() < 0.3, "{:?}", spectrum.variances);
        let y = apply(&x, &spectrum.projection(2, |_| 1.0));
        let c = Spectrum::of(&y, "projected").unwrap();
        for i in 0..2 {
            assert!(c.mean[i].abs() < 1e-4 && (c.directions[i][i] - 1.0).abs() < 1e-3);
            assert!((c.variances[i] / spectrum.variances[i] - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn whitened_rows_have_unit_covariance_and_stay_where_they_were() {
        let x = apply(&cloud(), &Spectrum::of(&cloud(), "").unwrap().projection(2, |_| 1.0));
        let whitening = Spectrum::of(&x, "").unwrap().whitening(0.0);
        let white = Spectrum::of(&apply(&x, &whitening), "").unwrap();
        assert!(white.variances.iter().all(|v| (v - 1.0).abs() < 1e-3), "{:?}", white.variances);
        // ZCA is symmetric: it turns nothing.
        let w = whitening.0.as_slice();
        assert!((w[1] - w[2]).abs() < 1e-5);
    }

    #[test]
    fn constant_data_cannot_be_whitened() {
        let error = Spectrum::of(&Tensor::full([9, 4], 0.3), "grey").err().unwrap().to_string();
        assert!(error.starts_with("grey: its samples do not vary"), "{error}");
    }
}
