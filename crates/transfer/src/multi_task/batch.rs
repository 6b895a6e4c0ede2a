//! Which rows a step sees, and the loss of each task on them.
//!
//! Every step draws a batch of each task's inputs, of equal size unless a task has a size of its
//! own, from an endless stream of that task's epochs: so no task is cut short by a smaller one, and
//! a small one goes round more often. How often is [`epochs`](Batches::epochs). Tasks with the same
//! inputs share a batch.

use super::task::{Labels, Task, same_inputs};
use crate::input::{Inputs, Normalizer};
use crate::{Normalize, TransferError};
use datasets::{BatchStream, Unlabelled};
use nn_layers::{Reduction, metrics};
use serde::{Deserialize, Serialize};
use tensor_autograd::{Real, Rng, Tensor, Var};

/// What a task's output means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Logits of these classes.
    Classes(Vec<String>),
    /// A number: this mean plus the output times this scale, which are those of the task's training
    /// labels.
    Numbers {
        /// The mean.
        mean: f64,
        /// The standard deviation; 1 where all labels are equal.
        scale: f64,
    },
}

impl Kind {
    fn of(labels: &Labels) -> Kind {
        match labels {
            Labels::Classes { names, .. } => Kind::Classes(names.clone()),
            Labels::Numbers(numbers) => {
                let known: Vec<f64> = numbers.iter().flatten().map(|&x| f64::from(x)).collect();
                let n = known.len() as f64;
                let mean = known.iter().sum::<f64>() / n;
                let square = known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                let scale = if square > 1e-12 { square.sqrt() } else { 1.0 };
                Kind::Numbers { mean, scale }
            }
        }
    }
}

/// The inputs of one or more tasks, and the order in which they are drawn.
struct Group {
    inputs: Inputs,
    rows: BatchStream,
    size: usize,
    tasks: Vec<usize>,
}

/// A batch of a step.
pub(super) struct Drawn {
    pub(super) inputs: Tensor,
    pub(super) rows: Vec<usize>,
    pub(super) tasks: Vec<usize>,
}

/// The batches of all tasks.
pub(super) struct Batches<'a> {
    tasks: &'a [Task],
    kinds: Vec<Kind>,
    normalizers: Vec<Normalizer>,
    groups: Vec<Group>,
}

impl<'a> Batches<'a> {
    /// `own_input` says which tasks have layers of their own in front: their inputs are normalised
    /// by themselves, those of all others together, as they go into one layer.
    pub(super) fn new(
        tasks: &'a [Task],
        own_input: &[bool],
        normalize: Normalize,
        common: usize,
        seed: u64,
    ) -> Result<Self, TransferError> {
        let mut of: Vec<Vec<usize>> = Vec::new();
        for t in 0..tasks.len() {
            match of.iter_mut().find(|group| same_inputs(&tasks[group[0]], &tasks[t])) {
                Some(group) => group.push(t),
                None => of.push(vec![t]),
            }
        }
        let plain = of.iter().filter_map(|group| group.iter().find(|t| !own_input[**t]));
        let plain: Vec<&Unlabelled> = plain.map(|&t| tasks[t].inputs()).collect();
        let together = together(&plain)?.map(|all| Normalizer::fit(normalize, &all));
        let normalizer = |t: usize| match (&together, own_input[t]) {
            (Some(common), false) => common.clone(),
            _ => Normalizer::fit(normalize, tasks[t].inputs()),
        };
        let normalizers: Vec<Normalizer> = (0..tasks.len()).map(normalizer).collect();
        let mut groups = Vec::new();
        for group in of {
            // Tasks of one group but different normalisation cannot share a batch.
            let (own, plain): (Vec<usize>, Vec<usize>) = group.iter().partition(|t| own_input[**t]);
            for tasks_of in [own, plain].into_iter().filter(|g| !g.is_empty()) {
                let first = &tasks[tasks_of[0]];
                let inputs = Inputs::new(first.inputs(), &normalizers[tasks_of[0]])?;
                let size = first.rows_a_step(common);
                // By the name of the inputs: tasks of equal size are not walked side by side, and
                // the stream of a task is the same whatever other tasks there are.
                let name = format!("rows of {}", first.inputs().name());
                let seed = Rng::seed(seed).fork(&name).below(usize::MAX) as u64;
                let rows = BatchStream::new(inputs.len(), size, seed);
                groups.push(Group { inputs, rows, size, tasks: tasks_of });
            }
        }
        let kinds = tasks.iter().map(|task| Kind::of(task.labels())).collect();
        Ok(Batches { tasks, kinds, normalizers, groups })
    }

    pub(super) fn tasks(&self) -> &[Task] {
        self.tasks
    }

    pub(super) fn is_regression(&self, t: usize) -> bool {
        matches!(self.kinds[t], Kind::Numbers { .. })
    }

    /// How each task's inputs are normalised and what its output means.
    pub(super) fn served(&self) -> impl Iterator<Item = (&str, &Normalizer, &Kind)> {
        let all = self.tasks.iter().zip(&self.normalizers).zip(&self.kinds);
        all.map(|((task, normalizer), kind)| (task.name(), normalizer, kind))
    }

    /// The batch of each group.
    pub(super) fn draw(&mut self, step: usize) -> Vec<Drawn> {
        let draw = |group: &mut Group| {
            let rows = group.rows.batch(step as u64);
            Drawn { inputs: group.inputs.batch(&rows), rows, tasks: group.tasks.clone() }
        };
        self.groups.iter_mut().map(draw).collect()
    }

    /// Some labelled rows of a task, always the same.
    pub(super) fn some(&self, t: usize) -> Drawn {
        let mut rows = self.tasks[t].labels().labelled();
        rows.truncate(256);
        let group = self.groups.iter().find(|group| group.tasks.contains(&t));
        let inputs = group.expect("each task is in a group").inputs.batch(&rows);
        Drawn { inputs, rows, tasks: vec![t] }
    }

    /// How often each task's inputs are passed in so many steps.
    pub(super) fn epochs(&self, steps: usize) -> Vec<f64> {
        let of = |t: usize| {
            let group = self.groups.iter().find(|group| group.tasks.contains(&t));
            let group = group.expect("each task is in a group");
            steps as f64 * group.size as f64 / group.inputs.len() as f64
        };
        (0..self.tasks.len()).map(of).collect()
    }

    /// The places in the batch `rows` that task `t` has a label for.
    pub(super) fn labelled(&self, t: usize, rows: &[usize]) -> Vec<usize> {
        let has = |place: &usize| match self.tasks[t].labels() {
            Labels::Classes { labels, .. } => labels[rows[*place]].is_some(),
            Labels::Numbers(numbers) => numbers[rows[*place]].is_some(),
        };
        (0..rows.len()).filter(has).collect()
    }

    /// The mean loss of task `t` over the rows of the batch that it has a label for: cross-entropy,
    /// or the squared error in standard deviations; and for classes the accuracy. `None` if there is
    /// no such row: then nothing follows for any weight.
    pub(super) fn loss<'t>(
        &self,
        t: usize,
        output: Var<'t>,
        rows: &[usize],
    ) -> Option<(Var<'t>, Option<f64>)> {
        let places = self.labelled(t, rows);
        if places.is_empty() {
            return None;
        }
        let output = match places.len() == rows.len() {
            true => output,
            false => output.index_select(0, &places),
        };
        let mine = places.iter().map(|&place| rows[place]);
        let (loss, accuracy) = match (self.tasks[t].labels(), &self.kinds[t]) {
            (Labels::Numbers(numbers), Kind::Numbers { mean, scale }) => {
                let standard = |x: f32| ((f64::from(x) - mean) / scale) as Real;
                let numbers: Vec<Real> = mine.filter_map(|r| numbers[r].map(standard)).collect();
                let numbers = Tensor::new([numbers.len(), 1], numbers);
                (output.mse_loss(output.tape().constant(numbers), Reduction::Mean), None)
            }
            (Labels::Classes { labels, .. }, _) => {
                let labels: Vec<usize> = mine.filter_map(|r| labels[r]).collect();
                let accuracy = metrics::accuracy(&output.value(), &labels);
                (output.cross_entropy(&labels), Some(accuracy))
            }
            (Labels::Numbers(_), Kind::Classes(_)) => unreachable!("kinds are those of the labels"),
        };
        let factor = self.tasks[t].factor();
        Some((if factor == 1.0 { loss } else { loss * factor as Real }, accuracy))
    }
}

/// All inputs that go into one layer.
fn together(inputs: &[&Unlabelled]) -> Result<Option<Unlabelled>, TransferError> {
    let Some((first, rest)) = inputs.split_first() else { return Ok(None) };
    for other in rest {
        if other.sample_shape() != first.sample_shape() {
            return Err(TransferError::Mismatch {
                what: "tasks without layers of their own in front have samples of different shapes",
                left: format!("{} {:?}", first.name(), first.sample_shape()),
                right: format!("{} {:?}", other.name(), other.sample_shape()),
                remedy: "give each an input layer, or bring the samples to one shape",
            });
        }
    }
    if rest.is_empty() {
        return Ok(Some((*first).clone()));
    }
    let views: Vec<_> = inputs.iter().map(|x| x.inputs()).collect();
    let all = ndarray::concatenate(ndarray::Axis(0), &views).expect("samples of one shape");
    Ok(Some(Unlabelled::new(first.name(), all)?))
}
