//! The flags of `run multi-task`.

use crate::error::UsageError;
use crate::run::{Shared, TaskSpec, within};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use transfer::multi_task::Weighting;

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Flags {
    /// A task and its labelled data; once for each. A table `csv:FILE#target=COL,task=COL` is as
    /// many tasks as COL has values, scored together
    #[arg(long, value_name = "NAME=SPEC", help_heading = "Data")]
    pub(super) task: Option<Vec<TaskSpec>>,
    /// Labelled data for the score of the task of that name
    #[arg(long, value_name = "NAME=SPEC", help_heading = "Data")]
    pub(super) test_task: Option<Vec<TaskSpec>>,
    /// Without --test-task: the share of each task's examples that is held out for the score, drawn
    /// anew by each seed; default 0.25
    #[arg(long, value_name = "X", help_heading = "Data", conflicts_with = "test_task")]
    pub(super) test_share: Option<f64>,
    /// How the tasks are put together; default: equal
    #[arg(long, value_enum, help_heading = "Multi-task learning")]
    pub(super) weighting: Option<Rule>,
    /// The weights of --weighting given; 1 for tasks that are not named
    #[arg(long, value_name = "NAME=W,...", help_heading = "Multi-task learning")]
    pub(super) weights: Option<String>,
    /// How hard GradNorm pulls a task that lags; default 1.5
    #[arg(long, value_name = "X", help_heading = "Multi-task learning")]
    pub(super) alpha: Option<f64>,
    /// The trunk's learning rate as a multiple of the heads'; default: one over the root of
    /// the number of tasks
    #[arg(long, value_name = "X", help_heading = "Multi-task learning")]
    pub(super) trunk_lr: Option<f64>,
    /// Whether a step takes as many rows of every task, or as their sizes are; default: equal
    #[arg(long, value_enum, help_heading = "Multi-task learning")]
    pub(super) batches: Option<Rows>,
}

/// How the tasks' losses, or their gradients in the shared layers, are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    /// The sum of the losses
    #[default]
    Equal,
    /// The losses by --weights
    Given,
    /// Losses by learnt variances (Kendall 2018)
    Uncertainty,
    /// Losses so that gradients are of one size, larger for tasks that lag (Chen 2018)
    GradNorm,
    /// Conflicting gradients are projected off each other (Yu 2020)
    PcGrad,
    /// The shortest mean of the gradients (Sener and Koltun 2018)
    Mgda,
}

/// How many rows of a task a step takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rows {
    /// --batch-size of each: small tasks go round more often
    #[default]
    Equal,
    /// --batch-size of the largest, of others in proportion: all go round alike
    Proportional,
}

impl Flags {
    /// Checks what needs no data.
    pub(super) fn check(&self, shared: &Shared, method: &'static str) -> Result<(), UsageError> {
        let others =
            [("--source", &shared.source), ("--target", &shared.target), ("--test", &shared.test)];
        if let Some((flag, _)) = others.into_iter().find(|(_, given)| given.is_some()) {
            return Err(UsageError::Unused { flag, method });
        }
        let share = self.test_share.is_none_or(|x| x > 0.0 && x < 1.0);
        within("--test-share", self.test_share, share, "above 0 and below 1")?;
        let factor = self.trunk_lr.is_none_or(|x| (0.0..=1.0).contains(&x));
        within("--trunk-lr", self.trunk_lr, factor, "in [0, 1]")?;
        let alpha = self.alpha.is_none_or(|x| x >= 0.0 && x.is_finite());
        within("--alpha", self.alpha, alpha, "0 or positive")?;
        let rule = self.weighting.unwrap_or_default();
        if self.weights.is_some() != (rule == Rule::Given) {
            return Err(UsageError::Conflict(
                "--weights goes with --weighting given, and it with --weights",
            ));
        }
        if self.alpha.is_some() && rule != Rule::GradNorm {
            return Err(UsageError::Conflict("--alpha goes with --weighting grad-norm"));
        }
        Ok(())
    }

    /// The weighting that is asked for.
    pub(super) fn weighting(&self) -> Result<Weighting, UsageError> {
        Ok(match self.weighting.unwrap_or_default() {
            Rule::Equal => Weighting::Equal,
            Rule::Given => Weighting::Given(weights(self.weights.as_deref().unwrap_or_default())?),
            Rule::Uncertainty => Weighting::Uncertainty,
            Rule::GradNorm => match (self.alpha, Weighting::GRAD_NORM) {
                (Some(alpha), Weighting::GradNorm { lr, .. }) => Weighting::GradNorm { alpha, lr },
                (_, standard) => standard,
            },
            Rule::PcGrad => Weighting::PcGrad,
            Rule::Mgda => Weighting::MGDA,
        })
    }

    pub(super) fn proportional(&self) -> bool {
        self.batches == Some(Rows::Proportional)
    }

    /// The settings with nothing left open, for so many tasks.
    pub(super) fn filled(&self, tasks: usize) -> Flags {
        Flags {
            test_share: match self.test_task {
                Some(_) => None,
                None => Some(self.test_share.unwrap_or(SHARE)),
            },
            weighting: Some(self.weighting.unwrap_or_default()),
            trunk_lr: Some(self.trunk_lr.unwrap_or((tasks as f64).sqrt().recip())),
            batches: Some(self.batches.unwrap_or_default()),
            ..self.clone()
        }
    }
}

/// The share that is held out where nothing is said.
pub(super) const SHARE: f64 = 0.25;

impl Rule {
    /// The rule's name, as it is given.
    pub(super) fn name(flags: &Flags) -> &'static str {
        match flags.weighting.unwrap_or_default() {
            Rule::Equal => "equal",
            Rule::Given => "given",
            Rule::Uncertainty => "uncertainty",
            Rule::GradNorm => "grad-norm",
            Rule::PcGrad => "pc-grad",
            Rule::Mgda => "mgda",
        }
    }
}

/// `left=1,right=0.5`.
fn weights(text: &str) -> Result<BTreeMap<String, f64>, UsageError> {
    let one = |term: &str| {
        let (name, weight) = term.split_once('=')?;
        let weight: f64 = weight.trim().parse().ok()?;
        (weight >= 0.0 && weight.is_finite()).then(|| (name.trim().to_owned(), weight))
    };
    let all: Option<BTreeMap<String, f64>> = text.split(',').map(one).collect();
    all.ok_or_else(|| UsageError::Range {
        flag: "--weights",
        value: text.to_owned(),
        range: "NAME=W with numbers that are 0 or positive, and commas between",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_by_name() {
        let flags = |text: &str| Flags {
            weighting: Some(Rule::Given),
            weights: Some(text.into()),
            ..Flags::default()
        };
        let want = BTreeMap::from([("a".to_owned(), 1.0), ("b".to_owned(), 0.5)]);
        assert_eq!(flags("a=1, b=0.5").weighting().unwrap(), Weighting::Given(want));
        for wrong in ["a", "a=-1", "a=x", "a=inf", ""] {
            let error = flags(wrong).weighting().unwrap_err().to_string();
            assert!(error.starts_with("--weights"), "{error}");
        }
        let alone = Flags { weights: Some("a=1".into()), ..Flags::default() };
        assert!(alone.check(&Shared::default(), "m").is_err());
        assert!(Flags::default().check(&Shared::default(), "m").is_ok());
    }
}
