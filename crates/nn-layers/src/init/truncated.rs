//! The normal distribution restricted to an interval.

use std::ops::Range;
use tensor_autograd::{Real, Rng, Shape, Tensor};

/// Normal with this mean and standard deviation, given that the draw lies in `range`; with
/// `-2σ..2σ` the usual start of transformers.
///
/// Drawn by rejection, from whichever of three proposals fits the interval (Robert, *Simulation of
/// truncated normal variables*, 1995).
///
/// # Panics
/// If the range is empty or the standard deviation is not positive.
#[track_caller]
pub fn truncated_normal(
    shape: impl Into<Shape>,
    mean: Real,
    std: Real,
    range: Range<Real>,
    rng: &mut Rng,
) -> Tensor {
    assert!(range.start < range.end, "truncated_normal: the range {range:?} is empty");
    assert!(std > 0.0, "truncated_normal: the standard deviation {std} is not positive");
    let (a, b) = ((range.start - mean) / std, (range.end - mean) / std);
    Tensor::from_fn(shape, |_| {
        let z = match b >= 0.0 {
            true => standard(a, b, rng),
            false => -standard(-b, -a, rng), // the mirror image: only right tails from here on
        };
        (mean + std * z).clamp(range.start, range.end)
    })
}

/// A standard normal draw within `a..b`, where `b >= 0`.
fn standard(a: Real, b: Real, rng: &mut Rng) -> Real {
    if b - a < 1.0 {
        // Narrow: uniform, accepted in proportion to the density.
        let peak = a.max(0.0);
        return accept(rng, |rng| {
            let z = a + (b - a) * rng.uniform();
            (z, ((peak * peak - z * z) / 2.0).exp())
        });
    }
    if a < 0.5 {
        // At least about 0.2 of the distribution lies inside.
        return accept(rng, |rng| {
            let z = rng.normal();
            (z, Real::from(u8::from(a <= z && z < b)))
        });
    }
    // A tail: exponential of the best rate.
    let rate = (a + (a * a + 4.0).sqrt()) / 2.0;
    accept(rng, |rng| {
        let z = a - (1.0 - rng.uniform()).ln() / rate;
        let chance = (-(z - rate) * (z - rate) / 2.0).exp();
        (z, if z < b { chance } else { 0.0 })
    })
}

fn accept(rng: &mut Rng, mut propose: impl FnMut(&mut Rng) -> (Real, Real)) -> Real {
    loop {
        let (z, chance) = propose(rng);
        if rng.uniform() < chance {
            return z;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and standard deviation of 20 000 draws of a standard normal restricted to `a..b`.
    fn moments(a: Real, b: Real) -> (f64, f64) {
        let t = truncated_normal([20_000], 0.0, 1.0, a..b, &mut Rng::seed(0));
        assert!(t.as_slice().iter().all(|&x| a <= x && x <= b));
        let xs: Vec<f64> = t.as_slice().iter().map(|&x| f64::from(x)).collect();
        let mean = xs.iter().sum::<f64>() / 2e4;
        (mean, (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2e4).sqrt())
    }

    #[test]
    fn moments_are_those_of_the_restricted_density() {
        // By numerical integration of the density.
        let wanted: [(Real, Real, f64, f64); 6] = [
            (-2.0, 2.0, 0.0, 0.879_626),
            (0.0, 3.0, 0.791_156, 0.589_413),
            (0.2, 0.7, 0.440_711, 0.143_558),
            (3.0, 9.0, 3.283_099, 0.265_630),
            (-9.0, -3.0, -3.283_099, 0.265_630),
            (-1.0, 8.0, 0.287_600, 0.793_525),
        ];
        for (a, b, mean, std) in wanted {
            let (m, s) = moments(a, b);
            assert!((m - mean).abs() < 4.0 * std / 141.0, "mean in {a}..{b}: {m}, not {mean}");
            assert!((s / std - 1.0).abs() < 0.03, "deviation in {a}..{b}: {s}, not {std}");
        }
    }

    #[test]
    fn mean_and_deviation_scale_the_draw() {
        let t = truncated_normal([1000], 5.0, 0.1, 4.8..5.2, &mut Rng::seed(0));
        let mean = t.sum() / 1000.0;
        assert!((mean - 5.0).abs() < 0.02 && t.as_slice().iter().all(|x| (4.8..=5.2).contains(x)));
    }
}
