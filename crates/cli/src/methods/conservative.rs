//! `run conservative`: fine-tuning that must stay near the source model.

use super::adaptation::{self, Job, Setup};
use super::{Built, Case, Few, Method, Selection};
use crate::args;
use crate::context::Context;
use crate::error::UsageError;
use crate::report::Finished;
use crate::run::{self, Control, Shared, within};
use clap::{ArgMatches, Args};
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};
use transfer::conservative::{Distillation, Ewc, Fisher, L2Sp};
use transfer::{Conservative, Model, TransferError};

const NAME: &str = "conservative";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Both,
    help: "fine-tuning that must stay near the source model",
    selection: Selection::Validation,
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        overfit: Few::Of(
            "examples of the target, and of the source first where a model is trained on it",
        ),
        tour: &[
            "--source",
            "synthetic:digits?n=2000",
            "--target",
            "synthetic:digits-textured?n=1500&seed=1",
            "--shots",
            "2",
            "--baselines",
            "all",
            "--source-epochs",
            "4",
            "--epochs",
            "15",
            "--seeds",
            "2",
        ],
        quick: &[
            "--source",
            "synthetic:digits?n=300",
            "--target",
            "synthetic:digits-textured?n=200&seed=1",
            "--source-epochs",
            "1",
            "--epochs",
            "2",
            "--seeds",
            "1",
        ],
    },
};

/// The settings of fine-tuning, and what holds it back.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Flags {
    #[command(flatten)]
    #[serde(flatten)]
    tuning: adaptation::Flags,
    /// L2-SP: the pull of the weights to the source model's; default 0.1 if no other hold is given
    #[arg(long, value_name = "ALPHA", help_heading = "Conservative training")]
    l2_sp: Option<f64>,
    /// L2-SP: the pull of a fresh last layer to zero; default 0.01
    #[arg(long, value_name = "BETA", help_heading = "Conservative training")]
    l2_sp_fresh: Option<f64>,
    /// Distillation: the share of the source model's word in the labels, in [0, 1]; 0 where the source
    /// has other classes
    #[arg(long, value_name = "RHO", help_heading = "Conservative training")]
    distill: Option<f64>,
    /// EWC: how firmly what mattered to the source is held
    #[arg(long, value_name = "LAMBDA", help_heading = "Conservative training")]
    ewc: Option<f64>,
    /// EWC: source samples that tell what mattered; default 200
    #[arg(long, value_name = "N", help_heading = "Conservative training")]
    fisher_samples: Option<usize>,
    /// EWC: squared gradients at the classes the model expects, or at the labels; default model
    #[arg(long, help_heading = "Conservative training", value_enum)]
    fisher: Option<Information>,
}

/// Which Fisher information tells what mattered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Information {
    /// The expectation over what the model says
    #[default]
    Model,
    /// At the labels of the samples
    Empirical,
}

impl Flags {
    fn check(&self) -> Result<(), UsageError> {
        let positive = |x: Option<f64>| x.is_none_or(|x| x >= 0.0 && x.is_finite());
        within("--l2-sp", self.l2_sp, positive(self.l2_sp), "0 or positive")?;
        let fresh = positive(self.l2_sp_fresh);
        within("--l2-sp-fresh", self.l2_sp_fresh, fresh, "0 or positive")?;
        let share = self.distill.is_none_or(|x| (0.0..=1.0).contains(&x));
        within("--distill", self.distill, share, "in [0, 1]")?;
        within("--ewc", self.ewc, positive(self.ewc), "0 or positive")?;
        let some = self.fisher_samples != Some(0);
        within("--fisher-samples", self.fisher_samples, some, "at least 1")
    }

    /// The settings with nothing left open: L2-SP is the hold where none is named.
    fn filled(self) -> Self {
        let none = self.distill.is_none() && self.ewc.is_none();
        let l2_sp = self.l2_sp.or(none.then_some(L2Sp::default().alpha));
        Flags {
            l2_sp,
            l2_sp_fresh: l2_sp.map(|_| self.l2_sp_fresh.unwrap_or(L2Sp::default().beta)),
            fisher_samples: self.ewc.map(|_| self.fisher_samples.unwrap_or(200)),
            fisher: self.ewc.map(|_| self.fisher.unwrap_or_default()),
            ..self
        }
    }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    flags.check()?;
    let flags = flags.filled();
    let decays = flags.l2_sp.is_some() && shared.weight_decay.is_some_and(|w| w > 0.0);
    let range = "0 beside L2-SP, which pulls to the source model and not to zero";
    within("--weight-decay", shared.weight_decay, !decays, range)?;
    if flags.ewc.is_some() && shared.source.is_none() {
        let remedy = "EWC measures on source data what mattered there; or hold by --l2-sp";
        return Err(UsageError::Missing { what: "--source", remedy }.into());
    }
    let hold = |tuning, setup: &Setup<'_>, source: &Model<DannNet>| {
        let mut method = Conservative::new(tuning);
        if let Some(alpha) = flags.l2_sp {
            let beta = flags.l2_sp_fresh.unwrap_or(L2Sp::default().beta);
            method = method.l2_sp(L2Sp { alpha, beta, fresh: setup.fresh(source) });
        }
        if let Some(rho) = flags.distill {
            method = method.distillation(Distillation { rho });
        }
        if let (Some(lambda), Some(data)) = (flags.ewc, setup.source()) {
            let some = data.shuffled(0).limit(flags.fisher_samples.unwrap_or(200));
            let fisher = information(flags.fisher.unwrap_or_default(), source, &some)?;
            method = method.ewc(Ewc { lambda, fisher: fisher.without(&setup.fresh(source)) });
        }
        Ok(method)
    };
    let job = Job {
        name: NAME,
        baselines: &[adaptation::FINE_TUNE],
        record: &|tuning| Flags { tuning, ..flags.clone() },
        check: &|_, _, same| {
            // A fresh head has no outputs of the source that could be held.
            let range = "left out, or 0: the source has other classes than the target, so its outputs \
                         say nothing of them; hold the weights, by --l2-sp or --ewc";
            let held = flags.distill.is_some_and(|rho| rho > 0.0);
            Ok(within("--distill", flags.distill, same || !held, range)?)
        },
        fit: &*adaptation::tuned(NAME, hold),
        beside: &|_, _| Ok(()),
    };
    adaptation::run(&job, (shared, flags.tuning.clone()), &control, context)
}

/// What mattered to the source model, measured on `data`.
fn information(
    kind: Information,
    source: &Model<nn_layers::models::DannNet>,
    data: &datasets::Dataset,
) -> Result<Fisher, TransferError> {
    match kind {
        Information::Model => Fisher::of_model(source, &data.without_labels()),
        Information::Empirical => Fisher::empirical(source, data),
    }
}
