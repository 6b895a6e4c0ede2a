//! A picture of neighbourhoods: t-distributed stochastic neighbour embedding.

use super::principal_plane;
use tensor_autograd::{Real, Tensor};

/// Neighbours that a point has, effectively, where there are enough points.
const PERPLEXITY: f64 = 30.0;
/// Steps, and those of them at the beginning in which neighbours attract this much more.
const STEPS: usize = 500;
const EARLY: usize = 125;
const EXAGGERATION: f64 = 12.0;

/// The rows laid out in the plane so that near ones stay near, `[n, 2]`: exact t-SNE (van der Maaten
/// and Hinton, 2008), started from the principal plane (Kobak and Berens, 2019), so that nothing is
/// drawn at random and the same features always give the same picture.
///
/// `p_ij` is the mean of both points' Gaussian neighbourhoods of perplexity 30 (or a third of the
/// points), `q_ij ∝ 1 / (1 + |y_i - y_j|²)`; gradient descent on `KL(p ‖ q)` finds `y`. Distances
/// between far groups, and sizes of groups, mean nothing. It takes time and memory as `n²`: a second
/// or so for 500 rows.
///
/// # Shapes
/// `[n, d]`
///
/// # Panics
/// If `features` has not two axes.
#[track_caller]
pub fn tsne(features: &Tensor) -> Tensor {
    let plane = principal_plane(features);
    let n = features.shape()[0];
    let mut y: Vec<[f64; 2]> =
        plane.as_slice().chunks_exact(2).map(|p| [f64::from(p[0]), f64::from(p[1])]).collect();
    let spread = (y.iter().map(|p| p[0] * p[0]).sum::<f64>() / n.max(1) as f64).sqrt();
    if n < 4 || spread == 0.0 {
        return plane;
    }
    y.iter_mut().flatten().for_each(|x| *x *= 1e-4 / spread);
    let p = affinities(features, PERPLEXITY.min((n - 1) as f64 / 3.0));
    let rate = (n as f64 / EXAGGERATION / 4.0).max(50.0);
    let mut velocity = vec![[0.0; 2]; n];
    let mut gains = vec![[1.0; 2]; n];
    for step in 0..STEPS {
        let (exaggeration, momentum) = if step < EARLY { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let gradient = gradient(&p, &y, exaggeration);
        for i in 0..n {
            for k in 0..2 {
                // Steps grow along a steady slope and shrink where it turns (Jacobs, 1988).
                let (g, v, gain) = (gradient[i][k], &mut velocity[i][k], &mut gains[i][k]);
                *gain = if g * *v < 0.0 { *gain + 0.2 } else { (*gain * 0.8_f64).max(0.01) };
                *v = momentum * *v - rate * *gain * g;
                y[i][k] += *v;
            }
        }
    }
    Tensor::from_fn([n, 2], |i| y[i / 2][i % 2] as Real)
}

/// `p_ij`, `[n, n]` with sum 1: symmetric, zero on the diagonal.
fn affinities(features: &Tensor, perplexity: f64) -> Vec<f64> {
    let (n, d) = (features.shape()[0], features.shape()[1]);
    let row = |i: usize| &features.as_slice()[i * d..(i + 1) * d];
    let mut squares = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..i {
            let parts = row(i).iter().zip(row(j)).map(|(a, b)| f64::from(a - b).powi(2));
            let square = parts.sum::<f64>();
            (squares[i * n + j], squares[j * n + i]) = (square, square);
        }
    }
    let mut p = vec![0.0; n * n];
    for i in 0..n {
        neighbourhood(&squares[i * n..(i + 1) * n], i, perplexity, &mut p[i * n..(i + 1) * n]);
    }
    for i in 0..n {
        for j in 0..i {
            let mean = (p[i * n + j] + p[j * n + i]) / (2 * n) as f64;
            (p[i * n + j], p[j * n + i]) = (mean, mean);
        }
    }
    p
}

/// `p_j|i ∝ exp(-β d²_ij)` with the β, found by bisection, whose entropy is `ln perplexity`.
fn neighbourhood(squares: &[f64], i: usize, perplexity: f64, p: &mut [f64]) {
    // The nearest point has weight 1 whatever β is, so that the sum is never 0.
    let others = || squares.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, d)| *d);
    let nearest = others().fold(f64::INFINITY, f64::min);
    let mean = others().map(|d| d - nearest).sum::<f64>() / (squares.len() - 1) as f64;
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut beta = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    for _ in 0..60 {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for (j, (p, square)) in p.iter_mut().zip(squares).enumerate() {
            let square = square - nearest;
            *p = if j == i { 0.0 } else { (-beta * square).exp() };
            sum += *p;
            weighted += *p * square;
        }
        p.iter_mut().for_each(|p| *p /= sum);
        let entropy = sum.ln() + beta * weighted / sum;
        if entropy > perplexity.ln() {
            low = beta;
            beta = if high.is_finite() { (low + high) / 2.0 } else { beta * 2.0 };
        } else {
            high = beta;
            beta = (low + high) / 2.0;
        }
    }
}

/// `∂KL/∂y_i = 4 Σ_j (e·p_ij - q_ij) w_ij (y_i - y_j)`, where `w_ij = 1 / (1 + |y_i - y_j|²)`,
/// `q = w / Σ w`, and `e` is the exaggeration.
fn gradient(p: &[f64], y: &[[f64; 2]], exaggeration: f64) -> Vec<[f64; 2]> {
    let n = y.len();
    let weight = |a: [f64; 2], b: [f64; 2]| {
        1.0 / (1.0 + (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]))
    };
    let weights: Vec<f64> = y.iter().flat_map(|a| y.iter().map(|b| weight(*a, *b))).collect();
    let total = weights.iter().sum::<f64>() - n as f64; // a point's with itself is 1
    let pull = |(i, a): (usize, &[f64; 2])| {
        let mut sum = [0.0; 2];
        for (j, b) in y.iter().enumerate() {
            let w = weights[i * n + j];
            let force = 4.0 * (exaggeration * p[i * n + j] - w / total) * w;
            sum[0] += force * (a[0] - b[0]);
            sum[1] += force * (a[1] - b[1]);
        }
        sum
    };
    y.iter().enumerate().map(pull).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Rng;

    /// Three clouds in ten dimensions, row `i` of cloud `i % 3`.
    fn clouds(n: usize) -> Tensor {
        let mut rng = Rng::seed(0);
        let noise: Vec<Real> = (0..n * 10).map(|_| rng.normal()).collect();
        Tensor::from_fn([n, 10], |i| {
            let centre = if i % 10 == (i / 10) % 3 { 20.0 } else { 0.0 };
            centre + noise[i]
        })
    }

    #[test]
    fn every_neighbourhood_has_the_perplexity() {
        let n = 60;
        let squares: Vec<f64> = (0..n).map(|j| (j * j) as f64).collect();
        let mut p = vec![0.0; n];
        neighbourhood(&squares, 7, 12.0, &mut p);
        let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
        assert!((entropy.exp() - 12.0).abs() < 1e-6, "{}", entropy.exp());
        assert_eq!(p[7], 0.0);
    }

    #[test]
    fn the_gradient_is_that_of_the_divergence() {
        let p = affinities(&clouds(12), 3.0);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mut rng = Rng::seed(1);
        let mut y: Vec<[f64; 2]> =
            (0..12).map(|_| [(); 2].map(|()| f64::from(rng.normal()))).collect();
        let divergence = |y: &[[f64; 2]]| {
            let w = |i: usize, j: usize| {
                1.0 / (1.0 + (y[i][0] - y[j][0]).powi(2) + (y[i][1] - y[j][1]).powi(2))
            };
            let pairs = || (0..144).filter(|k| k / 12 != k % 12);
            let total: f64 = pairs().map(|k| w(k / 12, k % 12)).sum();
            let term = |k: usize| p[k] * (p[k] / (w(k / 12, k % 12) / total)).ln();
            pairs().map(term).sum::<f64>()
        };
        let gradient = gradient(&p, &y, 1.0);
        for i in 0..12 {
            for k in 0..2 {
                let at = y[i][k];
                let mut side = |h: f64| {
                    y[i][k] = at + h;
                    divergence(&y)
                };
                let slope = (side(1e-5) - side(-1e-5)) / 2e-5;
                y[i][k] = at;
                assert!((slope - gradient[i][k]).abs() < 1e-7, "{slope}, {}", gradient[i][k]);
            }
        }
    }

    #[test]
    fn clouds_stay_together_and_apart() {
        let y = tsne(&clouds(90));
        let at = |i: usize| [y.as_slice()[2 * i], y.as_slice()[2 * i + 1]];
        let square =
            |i: usize, j: usize| (at(i)[0] - at(j)[0]).powi(2) + (at(i)[1] - at(j)[1]).powi(2);
        for i in 0..90 {
            let nearest = (0..90)
                .filter(|j| *j != i)
                .min_by(|a, b| square(i, *a).total_cmp(&square(i, *b)))
                .unwrap();
            assert_eq!(nearest % 3, i % 3, "{i} lies beside {nearest}");
        }
    }

    #[test]
    fn rows_that_are_all_alike_are_one_point() {
        let y = tsne(&Tensor::from_fn([6, 3], |i| (i % 3) as Real));
        assert!(y.as_slice().iter().all(|x| *x == 0.0));
    }
}
