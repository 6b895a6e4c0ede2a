//! `train`: a network on labelled data alone, to be a source model.

use crate::args::Talk;
use crate::context::Context;
use crate::methods::TRAIN;
use crate::run::Control;
use crate::{args, out, report};
use clap::{ArgMatches, Command, FromArgMatches};

pub(super) fn arguments(command: Command) -> Command {
    (TRAIN.flags)(command).after_help(args::SPECS)
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let talk = Talk::from_arg_matches(matches)?;
    let control = Control::from_arg_matches(matches)?;
    let json = control.json;
    let finished = (TRAIN.run)(matches, control, &Context::start(&talk)?)?;
    out::result(&match json {
        true => serde_json::to_string(&finished.document)?,
        false => report::text(&finished),
    })
}
