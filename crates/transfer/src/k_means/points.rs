//! What k-means asks of its points, dense or sparse.

use crate::Counts;
use tensor_autograd::kernels::{gemm, parallel};
use tensor_autograd::{Real, Tensor};

/// Rows of numbers that can be compared with centroids `[k, width]`.
pub(super) trait Points: Sync {
    fn len(&self) -> usize;
    fn width(&self) -> usize;
    /// The nearest centroid of each point, the first of those equally near.
    fn nearest(&self, centroids: &[f64]) -> Vec<usize>;
    /// ‖x - c‖² of each point and its own centroid.
    fn distances(&self, centroids: &[f64], assignments: &[usize]) -> Vec<f64>;
    /// Adds point `i` to `sum`.
    fn add(&self, i: usize, sum: &mut [f64]);
}

/// Rows of a tensor.
pub(super) struct Dense<'a> {
    values: &'a [Real],
    width: usize,
}

/// Points whose products with the centroids are in memory at one time.
const ROWS: usize = 4096;

impl<'a> Dense<'a> {
    #[track_caller]
    pub(super) fn new(points: &'a Tensor) -> Self {
        let shape = points.shape();
        assert_eq!(shape.rank(), 2, "k-means needs [n, d], got {shape}");
        assert!(shape[1] > 0, "k-means needs columns, got {shape}");
        Dense { values: points.as_slice(), width: shape[1] }
    }

    fn row(&self, i: usize) -> &[Real] {
        &self.values[i * self.width..(i + 1) * self.width]
    }
}

impl Points for Dense<'_> {
    fn len(&self) -> usize {
        self.values.len() / self.width
    }

    fn width(&self) -> usize {
        self.width
    }

    /// By ‖x - c‖² = ‖x‖² - 2 x·c + ‖c‖²: nearly all of it is one matrix product.
    fn nearest(&self, centroids: &[f64]) -> Vec<usize> {
        let (d, k) = (self.width, centroids.len() / self.width);
        let half_norms = half_norms(centroids, d);
        let centroids: Vec<Real> = centroids.iter().map(|&x| x as Real).collect();
        let mut products = vec![0.0; ROWS * k];
        let mut nearest = Vec::with_capacity(self.len());
        for rows in self.values.chunks(ROWS * d) {
            let n = rows.len() / d;
            let products = &mut products[..n * k];
            gemm::matmul_nt(products, n, d, k, rows, &centroids);
            nearest.extend(products.chunks_exact(k).map(|dots| {
                let gap = |c: usize| half_norms[c] - f64::from(dots[c]);
                first_least(k, gap)
            }));
        }
        nearest
    }

    fn distances(&self, centroids: &[f64], assignments: &[usize]) -> Vec<f64> {
        parallel::collect(self.len(), self.values.len(), |i| {
            let centroid = &centroids[assignments[i] * self.width..][..self.width];
            self.row(i).iter().zip(centroid).map(|(&x, c)| (f64::from(x) - c).powi(2)).sum()
        })
    }

    fn add(&self, i: usize, sum: &mut [f64]) {
        sum.iter_mut().zip(self.row(i)).for_each(|(s, &x)| *s += f64::from(x));
    }
}

impl Points for Counts {
    fn len(&self) -> usize {
        self.rows()
    }

    fn width(&self) -> usize {
        self.cols()
    }

    fn nearest(&self, centroids: &[f64]) -> Vec<usize> {
        let (d, k) = (self.cols(), centroids.len() / self.cols());
        let half_norms = half_norms(centroids, d);
        let nearest =
            |i: usize| first_least(k, |c| half_norms[c] - dot(self, i, &centroids[c * d..]));
        parallel::collect(self.rows(), self.stored() * k, nearest)
    }

    fn distances(&self, centroids: &[f64], assignments: &[usize]) -> Vec<f64> {
        let d = self.cols();
        let half_norms = half_norms(centroids, d);
        let distance = |i: usize| {
            let c = assignments[i];
            let norm: f64 = self.entries(i).map(|(_, x)| x * x).sum();
            // Rounding may leave less than nothing between a point and itself.
            (norm + 2.0 * (half_norms[c] - dot(self, i, &centroids[c * d..]))).max(0.0)
        };
        parallel::collect(self.rows(), self.stored(), distance)
    }

    fn add(&self, i: usize, sum: &mut [f64]) {
        self.entries(i).for_each(|(j, x)| sum[j] += x);
    }
}

/// ‖c‖² / 2 of every centroid.
fn half_norms(centroids: &[f64], width: usize) -> Vec<f64> {
    centroids.chunks_exact(width).map(|c| c.iter().map(|x| x * x).sum::<f64>() / 2.0).collect()
}

fn dot(points: &Counts, i: usize, centroid: &[f64]) -> f64 {
    points.entries(i).map(|(j, x)| x * centroid[j]).sum()
}

/// The first of `0..k` with the least value.
fn first_least(k: usize, value: impl Fn(usize) -> f64) -> usize {
    let mut best = (0, value(0));
    for c in 1..k {
        let value = value(c);
        if value < best.1 {
            best = (c, value);
        }
    }
    best.0
}
