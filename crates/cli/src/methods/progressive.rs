//! `run progressive`: labelled tasks one after another, and nothing forgotten.

mod arms;
mod results;
mod settings;

use super::{Built, Case, Few, Method, Selection, draw};
use crate::context::Context;
use crate::error::UsageError;
use crate::report::Finished;
use crate::run::{self, Control, Session, Shared, TaskSpec, baselines, paired};
use crate::{data, out, report};
use arms::Arms;
use clap::ArgMatches;
use datasets::Dataset;
use settings::{Flags, unused};
use transfer::progressive::Progressive;
use transfer::{Report, Study};

const NAME: &str = "progressive";
const HELP: &str = "a new column beside frozen old ones";
/// What is compared: the paper's measure of how fast a task is learnt.
const SCORE: &str = "learning_curve_area";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Both,
    help: HELP,
    selection: Selection::HeldOut,
    built: Built {
        flags: settings::flags,
        run,
        overfit: Few::Of("examples of each task, one task after another"),
        tour: &[
            "--task",
            "digits=synthetic:digits?n=1000",
            "--task",
            "textured=synthetic:digits-textured?n=300&seed=1",
            "--task",
            "letters=synthetic:letters?n=300&seed=2",
            "--test-task",
            "digits=synthetic:digits?n=200#test",
            "--test-task",
            "textured=synthetic:digits-textured?n=200&seed=1#test",
            "--test-task",
            "letters=synthetic:letters?n=200&seed=2#test",
            "--epochs",
            "8",
            "--baselines",
            "all",
        ],
        quick: &[
            "--task",
            "digits=synthetic:digits?n=100",
            "--task",
            "textured=synthetic:digits-textured?n=60&seed=1",
            "--task",
            "letters=synthetic:letters?n=60&seed=2",
            "--test-task",
            "digits=synthetic:digits?n=40#test",
            "--test-task",
            "textured=synthetic:digits-textured?n=40&seed=1#test",
            "--test-task",
            "letters=synthetic:letters?n=40&seed=2#test",
            "--epochs",
            "1",
        ],
    },
};

/// A task's data, brought to the shape of all.
struct TaskData {
    name: String,
    train: Dataset,
    test: Dataset,
}

fn load(
    shared: &Shared,
    (tasks, tests): (&[TaskSpec], &[TaskSpec]),
    context: &Context,
) -> anyhow::Result<Vec<TaskData>> {
    let tests = paired(tasks, tests, 2)?;
    let size = shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;
    let mut all = Vec::new();
    for (task, test) in tasks.iter().zip(tests) {
        let train = context.load_labelled("--task", &task.spec)?;
        let test = context.load_labelled("--test-task", &test.spec)?;
        let known = ("--task", train.name(), train.classes());
        data::check_classes(known, "--test-task", &test)?;
        all.push(TaskData { name: task.name.clone(), train, test });
    }
    let sets: Vec<(&'static str, &str, &[usize])> = all
        .iter()
        .flat_map(|task| [("--task", &task.train), ("--test-task", &task.test)])
        .map(|(role, set)| (role, set.name(), set.sample_shape()))
        .collect();
    let shape = data::common_shape(&sets, size)?;
    if sets.iter().any(|(_, _, found)| matches!((found, &shape[..]), ([1, ..], [3, ..]))) {
        let line = "some tasks are grey and some in colour: grey is repeated as three channels";
        out::talk(context.quiet, line);
    }
    let fitted = |task: TaskData| {
        let (train, test) = (data::fit(task.train, &shape)?, data::fit(task.test, &shape)?);
        Ok(TaskData { train, test, name: task.name })
    };
    all.into_iter().map(fitted).collect()
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    if let Some(flag) = unused(&shared) {
        return Err(UsageError::Unused { flag, method: NAME }.into());
    }
    let known = arms::BASELINES.map(|name| (name, None));
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;
    let tasks = load(&shared, (&flags.task, &flags.test_task), context)?;
    let (net, plan) = flags.plan(shared.net.as_deref(), tasks[0].train.sample_shape())?;
    let shared = shared.filled(&Progressive::defaults(), net, &chosen);
    let flags = flags.filled();
    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    for task in &tasks {
        draw::samples(&session.folder, &task.name, &task.train.without_labels())?;
    }

    let training = shared.training(&Progressive::defaults(), 0);
    let arms = Arms::new(&session, &tasks, plan, training);
    let mut study = Study::new(NAME, SCORE, |seed, _| arms.progressive(seed));
    for arm in chosen {
        study = study.baseline(arm, |seed, _| arms.baseline(arm, seed));
    }
    let report: Report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let names: Vec<&str> = tasks.iter().map(|task| &*task.name).collect();
    let extra = results::extra(&session.folder, &report, &names)?;
    let specs: Vec<&str> = flags.task.iter().map(|task| &*task.spec).collect();
    let shown = Shared {
        source: Some(specs[0].into()),
        target: Some(specs[1..].join(" -> ")),
        ..shared.clone()
    };
    report::finish(&session, &shown, report, extra)
}
