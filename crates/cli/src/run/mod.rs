//! What all methods share when they are run: settings, the run folder, and who watches.

mod card;
mod config;
mod folder;
mod inputs;
mod keeping;
mod lock;
mod overfit;
mod pretrained;
mod rehearsal;
mod session;
mod shared;
mod small;
mod tasks;
mod watch;

pub(crate) use config::{merge, settings_text};
pub(crate) use folder::Folder;
pub(crate) use inputs::{Inputs, hex};
pub(crate) use overfit::Overfit;
pub(crate) use pretrained::Pretrained;
pub(crate) use rehearsal::Rehearsal;
pub(crate) use session::{Session, baselines};
pub(crate) use shared::{Shared, within};
pub(crate) use small::Small;
pub(crate) use tasks::{TaskSpec, paired, tested_apart};

use clap::{Args, value_parser};
use std::path::PathBuf;
use transfer::fit::Every;

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
    /// When to save the state, beside the ends of epochs: after so many steps, as 500, or so much
    /// time, as 30s or 5m; `epoch` for no other time; default 1m
    #[arg(long, value_name = "WHEN", value_parser = keeping::every)]
    pub(crate) checkpoint_every: Option<Every>,
    /// How many saved states of a training to keep, the newest; default 2
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    pub(crate) keep: Option<u16>,
    /// Rehearse: three steps of every training, then the plan: settings, what is trained and at which
    /// rates, time and memory. Keeps nothing
    #[arg(long, conflicts_with_all = ["resume", "json"])]
    pub(crate) dry_run: bool,
    /// Check that the network can learn at all: train on the same N examples of each training alone,
    /// without dropout or mirroring, for --steps or 1000, and say whether it came to fit them. Keeps
    /// nothing
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(2..),
          conflicts_with_all = ["dry_run", "resume", "json"])]
    pub(crate) overfit: Option<u32>,
    /// Print the result as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
