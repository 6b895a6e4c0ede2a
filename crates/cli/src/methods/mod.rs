//! The table of methods. To add one: a file, and its line here.

mod adaptation;
mod by_layer;
mod conservative;
mod domain_adversarial;
mod draw;
mod evaluate;
mod fine_tune;
mod layer_transfer;
mod multi_task;
mod progressive;
mod scores;
mod self_taught;
mod self_taught_clustering;
mod train;
mod zero_shot;

pub(crate) use train::TRAIN;

use crate::context::Context;
use crate::report::Finished;
use crate::run::Control;
use clap::{ArgMatches, Command};

/// What is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Source and target.
    Both,
    /// The source alone.
    Source,
    /// The target alone.
    Target,
    /// Neither.
    Neither,
}

/// By what settings of a method may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// By labelled target examples that are kept for it.
    Validation,
    /// By the share of the labelled examples that every run holds out.
    HeldOut,
    /// By a criterion that reads no label of the target.
    Unsupervised,
    /// By no sweep, for this reason.
    Refused(&'static str),
}

/// What `--overfit N` trains on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Few {
    /// N of these.
    Of(&'static str),
    /// Nothing, for this reason.
    Refused(&'static str),
}

/// A line of the table.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) case: Case,
    pub(crate) help: &'static str,
    /// By what its settings may be chosen.
    pub(crate) selection: Selection,
    /// How it is run.
    pub(crate) built: Built,
}

/// How a method is run.
pub(crate) struct Built {
    /// Adds the method's flags to its command.
    pub(crate) flags: fn(Command) -> Command,
    /// Trains it and its baselines, and leaves a run folder.
    pub(crate) run: fn(&ArgMatches, Control, &Context) -> anyhow::Result<Finished>,
    /// The few examples of a run that tries whether the network can learn at all.
    pub(crate) overfit: Few,
    /// Its command line in the tour.
    pub(crate) tour: &'static [&'static str],
    /// What replaces flags of the same name in a quick tour.
    pub(crate) quick: &'static [&'static str],
}

/// All methods, in the order of the table of cases.
pub(crate) const METHODS: &[Method] = &[
    fine_tune::METHOD,
    conservative::METHOD,
    layer_transfer::METHOD,
    multi_task::METHOD,
    progressive::METHOD,
    domain_adversarial::METHOD,
    zero_shot::METHOD,
    self_taught::METHOD,
    self_taught_clustering::METHOD,
];
