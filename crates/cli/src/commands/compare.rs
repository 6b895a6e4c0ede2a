//! `compare RUN...`: finished runs side by side.

mod folder;
mod table;

use crate::error::UsageError;
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use folder::Folder;
use std::path::PathBuf;
use table::Table;

#[derive(Args)]
pub(super) struct Flags {
    /// The folders of finished runs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Put the runs that share a value of this setting into one column, as --by shots
    #[arg(long, value_name = "SETTING")]
    by: Option<String>,
    /// Draw the scores over the values of --by, as an SVG file
    #[arg(long, value_name = "FILE.svg", requires = "by")]
    picture: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    out::check_svg(flags.picture.as_deref())?;
    let folders: Vec<Folder> =
        flags.runs.iter().map(|path| Folder::read(path)).collect::<Result<_, _>>()?;
    // A run that stands twice would count twice, and chance look like certainty.
    let mut places: Vec<_> =
        flags.runs.iter().map(std::fs::canonicalize).collect::<Result<_, _>>()?;
    places.sort();
    if places.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(UsageError::Conflict(
            "a run is named twice, and would count twice; name it once",
        )
        .into());
    }
    let table = Table::of(&folders, flags.by.as_deref())?;
    if let Some(path) = &flags.picture {
        let svg = table.picture().ok_or(UsageError::Conflict(
            "--picture draws over numbers: give a setting of numbers in --by",
        ))?;
        nn_layers::write_atomically(path, |file| file.write_all(svg.as_bytes()))?;
    }
    out::result(&match flags.json {
        true => table.json().to_string(),
        false => table.text(),
    })
}
