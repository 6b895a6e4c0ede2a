//! How far apart two domains are to a linear classifier.

use tensor_autograd::{Real, Rng, Tensor};

/// Trade-offs between margin and errors that are tried, as in the authors' code.
const COSTS: [f64; 10] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4];
/// Passes over the training half at the most.
const PASSES: usize = 60;

/// The proxy A-distance of two samples of features, **2 (1 - 2 ε)**: ε is the smallest test error
/// of a linear support vector machine that tells source from target, trained on one half of each
/// and tested on the other. Both domains weigh the same in it, however many rows they have. 0 for domains that it cannot tell apart, 2 for domains that it always
/// can (Ben-David et al., 2007; Ganin et al., 2016, section 5.1.5).
///
/// # Shapes
/// `[n, d]` and `[m, d]`; each sample is split in half, by `seed`. Features that are not finite have
/// no distance: the result is not a number.
///
/// # Panics
/// If the widths differ, or either sample has fewer than two rows.
#[track_caller]
pub fn proxy_a_distance(source: &Tensor, target: &Tensor, seed: u64) -> f64 {
    let (s, t) = (source.shape(), target.shape());
    assert!(s.rank() == 2 && t.rank() == 2 && s[1] == t[1], "proxy_a_distance of {s} and {t}");
    assert!(s[0] >= 2 && t[0] >= 2, "proxy_a_distance needs two rows of each: {s} and {t}");
    if !(source.is_finite() && target.is_finite()) {
        return f64::NAN;
    }
    let mut rng = Rng::seed(seed).fork("proxy a-distance");
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (sample, side) in [(source, 1.0), (target, -1.0)] {
        let order = rng.permutation(sample.shape()[0]);
        let (left, right) = order.split_at(order.len() / 2);
        let row = |&i: &usize| (&sample.as_slice()[i * s[1]..(i + 1) * s[1]], side);
        train.extend(left.iter().map(row));
        test.extend(right.iter().map(row));
    }
    let errors = COSTS.map(|cost| {
        let w = linear_svm(&train, cost, &mut rng.fork("order"));
        let error = |side: f64| {
            let rows = test.iter().filter(|(_, y)| *y == side);
            let wrong = rows.clone().filter(|(x, y)| decision(&w, x) * y <= 0.0).count();
            wrong as f64 / rows.count() as f64
        };
        0.5 * (error(1.0) + error(-1.0))
    });
    let error = errors.into_iter().fold(0.5, f64::min);
    2.0 * (1.0 - 2.0 * error)
}

/// w·x + b, the bias being the last weight.
fn decision(w: &[f64], x: &[Real]) -> f64 {
    let dot: f64 = w.iter().zip(x).map(|(w, &x)| w * f64::from(x)).sum();
    dot + w[x.len()]
}

/// `min ½‖w‖² + C Σ max(0, 1 - y w·x)` by dual coordinate descent (Hsieh et al., 2008).
fn linear_svm(rows: &[(&[Real], f64)], cost: f64, rng: &mut Rng) -> Vec<f64> {
    let width = rows[0].0.len();
    let mut w = vec![0.0; width + 1];
    let mut alpha = vec![0.0; rows.len()];
    let norms: Vec<f64> = rows
        .iter()
        .map(|(x, _)| 1.0 + x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>())
        .collect();
    for _ in 0..PASSES {
        let mut worst: f64 = 0.0;
        for i in rng.permutation(rows.len()) {
            let (x, y) = rows[i];
            let gradient = y * decision(&w, x) - 1.0;
            let projected = match alpha[i] {
                a if a <= 0.0 => gradient.min(0.0),
                a if a >= cost => gradient.max(0.0),
                _ => gradient,
            };
            worst = worst.max(projected.abs());
            if projected != 0.0 {
                let new = (alpha[i] - gradient / norms[i]).clamp(0.0, cost);
                let step = (new - alpha[i]) * y;
                alpha[i] = new;
                w.iter_mut().zip(x).for_each(|(w, &x)| *w += step * f64::from(x));
                w[width] += step;
            }
        }
        if worst < 1e-3 {
            break;
        }
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(n: usize, shift: Real, seed: u64) -> Tensor {
        let mut rng = Rng::seed(seed);
        Tensor::from_fn([n, 4], |i| rng.normal() + if i % 4 == 0 { shift } else { 0.0 })
    }

    #[test]
    fn domains_far_apart_have_distance_two_and_equal_ones_none() {
        assert_eq!(proxy_a_distance(&cloud(200, 8.0, 1), &cloud(200, -8.0, 2), 0), 2.0);
        assert!(proxy_a_distance(&cloud(1000, 0.0, 1), &cloud(1000, 0.0, 2), 0) < 0.25);
    }

    #[test]
    fn the_sizes_of_the_domains_do_not_count() {
        // A classifier that always answers "source" is right on 90 % of the rows, and knows nothing.
        assert!(proxy_a_distance(&cloud(1800, 0.0, 1), &cloud(200, 0.0, 2), 0) < 0.3);
        assert!(proxy_a_distance(&cloud(9, Real::NAN, 1), &cloud(9, 0.0, 2), 0).is_nan());
    }

    #[test]
    fn the_distance_grows_with_the_shift() {
        let at = |shift| proxy_a_distance(&cloud(400, shift, 1), &cloud(400, -shift, 2), 0);
        assert!(at(0.25) < at(0.75) && at(0.75) < at(2.0));
    }
}
