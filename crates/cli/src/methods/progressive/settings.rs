//! The settings of `run progressive`.

use super::{HELP, SCORE};
use crate::args;
use crate::choice::{Choices, choice};
use crate::error::{UsageError, nearest};
use crate::run::{Shared, TaskSpec, within};
use clap::{Args, Command};
use serde::{Deserialize, Serialize};
use transfer::progressive::{Laterals, Plan};

/// Settings of other methods, as (argument, flag).
const UNUSED: [(&str, &str); 3] =
    [("source", "--source"), ("target", "--target"), ("test", "--test")];
/// The columns that can be named, and what they are.
const NETS: [(&str, &str); 2] =
    [("conv", "conv5-16, pool2, conv5-32, pool2, FC64"), ("mlp", "FC64-64")];
/// The smallest image that the convolutions take.
const SMALLEST: usize = 16;

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// A task's labelled training data; give it for every task, in their order
    #[arg(long, value_name = "NAME=SPEC", help_heading = "Data")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) task: Vec<TaskSpec>,
    /// The labelled data that the task of this name is measured on
    #[arg(long, value_name = "NAME=SPEC", help_heading = "Data")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) test_task: Vec<TaskSpec>,
    /// How a column reads the older ones; default adapter
    #[arg(long, value_parser = choice(LATERALS), help_heading = "Progressive networks")]
    laterals: Option<Laterals>,
    /// Batch normalisation in the hidden layers
    #[arg(long, help_heading = "Progressive networks", num_args = 0..=1,
          default_missing_value = "true")]
    batch_norm: Option<bool>,
    /// Dropout of the hidden layers of the column in training, in [0, 1); default 0
    #[arg(long, value_name = "P", help_heading = "Progressive networks")]
    dropout: Option<f32>,
}

/// How a column reads the older ones.
const LATERALS: Choices<Laterals> = &[
    (Laterals::Adapter, "Scaled by a learnt number, projected, through a ReLU"),
    (Laterals::Linear, "A linear map of each older column"),
];

/// Adds the flags to the command, with what they mean here.
pub(super) fn flags(command: Command) -> Command {
    let command = args::training(Flags::augment_args(Shared::augment_args(command)));
    let command = UNUSED.iter().fold(command, |c, (id, _)| c.mut_arg(id, |arg| arg.hide(true)));
    let nets = NETS.map(|(name, what)| format!("{name} ({what})")).join(" or ");
    command
        .mut_arg("net", |arg| arg.help(format!("The columns: {nets}; default: one that fits")))
        .long_about(format!(
            "{HELP}\n\nThe score is the area under the learning curve on the test data ({SCORE}), \
             the mean over all tasks but the first. Nothing is chosen by it"
        ))
}

/// The first setting of other methods that was given.
pub(super) fn unused(shared: &Shared) -> Option<&'static str> {
    let given = [shared.source.is_some(), shared.target.is_some(), shared.test.is_some()];
    UNUSED.iter().zip(given).find(|(_, given)| *given).map(|((_, flag), _)| *flag)
}

impl Flags {
    /// The columns for samples of this shape, and their name.
    pub(super) fn plan(
        &self,
        net: Option<&str>,
        sample: &[usize],
    ) -> anyhow::Result<(&'static str, Plan)> {
        let in_range = self.dropout.is_none_or(|p| (0.0..1.0).contains(&p));
        within("--dropout", self.dropout, in_range, "in [0, 1)")?;
        let fits = sample.len() == 3 && sample[1..].iter().all(|&side| side >= SMALLEST);
        let net = net.unwrap_or(if fits { "conv" } else { "mlp" });
        let known = || NETS.iter().map(|(name, _)| *name);
        let Some(name) = known().find(|name| *name == net) else {
            let (found, nearest) = (net.to_owned(), nearest(net, known()));
            let known = known().collect::<Vec<_>>().join(", ");
            return Err(UsageError::UnknownNet { found, nearest, known }.into());
        };
        let plan = match name {
            "conv" => Plan::conv(sample),
            _ => Plan::mlp(sample, &[64, 64]),
        };
        let plan = plan
            .laterals(self.laterals.unwrap_or_default())
            .batch_norm(self.batch_norm.unwrap_or(false))
            .dropout(self.dropout.unwrap_or(0.0));
        // Before a run folder is made.
        plan.shapes()?;
        Ok((name, plan))
    }

    /// The settings with nothing left open.
    pub(super) fn filled(self) -> Self {
        Flags {
            laterals: Some(self.laterals.unwrap_or_default()),
            batch_norm: Some(self.batch_norm.unwrap_or(false)),
            dropout: Some(self.dropout.unwrap_or(0.0)),
            ..self
        }
    }
}
