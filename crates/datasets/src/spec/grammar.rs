//! What a scheme takes: how many parts, which options, which fragments.

use std::ops::RangeInclusive;

/// The form of one scheme's specs.
#[derive(Debug, Clone)]
pub struct Grammar {
    /// How many comma-separated parts stand after the colon.
    pub parts: RangeInclusive<usize>,
    /// The scheme's own options; `only`, `without` and `limit` come with every scheme.
    pub options: &'static [OptionHelp],
    /// What may stand after `#`.
    pub fragments: Fragments,
}

/// An option, as help texts show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionHelp {
    /// The name before `=`.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// One line about it.
    pub help: &'static str,
}

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A whole number of at least 1.
    Count,
    /// A whole number of at least 0.
    Integer,
    /// A finite number.
    Number,
    /// A side or two in pixels, see [`Size`].
    Size,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or a finite number.
    NumberOr(&'static [&'static str]),
    /// Names, with commas between them.
    Names,
}

/// The size of a picture: `N`, one side, or `HxW`, height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// `N`.
    Side(usize),
    /// `HxW`.
    Sides(usize, usize),
}

impl Size {
    /// More pixels a side than this are taken for a slip.
    const LARGEST: usize = 4096;

    /// Reads `N` or `HxW`.
    pub fn parse(text: &str) -> Option<Self> {
        let side = |text: &str| text.parse().ok().filter(|n| (1..=Self::LARGEST).contains(n));
        match text.split_once('x') {
            Some((height, width)) => Some(Self::Sides(side(height)?, side(width)?)),
            None => side(text).map(Self::Side),
        }
    }

    /// Height and width; a side is both.
    pub fn sides(self) -> (usize, usize) {
        match self {
            Self::Side(side) => (side, side),
            Self::Sides(height, width) => (height, width),
        }
    }
}

/// What may stand after `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fragments {
    /// Nothing.
    None,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Anything, such as the name of a column; the reader checks it.
    Any,
}

/// Taken by every scheme.
const COMMON: [OptionHelp; 3] = [
    OptionHelp { name: "only", kind: Kind::Names, help: "keep the rows of these classes" },
    OptionHelp { name: "without", kind: Kind::Names, help: "keep the rows of all other classes" },
    OptionHelp { name: "limit", kind: Kind::Count, help: "keep at most this many rows" },
];

impl Grammar {
    /// The options in the order of help texts, those of every scheme last.
    pub fn all_options(&self) -> impl Iterator<Item = OptionHelp> {
        self.options.iter().copied().chain(COMMON)
    }

    pub(crate) fn option(&self, name: &str) -> Option<OptionHelp> {
        self.all_options().find(|option| option.name == name)
    }
}

impl Kind {
    /// Whether a value is of this kind.
    pub(crate) fn accepts(self, value: &str) -> bool {
        match self {
            Self::Count => value.parse::<usize>().is_ok_and(|n| n > 0),
            Self::Integer => value.parse::<u64>().is_ok(),
            Self::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            Self::Size => Size::parse(value).is_some(),
            Self::OneOf(words) => words.contains(&value),
            Self::NumberOr(words) => words.contains(&value) || Self::Number.accepts(value),
            Self::Names => true,
        }
    }

    /// What to say when it is not.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Count => "a whole number of at least 1".into(),
            Self::Integer => "a whole number of at least 0".into(),
            Self::Number => "a number".into(),
            Self::Size => format!("N or HxW, as 64 or 48x64, each of 1 to {}", Size::LARGEST),
            Self::OneOf(words) => words.join(" or "),
            Self::NumberOr(words) => format!("{} or a number", words.join(", ")),
            Self::Names => "names with commas between them".into(),
        }
    }
}
