//! What can be wrong on a line of a text file.

use thiserror::Error;

/// What is wrong with one line; [`DataError::Line`](super::DataError::Line) says which.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineError {
    /// The file ends before it has said anything.
    #[error("the file ends here without a row of data; expected {expected}")]
    NoRows {
        /// What a row looks like.
        expected: &'static str,
    },

    /// Bytes that are no text.
    #[error("this is no UTF-8 text; {hint}")]
    NoText {
        /// What the file looks like, and what to do.
        hint: &'static str,
    },

    /// More of something than this reader takes.
    #[error("more than {limit} {what}, and this reader stops there; {hint}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much would have done.
        limit: u64,
        /// What to do.
        hint: &'static str,
    },

    /// A row with more or fewer cells than the first.
    #[error("{found} cells, where the first line has {expected}; every row has as many")]
    Ragged {
        /// Cells of the first line.
        expected: usize,
        /// Cells of this one.
        found: usize,
    },

    /// A row with more or fewer values than were declared.
    #[error("{found} values, where {expected} attributes are declared; every row has as many")]
    Declared {
        /// How many are declared.
        expected: usize,
        /// How many are here.
        found: usize,
    },

    /// A cell that should be a number.
    #[error("column `{column}`: `{found}` is no number{hint}")]
    NotANumber {
        /// The column's name.
        column: String,
        /// The cell, shortened if it is long.
        found: String,
        /// What to do, with its punctuation.
        hint: &'static str,
    },

    /// A column of numbers and words.
    #[error(
        "column `{column}`: `{found}` is {}, where line {first} has {}; mend one of them, or say ?words={column} to take all for words",
        if *.is_number { "a number" } else { "no number" },
        if *.is_number { "a word" } else { "one" }
    )]
    Mixed {
        /// The column's name.
        column: String,
        /// The cell.
        found: String,
        /// Whether it is a number.
        is_number: bool,
        /// The line of the first of the other kind.
        first: u64,
    },

    /// A column of so many different words that they are no features.
    #[error(
        "column `{column}`: more than {limit} different words, so that they are names or free text; say ?ignore={column}, or #label={column} if they are the classes"
    )]
    FreeText {
        /// The column's name.
        column: String,
        /// How many words would have done.
        limit: u64,
    },

    /// A word that a column does not have.
    #[error("column `{column}`: `{found}` is none of {known}{hint}")]
    Stranger {
        /// The column's name.
        column: String,
        /// The cell.
        found: String,
        /// The words there are, the first of them if they are many.
        known: Box<str>,
        /// What to do, with its punctuation.
        hint: &'static str,
    },

    /// A first line that may be names or data.
    #[error(
        "`{word}` is a word and `{number}` a number, so that this may be a line of names or of data; say ?header=true or ?header=false"
    )]
    Header {
        /// The first cell that is no number.
        word: String,
        /// The first that is one.
        number: String,
    },

    /// A table of one column in which other signs stand where cells could be parted.
    #[error(
        "the cells are parted by {expected} here, and there are only {found}; say ?delimiter={option}"
    )]
    Delimiter {
        /// By what cells would be parted.
        expected: &'static str,
        /// What is there.
        found: &'static str,
        /// What the option would be.
        option: &'static str,
    },

    /// A column of another name than in the file that says what the columns are.
    #[error(
        "column {column} is called `{found}`, and `{expected}` in the file of ?like=; give files of one form"
    )]
    OtherColumn {
        /// The column, from 1.
        column: usize,
        /// Its name here, `"nothing"` if it is not there.
        found: String,
        /// Its name there.
        expected: String,
    },

    /// A number that is not finite, or not in 32 bits.
    #[error(
        "column `{column}`: `{found}` is no usable value; every number must be finite in 32 bits"
    )]
    NotFinite {
        /// The column's name.
        column: String,
        /// The cell.
        found: String,
    },

    /// An empty cell, or one that says that it is empty.
    #[error("column `{column}`: the value is missing{hint}")]
    MissingValue {
        /// The column's name.
        column: String,
        /// What to do, with its punctuation.
        hint: &'static str,
    },

    /// A name that stands twice where each may stand once.
    #[error("{what} `{name}` stands here and {first}; each may stand once{hint}")]
    Twice {
        /// `"column"` or `"class"`.
        what: &'static str,
        /// The name.
        name: String,
        /// Where it stands first: `"in column 2"`, `"on line 2"`.
        first: String,
        /// What else may be wrong, with its punctuation.
        hint: &'static str,
    },

    /// A line that a format of tables with a declaration does not have there.
    #[error("`{found}`: {problem}")]
    Syntax {
        /// What stands there.
        found: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },

    /// A label that is no whole number.
    #[error(
        "`{found}` is no label; expected a whole number such as 3, +1 or -1, then the features"
    )]
    Label {
        /// What stands there.
        found: String,
    },

    /// A feature that is not written as one.
    #[error("`{found}` is no feature; expected INDEX:VALUE, as in 12:0.5")]
    Feature {
        /// What stands there.
        found: String,
    },

    /// A query of a ranking problem.
    #[error("`{found}`: groups of queries are for ranking, and nothing here ranks; remove them")]
    Query {
        /// What stands there.
        found: String,
    },

    /// Index 0 in a file that counts from 1.
    #[error("index 0, and svmlight counts from 1; if this file counts from 0, say ?base=0")]
    IndexZero,

    /// An index that is not above the one before it.
    #[error("index {found} after {before}; indices must ascend, each at most once a line")]
    IndexOrder {
        /// The one before.
        before: u64,
        /// The one found.
        found: u64,
    },

    /// An index beyond the width that was asked for, or beyond 32 bits.
    #[error("index {found} is beyond {last}, the last that fits {reason}")]
    IndexTooLarge {
        /// The index as it stands, for it may be longer than any number here.
        found: String,
        /// The last that would have done.
        last: u64,
        /// `"?features=N"` or `"32 bits"`.
        reason: String,
    },
}

/// A piece of a file for a message: not longer than a message should be, and on one line.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown = String::new();
    for c in text.chars().take(MOST) {
        match c {
            '\'' | '"' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push_str("...");
    }
    shown
}
