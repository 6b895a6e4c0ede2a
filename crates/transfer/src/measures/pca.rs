//! The two directions in which features vary most.

use tensor_autograd::{Real, Tensor};

/// Iterations of the subspace method; the picture does not change after a few dozen.
const ROUNDS: usize = 100;

/// The rows projected on their first two principal components, `[n, 2]`.
///
/// The components come from orthogonal iteration on the covariance; each one's sign is such that
/// its largest weight is positive, so that the same features always give the same picture.
///
/// # Shapes
/// `[n, d]`; with a single column the second coordinate is 0.
///
/// # Panics
/// If `features` has not two axes.
#[track_caller]
pub fn principal_plane(features: &Tensor) -> Tensor {
    let shape = features.shape();
    assert_eq!(shape.rank(), 2, "principal_plane needs [n, d], got {shape}");
    let (n, d) = (shape[0], shape[1]);
    let mut rows: Vec<f64> = features.as_slice().iter().map(|&x| f64::from(x)).collect();
    for j in 0..d {
        let mean = rows.iter().skip(j).step_by(d).sum::<f64>() / n.max(1) as f64;
        rows.iter_mut().skip(j).step_by(d).for_each(|x| *x -= mean);
    }
    // A start that is not orthogonal to anything in particular.
    let start = |k: usize| (0..d).map(move |j| ((j * 7 + k * 3 + 1) as f64 * 0.618).fract() - 0.5);
    let mut axes: [Vec<f64>; 2] = [start(0).collect(), start(1).collect()];
    for _ in 0..ROUNDS {
        for axis in &mut axes {
            let mut next = vec![0.0; d];
            for row in rows.chunks_exact(d.max(1)) {
                let along: f64 = row.iter().zip(axis.iter()).map(|(x, a)| x * a).sum();
                next.iter_mut().zip(row).for_each(|(n, x)| *n += along * x);
            }
            *axis = next;
        }
        let [first, second] = &mut axes;
        normalize(first, 0.0);
        let rounding = 1e-9 * norm(second);
        let along: f64 = first.iter().zip(second.iter()).map(|(a, b)| a * b).sum();
        second.iter_mut().zip(first.iter()).for_each(|(s, f)| *s -= along * f);
        normalize(second, rounding);
    }
    for axis in &mut axes {
        let largest =
            axis.iter().copied().fold(0.0, |m: f64, x| if x.abs() > m.abs() { x } else { m });
        if largest < 0.0 {
            axis.iter_mut().for_each(|x| *x = -*x);
        }
    }
    Tensor::from_fn([n, 2], |i| {
        let row = &rows[i / 2 * d..(i / 2 + 1) * d];
        row.iter().zip(&axes[i % 2]).map(|(x, a)| x * a).sum::<f64>() as Real
    })
}

fn norm(axis: &[f64]) -> f64 {
    axis.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Gives `axis` length 1. What is no longer than `rounding` is a direction without variance, and
/// becomes 0.
fn normalize(axis: &mut [f64], rounding: f64) {
    let norm = norm(axis);
    axis.iter_mut().for_each(|x| *x = if norm > rounding { *x / norm } else { 0.0 });
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Rng;

    #[test]
    fn a_flat_cloud_is_laid_on_its_plane() {
        let mut rng = Rng::seed(0);
        let points: Vec<(Real, Real)> =
            (0..200).map(|_| (3.0 * rng.normal(), rng.normal())).collect();
        // The plane spanned by (1, 1, 0, 0)/√2 and (0, 0, 1, -1)/√2, away from the origin.
        let h = (0.5 as Real).sqrt();
        let features = Tensor::from_fn([200, 4], |i| {
            let (a, b) = points[i / 4];
            5.0 + [a * h, a * h, b * h, -b * h][i % 4]
        });
        let plane = principal_plane(&features);
        let spread = |k: usize| {
            let xs = plane.as_slice().iter().skip(k).step_by(2);
            (xs.map(|&x| f64::from(x).powi(2)).sum::<f64>() / 200.0).sqrt()
        };
        assert!((spread(0) - 3.0).abs() < 0.3 && (spread(1) - 1.0).abs() < 0.15);
    }

    #[test]
    fn points_on_a_line_have_one_coordinate_at_any_scale() {
        for scale in [1e-8, 1.0, 1e4] {
            let line = Tensor::from_fn([50, 3], |i| scale * ((i / 3) * (i % 3 + 1)) as Real);
            let plane = principal_plane(&line);
            let length = scale * (14.0 as Real).sqrt();
            for (i, point) in plane.as_slice().chunks_exact(2).enumerate() {
                let along = (i as Real - 24.5) * length;
                assert!((point[0] - along).abs() < 1e-4 * length * 25.0, "{scale}: {point:?}");
                assert!(point[1].abs() < 1e-4 * length, "{scale}: {point:?}");
            }
        }
    }

    #[test]
    fn one_column_gives_a_line() {
        let plane = principal_plane(&Tensor::from_fn([3, 1], |i| i as Real));
        assert_eq!(plane.as_slice(), [-1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
