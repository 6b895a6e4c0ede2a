//! What can be wrong with a spec string.

use thiserror::Error;

use crate::error::shown;

/// A spec string that says nothing sensible.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecError {
    /// No `scheme:` in front.
    #[error("`{spec}` names no scheme; write SCHEME:..., with a scheme of {}", known.join(", "))]
    NoScheme {
        /// The whole string.
        spec: String,
        /// The schemes there are.
        known: Vec<String>,
    },

    /// A scheme, name, option or fragment that does not exist.
    #[error(
        "`{spec}`: there is no {what} `{found}`{}; known: {}",
        did_you_mean(nearest),
        list(known)
    )]
    Unknown {
        /// The whole string.
        spec: String,
        /// `"scheme"`, `"generator"`, `"option"`, `"class"` or `"fragment"`.
        what: &'static str,
        /// What was written.
        found: String,
        /// What could have been.
        known: Vec<String>,
        /// The one of `known` that is spelled almost alike.
        nearest: Option<String>,
    },

    /// A value that an option cannot have.
    #[error("`{spec}`: option `{option}` cannot be `{value}`; expected {expected}")]
    Value {
        /// The whole string.
        spec: String,
        /// The option.
        option: String,
        /// The value written.
        value: String,
        /// What it takes.
        expected: String,
    },

    /// Too few or too many parts after the colon.
    #[error(
        "`{spec}`: {found} parts after the colon, {expected}; write {usage}, and a comma inside a path as %2C"
    )]
    Parts {
        /// The whole string.
        spec: String,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: String,
        /// The scheme's form.
        usage: &'static str,
    },

    /// A range of rows that is none.
    #[error(
        "`{spec}`: `[{found}]` is no range of rows; write [a..b] with a < b, counted from 0, or leave a or b out"
    )]
    Rows {
        /// The whole string.
        spec: String,
        /// What stands between the brackets.
        found: String,
    },

    /// A spec of data that do not suit what they are loaded for.
    #[error("`{spec}`: {problem}")]
    Unsuitable {
        /// The whole string.
        spec: String,
        /// Why, and what to do.
        problem: &'static str,
    },

    /// An option without a value, the same suffix twice, or text after the end.
    #[error("`{spec}`: `{found}` {problem}")]
    Syntax {
        /// The whole string.
        spec: String,
        /// The place.
        found: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    let mean = |nearest: &String| format!(", did you mean `{}`?", shown(nearest));
    nearest.as_ref().map_or_else(String::new, mean)
}

/// Names that may come from a file: a line of them, not too long a one.
pub(crate) fn list(known: &[String]) -> String {
    const MOST: usize = 50;
    if known.is_empty() {
        return "none".into();
    }
    let some: Vec<String> = known.iter().take(MOST).map(|name| shown(name)).collect();
    let more = known.len() - some.len();
    some.join(", ") + &if more > 0 { format!(", and {more} more") } else { String::new() }
}

impl SpecError {
    pub(crate) fn unknown<'a>(
        spec: &str,
        what: &'static str,
        found: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<String> = known.into_iter().map(String::from).collect();
        let nearest = nearest(found, &known).cloned();
        Self::Unknown { spec: spec.into(), what, found: found.into(), known, nearest }
    }
}

/// The known word with the fewest edits, if they are few enough to be a slip.
fn nearest<'a>(found: &str, known: &'a [String]) -> Option<&'a String> {
    let scored = known.iter().map(|word| (edits(found, word), word));
    let (distance, word) = scored.min_by_key(|&(distance, _)| distance)?;
    let (length, longer) = (found.chars().count(), word.chars().count().max(found.chars().count()));
    // A word in which every letter is another is none that was meant.
    (distance <= 1 + length / 3 && distance < longer).then_some(word)
}

/// Levenshtein's distance: insertions, deletions and substitutions.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, expected) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0), ("ab", "ba", 2)]
        {
            assert_eq!(edits(a, b), expected, "{a} {b}");
            assert_eq!(edits(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn a_slip_has_a_nearest_word_and_nonsense_has_none() {
        let known = ["digits", "letters", "moons"].map(String::from);
        assert_eq!(nearest("digit", &known), Some(&known[0]));
        assert_eq!(nearest("mooons", &known), Some(&known[2]));
        assert_eq!(nearest("xyzzy", &known), None);
        assert_eq!(nearest("3", &["a".into()]), None);
    }
}
