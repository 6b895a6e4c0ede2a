//! Two inter-twined moons and their rotation: the toy of domain-adversarial training.
//!
//! Ganin et al. 2016, section 5.1: the source is an upper and a lower half circle of 150 points
//! each, the target another draw turned by 35 degrees, without labels.

use ndarray::ArrayD;

use crate::{Dataset, Random, portable};

/// Standard deviation of the noise on both coordinates, before scaling.
pub const MOONS_NOISE: f64 = 0.05;

/// The moons are drawn twice as large as the unit circles they are made of, as in the authors'
/// published experiment (`experiments_moons.py`).
pub const MOONS_SCALE: f64 = 2.0;

/// Two moons, to be made: inputs `[n, 2]`, label 0 for the upper moon and 1 for the lower.
///
/// With `t` equally spaced in `0..=π`, the upper moon is `(cos t, sin t)` and the lower
/// `(1 - cos t, 1/2 - sin t)`; noise is added, the middle `(1/2, 1/4)` is moved to the origin, and
/// the whole scaled by [`MOONS_SCALE`] and turned about the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Moons {
    n: usize,
    seed: u64,
    angle: f64,
    test: bool,
}

/// The source of the experiment: `n` points, half on each moon.
///
/// # Panics
/// If `n` is below 2.
#[track_caller]
pub fn moons(n: usize, seed: u64) -> Dataset {
    Moons::new().n(n).seed(seed).make()
}

/// Its target: an independent draw, turned by `angle` degrees counter-clockwise.
///
/// # Panics
/// If `n` is below 2, or the angle is not finite.
#[track_caller]
pub fn moons_rotated(n: usize, angle: f64, seed: u64) -> Dataset {
    Moons::new().n(n).rotated(angle).seed(seed).make()
}

impl Default for Moons {
    fn default() -> Self {
        Self { n: 300, seed: 0, angle: 0.0, test: false }
    }
}

impl Moons {
    /// 150 points on each moon, of seed 0, not turned.
    pub fn new() -> Self {
        Self::default()
    }

    /// This many points, half on each moon; of an odd number the upper has one more.
    ///
    /// # Panics
    /// If `n` is below 2.
    #[track_caller]
    pub fn n(self, n: usize) -> Self {
        assert!(n >= 2, "moons: {n} points; there are two moons");
        Self { n, ..self }
    }

    /// Another draw.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Turned by this many degrees counter-clockwise. The noise is drawn independently of that of
    /// the moons that are not turned.
    ///
    /// # Panics
    /// If the angle is not finite.
    #[track_caller]
    pub fn rotated(self, angle: f64) -> Self {
        assert!(angle.is_finite(), "moons: an angle of {angle}");
        Self { angle: angle % 360.0, ..self }
    }

    /// An independent draw of the same seed, to test on.
    pub fn test(self) -> Self {
        Self { test: true, ..self }
    }

    /// Makes the data set.
    pub fn make(&self) -> Dataset {
        let upper = self.n.div_ceil(2);
        let mut random = Random::new(self.seed, "moons", [self.angle.to_bits(), self.test.into()]);
        let (sin, cos) = portable::sin_cos(self.angle.to_radians());
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for row in random.permutation(self.n) {
            let label = usize::from(row >= upper);
            let (i, count) = if label == 0 { (row, upper) } else { (row - upper, self.n - upper) };
            let t = std::f64::consts::PI * i as f64 / (count.max(2) - 1) as f64;
            let (up, along) = portable::sin_cos(t);
            let moon = if label == 0 { [along, up] } else { [1.0 - along, 0.5 - up] };
            let [x, y] = [moon[0] - 0.5, moon[1] - 0.25]
                .map(|centred| MOONS_SCALE * (centred + MOONS_NOISE * random.normal()));
            values.extend([(cos * x - sin * y) as f32, (sin * x + cos * y) as f32]);
            labels.push(label);
        }
        let name = if self.angle == 0.0 { "moons" } else { "moons-rotated" };
        let inputs = ArrayD::from_shape_vec(vec![self.n, 2], values).expect("two values a row");
        let classes = vec!["upper".into(), "lower".into()];
        Dataset::new(name, inputs, Some(labels), classes).expect("labels are 0 and 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_on_their_moons() {
        let data = moons(300, 0);
        assert_eq!(data.class_counts(), [150, 150]);
        assert_eq!(moons(5, 0).class_counts(), [3, 2]);
        for (point, &label) in data.inputs().outer_iter().zip(data.labels().unwrap()) {
            let (x, y) = (f64::from(point[[0]]) / 2.0 + 0.5, f64::from(point[[1]]) / 2.0 + 0.25);
            let (x, y) = if label == 0 { (x, y) } else { (1.0 - x, 0.5 - y) };
            assert!((x.hypot(y) - 1.0).abs() < 5.0 * MOONS_NOISE, "{x}, {y} of moon {label}");
            assert!(y > -5.0 * MOONS_NOISE);
        }
        assert!(data.inputs().mean().unwrap().abs() < 0.02);
    }

    #[test]
    fn a_quarter_turn_is_counter_clockwise() {
        let mean = |data: &Dataset, label: usize, axis: usize| {
            let rows = data.inputs().into_dimensionality::<ndarray::Ix2>().unwrap().to_owned();
            let of = rows.outer_iter().zip(data.labels().unwrap().to_vec());
            let values: Vec<f32> =
                of.filter(|(_, l)| *l == label).map(|(point, _)| point[axis]).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        let (plain, turned) = (moons(300, 0), moons_rotated(300, 90.0, 0));
        // The upper moon is to the left of the middle and above it; turned, below and to the left.
        assert!((mean(&turned, 0, 0) + mean(&plain, 0, 1)).abs() < 0.05);
        assert!((mean(&turned, 0, 1) - mean(&plain, 0, 0)).abs() < 0.05);
    }

    #[test]
    fn the_noise_is_not_that_of_the_source() {
        let (a, b) = (moons(300, 0), moons_rotated(300, 35.0, 0));
        assert_ne!(a.labels(), b.labels());
        assert_eq!(b.inputs(), moons_rotated(300, 395.0, 0).inputs());
        assert_ne!(b.inputs(), Moons::new().rotated(35.0).test().make().inputs());
    }
}
