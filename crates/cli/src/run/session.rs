//! One run from its settings to its report.

use super::shared::checkpointed;
use super::watch::{Failure, Watcher};
use super::{Control, Folder, Shared, config};
use crate::context::Context;
use crate::error::UsageError;
use crate::out;
use serde::Serialize;
use std::path::Path;
use std::rc::Rc;
use transfer::fit::{Checkpoints, Every, Observer};
use transfer::{Report, Study, Training, TransferError, Watch};

/// The folder, the seeds and the watcher of a run.
pub(crate) struct Session {
    pub(crate) folder: Folder,
    pub(crate) context: Context,
    seeds: Vec<u64>,
    failure: Failure,
    every: Option<Every>,
    keep: Option<u16>,
}

impl Session {
    /// Opens the run folder with these settings, nothing in them left open.
    pub(crate) fn open<O: Serialize>(
        method: &'static str,
        (shared, own): (&Shared, &O),
        control: &Control,
        context: &Context,
    ) -> anyhow::Result<Self> {
        let settings = config::table(shared, own)?;
        let (out, resume) = (control.out.as_deref(), control.resume);
        let inputs = context.inputs.take();
        inputs.lie_outside(out.unwrap_or(Path::new("runs")))?;
        let inputs = inputs.table(&settings)?;
        let folder = Folder::open(method, (settings, inputs), out, resume)?;
        out::talk(context.quiet, &format!("{method}: run folder {}", folder.path().display()));
        let (context, failure) = (context.clone(), Failure::default());
        let (mut seeds, every, keep) = (shared.seeds(), control.checkpoint_every, control.keep);
        if let Some(small) = &context.small {
            small.opened(shared, folder.settings()?);
            seeds.truncate(1);
        }
        Ok(Session { folder, context, seeds, failure, every, keep })
    }

    /// The training's settings, with its checkpoints in a folder of its own.
    pub(crate) fn kept(&self, arm: &str, training: Training) -> Training {
        let name = format!("{arm}-seed-{}", training.seed);
        let mut checkpoints = Checkpoints::new(self.folder.checkpoints(&name), name);
        if let Some(every) = self.every {
            checkpoints = checkpoints.every(every);
        }
        if let Some(keep) = self.keep {
            checkpoints = checkpoints.keep(keep.into());
        }
        match &self.context.small {
            Some(small) => small.training(checkpointed(training, checkpoints)),
            None => checkpointed(training, checkpoints),
        }
    }

    /// Watches a training that is no arm of the study.
    pub(crate) fn observer(&self, arm: &str, seed: u64) -> Box<dyn Observer> {
        self.watcher().observer(arm, seed)
    }

    /// The seed whose model and pictures are kept.
    pub(crate) fn first_seed(&self) -> u64 {
        self.seeds.first().copied().unwrap_or(0)
    }

    /// The seeds of the run.
    pub(crate) fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// Whether this is the seed whose model and pictures are kept.
    pub(crate) fn keeps(&self, seed: u64) -> bool {
        self.seeds.first() == Some(&seed)
    }

    /// Trains all that is not done yet.
    pub(crate) fn run(&self, study: Study<'_>) -> anyhow::Result<Report> {
        let done = self.folder.outcomes()?.len();
        if done > 0 {
            out::talk(self.context.quiet, &format!("{done} trainings are done already"));
        }
        self.run_also(study)
    }

    /// As [`run`](Session::run), for a second study of the same run.
    pub(crate) fn run_also(&self, study: Study<'_>) -> anyhow::Result<Report> {
        let done = self.folder.outcomes()?;
        let alone = self.context.small.as_ref().is_some_and(|small| !small.baselines());
        let study = if alone { study.alone() } else { study };
        let result = study.run(&self.seeds, &done, &mut self.watcher());
        match (result, self.failure.borrow_mut().take()) {
            // A run whose metrics could not be kept has failed, however far it came.
            (Err(TransferError::Interrupted { .. }) | Ok(_), Some(failure)) => Err(failure.into()),
            (Err(e @ TransferError::Interrupted { .. }), None) => {
                out::talk(self.context.quiet, &format!("go on with: {}", self.resumption()));
                Err(e.into())
            }
            (result, _) => Ok(result?),
        }
    }

    /// The command line that goes on with this run, or with what it is a part of.
    fn resumption(&self) -> String {
        let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let mut words: Vec<String> = words.collect();
        let whole = self.context.whole.as_ref();
        let folder = whole.map_or(self.folder.path(), |whole| &whole.folder);
        if !words.iter().any(|w| w == "--out" || w.starts_with("--out=")) {
            words.extend(["--out".into(), folder.display().to_string()]);
        }
        let resumes = whole.is_none_or(|whole| whole.resumes);
        if resumes && !words.iter().any(|w| w == "--resume") {
            words.push("--resume".into());
        }
        out::command_line(words.iter().map(String::as_str))
    }

    fn watcher(&self) -> Watcher {
        let (folder, context) = (self.folder.clone(), self.context.clone());
        Watcher { folder, context, failure: Rc::clone(&self.failure) }
    }
}

/// The baselines that `given` asks for, of `(name, why it cannot be run)`. Without a wish, the first
/// one that can be run; `all` are those that can be run.
pub(crate) fn baselines(
    method: &'static str,
    given: Option<&str>,
    known: &[(&'static str, Option<&'static str>)],
) -> Result<Vec<&'static str>, UsageError> {
    let possible =
        || known.iter().filter(|(_, obstacle)| obstacle.is_none()).map(|(name, _)| *name);
    match given.map(str::trim) {
        None => Ok(possible().take(1).collect()),
        Some("all") => Ok(possible().collect()),
        Some("none") => Ok(Vec::new()),
        Some(names) => {
            let mut chosen = Vec::new();
            for name in names.split(',').map(str::trim) {
                let Some(&(name, obstacle)) = known.iter().find(|(known, _)| *known == name) else {
                    let known = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                    return Err(UsageError::UnknownBaseline { found: name.into(), method, known });
                };
                if let Some(why) = obstacle {
                    return Err(UsageError::Baseline { name, why });
                }
                if !chosen.contains(&name) {
                    chosen.push(name);
                }
            }
            Ok(chosen)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baselines_are_chosen_by_name_and_refused_with_the_reason() {
        let known = [("source_only", None), ("train_on_target", Some("it needs --oracle"))];
        let choose = |given| baselines("m", given, &known).map_err(|e| e.to_string());
        assert_eq!(choose(None), Ok(vec!["source_only"]));
        assert_eq!(choose(Some("all")), Ok(vec!["source_only"]));
        assert_eq!(choose(Some("none")), Ok(vec![]));
        assert_eq!(choose(Some("source_only, source_only")), Ok(vec!["source_only"]));
        let error = choose(Some("train_on_target")).unwrap_err();
        assert_eq!(error, "baseline `train_on_target`: it needs --oracle");
        assert!(choose(Some("scratch")).unwrap_err().contains("no baseline `scratch`"));
    }
}
