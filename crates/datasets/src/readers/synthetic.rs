//! `synthetic:NAME`: the generators, by name.

use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec, SpecError};
use crate::synthetic::{GENERATORS, Generator};
use crate::{DataError, Dataset};

pub(super) const SCHEME: Scheme = Scheme {
    name: "synthetic",
    usage: "synthetic:NAME[?n=N&seed=S...][#train|#test]",
    help: "generated data: digits, digits-textured, letters, letters-textured, moons, \
           moons-rotated, documents, documents-auxiliary; #test is an independent draw",
    grammar,
    load: Loader::Dense(load),
};

fn grammar(spec: &Spec) -> Result<Grammar, SpecError> {
    // Without a name there is no generator to ask; the count of parts is the error to report.
    let options = if spec.parts().is_empty() { &[][..] } else { find(spec)?.options };
    Ok(Grammar { parts: 1..=1, options, fragments: Fragments::OneOf(&["train", "test"]) })
}

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    (find(spec)?.make)(spec)
}

fn find(spec: &Spec) -> Result<&'static Generator, SpecError> {
    let name = &spec.parts()[0];
    let known = || GENERATORS.iter().map(|generator| generator.name);
    GENERATORS
        .iter()
        .find(|generator| generator.name == name)
        .ok_or_else(|| SpecError::unknown(&spec.to_string(), "generator", name, known()))
}
