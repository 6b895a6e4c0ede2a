//! Other names for the tensors of a state dict, as a file says them.

use super::StateDict;
use crate::read_text;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why a map of names cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyMapError {
    /// The system refused to read the file.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A line that says nothing.
    #[error("{}, line {line}: {problem}; write a line as `blocks.*.w = layers.*.weight`", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Two tensors that would have one name.
    #[error(
        "{}: tensors `{first}` and `{second}` would both be named `{name}`; make the map tell them \
         apart, or leave one out by a line `{second} =`", path.display()
    )]
    Clash {
        /// The file of the map.
        path: PathBuf,
        /// The common name.
        name: String,
        /// One tensor, by its name in the state dict.
        first: String,
        /// The other.
        second: String,
    },
}

/// Rules that give tensors other names: lines `from = to`, both with as many `*`, each of which
/// stands for any text and takes it along. The first rule that fits a name counts; a name that none
/// fits stays. Nothing behind the `=` leaves the tensors out. Quotes around a name do nothing, blank
/// lines and what follows `#` say nothing, so that a table of TOML can be such a file.
///
/// ```text
/// # a trunk that another program saved
/// "backbone.stem.*" = "conv1.*"
/// "backbone.stages.*.blocks.*" = "layer*.*"
/// "neck.*" =
/// ```
#[derive(Clone, Debug)]
pub struct KeyMap {
    path: PathBuf,
    rules: Vec<(String, String)>,
}

impl KeyMap {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// If it cannot be read, or a line is no rule.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyMapError> {
        let path = path.as_ref();
        let text =
            read_text(path).map_err(|source| KeyMapError::Io { path: path.to_owned(), source })?;
        KeyMap::parse(path, &text)
    }

    /// Reads rules from `text`; `path` is what errors call it.
    ///
    /// # Errors
    /// If a line is no rule.
    pub fn parse(path: impl Into<PathBuf>, text: &str) -> Result<Self, KeyMapError> {
        let (path, mut rules) = (path.into(), Vec::new());
        for (i, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let problem = match line.split_once('=').map(|(from, to)| (bare(from), bare(to))) {
                None => "there is no `=`".to_owned(),
                Some(("", _)) => "there is no name before the `=`".to_owned(),
                Some((from, to)) if !to.is_empty() && stars(from) != stars(to) => {
                    format!("{} `*` before the `=`, {} behind it", stars(from), stars(to))
                }
                Some((from, to)) => {
                    rules.push((from.to_owned(), to.to_owned()));
                    continue;
                }
            };
            return Err(KeyMapError::Line { path, line: i + 1, problem });
        }
        Ok(KeyMap { path, rules })
    }

    /// The name that a tensor gets; `None` if it is left out.
    pub fn name(&self, name: &str) -> Option<String> {
        for (from, to) in &self.rules {
            if let Some(found) = matched(from, name) {
                let mut found = found.into_iter();
                let parts = to.split('*').enumerate().map(|(i, part)| match i {
                    0 => part.to_owned(),
                    _ => found.next().unwrap_or("").to_owned() + part,
                });
                return (!to.is_empty()).then(|| parts.collect());
            }
        }
        Some(name.to_owned())
    }

    /// The same tensors under their new names.
    ///
    /// # Errors
    /// If two of them get the same name.
    pub fn apply(&self, state: &StateDict) -> Result<StateDict, KeyMapError> {
        let mut renamed = StateDict { metadata: state.metadata.clone(), ..StateDict::default() };
        let mut origins: BTreeMap<String, &String> = BTreeMap::new();
        for (old, tensor) in &state.tensors {
            let Some(name) = self.name(old) else { continue };
            if let Some(first) = origins.insert(name.clone(), old) {
                let (path, first, second) = (self.path.clone(), first.clone(), old.clone());
                return Err(KeyMapError::Clash { path, name, first, second });
            }
            renamed.tensors.insert(name, tensor.clone());
        }
        Ok(renamed)
    }
}

/// A name without the blanks and quotes around it.
fn bare(name: &str) -> &str {
    let name = name.trim();
    let inner = |quote| name.strip_prefix(quote).and_then(|n: &str| n.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(name)
}

fn stars(name: &str) -> usize {
    name.matches('*').count()
}

/// What each `*` of `pattern` stands for in `name`, as little as possible; `None` if it does not fit.
fn matched<'n>(pattern: &str, name: &'n str) -> Option<Vec<&'n str>> {
    let Some((before, after)) = pattern.split_once('*') else {
        return (pattern == name).then(Vec::new);
    };
    let rest = name.strip_prefix(before)?;
    let ends = rest.char_indices().map(|(i, _)| i).chain([rest.len()]);
    ends.into_iter().find_map(|end| {
        let mut found = vec![&rest[..end]];
        found.extend(matched(after, &rest[end..])?);
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Tensor;

    fn map(text: &str) -> Result<KeyMap, String> {
        KeyMap::parse("map.txt", text).map_err(|e| e.to_string())
    }

    #[test]
    fn the_first_rule_that_fits_renames() {
        let rules = "# names\n\n\"stages.*.blocks.*.w\" = layer*.*.weight  # both\n\
                     stages.* = rest.*\nneck.* =\n'a' = b\n";
        let map = map(rules).unwrap();
        let name = |n: &str| map.name(n);
        assert_eq!(name("stages.1.blocks.0.conv1.w").unwrap(), "layer1.0.conv1.weight");
        assert_eq!(name("stages.1.blocks.0.conv1.b").unwrap(), "rest.1.blocks.0.conv1.b");
        assert_eq!(name("neck.bias"), None);
        assert_eq!(name("a").unwrap(), "b");
        assert_eq!(name("other").unwrap(), "other");
    }

    #[test]
    fn lines_that_are_no_rules_are_named() {
        let error = |text| map(text).unwrap_err();
        assert!(error("a = b\nlayer1").starts_with("map.txt, line 2: there is no `=`; write"));
        assert!(error("= b").contains("line 1: there is no name before"));
        assert!(error("a.*.* = b.*").contains("line 1: 2 `*` before the `=`, 1 behind it"));
    }

    #[test]
    fn names_that_clash_are_an_error_and_others_move() {
        let mut state = StateDict::default();
        state.tensors.insert("m.a".into(), Tensor::scalar(1.0));
        state.tensors.insert("a".into(), Tensor::scalar(2.0));
        let error = map("m.* = *").unwrap().apply(&state).unwrap_err().to_string();
        assert!(error.contains("tensors `a` and `m.a` would both be named `a`"), "{error}");
        let moved = map("a =\nm.* = *").unwrap().apply(&state).unwrap();
        assert_eq!((moved.tensors.len(), moved.tensors["a"].item()), (1, 1.0));
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = KeyMap::load("no/map.txt").unwrap_err().to_string();
        assert!(error.starts_with("cannot read no/map.txt: "), "{error}");
    }
}
