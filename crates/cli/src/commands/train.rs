//! `train`: a network on labelled data alone, to be a source model.

use crate::args;
use crate::methods::TRAIN;
use clap::{ArgMatches, Command};

pub(super) fn arguments(command: Command) -> Command {
    (TRAIN.flags)(command).after_help(args::SPECS)
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    super::run::go("train", &TRAIN, matches)
}
