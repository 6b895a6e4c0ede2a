//! `run fine-tune`: source labelled, target labelled, and little of it.

use super::adaptation::{self, Flags, Job};
use super::{Built, Case, Few, Method, Selection};
use crate::args;
use crate::context::Context;
use crate::report::Finished;
use crate::run::{self, Control, Shared};
use clap::{ArgMatches, Args};
use transfer::Conservative;

const NAME: &str = "fine-tune";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Both,
    help: "a source model goes on with few labelled target examples",
    selection: Selection::Validation,
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        overfit: Few::Of(
            "examples of the target, and of the source first where a model is trained on it",
        ),
        tour: &[
            "--source",
            "synthetic:letters?n=3000",
            "--target",
            "synthetic:letters-textured?n=2000&seed=1",
            "--shots",
            "5",
            "--baselines",
            "all",
            "--source-epochs",
            "5",
            "--epochs",
            "20",
        ],
        quick: &[
            "--source",
            "synthetic:letters?n=520",
            "--target",
            "synthetic:letters-textured?n=400&seed=1",
            "--shots",
            "2",
            "--source-epochs",
            "1",
            "--epochs",
            "2",
        ],
    },
};

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let settings = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    let job = Job {
        name: NAME,
        baselines: &[],
        record: &|flags| flags,
        check: &|_, _, _| Ok(()),
        // Without a hold it is fine-tuning, to the bit.
        fit: &*adaptation::tuned(NAME, |tuning, _, _| Ok(Conservative::new(tuning))),
        beside: &|_, _| Ok(()),
    };
    adaptation::run(&job, settings, &control, context)
}
