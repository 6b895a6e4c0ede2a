//! One trial: a run of the method with some settings, and what it is worth.

use super::space::Settings;
use crate::args;
use crate::commands::run::chosen;
use crate::context::Context;
use crate::methods::Selection;
use crate::report::Finished;
use crate::run::Control;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, FromArgMatches};
use transfer::TransferError;

/// Flags that say how the sweep goes, not how a trial is trained.
const OF_THE_SWEEP: [&str; 16] = [
    "grid",
    "range",
    "log_range",
    "random",
    "draw_seed",
    "validate",
    "by",
    "halving",
    "out",
    "resume",
    "json",
    "baselines",
    "quiet",
    "dry_run",
    "overfit",
    "threads",
];

/// Flags that are no settings to be tried: how a run goes, and test data.
const NO_SETTINGS: [&str; 6] =
    ["config", "keep", "checkpoint_every", "test", "oracle", "test_task"];

/// The flags of a method that a trial can set.
pub(super) fn settings(command: &Command) -> impl Iterator<Item = &str> {
    let how = |id: &str| OF_THE_SWEEP.contains(&id) || NO_SETTINGS.contains(&id);
    command.get_arguments().filter(move |a| !how(a.get_id().as_str())).filter_map(|a| a.get_long())
}

/// The words of the command line that every trial is given as they are.
pub(super) fn given(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let mut words = Vec::new();
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let typed = matches.value_source(id) == Some(ValueSource::CommandLine);
        let (Some(long), true, false) = (arg.get_long(), typed, OF_THE_SWEEP.contains(&id)) else {
            continue;
        };
        if !arg.get_action().takes_values() {
            words.push(format!("--{long}"));
            continue;
        }
        for occurrence in matches.get_raw_occurrences(id).into_iter().flatten() {
            let values: Vec<String> =
                occurrence.map(|v| v.to_string_lossy().into_owned()).collect();
            words.extend([format!("--{long}"), values.join(",")]);
        }
    }
    words
}

/// The whole command line of a trial, program name first.
pub(super) fn words(method: &str, given: &[String], settings: &Settings) -> Vec<String> {
    let mut words = ["transfer", "run", method].map(str::to_owned).to_vec();
    words.extend_from_slice(given);
    words.extend(settings.iter().flat_map(|(name, value)| [format!("--{name}"), value.clone()]));
    words
}

/// Runs a trial; `None` if its training diverged, as it does where a learning rate is too high.
pub(super) fn run(words: &[String], context: &Context) -> anyhow::Result<Option<Finished>> {
    let matches = args::parse(words).map_err(|refusal| refusal.into_error())?;
    let (_, run) = matches.subcommand().expect("`run` is a command");
    let (_, built, matches) = chosen(run);
    match (built.run)(matches, Control::from_arg_matches(matches)?, context) {
        Ok(finished) => Ok(Some(finished)),
        Err(e) => match e.downcast_ref::<TransferError>() {
            Some(TransferError::Diverged { .. } | TransferError::Overflowed { .. }) => Ok(None),
            _ => Err(e),
        },
    }
}

/// The criterion of a finished trial, larger is better: the mean score, or minus the mean over the
/// seeds of the risk that was found without target labels.
pub(super) fn value(finished: &Finished, selection: Selection) -> f64 {
    let report = &finished.report;
    if selection != Selection::Unsupervised {
        return report.score.summary.mean;
    }
    let risks = report.outcomes.iter().filter(|o| o.arm == report.method).map(|outcome| {
        let criteria = outcome.figures.iter().filter(|(name, _)| name.starts_with("criterion_"));
        criteria.map(|(_, risk)| *risk).fold(f64::INFINITY, f64::min)
    });
    -transfer::measures::Summary::of(risks.collect()).mean
}
