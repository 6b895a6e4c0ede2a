//! From the layers of a description to a network: each one fitted to what the one before it gives,
//! before any of them takes memory.

use super::Problem;
use super::kinds::{Build, KINDS, Made};
use super::table::{Fault, Table};
use nn_layers::models::{Backbone, Residual};
use nn_layers::nearest;
use std::collections::BTreeSet;
use tensor_autograd::Rng;

/// Numbers that a layer may make of one sample, and that all of them may hold.
pub(super) const MOST_VALUES: f64 = (1u64 << 28) as f64;
const MOST_NUMBERS: f64 = (1u64 << 30) as f64;

/// Layers one after another, ready to be made.
pub(super) struct Chain {
    layers: Vec<Planned>,
    /// The shape of what comes out.
    pub(super) output: Vec<usize>,
    /// Weights and other numbers of all of them.
    pub(super) numbers: f64,
}

/// A layer of a chain.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Where it is described.
    pub(super) at: usize,
    /// The shape of what comes in.
    pub(super) input: Vec<usize>,
    build: Build,
}

impl Chain {
    /// Fits the layers of these tables to samples of shape `input`; in errors `path` stands before
    /// their names.
    pub(super) fn of(tables: &[Table<'_>], input: &[usize], path: &str) -> Result<Self, Fault> {
        let mut chain = Chain { layers: Vec::new(), output: input.to_vec(), numbers: 0.0 };
        for (place, table) in tables.iter().enumerate() {
            let given = table.text("name")?;
            let kind = table.text("kind")?;
            let shown = given.or(kind).unwrap_or("without a name");
            let whole = format!("{path}{shown}");
            let (kind, made) = chain.layer(table, kind, given).map_err(|fault| fault.of(&whole))?;
            // A layer without weights needs no name that a file could know.
            let name = given.map_or_else(|| format!("{kind}-{place}"), str::to_owned);
            let input = std::mem::replace(&mut chain.output, made.output);
            chain.numbers += made.numbers;
            chain.layers.push(Planned { name, kind, at: table.at, input, build: made.build });
        }
        Ok(chain)
    }

    /// The layer of a table, for what has come out of those before it.
    fn layer(
        &self,
        table: &Table<'_>,
        kind: Option<&str>,
        name: Option<&str>,
    ) -> Result<(&'static str, Made), Fault> {
        let names = || KINDS.iter().map(|kind| kind.name);
        let wanted = kind.ok_or_else(|| table.missing("kind", "as \"conv2d\" or \"relu\""))?;
        let Some(kind) = KINDS.iter().find(|kind| kind.name == wanted) else {
            let (found, nearest) = (wanted.to_owned(), nearest(wanted, names()));
            let known = names().collect::<Vec<_>>().join(", ");
            let problem = Problem::Kind { found, nearest, known };
            return Err(Fault::new(table.place("kind"), problem));
        };
        let of = format!("a {}", kind.name);
        let table = Table { of: &of, ..*table };
        table.check_keys(&[&["name", "kind"], kind.keys].concat())?;
        let good = |name: &str| {
            name.split('.').all(|part| !part.is_empty() && !part.contains(char::is_whitespace))
        };
        if let Some(name) = name.filter(|name| !good(name)) {
            let (key, found) = ("name".to_owned(), format!("\"{name}\""));
            let range = "words with points between, as \"features.0\"";
            return Err(Fault::new(table.place("name"), Problem::Value { key, found, range }));
        }
        let made = (kind.make)(&table, &self.output)?;
        if made.numbers > 0.0 && name.is_none() {
            return Err(table.missing("name", "under which its weights stand, as \"features.0\""));
        }
        let values: f64 = made.output.iter().map(|&n| n as f64).product();
        let too_large = match () {
            () if values > MOST_VALUES => Some(format!("{values:.1e} values a sample")),
            () if self.numbers + made.numbers > MOST_NUMBERS => {
                Some(format!("{:.1e} weights", self.numbers + made.numbers))
            }
            () => None,
        };
        match too_large {
            Some(what) => Err(Fault::new(table.at, Problem::TooLarge(what))),
            None => Ok((kind.name, made)),
        }
    }

    pub(super) fn layers(&self) -> &[Planned] {
        &self.layers
    }

    /// The layers with fresh values.
    pub(super) fn build(&self, rng: &mut Rng) -> Backbone {
        let mut chain = Backbone::new();
        for layer in &self.layers {
            chain.push_boxed(&layer.name, (layer.build)(rng));
        }
        chain
    }
}

/// Refuses a second layer of one whole name, in blocks and beside them: in a file the weights of one
/// would take the place of the other's. `names` are those that are taken.
pub(super) fn check_names(
    tables: &[Table<'_>],
    path: &str,
    names: &mut BTreeSet<String>,
) -> Result<(), Fault> {
    for (place, table) in tables.iter().enumerate() {
        let given = table.text("name")?;
        // A block without a name has no weights.
        let name = given.map_or_else(|| format!("residual-{place}"), str::to_owned);
        let whole = format!("{path}{name}");
        if given.is_some() && !names.insert(whole.clone()) {
            return Err(Fault::new(table.place("name"), Problem::Twice).of(&whole));
        }
        for key in ["layers", "shortcut"] {
            if let Some(within) = table.tables(key)? {
                check_names(&within, &format!("{whole}."), names)?;
            }
        }
    }
    Ok(())
}

/// The kind of layer that is a sum: what its `layers` make of what comes in, and beside it what its
/// `shortcut` makes of it, or itself.
pub(super) fn residual(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let range = "a list of layers, their names relative to its own";
    let layers = table.tables("layers")?.ok_or_else(|| table.missing("layers", range))?;
    let path = table.text("name")?.map_or_else(String::new, |name| format!("{name}."));
    let layers = Chain::of(&layers, x, &path)?;
    let shortcut = table.tables("shortcut")?;
    let shortcut = shortcut.map(|tables| Chain::of(&tables, x, &path)).transpose()?;
    let beside = shortcut.as_ref().map_or(x, |chain| &chain.output);
    if layers.output != beside {
        let problem = Problem::Sum { layers: layers.output, shortcut: beside.to_vec() };
        return Err(Fault::new(table.at, problem));
    }
    let numbers = layers.numbers + shortcut.as_ref().map_or(0.0, |chain| chain.numbers);
    let output = layers.output.clone();
    let build = move |rng: &mut Rng| -> Box<dyn nn_layers::Layer> {
        let layers = layers.build(rng);
        let shortcut = shortcut.as_ref().map(|chain| chain.build(rng));
        Box::new(Residual { layers, shortcut })
    };
    Ok(Made { output, numbers, build: Box::new(build) })
}
