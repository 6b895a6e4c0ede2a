//! Spec strings: a data set in one word of a command line.
//!
//! ```text
//! SCHEME:PART[,PART...][?OPTION=VALUE[&OPTION=VALUE...]][#FRAGMENT][[A..B]]
//!
//! mnist:data/mnist                      the training split
//! mnist:data/mnist#test                 the other
//! idx:images.gz,labels.gz[0..1000]      the first thousand rows
//! synthetic:digits?n=500&writer=3       generated
//! cifar10:train.bin?limit=100           the first hundred rows
//! cifar10:train.bin?only=cat,dog        two classes; `without=cat,dog` is the eight others
//! csv:flowers.csv.gz#label=species      a table; a fragment may name columns
//! npz:features.npz?x=train&y=labels     arrays by name
//! ```
//!
//! The suffixes may come in any order, each once. Rows `[a..b]` are taken first (`a` or `b` may be
//! left out), then the classes of `only` or `without`, then the first `limit` of what remains.
//!
//! In a path or the name of a column, `,` `?` and `#` must be written `%2C`, `%3F` and `%23`. Brackets are ordinary
//! characters unless they enclose a row range in the place of a suffix; then write `%5B` and
//! `%5D`. A per cent sign is itself, but `%25` where one of these codes would follow it.

mod error;
mod grammar;
mod parse;
mod part;
mod scheme;

pub use error::SpecError;
pub(crate) use error::list;
pub use grammar::{Fragments, Grammar, Kind, OptionHelp, Size};
pub(crate) use parse::{escape, unescape};
pub(crate) use part::{Part, kept};
pub(crate) use scheme::chosen;
pub use scheme::{Loader, Scheme, load, load_later, load_sparse, schemes};

use std::collections::BTreeMap;
use std::fmt;

/// A parsed spec string. Its scheme exists, its options are known and their values of the right
/// kind; whether its files are there is found out by [`load`].
///
/// ```
/// use datasets::Spec;
/// let spec: Spec = "synthetic:digits?seed=7&n=50[10..20]".parse()?;
/// assert_eq!(spec.to_string(), "synthetic:digits?n=50&seed=7[10..20]");
/// assert_eq!(datasets::load(&spec)?.len(), 10);
///
/// let mistake = "synthetic:digit".parse::<Spec>().unwrap_err();
/// assert!(mistake.to_string().contains("did you mean `digits`?"));
/// # Ok::<(), datasets::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    scheme: String,
    parts: Vec<String>,
    options: BTreeMap<String, String>,
    fragment: Option<String>,
    rows: Option<RowRange>,
}

/// Rows `start..end`; without an end, all that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRange {
    /// First row.
    pub start: usize,
    /// One past the last row.
    pub end: Option<usize>,
}

impl Spec {
    /// The spec of a scheme and one part as it is: the path of a file or a folder.
    ///
    /// # Errors
    /// [`SpecError`] if there is no such scheme, or it needs more than that.
    pub fn of_part(scheme: &str, part: &str) -> Result<Self, SpecError> {
        format!("{scheme}:{}", parse::escape(part)).parse()
    }

    /// What stands before the colon.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The comma-separated parts after the colon, unescaped: paths, or the name of a generator.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// What stands after `#`.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }

    /// The row range, if there is one.
    pub fn rows(&self) -> Option<RowRange> {
        self.rows
    }

    /// The value of an option as text.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// The value of an option of [`Kind::Count`].
    pub fn count(&self, name: &str) -> Option<usize> {
        self.option(name).and_then(|value| value.parse().ok())
    }

    /// The value of an option of [`Kind::Integer`].
    pub fn integer(&self, name: &str) -> Option<u64> {
        self.option(name).and_then(|value| value.parse().ok())
    }

    /// The value of an option of [`Kind::Size`].
    pub fn size(&self, name: &str) -> Option<Size> {
        self.option(name).and_then(Size::parse)
    }

    /// The value of an option of [`Kind::Number`].
    pub fn number(&self, name: &str) -> Option<f64> {
        self.option(name).and_then(|value| value.parse().ok())
    }

    /// The error of a spec that names data for another use.
    pub(crate) fn unsuitable(&self, problem: &'static str) -> SpecError {
        SpecError::Unsuitable { spec: self.to_string(), problem }
    }

    /// The error of an option whose value is of the right kind and yet none that will do.
    pub(crate) fn bad_value(&self, option: &str, expected: impl Into<String>) -> SpecError {
        let value = self.option(option).unwrap_or_default().into();
        let (spec, option, expected) = (self.to_string(), option.into(), expected.into());
        SpecError::Value { spec, option, value, expected }
    }

    /// The same spec with an option set.
    ///
    /// # Errors
    /// [`SpecError`] if the scheme does not take this option or value.
    pub fn with_option(&self, name: &str, value: impl ToString) -> Result<Self, SpecError> {
        let mut spec = self.clone();
        spec.options.insert(name.into(), value.to_string());
        spec.check()?;
        Ok(spec)
    }

    /// Whether the scheme takes this option here.
    pub fn takes(&self, name: &str) -> bool {
        scheme::grammar_of(self).is_ok_and(|grammar| grammar.option(name).is_some())
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(|part| parse::escape(part)).collect();
        write!(f, "{}:{}", self.scheme, parts.join(","))?;
        for (i, (name, value)) in self.options.iter().enumerate() {
            write!(f, "{}{name}={value}", if i == 0 { '?' } else { '&' })?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "#{fragment}")?;
        }
        if let Some(RowRange { start, end }) = self.rows {
            write!(f, "[{start}..")?;
            end.map_or(Ok(()), |end| write!(f, "{end}"))?;
            write!(f, "]")?;
        }
        Ok(())
    }
}
