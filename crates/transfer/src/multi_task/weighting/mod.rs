//! What becomes of several losses: one file a rule, each a small function of numbers.
//!
//! Two kinds. *Weights of losses* make one loss of all, and one backward pass. *Rules about
//! gradients* need each task's gradient of the shared layers, so they go backward once a task; all
//! that they need of the gradients is the table of their products, and what they give is a
//! coefficient for each.

pub mod given;
pub mod grad_norm;
pub mod mgda;
pub mod pc_grad;
pub mod uncertainty;

use crate::TransferError;
use crate::error::setting;
use std::collections::BTreeMap;
use tensor_autograd::{Param, Real, Rng, Tape, Tensor, Var, module};

/// How the tasks' losses, or their gradients in the shared layers, are put together.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Weighting {
    /// The sum of the losses.
    #[default]
    Equal,
    /// The sum of the losses, each times the weight of its task's name; 1 where none is given.
    Given(BTreeMap<String, f64>),
    /// By learnt variances: [`uncertainty`] (Kendall et al., 2018).
    Uncertainty,
    /// Gradients of equal size, but for tasks that lag: [`grad_norm`] (Chen et al., 2018).
    GradNorm {
        /// How hard a task that lags is pulled; 1.5 in the paper, 0 or positive.
        alpha: f64,
        /// The rate at which the weights move; 0.025 in the paper, positive.
        lr: f64,
    },
    /// Conflicting gradients projected off each other: [`pc_grad`] (Yu et al., 2020).
    PcGrad,
    /// The shortest mean of the gradients: [`mgda`] (Sener and Koltun, 2018).
    Mgda {
        /// Whether each loss is divided by its first value, so that units do not matter.
        normalized: bool,
    },
}

impl Weighting {
    /// GradNorm as in the paper.
    pub const GRAD_NORM: Weighting = Weighting::GradNorm { alpha: 1.5, lr: 0.025 };
    /// MGDA on losses in units of their first values.
    pub const MGDA: Weighting = Weighting::Mgda { normalized: true };

    /// Whether each task's gradient is needed by itself.
    pub(super) fn by_gradients(&self) -> bool {
        matches!(self, Weighting::GradNorm { .. } | Weighting::PcGrad | Weighting::Mgda { .. })
    }

    pub(super) fn check(&self, tasks: &[&str]) -> Result<(), TransferError> {
        match self {
            Weighting::Given(weights) => given::check(weights, tasks),
            Weighting::GradNorm { alpha, lr } => {
                let ok = |x: f64| x >= 0.0 && x.is_finite();
                setting("alpha", alpha, ok(*alpha), "0 or positive")?;
                setting("weight_lr", lr, ok(*lr) && *lr > 0.0, "positive")
            }
            _ => Ok(()),
        }
    }
}

/// What a task's loss is at the start of training, and its gradient's norm in the last shared layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) loss: f64,
    pub(super) norm: f64,
    pub(super) regression: bool,
}

/// The coefficient of each task's gradient.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Coefficients {
    /// In the shared layers.
    pub(super) shared: Vec<f64>,
    /// In the task's own.
    pub(super) own: Vec<f64>,
}

/// What a weighting keeps between steps, in the model beside the network: so it is in every
/// checkpoint, and a step changes it as it changes weights.
#[derive(Clone, Debug, Default)]
pub(super) struct Balance {
    /// Learnt by gradient: ln σ² of each task.
    log_variance: Option<Param>,
    /// GradNorm's weights.
    weights: Option<Param>,
    /// The losses at the start.
    first: Option<Param>,
}
module!(Balance: log_variance, weights, first);

impl Balance {
    pub(super) fn new(weighting: &Weighting, first: &[First]) -> Self {
        let vector = |values: Vec<f64>| {
            Tensor::new([values.len()], values.into_iter().map(|x| x as Real).collect())
        };
        let losses = || Some(Param::buffer(vector(first.iter().map(|f| f.loss).collect())));
        match weighting {
            Weighting::Uncertainty => Balance {
                log_variance: Some(Param::weight(vector(uncertainty::start(first)))),
                ..Balance::default()
            },
            Weighting::GradNorm { .. } => {
                let norms: Vec<f64> = first.iter().map(|f| f.norm).collect();
                let weights = Some(Param::buffer(vector(grad_norm::start(&norms))));
                Balance { weights, first: losses(), log_variance: None }
            }
            Weighting::Mgda { normalized: true } => {
                Balance { first: losses(), ..Balance::default() }
            }
            _ => Balance::default(),
        }
    }

    /// One loss of the losses that this batch has; the tasks are named in their order.
    pub(super) fn joint<'t>(
        &self,
        weighting: &Weighting,
        tape: &'t Tape,
        tasks: &[(&str, bool)],
        losses: &[Option<Var<'t>>],
    ) -> Var<'t> {
        let weighted = losses.iter().zip(tasks).enumerate().filter_map(|(t, (loss, task))| {
            let loss = (*loss)?;
            Some(match (weighting, &self.log_variance) {
                (Weighting::Given(weights), _) => {
                    loss * weights.get(task.0).copied().unwrap_or(1.0) as Real
                }
                (_, Some(s)) => {
                    let s = tape.param(s).slice(0, t..t + 1).reshape([]);
                    uncertainty::loss(loss, s, task.1)
                }
                _ => loss,
            })
        });
        let sum = weighted.reduce(|a, b| a + b);
        sum.unwrap_or_else(|| tape.constant(Tensor::scalar(0.0)))
    }

    /// The coefficients of the gradients of the tasks `present`, from their losses and the products
    /// of their gradients; and for GradNorm the weights of all tasks at the next step.
    pub(super) fn by_gradients(
        &self,
        weighting: &Weighting,
        present: &[usize],
        losses: &[f64],
        gram: &[Vec<f64>],
        rng: &mut Rng,
    ) -> (Coefficients, Option<(&Param, Tensor)>) {
        let n = present.len();
        let of = |param: &Option<Param>| -> Vec<f64> {
            let values = param.as_ref().map(|p| p.value.as_slice()).unwrap_or_default();
            values.iter().map(|&x| f64::from(x)).collect()
        };
        match weighting {
            Weighting::PcGrad => {
                let orders: Vec<Vec<usize>> = (0..n).map(|_| rng.permutation(n)).collect();
                let shared = pc_grad::coefficients(gram, &orders);
                (Coefficients { shared, own: vec![1.0; n] }, None)
            }
            Weighting::GradNorm { alpha, lr } => {
                let weights = of(&self.weights);
                let first = of(&self.first);
                let ratio: Vec<f64> =
                    present.iter().zip(losses).map(|(&t, loss)| loss / first[t]).collect();
                let norms: Vec<f64> = (0..n).map(|i| gram[i][i].sqrt()).collect();
                let mine: Vec<f64> = present.iter().map(|&t| weights[t]).collect();
                let stepped = grad_norm::step(&mine, &norms, &ratio, *alpha, *lr);
                let mut next = weights;
                present.iter().zip(stepped).for_each(|(&t, w)| next[t] = w);
                let next = grad_norm::renormalized(&next);
                let next = Tensor::new([next.len()], next.into_iter().map(|w| w as Real).collect());
                let param = self.weights.as_ref().expect("made for GradNorm");
                (Coefficients { shared: mine.clone(), own: mine }, Some((param, next)))
            }
            _ => {
                let first = of(&self.first);
                let own: Vec<f64> =
                    present.iter().map(|&t| first.get(t).map_or(1.0, |loss| 1.0 / loss)).collect();
                let scaled: Vec<Vec<f64>> = (0..n)
                    .map(|i| (0..n).map(|j| gram[i][j] * own[i] * own[j]).collect())
                    .collect();
                let alpha = mgda::min_norm(&scaled);
                // As many as there are tasks, so that a rate means what it means for the sum.
                let shared = alpha.iter().zip(&own).map(|(a, own)| n as f64 * a * own).collect();
                (Coefficients { shared, own }, None)
            }
        }
    }

    /// The weight of each task's loss at this point, where the weighting has one that moves.
    pub(super) fn moving_weights(&self, regression: &[bool]) -> Option<Vec<f64>> {
        let values = |p: &Param| p.value.as_slice().iter().map(|&x| f64::from(x)).collect();
        if let Some(weights) = &self.weights {
            return Some(values(weights));
        }
        let s: Vec<f64> = self.log_variance.as_ref().map(values)?;
        Some(s.iter().zip(regression).map(|(&s, &r)| uncertainty::weight(s, r)).collect())
    }
}
