//! The tables of a description: values by their keys, each known to be of its kind, and errors that
//! know the place.

use super::Problem;
use nn_layers::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A problem and the byte of the text where it is.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    /// The layer's name, once it is known.
    pub(super) layer: Option<String>,
    pub(super) problem: Box<Problem>,
}

impl Fault {
    pub(super) fn new(at: usize, problem: Problem) -> Self {
        Fault { at, layer: None, problem: Box::new(problem) }
    }

    /// The same, of this layer unless it is of one in it.
    pub(super) fn of(mut self, layer: &str) -> Self {
        self.layer.get_or_insert_with(|| layer.to_owned());
        self
    }
}

/// Numbers larger than this are slips: a convolution has no more channels.
const MOST: usize = 1 << 20;
const COUNT: &str = "a whole number from 1 to 1048576";
const PAIR: &str = "a whole number from 1 to 1048576, or two as [height, width]";
const PAIR_OR_0: &str = "a whole number from 0 to 1048576, or two as [height, width]";

/// A table with a name for errors, `the conv2d`.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) of: &'a str,
    pub(super) at: usize,
    /// The outputs of a last layer, in place of those that it names.
    pub(super) outputs: Option<usize>,
    pub(super) table: &'a DeTable<'a>,
}

type Value<'a> = &'a Spanned<DeValue<'a>>;

impl<'a> Table<'a> {
    /// Refuses keys that are not among `known`.
    pub(super) fn check_keys(&self, known: &[&str]) -> Result<(), Fault> {
        let stranger = self.table.keys().find(|key| !known.contains(&&**key.get_ref()));
        let Some(key) = stranger else { return Ok(()) };
        let found = key.get_ref().to_string();
        let nearest = nearest(&found, known.iter().copied());
        let problem =
            Problem::Key { of: self.of.to_owned(), found, nearest, known: known.join(", ") };
        Err(Fault::new(key.span().start, problem))
    }

    /// Where the value of this key is, or else the table.
    pub(super) fn place(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }

    pub(super) fn missing(&self, key: &'static str, range: &'static str) -> Fault {
        Fault::new(self.at, Problem::Missing { of: self.of.to_owned(), key, range })
    }

    /// The value as `read` takes it, if it is given.
    fn get<T>(
        &self,
        key: &str,
        range: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        read(value.get_ref()).map(Some).ok_or_else(|| refused(key, value, range))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Fault> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        value.get_ref().as_str().map(Some).ok_or_else(|| refused(key, value, "a text in quotes"))
    }

    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, Fault> {
        Ok(self.get(key, "true or false", DeValue::as_bool)?.unwrap_or(default))
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<usize>, Fault> {
        self.get(key, COUNT, |value| whole(value, 1))
    }

    pub(super) fn needed_count(&self, key: &'static str) -> Result<usize, Fault> {
        self.count(key)?.ok_or_else(|| self.missing(key, COUNT))
    }

    /// One number for both axes, or one for each.
    pub(super) fn pair(&self, key: &str) -> Result<Option<[usize; 2]>, Fault> {
        self.get(key, PAIR, |value| two(value, 1))
    }

    pub(super) fn needed_pair(&self, key: &'static str) -> Result<[usize; 2], Fault> {
        self.pair(key)?.ok_or_else(|| self.missing(key, PAIR))
    }

    pub(super) fn pair_or_0(&self, key: &str) -> Result<[usize; 2], Fault> {
        Ok(self.get(key, PAIR_OR_0, |value| two(value, 0))?.unwrap_or([0, 0]))
    }

    /// The shape of a sample.
    pub(super) fn shape(&self, key: &'static str) -> Result<Vec<usize>, Fault> {
        let range = "[channels, height, width], or [numbers]";
        let shape = self.get(key, range, |value| {
            let all: Option<Vec<usize>> =
                value.as_array()?.iter().map(|n| whole(n.get_ref(), 1)).collect();
            all.filter(|shape| (1..=3).contains(&shape.len()))
        })?;
        shape.ok_or_else(|| self.missing(key, range))
    }

    /// A number for which `ok`.
    pub(super) fn real(
        &self,
        key: &str,
        default: f64,
        range: &'static str,
        ok: fn(f64) -> bool,
    ) -> Result<f64, Fault> {
        let number = self.get(key, range, |value| {
            let number: f64 = match value {
                DeValue::Float(x) => x.as_str().replace('_', "").parse().ok()?,
                DeValue::Integer(_) => whole(value, 0)? as f64,
                _ => return None,
            };
            Some(number).filter(|x| ok(*x))
        })?;
        Ok(number.unwrap_or(default))
    }

    /// Tables in a list; none if the key is not there.
    pub(super) fn tables(&self, key: &str) -> Result<Option<Vec<Table<'a>>>, Fault> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let range = "a list of layers, as [{ kind = \"relu\" }]";
        let list = value.get_ref().as_array().ok_or_else(|| refused(key, value, range))?;
        let table = |item: &'a Spanned<DeValue<'a>>| {
            let table = item.get_ref().as_table().ok_or_else(|| refused(key, item, range))?;
            // The span of a table under a heading of its own may be that of all of them.
            let first = table.keys().map(|key| key.span().start).min();
            let at = first.unwrap_or(item.span().start);
            Ok(Table { of: "a layer", at, outputs: None, table })
        };
        list.iter().map(table).collect::<Result<_, _>>().map(Some)
    }
}

fn refused(key: &str, value: Value<'_>, range: &'static str) -> Fault {
    let found = match value.get_ref() {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(list) => format!("a list of {}", list.len()),
        DeValue::Table(_) => "a table".to_owned(),
    };
    Fault::new(value.span().start, Problem::Value { key: key.to_owned(), found, range })
}

fn whole(value: &DeValue<'_>, least: usize) -> Option<usize> {
    let number = value.as_integer()?;
    let number = usize::from_str_radix(number.as_str(), number.radix()).ok()?;
    (least..=MOST).contains(&number).then_some(number)
}

fn two(value: &DeValue<'_>, least: usize) -> Option<[usize; 2]> {
    match value.as_array() {
        None => whole(value, least).map(|n| [n, n]),
        Some(list) => match &list[..] {
            [h, w] => Some([whole(h.get_ref(), least)?, whole(w.get_ref(), least)?]),
            _ => None,
        },
    }
}
