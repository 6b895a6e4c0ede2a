//! The one training loop: every estimator runs its paper's objective through it.
//!
//! It owns what a user expects of long work: progress, metrics, a check for divergence, early
//! stopping on a stated criterion, the best model, checkpoints, resumption to the bit, and a stop
//! on request that loses nothing.

mod checkpoint;
mod outline;
mod progress;
mod record;

pub use checkpoint::{Checkpoints, Every};
pub use outline::{Outline, OutlinedWeight};
pub use progress::{Observer, Progress};
pub use record::{EpochRecord, History, Means};

use crate::error::setting;
use crate::{TransferError, normalises_by_batch};
use checkpoint::State;
use optim::{Optimizer, Rule};
use std::time::Instant;
use tensor_autograd::{Grads, Module, Real, Rng};

/// A step's place in the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The step, from 0.
    pub step: usize,
    /// Steps of the whole run.
    pub steps: usize,
}

impl At {
    /// Training progress *p* in `[0, 1)`: over the whole run, never over an epoch.
    pub fn progress(self) -> f64 {
        self.step as f64 / self.steps as f64
    }
}

/// What a method asks the loop to minimise.
pub trait Objective {
    /// The network it trains.
    type Net: Module + Clone;

    /// Freezes and unfreezes parameters before a step, as a function of the place in the run alone.
    /// It changes no value: that is the optimiser's.
    fn freeze(&self, _net: &mut Self::Net, _at: At) {}

    /// The loss and gradients of one step, a function of the network, the place in the run and the
    /// generator alone: what `self` keeps between steps is for speed. The generator is the step's
    /// own. Quantities to be averaged over the epoch go into `means`.
    fn step(&mut self, net: &Self::Net, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads);

    /// The criterion that decides which epoch's network is kept, larger is better, and its name.
    /// `None` keeps the last one. It must be computable from what the method may see.
    fn criterion(&self, _net: &Self::Net) -> Option<(&'static str, f64)> {
        None
    }
}

/// How long a run is and what it keeps.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Steps of the whole run.
    pub steps: usize,
    /// Steps between two records.
    pub steps_per_epoch: usize,
    /// Samples a step.
    pub rows: usize,
    /// The seed of dropout and the like.
    pub seed: u64,
    /// The method and its settings, in words; a checkpoint of others is refused.
    pub settings: String,
    /// Stop after this many epochs without a better criterion.
    pub patience: Option<usize>,
    /// Whether dropout, where the network has it, drops anything.
    pub dropout: bool,
    /// Where checkpoints go; `None` keeps none.
    pub checkpoints: Option<Checkpoints>,
}

/// What a run leaves.
#[derive(Clone, Debug)]
pub struct Fitted<N> {
    /// The network: the best epoch's by the objective's criterion, the last one's without.
    pub net: N,
    /// A record per epoch.
    pub history: History,
}

/// Runs `objective` from `net` as `plan` says; `optimizer` brings the learning rate's schedule.
///
/// # Errors
/// [`TransferError::Setting`] for steps of one sample where the network normalises by the batch,
/// [`TransferError::Diverged`] at the first loss that is not finite, [`TransferError::Overflowed`]
/// at the first epoch that ends with such weights, [`TransferError::Interrupted`] if the observer
/// asks to stop, and errors of saving or resuming.
pub fn fit<O: Objective, R: Rule>(
    objective: &mut O,
    net: O::Net,
    mut optimizer: Optimizer<R>,
    plan: &Plan,
    observer: &mut dyn Observer,
) -> Result<Fitted<O::Net>, TransferError> {
    let rng = Rng::seed(plan.seed).fork("fit");
    let rng = if plan.dropout { rng } else { rng.without_dropout() };
    let mut state = State::new(net);
    if let Some(checkpoints) = &plan.checkpoints {
        checkpoints.resume(&mut state, &mut optimizer, plan, observer)?;
    }
    let (mut written, mut outlined) = (Instant::now(), false);
    observer.begin(plan.steps, state.step);
    let mut stopped = plan.patience.is_some_and(|patience| state.stale >= patience);
    while state.step < plan.steps && !stopped {
        if observer.interrupted() {
            let saved = match &plan.checkpoints {
                Some(c) => Some(c.save(&state, &optimizer, plan)?),
                None => None,
            };
            return Err(TransferError::Interrupted { step: state.step, checkpoint: saved });
        }
        let at = At { step: state.step, steps: plan.steps };
        let lr = optimizer.lr();
        objective.freeze(&mut state.net, at);
        check_batch(&state.net, plan.rows)?;
        if !outlined {
            observer.outline(&Outline::of(&state.net, &optimizer, plan));
            outlined = true;
        }
        let mut rng = rng.fork(&format!("step {}", at.step));
        let (loss, grads) = objective.step(&state.net, at, &mut rng, &mut state.means);
        if !loss.is_finite() {
            let (step, steps) = (at.step, at.steps);
            return Err(TransferError::Diverged { step, steps, loss: f64::from(loss), lr });
        }
        state.means.add("loss", f64::from(loss));
        optimizer.step(&mut state.net, &grads);
        state.step += 1;
        observer.step(state.step);
        let enough = observer.enough();
        let epoch = state.step.is_multiple_of(plan.steps_per_epoch);
        let ends = epoch || state.step == plan.steps || enough;
        if ends {
            stopped = end_epoch(objective, &mut state, plan, lr, observer)? || enough;
        }
        if let Some(checkpoints) = &plan.checkpoints
            && (ends || checkpoints.due(state.step, written))
        {
            checkpoints.save(&state, &optimizer, plan)?;
            written = Instant::now();
        }
    }
    observer.end();
    Ok(Fitted { net: state.best.map_or(state.net, |(_, net)| net), history: state.history })
}

/// One sample has no spread that a normalisation by the batch could divide by. Asked at every step,
/// because layers may thaw on the way.
pub(crate) fn check_batch(net: &impl Module, rows: usize) -> Result<(), TransferError> {
    let enough = rows > 1 || !normalises_by_batch(net);
    setting("batch_size", rows, enough, "at least 2: the network normalises by the batch")
}

/// Records the epoch; says whether patience is at an end. What is not finite is kept nowhere: the
/// last step of a run has no loss after it that would tell.
fn end_epoch<O: Objective>(
    objective: &O,
    state: &mut State<O::Net>,
    plan: &Plan,
    lr: f64,
    observer: &mut dyn Observer,
) -> Result<bool, TransferError> {
    let (step, steps) = (state.step, plan.steps);
    let overflowed = |what: String| TransferError::Overflowed { step, steps, what, lr };
    let params = state.net.named_params();
    if let Some((name, _)) = params.iter().find(|(_, p)| !p.value.is_finite()) {
        return Err(overflowed(format!("`{name}`")));
    }
    drop(params);
    let mut record = EpochRecord {
        epoch: state.history.len() + 1,
        step: state.step,
        lr,
        criterion: None,
        means: std::mem::take(&mut state.means).finish(),
    };
    if let Some((name, value)) = objective.criterion(&state.net) {
        if !value.is_finite() {
            return Err(overflowed(format!("the criterion `{name}`")));
        }
        record.criterion = Some((name.to_owned(), value));
        match &state.best {
            Some((best, _)) if value <= *best => state.stale += 1,
            _ => {
                state.best = Some((value, state.net.clone()));
                state.stale = 0;
            }
        }
    }
    observer.epoch(&record);
    state.history.push(record);
    Ok(plan.patience.is_some_and(|patience| state.stale >= patience))
}
