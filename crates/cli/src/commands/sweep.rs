//! `sweep METHOD`: trainings with several settings, compared by what the case allows to be known.

mod halving;
mod record;
mod space;
mod trial;

use crate::args;
use crate::context::{Context, Whole};
use crate::data;
use crate::error::{self, AllDiverged, UsageError};
use crate::methods::{METHODS, Method, Selection};
use crate::run::{self, Control, Folder, within};
use crate::{args::Talk, out};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use record::{Asked, Record, Trial};
use serde_json::json;
use space::{Axis, Settings, said};
use std::path::Path;
use std::time::Instant;
use transfer::TransferError;

#[derive(Args)]
#[group(skip)] // of two flattened structs of one name
#[command(next_help_heading = "Sweep")]
struct Flags {
    /// Values of a setting to try; once for each setting
    #[arg(long, value_name = "NAME=V,V")]
    grid: Vec<String>,
    /// Bounds of a setting, evenly drawn between; needs --random
    #[arg(long, value_name = "NAME=LOW..HIGH")]
    range: Vec<String>,
    /// As --range, evenly in the logarithm
    #[arg(long, value_name = "NAME=LOW..HIGH")]
    log_range: Vec<String>,
    /// Draw N trials instead of trying every combination
    #[arg(long, value_name = "N")]
    random: Option<usize>,
    /// The seed of --random
    #[arg(long, value_name = "N", default_value_t = 0)]
    draw_seed: u64,
    /// Successive halving: of the settings one in N goes on to trainings N times as long, up to the
    /// epochs that --epochs or --config gives
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=100), conflicts_with = "steps")]
    halving: Option<u16>,
    /// Labelled target data to choose by. It must be none of --target's, and none of the final test's
    #[arg(long, value_name = "SPEC")]
    validate: Option<String>,
    /// Where no target label may be used: source-risk, entropy or reverse-validation; default
    /// reverse-validation
    #[arg(long, value_name = "CRITERION")]
    by: Option<String>,
}

/// A subcommand for each method, with that method's flags.
pub(super) fn arguments(command: Command) -> Command {
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("METHOD")
        .subcommand_help_heading("Methods")
        .disable_help_subcommand(true)
        .subcommands(METHODS.iter().map(|m| of(m).about(m.help).after_help(args::SPECS)))
}

fn of(method: &Method) -> Command {
    (method.built.flags)(Flags::augment_args(Command::new(method.name)))
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let (method, _, matches) = super::run::chosen(matches);
    let flags = Flags::from_arg_matches(matches)?;
    let (talk, control) = (Talk::from_arg_matches(matches)?, Control::from_arg_matches(matches)?);
    if control.dry_run || control.overfit.is_some() {
        let why = "a sweep is not tried in small: try one of its trials, by `transfer run` with --dry-run \
                   or --overfit";
        return Err(UsageError::Conflict(why).into());
    }
    let mut context = Context::start(&talk)?;
    let asked = asked(method, &flags, matches, control.config.as_deref())?;
    let record = Record::open(&asked, control.out, control.resume)?;
    context.whole = Some(Whole { folder: record.folder().path().to_owned(), resumes: true });
    let folder = record.folder().path().display().to_string();
    out::talk(
        talk.quiet,
        &format!("{} trials of {}, in {folder}", asked.trials.len(), method.name),
    );
    let mut sweep = Sweep { method, done: record.finished()?, asked, record, context, talk };
    let stages = match sweep.asked.halving {
        None => vec![None],
        Some(factor) => {
            let epochs = halving::full_epochs(matches, sweep.asked.config.as_deref())?;
            let n = sweep.asked.trials.len();
            halving::rungs(n, epochs, factor).into_iter().map(Some).collect()
        }
    };
    let mut alive: Vec<usize> = (0..sweep.asked.trials.len()).collect();
    let mut last = Vec::new();
    for (rung, stage) in stages.iter().enumerate() {
        last = Vec::new();
        for &place in &alive {
            match sweep.trial(place, rung, stage.map(|s| s.epochs)) {
                Ok(trial) => last.push(trial),
                Err(e) => {
                    // What no trial can be made of leaves nothing in the way of the next sweep.
                    if sweep.done.is_empty() && !is_interruption(&e) {
                        sweep.record.abandon();
                    }
                    return Err(e);
                }
            }
        }
        // What diverged comes last; of equals the first.
        last.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
        let survivors = stage.map_or(0, |s| s.survivors);
        alive = last.iter().take(survivors).map(|t| t.trial).collect();
    }
    out::result(&match control.json {
        true => sweep.json(&last).to_string(),
        false => sweep.text(&last),
    })?;
    let diverged = last.iter().all(|trial| trial.value.is_none());
    if diverged { Err(AllDiverged { trials: last.len() }.into()) } else { Ok(()) }
}

fn is_interruption(e: &anyhow::Error) -> bool {
    matches!(e.downcast_ref(), Some(TransferError::Interrupted { .. }))
}

fn worth(trial: &Trial) -> f64 {
    trial.value.unwrap_or(f64::NEG_INFINITY)
}

/// What the sweep is to do, with everything checked that can be before a trial runs.
fn asked(
    method: &Method,
    flags: &Flags,
    matches: &ArgMatches,
    config: Option<&Path>,
) -> anyhow::Result<Asked> {
    let config = config.map(settings_of).transpose()?;
    let command = of(method);
    let mut words = trial::given(&command, matches);
    words.extend(["--baselines", "none"].map(str::to_owned));
    let criterion = criterion(method, flags, (matches, config.as_deref()), &mut words)?;
    let axes = flags.grid.iter().map(|text| Axis::grid(text));
    let axes = axes.chain(flags.range.iter().map(|text| Axis::range(text, false)));
    let axes = axes.chain(flags.log_range.iter().map(|text| Axis::range(text, true)));
    let axes: Vec<Axis> = axes.collect::<Result<_, _>>()?;
    let own = (method.built.flags)(Command::new(method.name));
    let known: Vec<&str> = trial::settings(&own).collect();
    if let Some(axis) = axes.iter().find(|axis| !known.contains(&axis.name.as_str())) {
        let nearest = error::nearest(&axis.name, known.iter().copied());
        let (name, known) = (axis.name.clone(), known.join(", "));
        return Err(UsageError::SweptSetting { name, method: method.name, nearest, known }.into());
    }
    within(
        "--halving",
        flags.halving,
        axes.iter().all(|a| a.name != "epochs") || flags.halving.is_none(),
        "left out where epochs are tried",
    )?;
    if flags.halving.is_some() {
        halving::full_epochs(matches, config.as_deref())?;
    }
    let trials = space::trials(&axes, flags.random, flags.draw_seed)?;
    for settings in &trials {
        args::parse(trial::words(method.name, &words, settings)).map_err(|r| r.into_error())?;
    }
    Ok(Asked {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        method: method.name.to_owned(),
        words,
        criterion,
        config,
        halving: flags.halving.map(usize::from),
        trials,
    })
}

/// What the file of --config says, which holds no test data.
fn settings_of(path: &Path) -> anyhow::Result<String> {
    let text = run::settings_text(path)?;
    let invalid = |source| UsageError::Config { path: path.to_owned(), source };
    let table: toml::Table = toml::from_str(&text).map_err(invalid)?;
    match TEST_DATA.iter().any(|key| table.contains_key(*key)) {
        true => Err(UsageError::Conflict(NO_TEST_DATA).into()),
        false => Ok(text),
    }
}

/// Settings that name test data, or labels that a method may not see.
const TEST_DATA: [&str; 3] = ["test", "oracle", "test-task"];
const NO_TEST_DATA: &str = "a sweep reads no test data: leave test, oracle and test-task, as flags and \
                            in the file of --config, to the run with the settings that it finds";

/// The target that the settings in a file name.
fn target_of(config: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(config).ok()?;
    Some(table.get("target")?.as_str()?.to_owned())
}

/// By what trials are compared, in words; what they need for it is added to their `words`.
fn criterion(
    method: &Method,
    flags: &Flags,
    (matches, config): (&ArgMatches, Option<&str>),
    words: &mut Vec<String>,
) -> Result<String, UsageError> {
    let typed = |id: &str| {
        matches.try_contains_id(id).unwrap_or(false)
            && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
    };
    if ["test", "oracle", "test_task"].into_iter().any(typed) {
        return Err(UsageError::Conflict(NO_TEST_DATA));
    }
    let name = method.name;
    let unused = |flag| UsageError::Unused { flag, method: name };
    match (method.selection, &flags.validate, &flags.by) {
        (Selection::Refused(why), ..) => Err(UsageError::Conflict(why)),
        (Selection::Validation, None, _) => Err(UsageError::Missing {
            what: "--validate",
            remedy: "labelled target data to choose by, apart from --target and from the final test; \
                     a range of rows can cut it off, as mnist:DIR[5000..6000]",
        }),
        (Selection::Validation, Some(spec), None) => {
            let target = matches.try_get_one::<String>("target").ok().flatten();
            let target = target.cloned().or_else(|| config.and_then(target_of));
            if target.is_some_and(|target| data::same_spec(&target, spec)) {
                return Err(UsageError::Conflict(
                    "--validate names what --target names: to choose by what was trained on is to \
                     choose what was learnt by heart; cut a range of rows off, as DIR[5000..6000]",
                ));
            }
            words.extend(["--test".to_owned(), spec.clone()]);
            Ok(format!("accuracy on {spec}"))
        }
        (Selection::HeldOut, None, None) => {
            Ok("score on the share held out of the tasks".to_owned())
        }
        (Selection::Unsupervised, None, _) if typed("select") => Err(UsageError::Conflict(
            "a sweep has one criterion for all trials: name it by --by, and leave out --select",
        )),
        (Selection::Unsupervised, None, by) => {
            let by = by.as_deref().unwrap_or("reverse-validation");
            let swept = flags.grid.iter().chain(&flags.range).chain(&flags.log_range);
            if swept.map(|s| s.trim_start_matches('-')).any(|s| s.starts_with("lambda=")) {
                return Err(UsageError::Conflict(
                    "name the setting select-lambda: with a criterion lambda is chosen from a list, \
                     which may have one value",
                ));
            }
            words.extend(["--select".to_owned(), by.to_owned()]);
            Ok(format!("minus the {by}, without a target label"))
        }
        (Selection::HeldOut | Selection::Unsupervised, Some(_), _) => Err(unused("--validate")),
        (_, _, Some(_)) => Err(unused("--by")),
    }
}

/// A sweep as it goes.
struct Sweep<'a> {
    method: &'a Method,
    asked: Asked,
    record: Record,
    done: Vec<Trial>,
    context: Context,
    talk: Talk,
}

impl Sweep<'_> {
    /// Runs a trial, or finds it among those that are finished.
    fn trial(&mut self, place: usize, rung: usize, epochs: Option<usize>) -> anyhow::Result<Trial> {
        if let Some(trial) = self.done.iter().find(|t| (t.trial, t.rung) == (place, rung)) {
            return Ok(trial.clone());
        }
        let settings = self.asked.trials[place].clone();
        let name = match epochs {
            None => format!("trial-{place}"),
            Some(epochs) => format!("trial-{place}-epochs-{epochs}"),
        };
        let folder = self.record.folder().path().join(&name);
        let mut words = self.words(&settings, epochs);
        words.extend(["--out".to_owned(), folder.display().to_string(), "--quiet".to_owned()]);
        if Folder::is_begun(&folder) {
            words.push("--resume".to_owned());
        }
        let begun = Instant::now();
        // A trial that had ended when the sweep was killed has its result, and is not run again.
        let finished = trial::run(&words, &self.context)?;
        let value = finished.map(|f| trial::value(&f, self.method.selection));
        let seconds = begun.elapsed().as_secs_f64();
        let shown = value.map_or("diverged".to_owned(), |v| format!("{v:.4}"));
        out::talk(
            self.talk.quiet,
            &format!("{name}: {}: {shown}  ({seconds:.0} s)", said(&settings)),
        );
        let trial = Trial { trial: place, rung, settings, value, seconds, folder: name };
        self.record.keep(&trial)?;
        self.done.push(trial.clone());
        Ok(trial)
    }

    /// A trial's command line, its length that of its stage.
    fn words(&self, settings: &Settings, epochs: Option<usize>) -> Vec<String> {
        let mut given = self.asked.words.clone();
        if let Some(epochs) = epochs {
            match given.iter().position(|word| word == "--epochs") {
                Some(at) => given[at + 1] = epochs.to_string(),
                None => given.extend(["--epochs".to_owned(), epochs.to_string()]),
            }
        }
        trial::words(self.method.name, &given, settings)
    }

    /// The run that the best settings are for: with test data and baselines, which no trial had.
    fn best(&self, ranked: &[Trial]) -> Option<String> {
        let best = ranked.first().filter(|trial| trial.value.is_some())?;
        let mut given = self.asked.words.clone();
        for flag in ["--test", "--baselines", "--select"] {
            // A criterion among several values of one setting is part of how the model is made.
            let keep =
                flag == "--select" && best.settings.iter().any(|s| s.0.starts_with("select-"));
            if let Some(at) = given.iter().position(|word| word == flag).filter(|_| !keep) {
                given.drain(at..at + 2);
            }
        }
        let words = trial::words(self.method.name, &given, &best.settings);
        Some(out::command_line(words.iter().map(String::as_str)))
    }

    fn text(&self, ranked: &[Trial]) -> String {
        let mut rows = vec![["settings", "criterion", "seconds"].map(str::to_owned).to_vec()];
        for trial in ranked {
            let value = trial.value.map_or("diverged".to_owned(), |v| format!("{v:.4}"));
            rows.push(vec![said(&trial.settings), value, format!("{:.0}", trial.seconds)]);
        }
        let test = match self.method.selection {
            Selection::HeldOut => "--test-task NAME=SPEC",
            _ => "--test SPEC",
        };
        let best = match self.best(ranked) {
            Some(command) => format!(
                "Run the first with test data and baselines, which no trial has seen:\n  {command} \
                 {test} --baselines all"
            ),
            None => "There is no best one.".to_owned(),
        };
        let criterion = &self.asked.criterion;
        format!("by {criterion}; larger is better\n\n{}\n{best}\n", out::table(&rows, 1))
    }

    fn json(&self, ranked: &[Trial]) -> serde_json::Value {
        json!({
            "schema": "transfer.sweep/1",
            "method": self.method.name,
            "criterion": self.asked.criterion,
            "trials": self.done,
            "ranked": ranked,
            "command": self.best(ranked),
            "folder": self.record.folder().path(),
        })
    }
}
