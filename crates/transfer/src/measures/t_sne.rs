//! A picture of features that keeps neighbours together (van der Maaten and Hinton, 2008).

use super::principal_plane;
use tensor_autograd::kernels::parallel;
use tensor_autograd::{Real, Tensor};

/// t-SNE in two dimensions, exact: time and memory grow with the square of the samples, so it is for
/// some thousands of them.
///
/// With `p_{j|i} ∝ exp(-‖x_i - x_j‖² / 2σ_i²)`, σ_i such that its perplexity is the one asked for,
/// `p_ij = (p_{j|i} + p_{i|j}) / 2n` and `q_ij ∝ 1 / (1 + ‖y_i - y_j‖²)`, gradient descent on
/// `KL(P‖Q)`. It starts from the principal plane, scaled to deviation 10⁻⁴, and draws nothing at
/// random: the same features give the same picture, to the bit, on any number of threads.
/// Distances within a cluster and who is whose neighbour mean something; the size of clusters and
/// the distance between them do not.
///
/// ```
/// use transfer::measures::TSne;
/// # use tensor_autograd::{Real, Tensor};
/// # let features = Tensor::from_fn([12, 3], |i| (i * i % 7) as Real);
/// let plane = TSne::default().perplexity(4.0).iterations(50).fit(&features); // [n, 2]
/// ```
#[derive(Clone, Debug)]
pub struct TSne {
    perplexity: f64,
    iterations: usize,
}

/// How many of the first iterations see P enlarged, and by how much, which lets clusters form.
const EXAGGERATED: usize = 250;
const EXAGGERATION: f64 = 12.0;

impl Default for TSne {
    fn default() -> Self {
        TSne { perplexity: 30.0, iterations: 1000 }
    }
}

impl TSne {
    /// About how many neighbours each sample has: 30, and no more than a third of the samples.
    pub fn perplexity(mut self, perplexity: f64) -> Self {
        self.perplexity = perplexity;
        self
    }

    /// Steps of gradient descent: 1000.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// The samples in the plane, `[n, 2]`.
    ///
    /// # Panics
    /// If `features` is not `[n, d]`, or the perplexity is not at least 1.
    #[track_caller]
    pub fn fit(&self, features: &Tensor) -> Tensor {
        assert!(self.perplexity >= 1.0, "a perplexity of {} is below 1", self.perplexity);
        let n = features.shape()[0];
        let mut y = start(features);
        if n > 3 {
            let p = joint(features, self.perplexity.min((n - 1) as f64 / 3.0));
            self.descend(&p, &mut y);
        }
        Tensor::from_fn([n, 2], |i| y[i / 2][i % 2] as Real)
    }

    /// Gradient descent with momentum and a gain for each coordinate (Jacobs, 1988), as the paper
    /// has it; the learning rate grows with the samples (Belkina et al., 2019).
    fn descend(&self, p: &[f64], y: &mut [[f64; 2]]) {
        let n = y.len();
        let lr = (n as f64 / EXAGGERATION / 4.0).max(50.0);
        let (mut velocity, mut gains) = (vec![[0.0; 2]; n], vec![[1.0_f64; 2]; n]);
        for iteration in 0..self.iterations {
            let early = iteration < EXAGGERATED;
            let (factor, momentum) = if early { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
            let gradient = gradient(p, factor, y);
            for i in 0..n {
                for k in 0..2 {
                    let (g, v, gain) = (gradient[i][k], &mut velocity[i][k], &mut gains[i][k]);
                    let same = (g > 0.0) == (*v > 0.0);
                    *gain = if same { (*gain * 0.8).max(0.01) } else { *gain + 0.2 };
                    *v = momentum * *v - lr * *gain * g;
                    y[i][k] += *v;
                }
            }
            centre(y);
        }
    }
}

/// The principal plane with the deviation of its first axis 10⁻⁴. A plane that is a line gets a
/// little width, or the gradient would never leave it.
fn start(features: &Tensor) -> Vec<[f64; 2]> {
    let plane = principal_plane(features);
    let mut y: Vec<[f64; 2]> =
        plane.as_slice().chunks_exact(2).map(|row| [row[0], row[1]].map(f64::from)).collect();
    centre(&mut y);
    let variance = y.iter().map(|y| y[0] * y[0]).sum::<f64>() / y.len().max(1) as f64;
    let scale = if variance > 0.0 { 1e-4 / variance.sqrt() } else { 0.0 };
    for (i, y) in y.iter_mut().enumerate() {
        let width = ((i + 1) as f64 * 0.618_033_988_75).fract() - 0.5;
        *y = [y[0] * scale, y[1] * scale + 1e-6 * width];
    }
    y
}

fn centre(y: &mut [[f64; 2]]) {
    for k in 0..2 {
        let mean = y.iter().map(|y| y[k]).sum::<f64>() / y.len().max(1) as f64;
        y.iter_mut().for_each(|y| y[k] -= mean);
    }
}

/// P as a matrix of rows, its sum 1.
fn joint(features: &Tensor, perplexity: f64) -> Vec<f64> {
    let (n, d) = (features.shape()[0], features.shape()[1]);
    let row = |i: usize| &features.as_slice()[i * d..(i + 1) * d];
    let conditional = parallel::collect(n, n * n * d, |i| {
        let squared = |j: usize| {
            let pairs = row(i).iter().zip(row(j));
            pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>()
        };
        let distances: Vec<f64> = (0..n).map(squared).collect();
        neighbours(&distances, i, perplexity)
    });
    let mut p = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            p[i * n + j] = (conditional[i][j] + conditional[j][i]) / (2 * n) as f64;
        }
    }
    p
}

/// `p_{j|i}` for all j, from the squared distances of sample i: bisection on `β = 1 / 2σ²` until the
/// entropy is the logarithm of the perplexity.
fn neighbours(distances: &[f64], i: usize, perplexity: f64) -> Vec<f64> {
    // The nearest one's distance is taken off all of them, which changes no share and keeps the
    // largest exponential at 1.
    let others = || distances.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, d)| *d);
    let nearest = others().fold(f64::INFINITY, f64::min);
    let shares = |beta: f64| {
        let share =
            |(j, d): (usize, &f64)| if j == i { 0.0 } else { (-(d - nearest) * beta).exp() };
        distances.iter().enumerate().map(share).collect::<Vec<f64>>()
    };
    let mean = others().sum::<f64>() / (distances.len() - 1) as f64 - nearest;
    let mut beta = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    let (mut low, mut high) = (0.0, f64::INFINITY);
    for _ in 0..60 {
        let shares = shares(beta);
        let sum: f64 = shares.iter().sum();
        let weighted: f64 = shares.iter().zip(distances).map(|(s, d)| s * (d - nearest)).sum();
        let off = sum.ln() + beta * weighted / sum - perplexity.ln();
        if off.abs() < 1e-5 {
            break;
        }
        if off > 0.0 {
            low = beta;
            beta = if high.is_finite() { (low + high) / 2.0 } else { beta * 2.0 };
        } else {
            high = beta;
            beta = (low + high) / 2.0;
        }
    }
    let mut shares = shares(beta);
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|s| *s /= sum);
    shares
}

/// `∂KL/∂y_i = 4 Σ_j (c p_ij - q_ij) (y_i - y_j) / (1 + ‖y_i - y_j‖²)`, `c` the exaggeration: one
/// pass over the pairs gives both sums, and the sum that normalises Q.
fn gradient(p: &[f64], exaggeration: f64, y: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let n = y.len();
    let rows = parallel::collect(n, 8 * n * n, |i| {
        let (mut near, mut far, mut sum) = ([0.0; 2], [0.0; 2], 0.0);
        for (j, p) in p[i * n..(i + 1) * n].iter().enumerate() {
            let d = [y[i][0] - y[j][0], y[i][1] - y[j][1]];
            let w = 1.0 / (1.0 + d[0] * d[0] + d[1] * d[1]);
            for k in 0..2 {
                near[k] += p * w * d[k];
                far[k] += w * w * d[k];
            }
            sum += w;
        }
        (near, far, sum - 1.0) // without itself
    });
    let z: f64 = rows.iter().map(|(_, _, sum)| sum).sum();
    let both = |(near, far, _): &([f64; 2], [f64; 2], f64)| {
        [0, 1].map(|k| 4.0 * (exaggeration * near[k] - far[k] / z))
    };
    rows.iter().map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Rng;
    use tensor_autograd::kernels::parallel::with_num_threads;

    /// Three clouds of twenty samples in five dimensions, of other widths.
    fn clouds() -> Tensor {
        let mut rng = Rng::seed(4);
        Tensor::from_fn([60, 5], |i| {
            let cloud = i / 100;
            let centre = if i % 5 == cloud { 20.0 } else { 0.0 };
            centre + rng.normal() * (1 + cloud) as Real
        })
    }

    #[test]
    fn every_sample_has_as_many_neighbours_as_were_asked_for() {
        let x = clouds();
        let row = |i: usize| &x.as_slice()[i * 5..(i + 1) * 5];
        for i in [0, 25, 59] {
            let squared =
                |j| row(i).iter().zip(row(j)).map(|(a, b)| f64::from(a - b).powi(2)).sum();
            let distances: Vec<f64> = (0..60).map(squared).collect();
            let p = neighbours(&distances, i, 12.0);
            let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            assert!((entropy.exp() - 12.0).abs() < 1e-3, "{}", entropy.exp());
            assert_eq!(p[i], 0.0);
        }
        let p = joint(&x, 12.0);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((0..60).all(|i| (0..60).all(|j| p[i * 60 + j] == p[j * 60 + i])));
        // Samples that are all alike have no nearest ones: every other is as near.
        let alike = neighbours(&[3.0; 5], 2, 2.0);
        assert_eq!(alike, [0.25, 0.25, 0.0, 0.25, 0.25]);
    }

    /// The divergence that is to fall, from its definition.
    fn divergence(p: &[f64], y: &[[f64; 2]]) -> f64 {
        let n = y.len();
        let w = |i: usize, j: usize| {
            1.0 / (1.0 + (y[i][0] - y[j][0]).powi(2) + (y[i][1] - y[j][1]).powi(2))
        };
        let pairs = || (0..n * n).map(|ij| (ij / n, ij % n)).filter(|(i, j)| i != j);
        let z: f64 = pairs().map(|(i, j)| w(i, j)).sum();
        let term = |(i, j): (usize, usize)| p[i * n + j] * (p[i * n + j] * z / w(i, j)).ln();
        pairs().filter(|(i, j)| p[i * n + j] > 0.0).map(term).sum()
    }

    #[test]
    fn the_gradient_is_that_of_the_divergence() {
        let p = joint(&clouds(), 12.0);
        let mut rng = Rng::seed(5);
        let mut y: Vec<[f64; 2]> =
            (0..60).map(|_| [rng.normal(), rng.normal()].map(f64::from)).collect();
        let exact = gradient(&p, 1.0, &y);
        for (i, k) in [(0, 0), (17, 1), (59, 0)] {
            let mut at = |shift: f64| {
                let kept = y[i][k];
                y[i][k] += shift;
                let value = divergence(&p, &y);
                y[i][k] = kept;
                value
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - exact[i][k]).abs() < 1e-7, "{slope} {}", exact[i][k]);
        }
    }

    #[test]
    fn neighbours_stay_neighbours_and_nothing_is_drawn_at_random() {
        let x = clouds();
        let fit = |threads| with_num_threads(threads, || TSne::default().perplexity(12.0).fit(&x));
        let plane = fit(1);
        assert_eq!(plane, fit(3));
        let y: Vec<[f64; 2]> =
            plane.as_slice().chunks_exact(2).map(|p| [p[0], p[1]].map(f64::from)).collect();
        let p = joint(&x, 12.0);
        assert!(divergence(&p, &y) < 0.5 * divergence(&p, &start(&x)));
        // The nearest ten of every sample are of its cloud.
        for i in 0..60 {
            let far = |j: &usize| (y[i][0] - y[*j][0]).powi(2) + (y[i][1] - y[*j][1]).powi(2);
            let mut others: Vec<usize> = (0..60).filter(|j| *j != i).collect();
            others.sort_by(|a, b| far(a).total_cmp(&far(b)));
            assert!(others[..10].iter().all(|j| j / 20 == i / 20), "{i}: {:?}", &others[..10]);
        }
    }

    #[test]
    fn samples_that_are_few_or_alike_have_a_picture_too() {
        for n in [1, 2, 3, 4, 9] {
            let plane = TSne::default().iterations(20).fit(&Tensor::full([n, 3], 2.0));
            assert_eq!(*plane.shape(), [n, 2]);
            assert!(plane.is_finite());
        }
        let line = Tensor::from_fn([30, 1], |i| i as Real);
        assert!(TSne::default().perplexity(5.0).fit(&line).is_finite());
    }
}
