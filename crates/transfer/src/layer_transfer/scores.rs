//! Where to cut, foretold: scores of the source model's features that take no training.

use super::{CopyFrom, LayerStudy};
use crate::TransferError;
use crate::measures::{h_score, leep, log_me};
use crate::model::Model;
use crate::network::Network;
use datasets::Dataset;
use serde::Serialize;
use tensor_autograd::{Real, Tensor, eval};

/// Examples that the scores are measured on at most.
const MOST: usize = 500;
/// Features that these have together at most at any cut: the first layers make many of large pictures.
const AT_ONCE: usize = 1 << 26;

/// What is said of the cuts of a study before anything is trained, as means over the seeds. The
/// target's labels are read of the examples to learn from alone: of 500 at most, and of fewer where a
/// layer makes more than 134217 features of each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CutScores {
    /// [`leep`] of the source model, which knows of no cut.
    pub leep: f64,
    /// Each cut after a copied layer, the first one first; none if the last layers are copied, whose
    /// features come of layers that have learnt nothing yet.
    pub cuts: Vec<CutScore>,
}

/// The scores of the features that the source model's first layers give of the target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CutScore {
    /// Layers before the cut.
    pub n: usize,
    /// [`log_me`] of them.
    pub log_me: f64,
    /// [`h_score`] of them, where it says anything.
    pub h_score: Option<f64>,
}

impl CutScores {
    /// A heading, and a row for each cut; `layers` are named as in the curves.
    pub fn rows(&self, layers: &[String]) -> Vec<Vec<String>> {
        let heading = ["n", "copied up to", "LogME", "H-score"].map(str::to_owned).to_vec();
        let row = |cut: &CutScore| {
            let h = cut.h_score.map_or("-".to_owned(), |h| format!("{h:.3}"));
            vec![cut.n.to_string(), layers[cut.n - 1].clone(), format!("{:.3}", cut.log_me), h]
        };
        [heading].into_iter().chain(self.cuts.iter().map(row)).collect()
    }
}

impl<N: Network> LayerStudy<'_, N> {
    /// Scores every cut without training, as means over `seeds`.
    ///
    /// # Errors
    /// Those of the source's training and of the data.
    ///
    /// # Panics
    /// Without a seed.
    pub fn scores(&self, seeds: &[u64]) -> Result<CutScores, TransferError> {
        assert!(!seeds.is_empty(), "scores need a seed");
        let all = seeds.iter().map(|seed| {
            let few = self.task.draw(*seed)?.0;
            let mut rows = datasets::epoch_order(few.len(), 0, 0);
            rows.truncate(MOST);
            self.scores_of(&self.task.source(*seed)?, &few.select(&rows))
        });
        let all = all.collect::<Result<Vec<_>, TransferError>>()?;
        let mean =
            |of: &dyn Fn(&CutScores) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        let cuts = all[0].cuts.iter().enumerate().map(|(i, CutScore { n, .. })| CutScore {
            n: *n,
            log_me: mean(&|s| s.cuts[i].log_me),
            h_score: all
                .iter()
                .map(|s| s.cuts[i].h_score)
                .sum::<Option<f64>>()
                .map(|sum| sum / all.len() as f64),
        });
        Ok(CutScores { leep: mean(&|s| s.leep), cuts: cuts.collect() })
    }

    fn scores_of(&self, source: &Model<N>, few: &Dataset) -> Result<CutScores, TransferError> {
        let leep = leep(&source.probabilities(&few.without_labels())?, few.require_labels()?);
        let mut cuts = Vec::new();
        if self.from == CopyFrom::First {
            let widest = self.features(source, &few.limit(1), |_, features| features.len())?;
            let widest = widest.into_iter().max().unwrap_or(1).max(1);
            let some = few.limit((AT_ONCE / widest).max(1));
            let labels = some.require_labels()?;
            cuts = self.features(source, &some, |n, features| CutScore {
                n,
                log_me: log_me(&features, labels),
                h_score: h_score(&features, labels),
            })?;
        }
        Ok(CutScores { leep, cuts })
    }

    /// What `of` says of the features `[n, d]` that each cut gives of these examples.
    fn features<T>(
        &self,
        source: &Model<N>,
        examples: &Dataset,
        of: impl Fn(usize, Tensor) -> T,
    ) -> Result<Vec<T>, TransferError> {
        let (mut parts, mut begin) = (source.batches(&examples.without_labels())?, 0);
        let mut all = Vec::new();
        for n in 1..=self.limit {
            let Some(end) = self.cut_after(&source.net, n) else { continue };
            let next =
                |x: &Tensor| eval(|t| source.net.run_stages(begin..end, t.constant(x)).value());
            for part in &mut parts {
                *part = next(part);
            }
            begin = end;
            let numbers: Vec<Real> = parts.iter().flat_map(|x| x.as_slice()).copied().collect();
            let d = numbers.len() / examples.len();
            all.push(of(n, Tensor::new([examples.len(), d], numbers)));
        }
        Ok(all)
    }

    /// The stage that the layer after the first `n` begins with, unless they share one.
    fn cut_after(&self, net: &N, n: usize) -> Option<usize> {
        let stages = net.stages();
        let Some(next) = self.groups.get(n) else { return Some(stages.len()) };
        let holds = |stage: &String, name: &str| {
            name.strip_prefix(stage.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        let last = &self.groups[n - 1].name;
        let at = stages.iter().position(|stage| holds(stage, &next.name))?;
        (!holds(&stages[at], last)).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Observer, Progress};
    use crate::layer_transfer::LayerTask;
    use crate::{FineTune, History, Normalize, Normalizer};
    use nn_layers::models::{DannNet, dann_shallow};
    use tensor_autograd::Rng;

    /// Moons for the source as for the target.
    struct Moons(Model<DannNet>, Dataset);

    impl LayerTask<DannNet> for Moons {
        fn source_classes(&self) -> &[String] {
            &self.0.classes
        }
        fn source(&self, _: u64) -> Result<Model<DannNet>, TransferError> {
            Ok(self.0.clone())
        }
        fn net(&self, rng: &mut Rng) -> Result<DannNet, TransferError> {
            Ok(dann_shallow(2, 15, 2, rng))
        }
        fn draw(&self, _: u64) -> Result<(Dataset, Dataset), TransferError> {
            Ok((self.1.clone(), self.1.clone()))
        }
        fn tuning(
            &self,
            _: &str,
            _: u64,
            start: Model<DannNet>,
        ) -> Result<FineTune<DannNet>, TransferError> {
            Ok(FineTune::new(start))
        }
        fn observer(&self, _: &str, _: u64) -> Box<dyn Observer> {
            Box::new(Progress::silent())
        }
    }

    #[test]
    fn features_that_come_in_batches_are_those_that_come_at_once() {
        // More than pass through the network together.
        let data = datasets::synthetic::moons(300, 0);
        let model = Model {
            net: dann_shallow(2, 15, 2, &mut Rng::seed(1)),
            normalizer: Normalizer::fit(Normalize::Standard, &data.without_labels()),
            classes: data.classes().to_vec(),
            history: History::default(),
        };
        let task = Moons(model.clone(), data.clone());
        let study = LayerStudy::new(&task, CopyFrom::First).unwrap();
        assert_eq!(model.batches(&data.without_labels()).unwrap().len(), 2);
        let cuts = study.features(&model, &data, |n, features| (n, features)).unwrap();
        let (n, first) = &cuts[0];
        let whole = model.embed(&data.without_labels()).unwrap();
        assert_eq!((*n, first.shape()), (1, whole.shape()));
        let off = first.as_slice().iter().zip(whole.as_slice()).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, Real::max) < 1e-6);
        let scores = study.scores(&[0]).unwrap();
        let labels = data.labels().unwrap();
        assert!((scores.cuts[0].log_me - log_me(&whole, labels)).abs() < 1e-6);
    }
}
