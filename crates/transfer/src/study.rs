//! A method beside its baselines, over several seeds: the only form in which a result is reported.

use crate::fit::Observer;
use crate::measures::{Comparison, Summary, bootstrap_interval};
use crate::{History, TransferError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Instant;

/// What one training run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which arm: the method's name or a baseline's.
    pub arm: String,
    /// The seed of the run.
    pub seed: u64,
    /// The study's score.
    pub score: f64,
    /// Further figures, such as the accuracy on the source.
    pub figures: BTreeMap<String, f64>,
    /// The epochs.
    pub history: History,
    /// Wall time of the training.
    pub seconds: f64,
}

/// What an arm's training gives for one seed: its score, figures and epochs.
pub struct Trained {
    /// The study's score.
    pub score: f64,
    /// Further figures.
    pub figures: BTreeMap<String, f64>,
    /// The epochs.
    pub history: History,
}

/// Trains an arm with a seed.
type Run<'a> = Box<dyn FnMut(u64, &mut dyn Observer) -> Result<Trained, TransferError> + 'a>;

/// A method and the baselines that the same data and budget are given to.
pub struct Study<'a> {
    method: String,
    score: String,
    arms: Vec<(String, Run<'a>)>,
    oracles: Vec<String>,
}

/// Who watches a study.
pub trait Watch {
    /// The observer of the run of `arm` with `seed`.
    fn observer(&mut self, arm: &str, seed: u64) -> Box<dyn Observer>;
    /// A run has ended.
    fn finished(&mut self, _outcome: &Outcome) -> Result<(), TransferError> {
        Ok(())
    }
}

impl<'a> Study<'a> {
    /// A study of `method`, whose score is called `score`.
    pub fn new(
        method: impl Into<String>,
        score: impl Into<String>,
        run: impl FnMut(u64, &mut dyn Observer) -> Result<Trained, TransferError> + 'a,
    ) -> Self {
        let method = method.into();
        let arms: Vec<(String, Run<'a>)> = vec![(method.clone(), Box::new(run))];
        Study { score: score.into(), arms, oracles: Vec::new(), method }
    }

    /// Adds a baseline.
    pub fn baseline(
        mut self,
        name: impl Into<String>,
        run: impl FnMut(u64, &mut dyn Observer) -> Result<Trained, TransferError> + 'a,
    ) -> Self {
        self.arms.push((name.into(), Box::new(run)));
        self
    }

    /// Adds a bound that reads what the method may not, such as the target's labels: it stands
    /// among the baselines, but is none that the method could be asked to beat.
    pub fn oracle(
        mut self,
        name: impl Into<String>,
        run: impl FnMut(u64, &mut dyn Observer) -> Result<Trained, TransferError> + 'a,
    ) -> Self {
        let name = name.into();
        self.oracles.push(name.clone());
        self.baseline(name, run)
    }

    /// The study of the method without its baselines.
    pub fn alone(mut self) -> Self {
        self.arms.truncate(1);
        self.oracles.clear();
        self
    }

    /// Trains every arm with every seed, but for those in `done`, and sums up.
    ///
    /// # Errors
    /// The first error of a run.
    ///
    /// # Panics
    /// Without a seed.
    pub fn run(
        mut self,
        seeds: &[u64],
        done: &[Outcome],
        watch: &mut dyn Watch,
    ) -> Result<Report, TransferError> {
        assert!(!seeds.is_empty(), "a study needs a seed");
        let mut outcomes = Vec::new();
        for &seed in seeds {
            for (arm, run) in &mut self.arms {
                if let Some(known) = done.iter().find(|o| o.arm == *arm && o.seed == seed) {
                    outcomes.push(known.clone());
                    continue;
                }
                let begun = Instant::now();
                let trained = run(seed, &mut *watch.observer(arm, seed))?;
                let outcome = Outcome {
                    arm: arm.clone(),
                    seed,
                    score: trained.score,
                    figures: trained.figures,
                    history: trained.history,
                    seconds: begun.elapsed().as_secs_f64(),
                };
                watch.finished(&outcome)?;
                outcomes.push(outcome);
            }
        }
        Ok(Report::new(&self.method, &self.score, seeds, self.oracles, outcomes))
    }
}

/// A score over the seeds, and its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// What is measured.
    pub name: String,
    /// Its values.
    #[serde(flatten)]
    pub summary: Summary,
    /// The 95 % bootstrap interval of its mean; none for a single seed.
    pub interval: Option<[f64; 2]>,
}

/// The result of a study; as JSON it is the document `transfer.run/1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `transfer.run/1`.
    pub schema: String,
    /// The method.
    pub method: String,
    /// Threads that the kernels used.
    pub threads: usize,
    /// Training time of all runs together.
    pub seconds: f64,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The method's score.
    pub score: Score,
    /// The score of every baseline.
    pub baselines: BTreeMap<String, Summary>,
    /// Which of the baselines read what the method may not, such as the target's labels.
    pub oracles: Vec<String>,
    /// The method against every baseline, paired by seed.
    pub comparisons: BTreeMap<String, Comparison>,
    /// The method's further figures.
    pub figures: BTreeMap<String, Summary>,
    /// What the method's training reported at the end of each epoch, for the first seed.
    pub traces: BTreeMap<String, Vec<f64>>,
    /// Every run.
    #[serde(skip)]
    pub outcomes: Vec<Outcome>,
}

impl Report {
    fn new(
        method: &str,
        score: &str,
        seeds: &[u64],
        oracles: Vec<String>,
        outcomes: Vec<Outcome>,
    ) -> Self {
        let of = |arm: &str| outcomes.iter().filter(|o| o.arm == arm).collect::<Vec<_>>();
        let scores = |arm: &str| Summary::of(of(arm).iter().map(|o| o.score).collect());
        let own = of(method);
        let names = own[0].figures.keys();
        let figures = names
            .map(|name| (name.clone(), Summary::of(own.iter().map(|o| o.figures[name]).collect())))
            .collect();
        let arms: std::collections::BTreeSet<&str> =
            outcomes.iter().map(|o| o.arm.as_str()).filter(|arm| *arm != method).collect();
        let own_scores = scores(method);
        let baselines: BTreeMap<String, Summary> =
            arms.into_iter().map(|arm| (arm.to_owned(), scores(arm))).collect();
        let comparisons = baselines
            .iter()
            .map(|(arm, summary)| (arm.clone(), Comparison::of(&own_scores, summary)))
            .collect();
        Report {
            schema: "transfer.run/1".into(),
            method: method.into(),
            threads: tensor_autograd::kernels::parallel::num_threads(),
            seconds: outcomes.iter().map(|o| o.seconds).sum(),
            seeds: seeds.to_vec(),
            score: Score {
                name: score.into(),
                interval: bootstrap_interval(&own_scores.per_seed),
                summary: own_scores,
            },
            baselines,
            oracles,
            comparisons,
            figures,
            traces: traces(&own[0].history),
            outcomes,
        }
    }
}

impl Report {
    /// The baseline with the best mean that reads nothing the method may not, and the method
    /// against it.
    pub fn best_baseline(&self) -> Option<(&str, &Comparison)> {
        let fair = self.baselines.iter().filter(|(arm, _)| !self.oracles.contains(arm));
        let best = fair.max_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?.0;
        Some((best, &self.comparisons[best]))
    }
}

/// Every quantity over the epochs, the learning rate among them.
fn traces(history: &History) -> BTreeMap<String, Vec<f64>> {
    let mut traces: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for record in history.records() {
        traces.entry("step".into()).or_default().push(record.step as f64);
        traces.entry("lr".into()).or_default().push(record.lr);
        for (name, value) in &record.means {
            traces.entry(name.clone()).or_default().push(*value);
        }
    }
    traces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;

    struct Quiet(usize);
    impl Watch for Quiet {
        fn observer(&mut self, _: &str, _: u64) -> Box<dyn Observer> {
            Box::new(Progress::silent())
        }
        fn finished(&mut self, _: &Outcome) -> Result<(), TransferError> {
            self.0 += 1;
            Ok(())
        }
    }

    fn trained(score: f64) -> Result<Trained, TransferError> {
        Ok(Trained { score, figures: [("f".into(), score)].into(), history: History::default() })
    }

    #[test]
    fn the_report_sets_the_method_beside_its_baselines() {
        let study = || {
            Study::new("m", "target_accuracy", |seed, _| trained(0.8 + seed as f64 / 10.0))
                .baseline("source_only", |_, _| trained(0.5))
                .oracle("bound", |_, _| trained(1.0))
        };
        let mut watch = Quiet(0);
        let report = study().run(&[0, 1], &[], &mut watch).unwrap();
        assert_eq!(watch.0, 6);
        let (best, comparison) = report.best_baseline().unwrap();
        assert_eq!((best, comparison.gain.per_seed.len()), ("source_only", 2));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["schema"], "transfer.run/1");
        assert_eq!(json["score"]["name"], "target_accuracy");
        assert_eq!(json["score"]["per_seed"][1], 0.9);
        assert_eq!(json["baselines"]["source_only"]["mean"], 0.5);
        assert!(json.get("outcomes").is_none());

        // Runs that were done before are not done again, and change nothing.
        let again = study().run(&[0, 1], &report.outcomes[..3], &mut watch).unwrap();
        assert_eq!(watch.0, 9);
        assert_eq!((&again.score, &again.baselines), (&report.score, &report.baselines));
    }
}
