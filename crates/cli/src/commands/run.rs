//! `run METHOD`: a method beside its baselines on the user's data.

use crate::args::Talk;
use crate::context::Context;
use crate::error::UsageError;
use crate::methods::{Built, Few, METHODS, Method};
use crate::run::{Control, Overfit, Rehearsal, Small};
use crate::{out, report};
use clap::{ArgMatches, FromArgMatches};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;
use transfer::TransferError;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let (method, built, matches) = chosen(matches);
    go(method.name, built, matches)
}

/// Runs it, or tries it in small, and prints the result.
pub(super) fn go(name: &'static str, built: &Built, matches: &ArgMatches) -> anyhow::Result<()> {
    let talk = Talk::from_arg_matches(matches)?;
    let control = Control::from_arg_matches(matches)?;
    if control.dry_run {
        return in_small(name, built, matches, (control, Rc::new(Rehearsal::default())), &talk);
    }
    if let Some(n) = control.overfit {
        let of = match built.overfit {
            Few::Of(examples) => examples,
            Few::Refused(why) => return Err(UsageError::Conflict(why).into()),
        };
        let overfit = Overfit::new(n as usize, of);
        return in_small(name, built, matches, (control, Rc::new(overfit)), &talk);
    }
    let json = control.json;
    let finished = (built.run)(matches, control, &Context::start(&talk)?)?;
    out::talk(talk.quiet, &format!("{name}: finished, see {}", finished.folder.display()));
    out::result(&match json {
        true => serde_json::to_string(&finished.document)?,
        false => report::text(&finished),
    })
}

/// Runs all of it in small, in a folder that goes again, and prints what there was to see.
fn in_small(
    name: &'static str,
    built: &Built,
    matches: &ArgMatches,
    (control, small): (Control, Rc<dyn Small>),
    talk: &Talk,
) -> anyhow::Result<()> {
    let folder = Scratch::new()?;
    let started = Context::start(talk)?;
    let context = Context { quiet: true, small: Some(Rc::clone(&small)), ..started };
    let begun = Instant::now();
    (built.run)(matches, Control { out: Some(folder.0.clone()), ..control }, &context)?;
    out::result(&small.text(name, begun.elapsed())?)?;
    match small.failure() {
        Some(failure) => anyhow::bail!(failure),
        None => Ok(()),
    }
}

/// A temporary folder, gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, TransferError> {
        let path = std::env::temp_dir().join(format!("transfer-in-small-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path); // of a process with this number that was killed
        match std::fs::create_dir(&path) {
            Ok(()) => Ok(Scratch(path)),
            Err(source) => Err(TransferError::Io { path, operation: "make the folder", source }),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what is left is the system's to clear
    }
}

/// The method of the command line `run METHOD ...`, and its own arguments.
pub(super) fn chosen(matches: &ArgMatches) -> (&'static Method, &'static Built, &ArgMatches) {
    let (name, matches) = matches.subcommand().expect("clap requires a method");
    let method = METHODS.iter().find(|m| m.name == name).expect("clap knows no other method");
    (method, &method.built, matches)
}
