//! Random orthogonal matrices.

use ndarray::{Array2, ArrayViewMut1, Axis};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;
use tensor_autograd::{Real, Rng, Shape, Tensor};

/// A weight whose matrix `[shape[0], rest]` has orthonormal rows, or columns if there are more rows
/// than columns, times `gain`; uniform among all such matrices.
///
/// Gram and Schmidt on normal draws: that is the QR factorisation with a positive diagonal of R,
/// whose Q is uniform (Mezzadri, *How to generate random matrices from the classical compact
/// groups*, 2007).
///
/// # Panics
/// If the shape has fewer than two axes or an axis without extent.
#[track_caller]
pub fn orthogonal(shape: impl Into<Shape>, gain: Real, rng: &mut Rng) -> Tensor {
    let shape = shape.into();
    assert!(
        shape.rank() >= 2 && shape.size() > 0,
        "an orthogonal weight needs at least two axes and elements, not {shape}"
    );
    let (rows, columns) = (shape[0], shape.size() / shape[0]);
    // The vectors to make orthonormal are always the rows of `q`: the fewer, longer ones.
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut q: Array2<f64> = Array2::random_using((count, length), StandardNormal, rng);
    for i in 0..count {
        let (done, mut rest) = q.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        // One pass leaves a rounding error times the condition number; a second removes it.
        for _ in 0..2 {
            for other in done.rows() {
                let dot = other.dot(&row);
                row.scaled_add(-dot, &other);
            }
            normalise(&mut row);
        }
    }
    let wide = rows <= columns;
    Tensor::from_fn(shape, |i| {
        let (r, c) = (i / columns, i % columns);
        gain * if wide { q[[r, c]] } else { q[[c, r]] } as Real
    })
}

fn normalise(row: &mut ArrayViewMut1<'_, f64>) {
    let norm = row.dot(row).sqrt();
    *row /= norm;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest deviation of `MᵀM` or `MMᵀ`, whichever is smaller, from `gain²` times identity.
    fn error(t: &Tensor, gain: f64) -> f64 {
        let rows = t.shape()[0];
        let m = Array2::from_shape_fn((rows, t.len() / rows), |(r, c)| {
            f64::from(t.as_slice()[r * (t.len() / rows) + c])
        });
        let gram = if m.nrows() <= m.ncols() { m.dot(&m.t()) } else { m.t().dot(&m) };
        let eye = Array2::<f64>::eye(gram.nrows()) * (gain * gain);
        (gram - eye).iter().fold(0.0, |worst, e| e.abs().max(worst))
    }

    #[test]
    fn rows_or_columns_are_orthonormal() {
        let rng = &mut Rng::seed(0);
        for shape in [[40, 40], [10, 90], [90, 10], [1, 5], [5, 1]] {
            assert!(error(&orthogonal(shape, 1.0, rng), 1.0) < 1e-6, "{shape:?}");
        }
        assert!(error(&orthogonal([8, 4, 3, 3], 2.0, rng), 2.0) < 4e-6);
    }

    #[test]
    fn the_distribution_has_no_preferred_sign() {
        let rng = &mut Rng::seed(1);
        let first: Vec<Real> =
            (0..400).map(|_| orthogonal([3, 3], 1.0, rng).as_slice()[0]).collect();
        let mean = first.iter().sum::<Real>() / 400.0;
        let second = first.iter().map(|x| x * x).sum::<Real>() / 400.0;
        // An entry of a uniform 3×3 rotation has mean 0 and mean square 1/3.
        assert!(mean.abs() < 0.12 && (second - 1.0 / 3.0).abs() < 0.06, "{mean} {second}");
    }
}
