//! A size with a vertical and a horizontal part.

use std::fmt;

/// `[vertical, horizontal]`; one number stands for both. Displayed as `3` or `3x5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl From<usize> for Pair {
    fn from(both: usize) -> Self {
        Pair([both, both])
    }
}

impl From<[usize; 2]> for Pair {
    fn from(pair: [usize; 2]) -> Self {
        Pair(pair)
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [v, h] if v == h => write!(f, "{v}"),
            [v, h] => write!(f, "{v}x{h}"),
        }
    }
}

/// Adds `, name value` to a description where the value is not the default.
pub(super) fn describe_option<T: PartialEq + fmt::Display>(
    text: &mut String,
    name: &str,
    value: T,
    default: T,
) {
    if value != default {
        text.push_str(&format!(", {name} {value}"));
    }
}
