//! One step on all tasks: a batch each, their losses, and what the weighting makes of them.

use super::batch::{Batches, Drawn};
use super::weighting::{Balance, First, Weighting};
use super::{MultiTaskNet, Task};
use crate::fit::{At, Means, Objective};
use tensor_autograd::{Grads, Module, Param, Real, Rng, Tape, Tensor, Var, concat, grad, module};

/// Of more tasks than these, the epochs' records have no figure each.
const FIGURES: usize = 16;

/// The network, and what the weighting keeps beside it.
#[derive(Clone)]
pub(super) struct Weighted {
    pub(super) net: MultiTaskNet,
    pub(super) balance: Balance,
}
module!(Weighted: net, balance);

/// What a step minimises.
pub(super) struct Tasks<'a> {
    pub(super) batches: Batches<'a>,
    pub(super) weighting: Weighting,
}

/// Loss, and accuracy for classes.
type Seen<'t> = (Var<'t>, Option<f64>);

impl Tasks<'_> {
    fn tasks(&self) -> &[Task] {
        self.batches.tasks()
    }

    /// Every task's loss on the batches, on one tape: what shares layers passes them together.
    fn losses<'t>(
        &self,
        net: &MultiTaskNet,
        tape: &'t Tape,
        drawn: &[Drawn],
    ) -> Vec<Option<Seen<'t>>> {
        // Each part is a batch that stands before the trunk, and the tasks that it is for.
        let mut parts: Vec<(Var<'t>, &Drawn, Vec<usize>)> = Vec::new();
        for batch in drawn {
            let x = tape.constant(&batch.inputs);
            let (own, plain): (Vec<usize>, Vec<usize>) =
                batch.tasks.iter().partition(|t| net.inputs.contains_key(self.tasks()[**t].name()));
            if !plain.is_empty() {
                parts.push((x, batch, plain));
            }
            for t in own {
                parts.push((net.enter(self.tasks()[t].name(), x), batch, vec![t]));
            }
        }
        let features: Vec<Var<'t>> = match parts.len() {
            // Without shared layers the parts need not have one shape.
            n if n > 1 && !net.trunk.is_empty() => {
                let all: Vec<Var<'t>> = parts.iter().map(|part| part.0).collect();
                let shared = nn_layers::Layer::forward(&net.trunk, concat(&all, 0));
                let mut end = 0;
                let rows = all.iter().map(|x| {
                    let start = end;
                    end += x.shape()[0];
                    shared.slice(0, start..end)
                });
                rows.collect()
            }
            _ => parts.iter().map(|p| nn_layers::Layer::forward(&net.trunk, p.0)).collect(),
        };
        let mut losses = vec![None; self.tasks().len()];
        for ((_, batch, tasks), features) in parts.iter().zip(features) {
            for &t in tasks {
                let head = &net.heads[self.tasks()[t].name()];
                let output = nn_layers::Layer::forward(head, features);
                losses[t] = self.batches.loss(t, output, &batch.rows);
            }
        }
        losses
    }

    /// The loss of one task alone on its batch, and its gradients; `None` if the batch has no label
    /// of it.
    fn alone(
        &self,
        t: usize,
        net: &MultiTaskNet,
        batch: &Drawn,
        rng: &mut Rng,
    ) -> Option<(Real, Option<f64>, Grads)> {
        if self.batches.labelled(t, &batch.rows).is_empty() {
            return None;
        }
        let mut accuracy = None;
        let (loss, grads) = grad(rng, |tape| {
            let output = net.forward(self.tasks()[t].name(), tape.constant(&batch.inputs));
            let seen = self.batches.loss(t, output, &batch.rows);
            let (loss, share) = seen.expect("a row has a label");
            accuracy = share;
            loss
        });
        Some((loss, accuracy, grads))
    }

    /// Where every task stands before training, on some of its labelled rows.
    pub(super) fn first(&self, net: &MultiTaskNet, rng: &Rng) -> Vec<First> {
        let last = last_shared(net);
        let tasks = self.tasks().iter().enumerate();
        let first = tasks.map(|(t, task)| {
            let batch = self.batches.some(t);
            let rng = &mut rng.fork(&format!("first {}", task.name()));
            let (loss, _, grads) = self.alone(t, net, &batch, rng).expect("a labelled batch");
            let norm = last.and_then(|w| grads.get(w)).map_or(0.0, |g| dot(g, g).sqrt());
            // A loss of nothing is no unit to measure by.
            let loss = f64::from(loss).max(1e-8);
            First { loss, norm, regression: self.batches.is_regression(t) }
        });
        first.collect()
    }

    fn step_jointly(
        &self,
        model: &Weighted,
        drawn: &[Drawn],
        rng: &mut Rng,
        means: &mut Means,
    ) -> (Real, Grads) {
        let tasks: Vec<(&str, bool)> = (0..self.tasks().len())
            .map(|t| (self.tasks()[t].name(), self.batches.is_regression(t)))
            .collect();
        grad(rng, |tape| {
            let seen = self.losses(&model.net, tape, drawn);
            for (t, seen) in seen.iter().enumerate() {
                if let Some((loss, accuracy)) = seen {
                    self.note(means, t, f64::from(loss.value().item()), *accuracy);
                }
            }
            let losses: Vec<_> = seen.iter().map(|seen| seen.map(|(loss, _)| loss)).collect();
            model.balance.joint(&self.weighting, tape, &tasks, &losses)
        })
    }

    fn step_by_gradients(
        &self,
        model: &Weighted,
        drawn: &[Drawn],
        rng: &mut Rng,
        means: &mut Means,
    ) -> (Real, Grads) {
        let (mut present, mut losses, mut all) = (vec![], vec![], vec![]);
        for (t, task) in self.tasks().iter().enumerate() {
            let batch = drawn.iter().find(|d| d.tasks.contains(&t)).expect("a batch for each");
            let rng = &mut rng.fork(task.name());
            if let Some((loss, accuracy, grads)) = self.alone(t, &model.net, batch, rng) {
                self.note(means, t, f64::from(loss), accuracy);
                present.push(t);
                losses.push(f64::from(loss));
                all.push(grads);
            }
        }
        let shared = shared_weights(&model.net);
        let compared: Vec<&Param> = match self.weighting {
            Weighting::GradNorm { .. } => last_shared(&model.net).into_iter().collect(),
            _ => shared.clone(),
        };
        let gram = gram(&compared, &all);
        if let Some(cosine) = mean_cosine(&gram) {
            means.add("gradient_cosine", cosine);
        }
        let (c, next) = model.balance.by_gradients(&self.weighting, &present, &losses, &gram, rng);
        let mut sum = Grads::default();
        let mut total = 0.0;
        for (i, mut grads) in all.into_iter().enumerate() {
            // The own layers' factor over everything, then the shared layers' in its place.
            let kept: Vec<(&Param, Tensor)> =
                shared.iter().filter_map(|p| Some((*p, grads.get(p)?.clone()))).collect();
            let own = c.own[i] as Real;
            grads.map(|g| g * own);
            for (param, g) in kept {
                let factor = c.shared[i] as Real;
                *grads.get_mut(param).expect("it was there") = g.into_map(|g| g * factor);
            }
            total += c.own[i] * losses[i];
            sum.add(grads);
        }
        if let Some((buffer, next)) = next {
            // What the optimiser is to store comes by a tape, as everything does.
            let (_, proposal) = grad(rng, |tape| {
                tape.propose(buffer, next);
                tape.constant(Tensor::scalar(0.0))
            });
            sum.add(proposal);
        }
        (total as Real, sum)
    }

    fn note(&self, means: &mut Means, t: usize, loss: f64, accuracy: Option<f64>) {
        let task = &self.tasks()[t];
        if self.tasks().len() <= FIGURES {
            means.add(&format!("loss_{}", task.name()), loss);
            if let Some(accuracy) = accuracy {
                means.add(&format!("accuracy_{}", task.name()), accuracy);
            }
        }
    }
}

impl Objective for Tasks<'_> {
    type Net = Weighted;

    fn step(
        &mut self,
        model: &Weighted,
        at: At,
        rng: &mut Rng,
        means: &mut Means,
    ) -> (Real, Grads) {
        let drawn = self.batches.draw(at.step);
        let regression: Vec<bool> =
            (0..self.tasks().len()).map(|t| self.batches.is_regression(t)).collect();
        if let Some(weights) = model.balance.moving_weights(&regression)
            && weights.len() <= FIGURES
        {
            for (task, weight) in self.tasks().iter().zip(weights) {
                means.add(&format!("weight_{}", task.name()), weight);
            }
        }
        match self.weighting.by_gradients() {
            false => self.step_jointly(model, &drawn, rng, means),
            true => self.step_by_gradients(model, &drawn, rng, means),
        }
    }
}

/// The weights that all tasks train.
pub(super) fn shared_weights(net: &MultiTaskNet) -> Vec<&Param> {
    net.trunk.named_params().into_iter().map(|(_, p)| p).filter(|p| p.trainable()).collect()
}

/// The weight of the last shared layer.
fn last_shared(net: &MultiTaskNet) -> Option<&Param> {
    shared_weights(net).into_iter().rfind(|p| p.shape().len() > 1)
}

/// The products of the tasks' gradients over these parameters, as of one long vector.
fn gram(params: &[&Param], grads: &[Grads]) -> Vec<Vec<f64>> {
    let n = grads.len();
    let mut gram = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let products =
                params.iter().filter_map(|p| Some(dot(grads[i].get(p)?, grads[j].get(p)?)));
            gram[i][j] = products.sum();
            gram[j][i] = gram[i][j];
        }
    }
    gram
}

/// In 64 bits, from first to last: the same on any number of threads.
fn dot(a: &Tensor, b: &Tensor) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// The mean over the pairs of tasks of the cosine between their gradients.
fn mean_cosine(gram: &[Vec<f64>]) -> Option<f64> {
    let pairs = (0..gram.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let cosines: Vec<f64> = pairs
        .map(|(i, j)| gram[i][j] / (gram[i][i] * gram[j][j]).sqrt())
        .filter(|cosine| cosine.is_finite())
        .collect();
    (!cosines.is_empty()).then(|| cosines.iter().sum::<f64>() / cosines.len() as f64)
}
