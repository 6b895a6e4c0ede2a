//! What all methods share when they are run: settings, the run folder, and who watches.

mod config;
mod folder;
mod pretrained;
mod session;
mod shared;
mod tasks;
mod watch;

pub(crate) use config::merge;
pub(crate) use folder::Folder;
pub(crate) use pretrained::Pretrained;
pub(crate) use session::{Session, baselines};
pub(crate) use shared::{Shared, within};
pub(crate) use tasks::{TaskSpec, paired};

use clap::Args;
use std::path::PathBuf;

/// Flags that say how a run goes and where it is kept; they do not change its result.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Run")]
pub(crate) struct Control {
    /// Settings from a file: TOML, with the names of the flags as keys. Flags win
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// The run folder; default: runs/METHOD-1, runs/METHOD-2, ...
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with the run in the folder of --out where it was stopped
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,
    /// Print the result as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
