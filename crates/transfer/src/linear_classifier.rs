//! Multinomial logistic regression for few labels: what features are judged by.
//!
//! **min C · Σ_i CE(W·x_i + b, y_i) + ½ ‖W‖²**, scikit-learn's `LogisticRegression`: convex, so that
//! two representations differ by what they hold and not by how long they were trained. C is chosen
//! for each representation by cross-validation on the labelled examples alone.

use crate::TransferError;
use crate::error::setting;
use crate::lbfgs::minimize;
use crate::matrix::{matmul_nt, matmul_tn, select, sizes};
use datasets::Random;
use nn_layers::metrics::predictions;
use tensor_autograd::{Real, Tensor};

/// Steps of the minimisation at the most; a few dozen are usual.
const ITERATIONS: usize = 300;
/// The gradient of the mean loss at which it ends.
const TOLERANCE: f64 = 1e-5;

/// Fits a [`LinearClassifier`].
///
/// Features are centred by the labelled examples' own means and divided by *one* number, the root
/// of their mean variance. A deviation for each column would be worthless with a handful of
/// examples: a pixel that is inked in one of them would outweigh all others.
#[derive(Clone, Debug)]
pub struct LogisticRegression {
    costs: Vec<f64>,
    folds: usize,
    seed: u64,
}

/// Logits that are linear in the features.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearClassifier {
    /// `[classes, features]`, for features as they come.
    pub weight: Tensor,
    /// `[classes]`.
    pub bias: Tensor,
    /// The C that was chosen.
    pub cost: f64,
    /// The accuracy in cross-validation with that C; none if there was nothing to choose.
    pub cross_validation: Option<f64>,
}

impl Default for LogisticRegression {
    /// C from 1e-5 to 100 in powers of ten, by five folds.
    fn default() -> Self {
        let costs = (-5..=2).map(|e| 10f64.powi(e)).collect();
        LogisticRegression { costs, folds: 5, seed: 0 }
    }
}

impl LogisticRegression {
    /// The values of C to choose from; positive. A single one is taken as it is.
    pub fn costs(mut self, costs: impl Into<Vec<f64>>) -> Self {
        self.costs = costs.into();
        self
    }

    /// Parts of the cross-validation; at least 2. No more than the largest class has examples are
    /// made, and with one example a class there is none: the middle of the values of C is taken.
    pub fn folds(mut self, folds: usize) -> Self {
        self.folds = folds;
        self
    }

    /// The seed that deals the examples to the folds.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits on features `[n, d]` with `n` labels below `classes`.
    ///
    /// # Errors
    /// If a setting is out of range, a feature is not finite, or fewer than two classes have
    /// examples.
    ///
    /// # Panics
    /// If there are not `n` labels, or one of them is not below `classes`.
    #[track_caller]
    pub fn fit(
        &self,
        features: &Tensor,
        labels: &[usize],
        classes: usize,
    ) -> Result<LinearClassifier, TransferError> {
        let shown = || self.costs.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let positive = !self.costs.is_empty() && self.costs.iter().all(|c| *c > 0.0);
        setting(
            "costs",
            shown(),
            positive && self.costs.iter().all(|c| c.is_finite()),
            "positive",
        )?;
        setting("folds", self.folds, self.folds >= 2, "at least 2")?;
        assert_eq!(sizes(features)[0], labels.len(), "one label for each row of features");
        let unsuitable = |problem: &str, remedy| TransferError::Unsuitable {
            data: "the labelled examples".into(),
            problem: problem.into(),
            remedy,
        };
        if !features.is_finite() {
            let remedy = "look for values that are missing or too large";
            return Err(unsuitable("a feature is not a finite number", remedy));
        }
        let mut counts = vec![0; classes];
        labels.iter().for_each(|&label| counts[label] += 1);
        if counts.iter().filter(|n| **n > 0).count() < 2 {
            return Err(unsuitable("all are of one class", "give examples of two classes or more"));
        }
        let mut costs = self.costs.clone();
        costs.sort_by(f64::total_cmp);
        let most = counts.iter().copied().max().unwrap_or(0);
        if costs.len() == 1 || most < 2 {
            let fitted = fit_path(features, labels, classes, &costs[costs.len() / 2..][..1]);
            return Ok(fitted.into_iter().next().expect("one value of C"));
        }
        let (best, accuracy) = self.choose(features, labels, classes, &costs, most);
        let path = fit_path(features, labels, classes, &costs[..=best]);
        let chosen = path.into_iter().next_back().expect("as many as values of C");
        Ok(LinearClassifier { cross_validation: Some(accuracy), ..chosen })
    }

    /// The place of the best C, and its accuracy: the most examples right; of equals the smallest
    /// loss, which a handful of examples tell apart where their number does not.
    fn choose(
        &self,
        features: &Tensor,
        labels: &[usize],
        classes: usize,
        costs: &[f64],
        most: usize,
    ) -> (usize, f64) {
        let folds = deal(labels, classes, self.folds.min(most), self.seed);
        let mut scores = vec![(0_usize, 0.0); costs.len()];
        for k in 0..self.folds.min(most) {
            let (held, kept): (Vec<usize>, Vec<usize>) =
                (0..labels.len()).partition(|&i| folds[i] == k);
            let of = |rows: &[usize]| rows.iter().map(|&i| labels[i]).collect::<Vec<_>>();
            if held.is_empty() || of(&kept).iter().all(|l| *l == labels[kept[0]]) {
                continue;
            }
            let (train, test) = (select(features, &kept), select(features, &held));
            let path = fit_path(&train, &of(&kept), classes, costs);
            for (score, fitted) in scores.iter_mut().zip(path) {
                let logits = fitted.logits(&test);
                let rows = logits.as_slice().chunks_exact(classes);
                for ((row, found), label) in rows.zip(predictions(&logits)).zip(of(&held)) {
                    score.0 += usize::from(found == label);
                    score.1 += loss(row, label, |_, _| {});
                }
            }
        }
        let better = |a: &(usize, f64), b: &(usize, f64)| a.0 > b.0 || (a.0 == b.0 && a.1 < b.1);
        let best = (1..costs.len())
            .fold(0, |best, i| if better(&scores[i], &scores[best]) { i } else { best });
        (best, scores[best].0 as f64 / labels.len() as f64)
    }
}

impl LinearClassifier {
    /// Logits `[n, classes]` of features `[n, d]`.
    ///
    /// # Panics
    /// If the features have another width.
    #[track_caller]
    pub fn logits(&self, features: &Tensor) -> Tensor {
        let mut logits = matmul_nt(features, &self.weight);
        let classes = self.bias.len();
        for row in logits.make_mut().chunks_exact_mut(classes) {
            row.iter_mut().zip(self.bias.as_slice()).for_each(|(y, b)| *y += b);
        }
        logits
    }

    /// The likeliest class of each row.
    ///
    /// # Panics
    /// As for [`logits`](LinearClassifier::logits).
    #[track_caller]
    pub fn predict(&self, features: &Tensor) -> Vec<usize> {
        predictions(&self.logits(features))
    }
}

/// A fold for each example: every class is dealt out in turn, and one goes on where the other
/// ended, so that folds are equal in size and in classes as far as the numbers allow.
fn deal(labels: &[usize], classes: usize, folds: usize, seed: u64) -> Vec<usize> {
    let order = Random::new(seed, "folds", [0, 0]).permutation(labels.len());
    let (mut fold, mut next) = (vec![0; labels.len()], 0);
    for class in 0..classes {
        for &i in order.iter().filter(|i| labels[**i] == class) {
            fold[i] = next;
            next = (next + 1) % folds;
        }
    }
    fold
}

/// A classifier for each C, in ascending order, each begun where the one before ended.
fn fit_path(
    features: &Tensor,
    labels: &[usize],
    classes: usize,
    costs: &[f64],
) -> Vec<LinearClassifier> {
    let [n, d] = sizes(features);
    let (mean, scale) = centre(features);
    let x = Tensor::build([n, d], |out| {
        for (out, x) in out.chunks_exact_mut(d).zip(features.as_slice().chunks_exact(d)) {
            for ((out, x), mean) in out.iter_mut().zip(x).zip(&mean) {
                *out = ((f64::from(*x) - mean) * scale) as Real;
            }
        }
    });
    let mut at = vec![0.0; classes * (d + 1)];
    let fit = |&cost: &f64| {
        let penalty = 1.0 / (cost * n as f64);
        at = minimize(std::mem::take(&mut at), ITERATIONS, TOLERANCE, |at, gradient| {
            objective(&x, labels, classes, penalty, at, gradient)
        });
        // Back to features as they come: W·(x - mean)·scale + b.
        let (w, b) = at.split_at(classes * d);
        let weight = Tensor::from_fn([classes, d], |i| (w[i] * scale) as Real);
        let bias = Tensor::from_fn([classes], |c| {
            let shift: f64 = w[c * d..(c + 1) * d].iter().zip(&mean).map(|(w, m)| w * m).sum();
            (b[c] - shift * scale) as Real
        });
        LinearClassifier { weight, bias, cost, cross_validation: None }
    };
    costs.iter().map(fit).collect()
}

/// The mean of each column, and 1 over the root of their mean variance; 1 if they are constant.
fn centre(features: &Tensor) -> (Vec<f64>, f64) {
    let [n, d] = sizes(features);
    let (mut mean, mut square) = (vec![0.0; d], 0.0);
    let rows = || features.as_slice().chunks_exact(d);
    for row in rows() {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / n as f64);
    }
    for row in rows() {
        square += row.iter().zip(&mean).map(|(x, m)| (f64::from(*x) - m).powi(2)).sum::<f64>();
    }
    let variance = square / (n * d) as f64;
    (mean, if variance > 1e-20 { 1.0 / variance.sqrt() } else { 1.0 })
}

/// Mean cross-entropy plus `penalty / 2 · ‖W‖²`, and its gradient. `at` holds `W`, then `b`.
fn objective(
    x: &Tensor,
    labels: &[usize],
    classes: usize,
    penalty: f64,
    at: &[f64],
    gradient: &mut [f64],
) -> f64 {
    let [n, d] = sizes(x);
    let (w, b) = at.split_at(classes * d);
    let mut errors = matmul_nt(x, &Tensor::from_fn([classes, d], |i| w[i] as Real));
    let (dw, db) = gradient.split_at_mut(classes * d);
    db.fill(0.0);
    let mut sum = 0.0;
    for (row, &label) in errors.make_mut().chunks_exact_mut(classes).zip(labels) {
        row.iter_mut().zip(b).for_each(|(y, b)| *y += *b as Real);
        let logits = row.to_vec();
        sum += loss(&logits, label, |c, error| {
            db[c] += error / n as f64;
            row[c] = (error / n as f64) as Real;
        });
    }
    let products = matmul_tn(&errors, x);
    for ((dw, p), w) in dw.iter_mut().zip(products.as_slice()).zip(w) {
        *dw = f64::from(*p) + penalty * w;
    }
    sum / n as f64 + 0.5 * penalty * w.iter().map(|w| w * w).sum::<f64>()
}

/// The cross-entropy of one row of logits; `error` is told its derivative by each of them.
fn loss(logits: &[Real], label: usize, mut error: impl FnMut(usize, f64)) -> f64 {
    let top = logits.iter().fold(f64::NEG_INFINITY, |m, x| m.max(f64::from(*x)));
    let sum: f64 = logits.iter().map(|x| (f64::from(*x) - top).exp()).sum();
    for (c, x) in logits.iter().enumerate() {
        error(c, (f64::from(*x) - top).exp() / sum - f64::from(u8::from(c == label)));
    }
    sum.ln() + top - f64::from(logits[label])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seven points of three classes.
    fn points() -> (Tensor, [usize; 7]) {
        let x = [0, 0, 1, 0, 2, 1, 3, 5, 4, 4, 0, 3, 1, 5];
        (Tensor::from_fn([7, 2], |i| x[i] as Real), [0, 0, 1, 1, 1, 2, 2])
    }

    #[test]
    fn weights_are_those_of_the_same_problem_solved_elsewhere() {
        // Reference: the objective written out in plain Python at 64 bits, on the points centred
        // and divided by the root of their mean variance, C = 2, by gradient descent until no
        // element of the gradient was above 1e-14; then taken back to the points as they come.
        let (x, labels) = points();
        let fitted = LogisticRegression::default().costs([2.0]).fit(&x, &labels, 3).unwrap();
        let weight = [-0.268167, -0.616805, 0.781211, 0.085592, -0.513045, 0.531213];
        for (found, want) in fitted.weight.as_slice().iter().zip(weight) {
            assert!((f64::from(*found) - want).abs() < 1e-3, "{:?}", fitted.weight);
        }
        let logits = fitted.logits(&Tensor::full([1, 2], 2.0));
        for (found, want) in logits.as_slice().iter().zip([-0.403875, 0.906407, -0.502531]) {
            assert!((f64::from(*found) - want).abs() < 1e-3, "{logits:?}");
        }
    }

    #[test]
    fn the_gradient_is_that_of_the_objective() {
        let (x, labels) = points();
        let at: Vec<f64> = (0..9).map(|i| 0.1 * f64::from(i) - 0.4).collect();
        let mut gradient = vec![0.0; 9];
        objective(&x, &labels, 3, 0.3, &at, &mut gradient);
        for i in 0..9 {
            let value = |h: f64| {
                let mut near = at.clone();
                near[i] += h;
                objective(&x, &labels, 3, 0.3, &near, &mut [0.0; 9])
            };
            let slope = (value(1e-2) - value(-1e-2)) / 2e-2;
            assert!((slope - gradient[i]).abs() < 1e-3, "{i}: {slope} and {}", gradient[i]);
        }
    }

    #[test]
    fn folds_are_equal_and_hold_every_class() {
        let labels: Vec<usize> = (0..53).map(|i| usize::from(i < 20)).collect();
        let folds = deal(&labels, 2, 5, 1);
        for k in 0..5 {
            let of = |class| (0..53).filter(|&i| folds[i] == k && labels[i] == class).count();
            assert!(of(1) == 4 && (6..=7).contains(&of(0)), "{k}: {} and {}", of(0), of(1));
        }
        assert_ne!(folds, deal(&labels, 2, 5, 2));
    }

    #[test]
    fn noise_is_given_a_small_c_and_a_rule_a_large_one() {
        let mut rng = tensor_autograd::Rng::seed(0);
        let x = Tensor::normal([60, 20], 0.0, 1.0, &mut rng);
        let rule: Vec<usize> =
            x.as_slice().chunks_exact(20).map(|r| usize::from(r[0] > 0.0)).collect();
        let chosen = LogisticRegression::default().fit(&x, &rule, 2).unwrap();
        assert!(chosen.cost >= 0.1 && chosen.cross_validation > Some(0.8), "{chosen:?}");
        // Labels that leave out what the features hold: the flatter model has the smaller loss.
        let noise: Vec<usize> = (0..60).map(|_| rng.below(2)).collect();
        let fitted = LogisticRegression::default().fit(&x, &noise, 2).unwrap();
        assert!(fitted.cost < chosen.cost, "{} and {}", fitted.cost, chosen.cost);
        // With one example a class there is nothing to hold out.
        let few = LogisticRegression::default().fit(&select(&x, &[0, 1]), &[0, 1], 2).unwrap();
        assert_eq!((few.cost, few.cross_validation), (0.1, None));
    }

    #[test]
    fn what_cannot_be_learnt_is_an_error() {
        let (x, labels) = points();
        let text = |r: LogisticRegression, x: &Tensor, labels: &[usize]| {
            r.fit(x, labels, 3).unwrap_err().to_string()
        };
        let plain = LogisticRegression::default;
        assert_eq!(
            text(plain(), &x, &[1; 7]),
            "the labelled examples: all are of one class; give examples of two classes or more"
        );
        let nan = x.map(|v| if v == 5.0 { Real::NAN } else { v });
        assert!(text(plain(), &nan, &labels).contains("not a finite number"));
        assert_eq!(text(plain().folds(1), &x, &labels), "`folds` is 1: it must be at least 2");
        assert!(text(plain().costs([1.0, -1.0]), &x, &labels).starts_with("`costs` is 1, -1:"));
    }
}
