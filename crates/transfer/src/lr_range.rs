//! Which learning rate? One short training in which it grows until the loss does.

use crate::batches::Labelled;
use crate::error::setting;
use crate::fit::{Observer, check_batch};
use crate::input::Normalizer;
use crate::network::Network;
use crate::supervised::same_classes;
use crate::{Training, TransferError};
use datasets::Dataset;
use optim::{Exponential, Sgd};
use serde::Serialize;
use tensor_autograd::{Rng, grad};

/// The learning-rate range test (Smith, 2017): SGD steps on labelled data at rates that grow from
/// [`low`](LrRange::low) to [`high`](LrRange::high) by the same factor each step. Where the loss
/// falls fastest, steps are as long as the loss bears.
///
/// It reads the labels of the data it is given, and no others.
#[derive(Clone, Debug)]
pub struct LrRange {
    training: Training,
    low: f64,
    high: f64,
    steps: usize,
}

/// One step of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LrPoint {
    /// The step's learning rate.
    pub lr: f64,
    /// The loss of its batch.
    pub loss: f64,
    /// The mean of the losses so far, each weighing nine tenths of the next.
    pub smooth: f64,
}

/// What the test saw.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LrCurve {
    /// The steps until the loss had grown fourfold over its lowest, or was no number.
    pub points: Vec<LrPoint>,
    /// Where the smooth loss falls fastest over the logarithm of the rate: a rate to begin with.
    /// `None` if it never fell by a twentieth.
    pub suggestion: Option<f64>,
    /// Where the smooth loss is lowest: rates near it and beyond are too high.
    pub lowest: f64,
}

/// The weight of the past in the smooth loss.
const MEMORY: f64 = 0.9;
/// The loss has grown out of hand when it is so many times its lowest.
const GROWN: f64 = 4.0;
/// Steps on each side over which the slope is taken.
const REACH: usize = 5;

impl Default for LrRange {
    fn default() -> Self {
        LrRange { training: Training::default(), low: 1e-5, high: 10.0, steps: 150 }
    }
}

impl LrRange {
    /// Of the training's settings it takes batch size, momentum, weight decay, normalisation, seed.
    pub fn training(mut self, training: Training) -> Self {
        self.training = training;
        self
    }

    /// The first rate; default 1e-5.
    pub fn low(mut self, lr: f64) -> Self {
        self.low = lr;
        self
    }

    /// The last rate; default 10.
    pub fn high(mut self, lr: f64) -> Self {
        self.high = lr;
        self
    }

    /// Steps from the one to the other, at least 20; default 150.
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Trains a copy of `net` on `data`; parameters that are frozen stay.
    ///
    /// # Errors
    /// If a setting is out of range, `data` has no labels or does not fit the network, the first loss
    /// is not finite, or the observer interrupts it.
    pub fn run<N: Network>(
        &self,
        net: &N,
        data: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<LrCurve, TransferError> {
        let LrRange { training, low, high, steps } = self;
        let plan = training.plan("lr-range", data.len())?;
        check_batch(net, plan.rows)?;
        setting("low", low, *low > 0.0 && low.is_finite(), "positive and finite")?;
        setting("high", high, high > low && high.is_finite(), "above low, and finite")?;
        setting("steps", steps, *steps >= 20, "at least 20")?;
        let normalizer = Normalizer::fit(training.normalize, &data.without_labels());
        let mut batches = Labelled::new(data, &normalizer, training)?;
        same_classes(net, &normalizer, data, data.classes())?;
        let factor = (high / low).powf(1.0 / (steps - 1) as f64);
        let sgd = Sgd::new(Exponential::new(*low, factor));
        let mut sgd =
            sgd.momentum(training.momentum).weight_decay(training.weight_decay).bind(net)?;
        let mut net = net.clone();
        let rng = Rng::seed(training.seed).fork("lr-range");
        let (mut points, mut past, mut least) = (Vec::<LrPoint>::new(), 0.0, f64::INFINITY);
        observer.begin(*steps, 0);
        for step in 0..*steps {
            if observer.interrupted() {
                return Err(TransferError::Interrupted { step, checkpoint: None });
            }
            let (x, labels) = batches.batch(step);
            let lr = sgd.lr();
            let (loss, grads) = grad(&mut rng.fork(&format!("step {step}")), |t| {
                net.forward(t.constant(x)).cross_entropy(&labels)
            });
            let loss = f64::from(loss);
            if !loss.is_finite() && step == 0 {
                return Err(TransferError::Diverged { step, steps: *steps, loss, lr });
            }
            past = MEMORY * past + (1.0 - MEMORY) * loss;
            let smooth = past / (1.0 - MEMORY.powi(step as i32 + 1));
            if !smooth.is_finite() || smooth > GROWN * least {
                break;
            }
            least = least.min(smooth);
            points.push(LrPoint { lr, loss, smooth });
            sgd.step(&mut net, &grads);
            observer.step(step + 1);
        }
        observer.end();
        Ok(LrCurve::of(points))
    }
}

impl LrCurve {
    /// # Panics
    /// If there are no points.
    fn of(points: Vec<LrPoint>) -> Self {
        let order = |a: &usize, b: &usize| points[*a].smooth.total_cmp(&points[*b].smooth);
        let lowest = (0..points.len()).min_by(order).expect("the test took a step");
        let slope = |i: usize| {
            let (a, b) = (points[i - REACH], points[i + REACH]);
            (b.smooth - a.smooth) / (b.lr / a.lr).ln()
        };
        let falling = REACH..lowest.saturating_sub(REACH);
        let steepest = falling.min_by(|a, b| slope(*a).total_cmp(&slope(*b)));
        let fell = points[lowest].smooth < 0.95 * points[0].smooth;
        let suggestion = steepest.filter(|_| fell).map(|i| points[i].lr);
        LrCurve { suggestion, lowest: points[lowest].lr, points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Supervised;
    use crate::fit::Progress;
    use nn_layers::models::dann_mlp;

    fn digits() -> Dataset {
        datasets::load(&"synthetic:digits?n=400".parse().unwrap()).unwrap()
    }

    fn net() -> nn_layers::models::DannNet {
        dann_mlp(28 * 28, [32, 32], 10, &mut Rng::seed(0))
    }

    #[test]
    fn the_steepest_place_of_a_curve_is_found() {
        // Flat, then falling most steeply at ln lr = 0, then rising.
        let loss = |x: f64| 2.0 - x.tanh() + if x > 3.0 { (x - 3.0).powi(2) } else { 0.0 };
        let points = (-60..50).map(|i| f64::from(i) / 10.0).map(|x| {
            let (loss, lr) = (loss(x), x.exp());
            LrPoint { lr, loss, smooth: loss }
        });
        let curve = LrCurve::of(points.collect());
        assert!((curve.suggestion.unwrap().ln()).abs() < 0.11, "{:?}", curve.suggestion);
        assert!(curve.lowest.ln() > 2.5);
    }

    #[test]
    fn a_loss_that_does_not_fall_suggests_nothing() {
        let flat = |i: i32| LrPoint { lr: 1.1_f64.powi(i), loss: 1.0, smooth: 1.0 };
        assert_eq!(LrCurve::of((0..40).map(flat).collect()).suggestion, None);
    }

    #[test]
    fn the_suggested_rate_learns_faster_than_one_far_below_it() {
        let test = LrRange::default().training(Training { batch_size: 32, ..Training::default() });
        let curve = test.run(&net(), &digits(), &mut Progress::silent()).unwrap();
        let lr = curve.suggestion.expect("digits can be learnt");
        assert!((1e-3..1.0).contains(&lr), "{lr}");
        assert!(curve.points.windows(2).all(|p| p[0].lr < p[1].lr));
        let loss = |lr: f64| {
            let training = Training { lr, epochs: 2, batch_size: 32, ..Training::default() };
            let model = Supervised::new(net()).training(training);
            let model = model.fit(&digits(), &mut Progress::silent()).unwrap();
            model.history.records().last().unwrap().means["loss"]
        };
        assert!(loss(lr) < 0.8 * loss(lr / 100.0), "{lr}");
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        let refused = |test: LrRange| {
            test.run(&net(), &digits(), &mut Progress::silent()).unwrap_err().to_string()
        };
        assert!(refused(LrRange::default().low(0.0)).contains("low"));
        assert!(refused(LrRange::default().high(1e-6)).contains("high"));
        assert!(refused(LrRange::default().steps(3)).contains("steps"));
    }
}
