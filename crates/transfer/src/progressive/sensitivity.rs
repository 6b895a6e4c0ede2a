//! Which columns and layers the column of a task makes use of.

use super::model::ProgressiveModel;
use super::net::ProgressiveNet;
use crate::TransferError;
use crate::input::Inputs;
use crate::model::known_labels;
use datasets::Dataset;
use nn_layers::metrics;
use serde::{Deserialize, Serialize};
use tensor_autograd::{Param, Real, Rng, Shape, Tape, Tensor, eval};

/// Samples that pass through the network at once.
const BATCH: usize = 256;
/// The weakest and the strongest noise, as powers of 2 of a layer's deviation.
const EXPONENTS: (f64, f64) = (-6.0, 10.0);
/// Halvings of that range: the noise is found to 4 %.
const HALVINGS: usize = 8;
/// Labels drawn for each sample from what the model says.
const DRAWS: usize = 4;

/// How much the logits of one task depend on each hidden layer of each column that they are made
/// from. All tables are `[column][layer]`, from 0.
///
/// Both measures treat a layer's activations as scaled to deviation 1 over the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The accuracy without noise.
    pub accuracy: f64,
    /// What of it is lost when Gaussian noise of the layer's own standard deviation is added to its
    /// activations.
    pub drop: Vec<Vec<f64>>,
    /// The precision Λ = 1/σ² of the noise that takes the accuracy half of the way to guessing, with
    /// σ in units of the layer's standard deviation; 0 for a layer that no noise does that to.
    pub precision: Vec<Vec<f64>>,
    /// The average perturbation sensitivity, Λ as a share of the columns' sum of the same layer.
    pub perturbation: Vec<Vec<f64>>,
    /// The average Fisher sensitivity: the share of the columns' sum that each feature has in the
    /// diagonal of `F = E[(∂ log p(y | x) / ∂h)²]`, `y` drawn from the model, averaged over the
    /// features (feature maps of a convolution).
    pub fisher: Vec<Vec<f64>>,
}

impl Sensitivity {
    /// Measures the column of task `task` (from 0) on `data`. The paper asks for half of the score;
    /// half of the way to guessing is the same for a game that guessing scores 0 in.
    ///
    /// # Errors
    /// If `data` has no labels, others than the task's, or samples of another shape.
    ///
    /// # Panics
    /// If there is no such task.
    #[track_caller]
    pub fn measure(
        model: &ProgressiveModel,
        task: usize,
        data: &Dataset,
        seed: u64,
    ) -> Result<Self, TransferError> {
        let classes = model.tasks[task].classes.len();
        let labels = known_labels(data, classes)?;
        let inputs = Inputs::new(&data.without_labels(), &model.tasks[task].normalizer)?;
        let subject = Subject { net: &model.net, task, inputs, labels };
        let spread = subject.spread();
        let accuracy = subject.accuracy(None);
        let threshold = (accuracy + 1.0 / classes as f64) / 2.0;
        let rng = Rng::seed(seed);
        let at = |column: usize, layer: usize, sigma: f64| {
            let rng = rng.fork(&format!("noise {column} {layer}"));
            let sigma = sigma * spread[column][layer].overall;
            subject.accuracy(Some(Noise { column, layer, sigma, rng }))
        };
        let table = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            let row =
                |column: usize| (0..spread[column].len()).map(|layer| f(column, layer)).collect();
            (0..=task).map(row).collect()
        };
        let drop = table(&|column, layer| accuracy - at(column, layer, 1.0));
        let precision = table(&|column, layer| {
            let (mut low, mut high) = EXPONENTS;
            if accuracy <= threshold || at(column, layer, high.exp2()) > threshold {
                return 0.0;
            }
            for _ in 0..HALVINGS {
                let middle = (low + high) / 2.0;
                match at(column, layer, middle.exp2()) > threshold {
                    true => low = middle,
                    false => high = middle,
                }
            }
            (-low - high).exp2()
        });
        let perturbation = table(&|column, layer| {
            let sum: f64 = precision.iter().map(|column| column[layer]).sum();
            if sum > 0.0 { precision[column][layer] / sum } else { 0.0 }
        });
        let information = subject.information(&spread, &rng.fork("labels"));
        let fisher = table(&|column, layer| share(&information, column, layer));
        Ok(Sensitivity { accuracy, drop, precision, perturbation, fisher })
    }
}

/// A feature's share of the columns' sum, averaged over the features that have any.
fn share(information: &[Vec<Vec<f64>>], column: usize, layer: usize) -> f64 {
    let features = 0..information[column][layer].len();
    let shares = features.filter_map(|m| {
        let sum: f64 = information.iter().map(|column| column[layer][m]).sum();
        (sum > 0.0).then(|| information[column][layer][m] / sum)
    });
    let shares: Vec<f64> = shares.collect();
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

/// Standard deviations of a layer's activations over the data.
struct Spread {
    overall: f64,
    features: Vec<f64>,
}

/// Noise in one layer of one column.
struct Noise {
    column: usize,
    layer: usize,
    sigma: f64,
    rng: Rng,
}

/// What is measured.
struct Subject<'a> {
    net: &'a ProgressiveNet,
    task: usize,
    inputs: Inputs,
    labels: &'a [usize],
}

impl Subject<'_> {
    fn batches(&self) -> Vec<Vec<usize>> {
        let rows: Vec<usize> = (0..self.inputs.len()).collect();
        rows.chunks(BATCH).map(<[usize]>::to_vec).collect()
    }

    fn accuracy(&self, mut noise: Option<Noise>) -> f64 {
        let mut right = 0.0;
        for rows in self.batches() {
            let logits = eval(|t| {
                let x = t.constant(self.inputs.batch(&rows));
                let disturbed =
                    self.net.probed(self.task, x, &mut |column, layer, h| match &mut noise {
                        Some(n) if (n.column, n.layer) == (column, layer) => {
                            let sigma = n.sigma as Real;
                            h + t.constant(Tensor::normal(h.shape(), 0.0, sigma, &mut n.rng))
                        }
                        _ => h,
                    });
                disturbed.value()
            });
            let labels: Vec<usize> = rows.iter().map(|&row| self.labels[row]).collect();
            right += metrics::accuracy(&logits, &labels) * rows.len() as f64;
        }
        right / self.labels.len() as f64
    }

    /// The deviations of every layer of every column, from sums over all batches.
    fn spread(&self) -> Vec<Vec<Spread>> {
        // For each feature: how many values, their sum, and that of their squares.
        let mut sums: Vec<Vec<Vec<[f64; 3]>>> = vec![Vec::new(); self.task + 1];
        for rows in self.batches() {
            eval(|t| {
                let x = t.constant(self.inputs.batch(&rows));
                let mut note = |column: usize, layer: usize, h: &Tensor| {
                    let layers: &mut Vec<Vec<[f64; 3]>> = &mut sums[column];
                    if layers.len() == layer {
                        layers.push(vec![[0.0; 3]; h.shape()[1]]);
                    }
                    each(h, |m, x| {
                        let [n, sum, squares] = &mut layers[layer][m];
                        (*n, *sum, *squares) = (*n + 1.0, *sum + x, *squares + x * x);
                    });
                };
                self.net.probed(self.task, x, &mut |column, layer, h| {
                    note(column, layer, &h.value());
                    h
                });
            });
        }
        let deviation =
            |[n, sum, squares]: [f64; 3]| (squares / n - (sum / n).powi(2)).max(0.0).sqrt();
        let of = |features: Vec<[f64; 3]>| {
            let all =
                features.iter().fold([0.0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
            Spread {
                overall: deviation(all),
                features: features.into_iter().map(deviation).collect(),
            }
        };
        sums.into_iter().map(|layers| layers.into_iter().map(of).collect()).collect()
    }

    /// The diagonal of the Fisher information with respect to each feature scaled to deviation 1,
    /// `[column][layer][feature]`. The positions of a feature map are added up.
    fn information(&self, spread: &[Vec<Spread>], rng: &Rng) -> Vec<Vec<Vec<f64>>> {
        let zero = |layer: &Spread| vec![0.0; layer.features.len()];
        let mut sums: Vec<Vec<Vec<f64>>> =
            spread.iter().map(|layers| layers.iter().map(zero).collect()).collect();
        let mut rng = rng.clone();
        for rows in self.batches() {
            for _ in 0..DRAWS {
                // A tape that has gradients and no randomness: everything as in inference.
                let tape = Tape::new();
                let mut probes: Vec<(usize, usize, Param)> = Vec::new();
                let x = tape.constant(self.inputs.batch(&rows));
                let logits = self.net.probed(self.task, x, &mut |column, layer, h| {
                    let probe = Param::weight(Tensor::zeros(h.shape()));
                    let disturbed = h + tape.param(&probe);
                    probes.push((column, layer, probe));
                    disturbed
                });
                let drawn = draw(&logits.softmax(1).value(), &mut rng);
                // The sum, not the mean: each row's gradient is then that of its own sample.
                let grads = (logits.cross_entropy(&drawn) * rows.len() as Real).backward();
                for (column, layer, probe) in &probes {
                    let Some(gradient) = grads.get(probe) else { continue };
                    let (sums, spread) = (&mut sums[*column][*layer], &spread[*column][*layer]);
                    each(gradient, |m, g| sums[m] += (g * spread.features[m]).powi(2));
                }
            }
        }
        sums
    }
}

/// Calls `f` with the feature and the value of every element of `[n, features, ..]`.
fn each(t: &Tensor, mut f: impl FnMut(usize, f64)) {
    let shape: Shape = t.shape();
    let positions: usize = shape[2..].iter().product();
    for (i, &x) in t.as_slice().iter().enumerate() {
        f(i / positions % shape[1], f64::from(x));
    }
}

/// A class for each row of probabilities, drawn with them.
fn draw(probabilities: &Tensor, rng: &mut Rng) -> Vec<usize> {
    let classes = probabilities.shape()[1];
    let rows = probabilities.as_slice().chunks_exact(classes);
    rows.map(|row| {
        let mut left = rng.uniform();
        let found = row.iter().position(|&p| {
            left -= p;
            left < 0.0
        });
        found.unwrap_or(classes - 1)
    })
    .collect()
}
