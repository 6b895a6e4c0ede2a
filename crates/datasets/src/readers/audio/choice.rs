//! Which recordings a fragment asks for.

use std::collections::BTreeSet;

use super::names::Recording;
use crate::spec::{Spec, SpecError, unescape};

/// The data set's own test split: index 0 to 4 of every digit and speaker.
const TEST: u64 = 5;

#[derive(Default)]
pub(super) struct Choice {
    /// Only these, unless there are none.
    only: BTreeSet<String>,
    without: BTreeSet<String>,
    test: Option<bool>,
}

impl Choice {
    /// Reads the fragment of a spec.
    pub(super) fn of(spec: &Spec) -> Result<Self, SpecError> {
        let mut choice = Self::default();
        for term in spec.fragment().into_iter().flat_map(|fragment| fragment.split(',')) {
            let speaker = |name: &str| match name {
                "" => Err(spec.unsuitable("the fragment names no speaker, as #speaker=NAME does")),
                name => Ok(unescape(name)),
            };
            if let Some(name) = term.strip_prefix("speaker!=") {
                choice.without.insert(speaker(name)?);
            } else if let Some(name) = term.strip_prefix("speaker=") {
                choice.only.insert(speaker(name)?);
            } else if matches!(term, "train" | "test") {
                choice.test = Some(term == "test");
            } else {
                let known = ["speaker=NAME", "speaker!=NAME", "train", "test"];
                return Err(SpecError::unknown(&spec.to_string(), "fragment", term, known));
            }
        }
        Ok(choice)
    }

    pub(super) fn takes(&self, recording: &Recording) -> bool {
        let speaker = &recording.speaker;
        (self.only.is_empty() || self.only.contains(speaker))
            && !self.without.contains(speaker)
            && self.test.is_none_or(|test| test == (recording.index < TEST))
    }

    /// Every speaker named must be there, or a slip would silently change what is read.
    pub(super) fn check(&self, spec: &Spec, known: &BTreeSet<String>) -> Result<(), SpecError> {
        match self.only.union(&self.without).find(|name| !known.contains(*name)) {
            Some(name) => {
                let known = known.iter().map(String::as_str);
                Err(SpecError::unknown(&spec.to_string(), "speaker", name, known))
            }
            None => Ok(()),
        }
    }
}
