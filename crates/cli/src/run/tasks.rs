//! Tasks by name, in the order given: `--task NAME=SPEC`, and `--test-task NAME=SPEC` for the data
//! that each is measured on.

use crate::data::same_spec;
use crate::error::UsageError;
use serde::{Deserialize, Serialize};

/// A task's name and its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct TaskSpec {
    pub(crate) name: String,
    pub(crate) spec: String,
}

impl std::str::FromStr for TaskSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A name goes into arms, figures and files' names; the spec may have further `=`.
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match text.split_once('=') {
            Some((name, spec)) if !name.is_empty() && name.chars().all(letter) => {
                Ok(TaskSpec { name: name.into(), spec: spec.into() })
            }
            _ => Err(format!(
                "`{text}` is no task; write NAME=SPEC, as digits=mnist:DIR, \
                 the name of letters, digits, `-` and `_`"
            )),
        }
    }
}

impl TryFrom<String> for TaskSpec {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TaskSpec> for String {
    fn from(task: TaskSpec) -> String {
        format!("{}={}", task.name, task.spec)
    }
}

/// Refuses test data that are what the task of their name learns.
pub(crate) fn tested_apart(tasks: &[TaskSpec], tests: &[TaskSpec]) -> Result<(), UsageError> {
    let same = |a: &TaskSpec, b: &TaskSpec| a.name == b.name && same_spec(&a.spec, &b.spec);
    match tests.iter().any(|test| tasks.iter().any(|task| same(task, test))) {
        true => Err(UsageError::Conflict(
            "--test-task names what --task of that name does: the score would be of what was learnt by \
             heart; give other data, as a range of rows, DIR[5000..6000]",
        )),
        false => Ok(()),
    }
}

/// The test data of every task, in the order of the tasks.
///
/// # Errors
/// If there are fewer than `least` tasks, two have one name, there is not exactly one `--test-task`
/// for each, or one names what its task learns.
pub(crate) fn paired<'a>(
    tasks: &'a [TaskSpec],
    tests: &'a [TaskSpec],
    least: usize,
) -> Result<Vec<&'a TaskSpec>, UsageError> {
    if tasks.len() < least {
        let remedy = "give at least two tasks, each as NAME=SPEC";
        return Err(UsageError::Missing { what: "--task", remedy });
    }
    let twice = |all: &[TaskSpec]| {
        (1..all.len()).any(|i| all[..i].iter().any(|task| task.name == all[i].name))
    };
    if twice(tasks) || twice(tests) {
        return Err(UsageError::Conflict("two tasks, or two test sets, have one name"));
    }
    if tests.iter().any(|test| tasks.iter().all(|task| task.name != test.name)) {
        return Err(UsageError::Conflict("a --test-task has a name that no --task has"));
    }
    tested_apart(tasks, tests)?;
    let test = |task: &TaskSpec| tests.iter().find(|test| test.name == task.name);
    let all: Option<Vec<_>> = tasks.iter().map(test).collect();
    let remedy = "give one for every --task, under the same name";
    all.ok_or(UsageError::Missing { what: "--test-task", remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(text: &str) -> TaskSpec {
        text.parse().unwrap()
    }

    #[test]
    fn a_task_is_a_name_and_a_spec() {
        let text = "a-1=synthetic:digits?n=3&seed=1";
        let parsed = task(text);
        assert_eq!((&*parsed.name, &*parsed.spec), ("a-1", "synthetic:digits?n=3&seed=1"));
        assert_eq!(String::from(parsed), text);
        for bad in ["", "=x", "a b=x", "synthetic:digits", "a/b=x"] {
            assert!(bad.parse::<TaskSpec>().unwrap_err().contains("NAME=SPEC"), "{bad}");
        }
    }

    #[test]
    fn every_task_has_its_test_set_whatever_the_order() {
        let (a, b) = (task("a=x"), task("b=y"));
        let tests = [task("b=v"), task("a=u")];
        let both = [a.clone(), b.clone()];
        assert_eq!(paired(&both, &tests, 2).unwrap(), [&tests[1], &tests[0]]);
        let refused = |tasks: &[TaskSpec], tests: &[TaskSpec]| {
            paired(tasks, tests, 2).unwrap_err().to_string()
        };
        assert!(refused(std::slice::from_ref(&a), &tests).contains("at least two tasks"));
        assert!(refused(&both, &tests[..1]).contains("--test-task is missing"));
        assert!(refused(&[a.clone(), a], &tests).contains("one name"));
        assert!(refused(&both, &[task("c=x")]).contains("no --task has"));
        let learnt = [task("a=u"), task("b=synthetic:moons?seed=1&n=9")];
        let tests = [task("a=v"), task("b=synthetic:moons?n=9&seed=1")];
        assert!(refused(&learnt, &tests).contains("learnt by heart"));
    }
}
