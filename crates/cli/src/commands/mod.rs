//! The commands. To add one: a file, and a line in [`all`].

mod advise;
mod asked;
mod cases;
mod compare;
mod completions;
mod describe;
mod doctor;
mod embed;
mod evaluate;
mod inspect;
mod lr_find;
mod predict;
mod run;
mod sweep;
mod tour;
mod train;
mod watch;

use crate::args;
use clap::{ArgMatches, Args, Command};

/// A command: its name, one line about it, its arguments, and what it does.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) arguments: fn(Command) -> Command,
    pub(crate) run: fn(&ArgMatches) -> anyhow::Result<()>,
}

/// Every command, in the order of the help text.
pub(crate) fn all() -> [Entry; 16] {
    [
        Entry {
            name: "tour",
            help: "Run every method on generated data, beside its baselines, with pictures",
            arguments: tour::Flags::augment_args,
            run: tour::run,
        },
        Entry {
            name: "cases",
            help: "Show the cases of transfer learning and the methods for each",
            arguments: |command| command,
            run: cases::run,
        },
        Entry {
            name: "advise",
            help: "Look at source and target, and say which method fits and when it may hurt",
            arguments: advise::arguments,
            run: advise::run,
        },
        Entry {
            name: "data",
            help: "Describe a data set: classes, values, a picture; or how two of them differ",
            arguments: describe::arguments,
            run: describe::run,
        },
        Entry {
            name: "train",
            help: "Train a network on labelled data alone, to start from",
            arguments: train::arguments,
            run: train::run,
        },
        Entry {
            name: "run",
            help: "Train a method and its baselines on your data",
            arguments: args::run,
            run: run::run,
        },
        Entry {
            name: "lr-find",
            help: "Find a learning rate to begin with, by one short training",
            arguments: lr_find::arguments,
            run: lr_find::run,
        },
        Entry {
            name: "sweep",
            help: "Try several settings of a method, and choose by what the case allows to be known",
            arguments: sweep::arguments,
            run: sweep::run,
        },
        Entry {
            name: "watch",
            help: "Show a run in the browser while it goes on",
            arguments: watch::Flags::augment_args,
            run: watch::run,
        },
        Entry {
            name: "compare",
            help: "Lay finished runs side by side",
            arguments: compare::Flags::augment_args,
            run: compare::run,
        },
        Entry {
            name: "predict",
            help: "Classify data with a trained model",
            arguments: predict::Flags::augment_args,
            run: predict::run,
        },
        Entry {
            name: "evaluate",
            help: "Measure a trained model on labelled data, class by class",
            arguments: evaluate::Flags::augment_args,
            run: evaluate::run,
        },
        Entry {
            name: "embed",
            help: "Write the features that a trained model makes of data, and draw them",
            arguments: embed::Flags::augment_args,
            run: embed::run,
        },
        Entry {
            name: "inspect",
            help: "List what is in a safetensors file: names, shapes, types, sizes, metadata",
            arguments: inspect::Flags::augment_args,
            run: inspect::run,
        },
        Entry {
            name: "doctor",
            help: "Look at this machine: instruction sets, threads, disk, and whether products are right",
            arguments: doctor::Flags::augment_args,
            run: doctor::run,
        },
        Entry {
            name: "completions",
            help: "Print a completion script for a shell",
            arguments: completions::Flags::augment_args,
            run: completions::run,
        },
    ]
}

/// Runs the command that was given.
pub(crate) fn dispatch(matches: &ArgMatches) -> anyhow::Result<()> {
    let (name, matches) = matches.subcommand().expect("clap requires a command");
    let entry = all().into_iter().find(|c| c.name == name).expect("clap knows no other command");
    (entry.run)(matches)
}
