//! The tasks of a run, as they were named: each one task, or a table of many that are scored
//! together.

use super::settings::{Flags, SHARE};
use crate::context::Context;
use crate::data;
use crate::error::{InputError, UsageError};
use crate::run::{Shared, TaskSpec, tested_apart};
use datasets::readers::csv::load_regression;
use datasets::{DataError, Dataset, Spec};
use transfer::TransferError;
use transfer::multi_task::{Labels, Task, share_inputs};

/// A name, its spec and its tasks.
type Named = (String, String, Vec<Task>);

/// All tasks, and which of them go by one name.
pub(super) struct Units {
    named: Vec<Named>,
    /// The same in one row, as they are trained.
    train: Vec<Task>,
    /// Labelled data for the score, where it was given.
    test: Option<Vec<Task>>,
    share: f64,
}

impl Units {
    pub(super) fn load(shared: &Shared, flags: &Flags, context: &Context) -> anyhow::Result<Self> {
        let given = flags.task.as_deref().unwrap_or_default();
        if given.is_empty() {
            let (what, remedy) = ("--task", "at least one, as left=multi:synthetic:digits#left");
            return Err(UsageError::Missing { what, remedy }.into());
        }
        tested_apart(given, flags.test_task.as_deref().unwrap_or_default())?;
        let size =
            shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;
        let mut named: Vec<Named> = Vec::new();
        for TaskSpec { name, spec } in given {
            if named.iter().any(|(other, ..)| other == name) {
                return Err(UsageError::Conflict("two --task have one name").into());
            }
            let tasks = read("--task", name, (spec, size), context)?;
            named.push((name.clone(), spec.clone(), tasks));
        }
        let mut train: Vec<Task> = named.iter().flat_map(|n| n.2.clone()).collect();
        share_inputs(&mut train);
        let test = match flags.test_task.as_deref() {
            None => None,
            Some(tests) => Some(test(tests, &named, size, context)?),
        };
        Ok(Units { named, train, test, share: flags.test_share.unwrap_or(SHARE) })
    }

    /// All tasks, with all their labelled data.
    pub(super) fn train(&self) -> &[Task] {
        &self.train
    }

    /// What is trained on and what is scored on with this seed. With `batch_size`, that of the
    /// largest task, the others take rows in proportion to their sizes.
    pub(super) fn split(
        &self,
        seed: u64,
        batch_size: Option<usize>,
    ) -> Result<(Vec<Task>, Vec<Task>), TransferError> {
        let (mut train, test) = match &self.test {
            Some(test) => (self.train.clone(), test.clone()),
            None => {
                let parts = self.train.iter().map(|task| task.hold_out(self.share, seed));
                let (train, test): (Vec<Task>, Vec<Task>) =
                    parts.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
                (train, test)
            }
        };
        share_inputs(&mut train);
        if let Some(batch_size) = batch_size {
            let largest = train.iter().map(|task| task.inputs().len()).max().unwrap_or(1);
            let rows = |task: Task| {
                let share = task.inputs().len() as f64 / largest as f64;
                task.batch_size(((batch_size as f64 * share).round() as usize).max(1))
            };
            train = train.into_iter().map(rows).collect();
        }
        Ok((train, test))
    }

    /// Each name, and those of `tasks` that go by it.
    pub(super) fn of(&self, tasks: &[Task]) -> Vec<(&str, Vec<Task>)> {
        let of = |unit: &Named| {
            let own: Vec<&str> = unit.2.iter().map(Task::name).collect();
            tasks.iter().filter(|task| own.contains(&task.name())).cloned().collect::<Vec<_>>()
        };
        self.named.iter().map(|unit| (unit.0.as_str(), of(unit))).collect()
    }

    /// What the study's score is called: the mean over the names of accuracy or explained variance.
    pub(super) fn score(&self) -> Result<&'static str, TransferError> {
        let numbers = |task: &Task| matches!(task.labels(), Labels::Numbers(_));
        let several = self.named.len() > 1;
        let (all, any) = (self.train.iter().all(numbers), self.train.iter().any(numbers));
        Ok(match (any, all, several) {
            (false, _, true) => "mean_accuracy",
            (false, _, false) => "accuracy",
            (true, true, true) => "mean_explained_variance",
            (true, true, false) => "explained_variance",
            (true, false, _) => "mean_score",
        })
    }

    pub(super) fn specs(&self) -> Vec<String> {
        self.named.iter().map(|(_, spec, _)| spec.clone()).collect()
    }

    pub(super) fn counted(&self) -> String {
        let n = self.train.len();
        format!("{n} task{}", if n == 1 { "" } else { "s" })
    }

    /// The tasks and their sizes.
    pub(super) fn said(&self) -> String {
        let one = |(name, _, tasks): &Named| {
            let rows: usize = tasks.iter().map(|task| task.inputs().len()).sum();
            match tasks.len() {
                1 => format!("{name}: {rows} examples"),
                n => format!("{name}: {n} tasks, {rows} examples"),
            }
        };
        self.named.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// The tasks that a spec gives.
fn read(
    role: &'static str,
    name: &str,
    (spec, size): (&str, Option<data::Size>),
    context: &Context,
) -> anyhow::Result<Vec<Task>> {
    let fail = |e: DataError| InputError::Data { role, spec: spec.to_owned(), source: Box::new(e) };
    let parsed: Spec = spec.parse().map_err(|e| fail(DataError::from(e)))?;
    let target = |fragment: &str| fragment.split(',').any(|term| term.starts_with("target="));
    if parsed.scheme() == "csv" && parsed.fragment().is_some_and(target) {
        return Ok(Task::family(name, &load_regression(&parsed).map_err(fail)?)?);
    }
    let labelled: Dataset = context.load_labelled(role, spec)?;
    let labelled = match (labelled.sample_shape(), size) {
        (&[c, _, _], Some(size)) => data::fit(labelled, &[c, size.height, size.width])?,
        _ => labelled,
    };
    Ok(vec![Task::classification(name, &labelled)?])
}

/// The tasks of `--test-task`, each checked against the one that it belongs to.
fn test(
    given: &[TaskSpec],
    named: &[Named],
    size: Option<data::Size>,
    context: &Context,
) -> anyhow::Result<Vec<Task>> {
    let mut all: Vec<Task> = Vec::new();
    for (name, _, known) in named {
        let mut mine = None;
        for TaskSpec { name: other, spec } in given {
            if other == name {
                mine = Some(spec);
            } else if !named.iter().any(|(name, ..)| name == other) {
                return Err(
                    UsageError::Conflict("a --test-task has a name that no --task has").into()
                );
            }
        }
        let Some(spec) = mine else {
            let (what, remedy) = ("--test-task", "one for each --task, of the same name");
            return Err(UsageError::Missing { what, remedy }.into());
        };
        for task in read("--test-task", name, (spec, size), context)? {
            let before = known.iter().find(|k| k.name() == task.name());
            let kind = |task: &Task| match task.labels() {
                Labels::Classes { names, .. } => format!("classes {}", names.join(", ")),
                Labels::Numbers(_) => "numbers".to_owned(),
            };
            match before {
                Some(before) if kind(before) == kind(&task) => all.push(task),
                other => {
                    return Err(InputError::Mismatch {
                        left: format!("--task {name}"),
                        left_is: other.map_or("no such task".to_owned(), kind),
                        right: format!("--test-task {}", task.name()),
                        right_is: kind(&task),
                        remedy: "both need the same tasks, with the same classes".into(),
                    }
                    .into());
                }
            }
        }
    }
    Ok(all)
}
