//! `completions`: what a shell needs to complete a command line.

use crate::{args, out};
use clap::{ArgMatches, Args, FromArgMatches};
use clap_complete::Shell;

#[derive(Args)]
pub(super) struct Flags {
    /// The shell
    shell: Shell,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut args::command(), "transfer", &mut script);
    out::result(&String::from_utf8_lossy(&script))
}
