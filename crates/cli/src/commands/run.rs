//! `run METHOD`: a method beside its baselines on the user's data.

use crate::args::Talk;
use crate::context::Context;
use crate::methods::{Built, METHODS, Method};
use crate::run::Control;
use crate::{out, report};
use clap::{ArgMatches, FromArgMatches};

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let (method, built, matches) = chosen(matches);
    let talk = Talk::from_arg_matches(matches)?;
    let control = Control::from_arg_matches(matches)?;
    let json = control.json;
    let finished = (built.run)(matches, control, &Context::start(&talk)?)?;
    out::talk(talk.quiet, &format!("{}: finished, see {}", method.name, finished.folder.display()));
    out::result(&match json {
        true => serde_json::to_string(&finished.document)?,
        false => report::text(&finished),
    })
}

/// The method of the command line `run METHOD ...`, and its own arguments.
pub(super) fn chosen(matches: &ArgMatches) -> (&'static Method, &'static Built, &ArgMatches) {
    let (name, matches) = matches.subcommand().expect("clap requires a method");
    let method = METHODS.iter().find(|m| m.name == name).expect("clap knows no other method");
    (method, &method.built, matches)
}
