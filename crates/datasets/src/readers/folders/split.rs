//! Dividing files that no folders divide: `#train` and `#test`, by `?test=` and `?seed=`.

use std::path::PathBuf;

use crate::Random;
use crate::spec::{Kind, OptionHelp, Spec, SpecError};

/// The parts that data may be divided into.
pub(in crate::readers) const PARTS: [&str; 3] = ["test", "train", "val"];

/// The options of a split.
pub(in crate::readers) const OPTIONS: [OptionHelp; 2] = [
    OptionHelp {
        name: "test",
        kind: Kind::Number,
        help: "the part of each class that is #test's, if no folder says so; default 0.2",
    },
    OptionHelp {
        name: "seed",
        kind: Kind::Integer,
        help: "another division into #train and #test; default 0",
    },
];

/// Checks the options of a spec as far as that goes without its files.
pub(in crate::readers) fn check(spec: &Spec) -> Result<(), SpecError> {
    if spec.number("test").is_some_and(|test| !(test > 0.0 && test < 1.0)) {
        return Err(spec.bad_value("test", "a number between 0 and 1"));
    }
    let options = ["test", "seed"].iter().any(|name| spec.option(name).is_some());
    match options && spec.fragment().is_none() {
        false => Ok(()),
        true => Err(spec
            .unsuitable("test= and seed= divide the files; say which part by #train or by #test")),
    }
}

/// Refuses the options of a split where folders divide the data already.
pub(super) fn refuse_options(spec: &Spec) -> Result<(), SpecError> {
    match ["test", "seed"].iter().any(|name| spec.option(name).is_some()) {
        false => Ok(()),
        true => Err(spec.unsuitable(
            "its folders train and test divide these data already; leave out test= and seed=",
        )),
    }
}

/// One side of a random split.
pub(super) struct Side {
    test: bool,
    fraction: f64,
    seed: u64,
}

/// The side that a spec asks for; `None` if it asks for all.
pub(super) fn side(spec: &Spec) -> Result<Option<Side>, SpecError> {
    let test = match spec.fragment() {
        None => return Ok(None),
        Some("train") => false,
        Some("test") => true,
        Some(part) => {
            let known = ["train", "test"];
            return Err(SpecError::unknown(&spec.to_string(), "fragment", part, known));
        }
    };
    let fraction = spec.number("test").unwrap_or(0.2);
    Ok(Some(Side { test, fraction, seed: spec.integer("seed").unwrap_or(0) }))
}

impl Side {
    /// The files of a class that are on this side, in their order. Two files or more give at least
    /// one to each side. Which ones depends on the seed, the class's number and how many files it
    /// has.
    pub(super) fn of(&self, class: usize, files: Vec<PathBuf>) -> Vec<PathBuf> {
        let n = files.len();
        let wanted = (self.fraction * n as f64).round() as usize;
        let wanted = if n < 2 { wanted } else { wanted.clamp(1, n - 1) };
        let order = Random::new(self.seed, "folders", [class as u64, 0]).permutation(n);
        let mut is_test = vec![false; n];
        order[..wanted].iter().for_each(|&i| is_test[i] = true);
        let all = files.into_iter().zip(is_test);
        all.filter(|(_, test)| *test == self.test).map(|(path, _)| path).collect()
    }
}
