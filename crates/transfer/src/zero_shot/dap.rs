//! Direct attribute prediction (Lampert, Nickisch and Harmeling, *Learning to detect unseen object
//! classes by between-class attribute transfer*, CVPR 2009).
//!
//! A classifier for each attribute, trained on the seen classes, gives p(a_m | x). A class is
//!
//! **argmax_c Π_m p(a_m = a_m^c | x) / p(a_m^c)**
//!
//! with p(a_m) the mean of the attribute over the seen classes; here as a sum of logarithms.
//!
//! The classifiers are logistic regressions on given features, which a network may have learnt for
//! the seen *classes*; [`attributes`](super::attributes) trains the network on the attributes.

use super::matrix::{Mat, of_labels};
use faer::{Side, prelude::Solve};

/// Yes and no of each attribute: whether a class has more of it than the seen classes' mean.
///
/// An attribute that all seen classes have, or none, teaches nothing and has no say.
#[derive(Clone, Debug)]
pub struct Binary {
    pub(super) threshold: Vec<f64>,
    pub(super) prior: Vec<f64>,
}

impl Binary {
    /// Measures the signatures of the seen classes, `[seen, attributes]`.
    pub fn fit(seen: &Mat<f64>) -> Self {
        let n = seen.nrows().max(1) as f64;
        let mean = |j: usize| (0..seen.nrows()).map(|i| seen[(i, j)]).sum::<f64>() / n;
        let threshold: Vec<f64> = (0..seen.ncols()).map(mean).collect();
        let above = |j: usize| (0..seen.nrows()).filter(|&i| seen[(i, j)] > threshold[j]).count();
        let prior = (0..seen.ncols()).map(|j| above(j) as f64 / n).collect();
        Binary { threshold, prior }
    }

    /// 1 where a class has the attribute, 0 elsewhere.
    pub fn apply(&self, signatures: &Mat<f64>) -> Mat<f64> {
        Mat::from_fn(signatures.nrows(), signatures.ncols(), |i, j| {
            f64::from(u8::from(signatures[(i, j)] > self.threshold[j]))
        })
    }

    /// p(a_m = 1): the share of the seen classes that have the attribute.
    pub fn prior(&self) -> &[f64] {
        &self.prior
    }

    /// The attributes that some seen classes have and others have not.
    pub fn known(&self) -> Vec<usize> {
        (0..self.prior.len()).filter(|&m| self.prior[m] > 0.0 && self.prior[m] < 1.0).collect()
    }

    /// Scores `[n, classes]` for the signatures of any classes: the logarithm of the product above,
    /// with p(a_m = 1 | x) = σ(z) for `z` of `[n, attributes]`, whatever classifier it is of.
    pub fn scores(&self, z: &Mat<f64>, signatures: &Mat<f64>) -> Mat<f64> {
        let (has, known) = (self.apply(signatures), self.known());
        Mat::from_fn(z.nrows(), has.nrows(), |i, c| {
            let term = |&m: &usize| {
                let (z, prior) = (z[(i, m)], self.prior[m]);
                match has[(c, m)] > 0.5 {
                    true => log_sigmoid(z) - prior.ln(),
                    false => log_sigmoid(-z) - (1.0 - prior).ln(),
                }
            };
            known.iter().map(term).sum()
        })
    }
}

/// The attributes' classifiers.
#[derive(Clone, Debug)]
pub struct Dap {
    pub(super) binary: Binary,
    pub(super) weights: Mat<f64>,
}

/// Steps at most; the bound makes each one lower the loss.
const STEPS: usize = 200;

impl Dap {
    /// Logistic regressions of all attributes at once, with `penalty / 2` times the squared length
    /// of the weights added to the summed loss; the intercept is not penalised.
    ///
    /// Newton's method with the Hessian replaced by its upper bound `XᵀX / 4` (Böhning and Lindsay,
    /// 1988): it is factorised once, and no step can overshoot.
    ///
    /// # Shapes
    /// `x` is `[n, d]`, `signatures` `[seen, attributes]`; a label is a row of them.
    ///
    /// # Panics
    /// If the penalty is not positive.
    #[track_caller]
    pub fn fit(x: &Mat<f64>, labels: &[usize], signatures: &Mat<f64>, penalty: f64) -> Self {
        assert!(penalty > 0.0, "Dap: the penalty is {penalty}, it must be positive");
        let binary = Binary::fit(signatures);
        let has = of_labels(&binary.apply(signatures), labels);
        let (x, d) = (with_one(x), x.ncols());
        let mut bound = x.transpose() * &x;
        for i in 0..=d {
            for j in 0..=d {
                bound[(i, j)] *= 0.25;
            }
            bound[(i, i)] += if i < d { penalty } else { 0.0 };
        }
        let bound = bound.llt(Side::Lower).expect("a positive penalty makes it definite");
        let mut weights: Mat<f64> = Mat::zeros(d + 1, signatures.ncols());
        for _ in 0..STEPS {
            let z = &x * &weights;
            let error = Mat::from_fn(z.nrows(), z.ncols(), |i, j| sigmoid(z[(i, j)]) - has[(i, j)]);
            let mut gradient = x.transpose() * &error;
            for i in 0..d {
                for j in 0..weights.ncols() {
                    gradient[(i, j)] += penalty * weights[(i, j)];
                }
            }
            let step = bound.solve(&gradient);
            weights -= &step;
            let still = (0..step.ncols()).all(|j| (0..=d).all(|i| step[(i, j)].abs() < 1e-5));
            if still {
                break;
            }
        }
        Dap { binary, weights }
    }

    /// p(a_m = 1 | x), `[n, attributes]`.
    pub fn probabilities(&self, x: &Mat<f64>) -> Mat<f64> {
        let z = with_one(x) * &self.weights;
        Mat::from_fn(z.nrows(), z.ncols(), |i, j| sigmoid(z[(i, j)]))
    }

    /// Scores `[n, classes]` for the signatures of any classes, as [`Binary::scores`].
    pub fn scores(&self, x: &Mat<f64>, signatures: &Mat<f64>) -> Mat<f64> {
        self.binary.scores(&(with_one(x) * &self.weights), signatures)
    }
}

/// A column of ones behind the features.
fn with_one(x: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(x.nrows(), x.ncols() + 1, |i, j| if j < x.ncols() { x[(i, j)] } else { 1.0 })
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// ln σ(z) without losing a small probability.
fn log_sigmoid(z: f64) -> f64 {
    z.min(0.0) - (-z.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{argmax_rows, largest, normal};
    use super::*;
    use tensor_autograd::Rng;

    fn seen() -> Mat<f64> {
        let rows = [
            [1.0, 0.0, 5.0, 2.0],
            [1.0, 1.0, 5.0, 3.0],
            [0.0, 1.0, 5.0, 9.0],
            [1.0, 0.0, 5.0, 2.0],
        ];
        Mat::from_fn(4, 4, |i, j| rows[i][j])
    }

    #[test]
    fn the_prior_is_the_share_of_seen_classes() {
        let binary = Binary::fit(&seen());
        assert_eq!(binary.prior(), [0.75, 0.5, 0.0, 0.25]);
        let other = binary.apply(&Mat::from_fn(1, 4, |_, j| [0.8, 0.2, 6.0, 4.5][j]));
        assert_eq!([0, 1, 2, 3].map(|j| other[(0, j)]), [1.0, 0.0, 1.0, 1.0]);
    }

    /// With classifiers that know nothing, p(a | x) = 1/2 everywhere, so the score of a class is
    /// what the priors say: the rarer its attributes, the higher.
    #[test]
    fn the_product_rule_divides_by_the_prior() {
        let dap = Dap { binary: Binary::fit(&seen()), weights: Mat::zeros(3, 4) };
        let x = normal(1, 2, &mut Rng::seed(0));
        let scores = dap.scores(&x, &seen());
        // Attributes 0, 1, 3 with priors 3/4, 1/2, 1/4; the third is constant and has no say.
        let want = |p: [f64; 3]| 3.0 * 0.5_f64.ln() - p.iter().map(|p| p.ln()).sum::<f64>();
        assert!((scores[(0, 0)] - want([0.75, 0.5, 0.75])).abs() < 1e-12);
        assert!((scores[(0, 2)] - want([0.25, 0.5, 0.25])).abs() < 1e-12);
    }

    #[test]
    fn the_classifiers_are_at_the_minimum() {
        let rng = &mut Rng::seed(3);
        let x = normal(60, 3, rng);
        let labels: Vec<usize> = (0..60).map(|i| i % 4).collect();
        let x = Mat::from_fn(60, 3, |i, j| x[(i, j)] + [1.0, -0.5, 0.3, 0.0][labels[i]]);
        let dap = Dap::fit(&x, &labels, &seen(), 0.5);
        let has = of_labels(&dap.binary.apply(&seen()), &labels);
        let error = dap.probabilities(&x) - &has;
        let mut gradient = with_one(&x).transpose() * &error;
        for i in 0..3 {
            for j in 0..4 {
                gradient[(i, j)] += 0.5 * dap.weights[(i, j)];
            }
        }
        // The constant attribute's intercept goes to infinity; the others have a minimum.
        let known = Mat::from_fn(4, 3, |i, j| gradient[(i, [0, 1, 3][j])]);
        assert!(largest(&known) < 1e-3, "{}", largest(&known));
    }

    #[test]
    fn small_probabilities_keep_their_order() {
        assert!((log_sigmoid(0.0) - 0.5_f64.ln()).abs() < 1e-15);
        assert_eq!(log_sigmoid(-800.0), -800.0);
        assert_eq!(log_sigmoid(800.0), 0.0);
        let m = Mat::from_fn(1, 2, |_, j| [log_sigmoid(-800.0), log_sigmoid(-900.0)][j]);
        assert_eq!(argmax_rows(&m), [0]);
    }
}
