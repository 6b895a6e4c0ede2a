//! A saved model and the data that it is to answer for: what several commands take.

use crate::data::{self, Size};
use crate::error::InputError;
use crate::models::{self, Ask, Meaning, Served};
use crate::out;
use clap::Args;
use datasets::Dataset;
use std::path::PathBuf;
use tensor_autograd::Tensor;

#[derive(Args)]
pub(super) struct Asked {
    /// A model that `transfer run` saved: the file, or the folder of the run
    #[arg(long, value_name = "MODEL")]
    pub(super) model: PathBuf,
    /// The data, or the file of one picture; labels, if there are any, are compared with the predictions
    #[arg(long, value_name = "SPEC")]
    pub(super) data: String,
    /// The task, of a model that has several
    #[arg(long, value_name = "NAME")]
    pub(super) task: Option<String>,
    /// The classes to choose among, with commas between, of a zero-shot model; default: those that
    /// it saw no example of
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    candidates: Option<Vec<String>>,
    /// Bring images to the size that the model takes, folders of pictures to its colours too
    #[arg(long)]
    resize: bool,
}

/// What the model says of the data.
pub(super) struct Answered {
    pub(super) data: Dataset,
    pub(super) meaning: Meaning,
    /// `[n, classes]`, or `[n, 1]` where the model says numbers.
    pub(super) outputs: Tensor,
    /// The data's labels, if they are classes of the model.
    pub(super) labels: Option<Vec<usize>>,
}

impl Answered {
    /// The classes, none where the model says numbers.
    pub(super) fn classes(&self) -> &[String] {
        self.meaning.classes().unwrap_or_default()
    }
}

impl Asked {
    /// Which part of the model is asked.
    pub(super) fn ask(&self) -> Ask {
        Ask { task: self.task.clone(), candidates: self.candidates.clone() }
    }

    /// Reads model and data and lets the one answer for the other.
    pub(super) fn answer(&self, quiet: bool) -> anyhow::Result<Answered> {
        let Served { input, meaning, answer } = models::load(&self.model)?.serve(&self.ask())?;
        let given = data::one_picture(&self.data);
        let spec = if self.resize { data::sized(&given, &input) } else { None };
        let data = data::load("--data", &spec.unwrap_or(given))?;
        let data = self.fitted("--data", data, &input)?;
        let labels = labels(&data, &meaning);
        if data.labels().is_some() && labels.is_none() {
            let line = match meaning {
                Meaning::Number => "the model says numbers, so the classes of --data are left out",
                _ => "the labels of --data are not classes of the model, so they are left out",
            };
            out::talk(quiet, line);
        }
        let outputs = answer(&data.without_labels())?;
        Ok(Answered { data, meaning, outputs, labels })
    }

    /// The samples as the model takes them.
    pub(super) fn fitted(
        &self,
        role: &'static str,
        data: Dataset,
        shape: &[usize],
    ) -> Result<Dataset, InputError> {
        let size = match *shape {
            [_, height, width] if self.resize => Some(Size { height, width }),
            _ => None,
        };
        let file = self.model.display().to_string();
        let found = (role, data.name(), data.sample_shape());
        data::check_fits_model(found, &file, shape, size, "--resize")?;
        data::fit(data, shape)
    }
}

/// The data's labels, if they are classes of the model: in its order, or else by their names; always by
/// these, if they are candidates that were chosen.
fn labels(data: &Dataset, meaning: &Meaning) -> Option<Vec<usize>> {
    let labels = data.labels()?;
    match meaning {
        Meaning::Probabilities(classes) => {
            if data::same_classes(classes, data.classes()) {
                return Some(labels.to_vec());
            }
            let place = |name: &String| classes.iter().position(|class| class == name);
            let places: Vec<usize> = data.classes().iter().map(place).collect::<Option<_>>()?;
            Some(labels.iter().map(|&label| places[label]).collect())
        }
        Meaning::Scores(classes) => {
            let place = |label: &usize| classes.iter().position(|c| *c == data.classes()[*label]);
            labels.iter().map(place).collect()
        }
        Meaning::Number => None,
    }
}
