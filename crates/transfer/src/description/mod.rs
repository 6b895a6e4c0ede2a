//! Networks that are described in a file: a list of layers with PyTorch's names for them and for what
//! they are given, so that the weights of a network that is not among the named ones can be loaded.
//!
//! ```toml
//! input = [3, 32, 32]
//! normalize = "imagenet"
//! head = "fc"
//! layers = [
//!   { name = "conv1", kind = "conv2d", out_channels = 16, kernel_size = 3, padding = 1 },
//!   { kind = "relu" },
//!   { kind = "adaptive_avg_pool2d", output_size = 1 },
//!   { kind = "flatten" },
//!   { name = "fc", kind = "linear", out_features = 10 },
//! ]
//! ```

mod error;
mod kinds;
mod plan;
mod table;

pub use error::{DescriptionError, Problem};

use crate::architecture::LARGEST_SAMPLE;
use crate::{Architecture, Normalize, TransferError};
use nn_layers::init::{self, Fan, Nonlinearity};
use nn_layers::models::Backbone;
use plan::{Chain, check_names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use table::{Fault, Table};
use tensor_autograd::{Module, Rng};
use toml::de::DeTable;

/// The description of a network, known to be one: for samples of the shape that it names, its layers
/// fit each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description {
    text: String,
    input: Vec<usize>,
    normalize: Option<Normalize>,
    classes: usize,
}

/// A description for samples of some shape.
pub(crate) struct Plan {
    chain: Chain,
    /// Layers before the head.
    pub(crate) head: usize,
}

const KEYS: [&str; 4] = ["input", "normalize", "head", "layers"];
const NORMALIZE: &str = "\"none\", \"mean\", \"standard\" or \"imagenet\"";

impl Description {
    /// Reads a description from a file.
    ///
    /// # Errors
    /// [`TransferError::Unusable`] if the file cannot be read, [`TransferError::Description`] with the
    /// line if it describes no network.
    pub fn read(path: &Path) -> Result<Self, TransferError> {
        let text = nn_layers::read_text(path).map_err(|e| TransferError::Unusable {
            path: path.to_owned(),
            why: format!("cannot read the description of a network: {e}"),
        })?;
        Description::parse(&text).map_err(|source| TransferError::Description {
            network: path.display().to_string(),
            source: Box::new(source),
            note: String::new(),
        })
    }

    /// A description from its text.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with the line.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        read(text, |table| {
            table.check_keys(&KEYS)?;
            let input = table.shape("input")?;
            let normalize = match table.text("normalize")? {
                None => None,
                Some(word) => {
                    let known = serde_json::from_value(word.into()).ok();
                    let (key, found) = ("normalize".to_owned(), format!("\"{word}\""));
                    let problem = Problem::Value { key, found, range: NORMALIZE };
                    Some(known.ok_or_else(|| Fault::new(table.place("normalize"), problem))?)
                }
            };
            let classes = plan(table, &input, None)?.classes();
            Ok(Description { text: text.to_owned(), input, normalize, classes })
        })
    }

    /// The shape of the samples that it is written for.
    pub fn input(&self) -> &[usize] {
        &self.input
    }

    /// How its samples are to be normalised, if it says so.
    pub fn normalize(&self) -> Option<Normalize> {
        self.normalize
    }

    /// How many classes its last layer tells.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The network for samples of shape `input` and so many classes, which may be others than those
    /// that it was written for, if its layers take them.
    pub(crate) fn plan(&self, input: &[usize], classes: usize) -> Result<Plan, DescriptionError> {
        read(&self.text, |table| plan(table, input, Some(classes)))
    }
}

impl TryFrom<String> for Description {
    type Error = DescriptionError;

    fn try_from(text: String) -> Result<Self, DescriptionError> {
        Description::parse(&text)
    }
}

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.text
    }
}

impl Plan {
    /// The names of the layers.
    pub(crate) fn names(&self) -> Vec<String> {
        self.chain.layers().iter().map(|layer| layer.name.clone()).collect()
    }

    /// How many weights and statistics there are, a few of the statistics left out.
    pub(crate) fn numbers(&self) -> f64 {
        self.chain.numbers
    }

    /// The layers with fresh values: weights Kaiming normal (He et al. 2015), as those of this
    /// program's own networks.
    pub(crate) fn build(&self, rng: &mut Rng) -> Backbone {
        let mut net = self.chain.build(rng);
        let gain = Nonlinearity::Relu.gain();
        for (_, param) in net.named_params_mut() {
            if param.shape().rank() > 1 {
                param.value = init::kaiming_normal(param.shape(), Fan::In, gain, rng);
            }
        }
        net
    }

    fn classes(&self) -> usize {
        self.chain.output[0]
    }
}

impl Architecture {
    /// The layers that are described, fitted to the samples; none where there is no description.
    pub(crate) fn plan(&self) -> Result<Option<Plan>, TransferError> {
        let Some(description) = &self.description else { return Ok(None) };
        let numbers: f64 = self.input.iter().map(|&n| n as f64).product();
        if self.classes == 0 || !(1.0..=LARGEST_SAMPLE).contains(&numbers) {
            return Err(self.unfit("a description of a network"));
        }
        let plan = description.plan(&self.input, self.classes);
        plan.map(Some).map_err(|source| TransferError::Description {
            network: self.name.clone(),
            source: Box::new(source),
            note: match description.input() == self.input {
                true => String::new(),
                false => format!(
                    "; it is written for samples {:?}, and these are {:?}: resize the images, or give \
                     others",
                    description.input(),
                    self.input
                ),
            },
        })
    }
}

/// Lets `f` read the text's table; gives the line where something is wrong.
fn read<T>(
    text: &str,
    f: impl FnOnce(&Table<'_>) -> Result<T, Fault>,
) -> Result<T, DescriptionError> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|e| DescriptionError {
        line: line(e.span().map_or(0, |span| span.start)),
        layer: None,
        problem: Box::new(Problem::Toml(e.message().to_owned())),
    })?;
    let table = Table { of: "a description", at: 0, outputs: None, table: table.get_ref() };
    f(&table).map_err(|Fault { at, layer, problem }| DescriptionError {
        line: line(at),
        layer,
        problem,
    })
}

const LAYERS: &str = "a list of layers, the last of them linear";

fn plan(table: &Table<'_>, input: &[usize], classes: Option<usize>) -> Result<Plan, Fault> {
    let mut layers = table.tables("layers")?.ok_or_else(|| table.missing("layers", LAYERS))?;
    if let Some(last) = layers.last_mut() {
        last.outputs = classes;
    }
    let chain = Chain::of(&layers, input, "")?;
    check_names(&layers, "", &mut BTreeSet::new())?;
    let all = chain.layers();
    if all.last().is_none_or(|layer| layer.kind != "linear") {
        let at = layers.last().map_or(table.at, |layer| layer.at);
        let (key, found) = ("layers".to_owned(), "a list that ends otherwise".to_owned());
        return Err(Fault::new(at, Problem::Value { key, found, range: LAYERS }));
    }
    let head = match table.text("head")? {
        None => all.len() - 1,
        Some(name) => all.iter().position(|layer| layer.name == name).ok_or_else(|| {
            let (key, found) = ("head".to_owned(), format!("\"{name}\""));
            let range = "the name of the layer that the head begins with";
            Fault::new(table.place("head"), Problem::Value { key, found, range })
        })?,
    };
    let first = &all[head];
    if first.input.len() != 1 {
        let expected = "[features], where the head begins".to_owned();
        let problem = Problem::Input { expected, found: first.input.clone() };
        return Err(Fault::new(first.at, problem).of(&first.name));
    }
    Ok(Plan { chain, head })
}

#[cfg(test)]
mod tests;
