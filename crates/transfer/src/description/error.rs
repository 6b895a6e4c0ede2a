//! What can be wrong with the description of a network.

/// Where a description is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {problem}", of_layer(layer))]
pub struct DescriptionError {
    /// The line, from 1.
    pub line: usize,
    /// The layer's name, or its kind where it has none; none outside of the layers.
    pub layer: Option<String>,
    /// What is wrong.
    pub problem: Box<Problem>,
}

/// What is wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It cannot be parsed.
    #[error("this is no TOML: {0}")]
    Toml(String),
    /// A kind of layer that nobody knows.
    #[error("there is no kind of layer `{found}`{}; kinds: {known}", did_you_mean(nearest))]
    Kind {
        /// The kind as it is written.
        found: String,
        /// The kind that was probably meant.
        nearest: Option<String>,
        /// All kinds.
        known: String,
    },
    /// A key that means nothing.
    #[error("{of} has no `{found}`{}; it has {known}", did_you_mean(nearest))]
    Key {
        /// What has other keys.
        of: String,
        /// The key as it is written.
        found: String,
        /// The key that was probably meant.
        nearest: Option<String>,
        /// The keys there are.
        known: String,
    },
    /// A key that is needed.
    #[error("{of} needs `{key}`, {range}")]
    Missing {
        /// What needs it.
        of: String,
        /// The key.
        key: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A value of another kind or out of its range.
    #[error("`{key}` is {found}: it must be {range}")]
    Value {
        /// The key.
        key: String,
        /// The value.
        found: String,
        /// What it may be.
        range: &'static str,
    },
    /// A layer that does not take what the one before it gives.
    #[error("it takes {expected}, and what comes in is {found:?}")]
    Input {
        /// The shape of what it takes.
        expected: String,
        /// The shape of what it is given.
        found: Vec<usize>,
    },
    /// Two ways through a residual block that do not meet.
    #[error("its layers make {layers:?} of what comes in, and its shortcut {shortcut:?}")]
    Sum {
        /// What comes out of the layers.
        layers: Vec<usize>,
        /// What comes out beside them.
        shortcut: Vec<usize>,
    },
    /// Two layers of one name.
    #[error("a layer before it has this name, too: each needs a name of its own")]
    Twice,
    /// A network that would not fit into memory.
    #[error("up to here the network has {0}, more than anybody has memory for")]
    TooLarge(String),
}

fn of_layer(layer: &Option<String>) -> String {
    layer.as_ref().map_or_else(String::new, |name| format!(", layer `{name}`"))
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}
