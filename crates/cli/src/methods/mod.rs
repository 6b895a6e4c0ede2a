//! The table of methods. To add one: a file, and its line here.

mod domain_adversarial;
mod draw;
mod evaluate;
mod fine_tune;
mod self_taught;

use crate::context::Context;
use crate::report::Finished;
use crate::run::Control;
use clap::{ArgMatches, Command};

/// What is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Source and target.
    BothLabelled,
    /// The source alone.
    SourceLabelled,
    /// The target alone.
    TargetLabelled,
    /// Neither.
    NoneLabelled,
}

/// A line of the table.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) case: Case,
    pub(crate) help: &'static str,
    /// How it is run; `None` for one that this version does not have.
    pub(crate) built: Option<Built>,
}

/// How a method is run.
pub(crate) struct Built {
    /// Adds the method's flags to its command.
    pub(crate) flags: fn(Command) -> Command,
    /// Trains it and its baselines, and leaves a run folder.
    pub(crate) run: fn(&ArgMatches, Control, &Context) -> anyhow::Result<Finished>,
    /// Its command line in the tour.
    pub(crate) tour: &'static [&'static str],
    /// What replaces flags of the same name in a quick tour.
    pub(crate) quick: &'static [&'static str],
}

/// All methods, in the order of the table of cases.
pub(crate) const METHODS: &[Method] = &[
    fine_tune::METHOD,
    planned("conservative", Case::BothLabelled, "fine-tuning that must stay near the source model"),
    planned("layer-transfer", Case::BothLabelled, "copy some layers, train the others"),
    planned("multi-task", Case::BothLabelled, "train all tasks at once on shared layers"),
    planned("progressive", Case::BothLabelled, "a new column beside frozen old ones"),
    domain_adversarial::METHOD,
    planned("zero-shot", Case::SourceLabelled, "classes without examples, by their attributes"),
    self_taught::METHOD,
    planned(
        "self-taught-clustering",
        Case::NoneLabelled,
        "clusters that auxiliary data helps find",
    ),
];

const fn planned(name: &'static str, case: Case, help: &'static str) -> Method {
    Method { name, case, help, built: None }
}
