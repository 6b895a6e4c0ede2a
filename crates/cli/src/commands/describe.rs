//! `data`: what a data set holds, and how another one differs from it.

mod picture;
mod shift;

use crate::args;
use crate::data;
use crate::error::UsageError;
use crate::out;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use datasets::{Dataset, Description, describe};
use serde_json::{Value, json};
use shift::Shift;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Args)]
struct Flags {
    /// The data
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Data to be laid beside it: how far apart are they?
    #[arg(value_name = "SPEC")]
    other: Option<String>,
    /// Draw samples into a file: images as they are, other data on their principal plane
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// Write the images as PNG files into a new folder, one folder a class
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Which samples are drawn, and measured where there are too many
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The flags, and what a SPEC is.
pub(super) fn arguments(command: Command) -> Command {
    Flags::augment_args(command).after_help(args::SPECS)
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    if flags.export.is_some() && flags.other.is_some() {
        let why = "--export writes one data set; leave out the second";
        return Err(UsageError::Conflict(why).into());
    }
    out::check_svg(flags.picture.as_deref())?;
    let mut sets = vec![data::load("SPEC", &flags.spec)?];
    if let Some(other) = &flags.other {
        sets.push(data::load("SPEC", other)?);
    }
    let shift = sets.get(1).map(|other| Shift::of(&sets[0], other, flags.seed));
    if let Some(path) = &flags.picture {
        picture::write(path, &sets, flags.seed)?;
    }
    let exported = match &flags.export {
        Some(folder) => Some(datasets::write_images(&sets[0], folder)?),
        None => None,
    };
    out::result(&match flags.json {
        true => document(&flags, &sets, shift.as_ref(), exported).to_string(),
        false => text(&flags, &sets, shift.as_ref(), exported),
    })
}

fn text(flags: &Flags, sets: &[Dataset], shift: Option<&Shift>, exported: Option<usize>) -> String {
    let described: Vec<String> = sets.iter().map(|data| describe(data).to_string()).collect();
    let mut text = described.join("\n\n") + "\n";
    if let Some(shift) = shift {
        let _ = write!(text, "\n{}", shift.text());
    }
    if let Some(path) = &flags.picture {
        let _ = writeln!(text, "\nsamples drawn into {}", path.display());
    }
    if let (Some(folder), Some(n)) = (&flags.export, exported) {
        let _ = writeln!(
            text,
            "\n{n} pictures written into {0}; images:{0} reads them",
            folder.display()
        );
    }
    text
}

fn document(
    flags: &Flags,
    sets: &[Dataset],
    shift: Option<&Shift>,
    exported: Option<usize>,
) -> Value {
    let described: Vec<Value> = sets.iter().map(|data| set(describe(data))).collect();
    json!({
        "schema": "transfer.data/1",
        "data": described,
        "shift": shift.map(Shift::json),
        "picture": flags.picture,
        "exported": exported.map(|n| json!({ "folder": flags.export, "pictures": n })),
    })
}

fn set(found: Description) -> Value {
    let class = |(name, examples): (String, usize)| json!({ "name": name, "examples": examples });
    let channels = found.channels.iter().map(|m| json!({ "mean": m.mean, "std": m.std }));
    json!({
        "spec": found.name,
        "samples": found.shape[0],
        "shape": found.shape[1..],
        "min": found.min,
        "max": found.max,
        "mean": found.mean,
        "std": found.std,
        "channels": channels.collect::<Vec<_>>(),
        "missing": found.missing,
        "classes": found.classes.map(|all| all.into_iter().map(class).collect::<Vec<_>>()),
        "notes": found.notes,
    })
}
