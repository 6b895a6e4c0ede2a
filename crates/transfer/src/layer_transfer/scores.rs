//! Where to cut, foretold: scores of the source model's features that take no training.

use super::{CopyFrom, LayerStudy};
use crate::TransferError;
use crate::measures::{h_score, leep, log_me};
use crate::model::Model;
use crate::network::Network;
use datasets::Dataset;
use serde::Serialize;
use tensor_autograd::{Tensor, eval};

/// Examples that the scores are measured on at most.
const MOST: usize = 500;

/// What is said of the cuts of a study before anything is trained, as means over the seeds. The
/// target's labels are read of the examples to learn from alone.
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
        let (inputs, labels) = (few.without_labels(), few.require_labels()?);
        let leep = leep(&source.probabilities(&inputs)?, labels);
        let (mut x, mut begin, mut cuts) = (source.batch(&inputs)?, 0, Vec::new());
        if self.from == CopyFrom::First {
            for n in 1..=self.limit {
                let Some(end) = self.cut_after(&source.net, n) else { continue };
                x = eval(|t| source.net.run_stages(begin..end, t.constant(x)).value());
                begin = end;
                let features: Tensor = x.reshape([few.len(), x.len() / few.len()]);
                let (log_me, h_score) = (log_me(&features, labels), h_score(&features, labels));
                cuts.push(CutScore { n, log_me, h_score });
            }
        }
        Ok(CutScores { leep, cuts })
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
