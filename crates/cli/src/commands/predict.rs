//! `predict`: a saved model on new data.

use crate::args::Talk;
use crate::context::start_threads;
use crate::data::{self, Size};
use crate::error::{InputError, UsageError};
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use datasets::Dataset;
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tensor_autograd::Tensor;
use transfer::Model;

#[derive(Args)]
pub(super) struct Flags {
    /// A model that `transfer run` saved
    #[arg(long, value_name = "FILE.safetensors")]
    model: PathBuf,
    /// The data; labels, if there are any, are compared with the predictions
    #[arg(long, value_name = "SPEC")]
    data: String,
    /// Classes to list for each sample, the likeliest first
    #[arg(long, value_name = "K", default_value_t = 1)]
    top: usize,
    /// Bring images to the size that the model takes
    #[arg(long)]
    resize: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    talk: Talk,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    if flags.top == 0 {
        let (flag, value) = ("--top", "0".to_owned());
        return Err(UsageError::Range { flag, value, range: "at least 1" }.into());
    }
    start_threads(&flags.talk);
    let (model, architecture) = Model::load(&flags.model)?;
    let data = data::load("--data", &flags.data)?;
    let data = fitted(data, &architecture.input, &flags)?;
    let labels = labels(&data, &model.classes);
    if data.labels().is_some() && labels.is_none() {
        let line = "the labels of --data are not classes of the model, so they are left out";
        out::talk(flags.talk.quiet, line);
    }
    let predictions = Predictions {
        probabilities: model.probabilities(&data.without_labels())?,
        classes: &model.classes,
        labels,
        top: flags.top.min(model.classes.len()),
    };
    out::result(&match (flags.json, flags.csv) {
        (true, _) => predictions.json(&flags.model, &data),
        (_, true) => predictions.csv(),
        _ => predictions.table(),
    })
}

/// The samples as the model takes them.
fn fitted(data: Dataset, shape: &[usize], flags: &Flags) -> Result<Dataset, InputError> {
    let size = match *shape {
        [_, height, width] if flags.resize => Some(Size { height, width }),
        _ => None,
    };
    let file = flags.model.display().to_string();
    data::check_fits_model(("--data", data.name(), data.sample_shape()), &file, shape, size)?;
    data::fit(data, shape)
}

/// The data's labels, if they are classes of the model.
fn labels(data: &Dataset, classes: &[String]) -> Option<Vec<usize>> {
    let labels = data.labels()?;
    data::same_classes(classes, data.classes()).then(|| labels.to_vec())
}

struct Predictions<'a> {
    /// `[n, classes]`
    probabilities: Tensor,
    classes: &'a [String],
    labels: Option<Vec<usize>>,
    top: usize,
}

impl Predictions<'_> {
    /// For each sample its likeliest classes with their probabilities.
    fn rows(&self) -> impl Iterator<Item = Vec<(usize, f64)>> {
        self.probabilities.as_slice().chunks_exact(self.classes.len()).map(|row| {
            let mut all: Vec<(usize, f64)> =
                row.iter().enumerate().map(|(class, &p)| (class, f64::from(p))).collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            all.truncate(self.top);
            all
        })
    }

    fn accuracy(&self) -> Option<f64> {
        let labels = self.labels.as_ref()?;
        let right = self.rows().zip(labels).filter(|(row, label)| row[0].0 == **label).count();
        Some(right as f64 / labels.len() as f64)
    }

    fn label(&self, row: usize) -> Option<&str> {
        Some(self.classes[*self.labels.as_ref()?.get(row)?].as_str())
    }

    fn json(&self, model: &Path, data: &Dataset) -> String {
        let predictions = self.rows().enumerate().map(|(i, row)| {
            let top = row
                .into_iter()
                .map(|(class, p)| json!({ "class": self.classes[class], "probability": p }));
            let mut line = json!({ "row": i, "top": top.collect::<Vec<_>>() });
            if let Some(label) = self.label(i) {
                line["label"] = json!(label);
            }
            line
        });
        json!({
            "schema": "transfer.predict/1",
            "model": model,
            "data": data.name(),
            "classes": self.classes,
            "accuracy": self.accuracy(),
            "predictions": predictions.collect::<Vec<_>>(),
        })
        .to_string()
    }

    fn csv(&self) -> String {
        let mut text = String::from("row");
        for k in 1..=self.top {
            let _ = write!(text, ",class_{k},probability_{k}");
        }
        text.push_str(if self.labels.is_some() { ",label\n" } else { "\n" });
        for (i, row) in self.rows().enumerate() {
            let _ = write!(text, "{i}");
            for (class, p) in row {
                let _ = write!(text, ",{},{p}", quoted(&self.classes[class]));
            }
            if let Some(label) = self.label(i) {
                let _ = write!(text, ",{}", quoted(label));
            }
            text.push('\n');
        }
        text
    }

    fn table(&self) -> String {
        let mut lines = vec![vec!["row".to_owned(), "prediction".to_owned()]];
        if self.labels.is_some() {
            lines[0].push("label".into());
        }
        for (i, row) in self.rows().enumerate() {
            let shown =
                row.iter().map(|(class, p)| format!("{} {:.1} %", self.classes[*class], 100.0 * p));
            let mut line = vec![i.to_string(), shown.collect::<Vec<_>>().join(", ")];
            line.extend(self.label(i).map(str::to_owned));
            lines.push(line);
        }
        let mut text = out::table(&lines, 2);
        if let Some(accuracy) = self.accuracy() {
            let _ = writeln!(text, "\naccuracy {:.1} %", 100.0 * accuracy);
        }
        text
    }
}

/// A field of comma-separated values (RFC 4180).
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_listed_likeliest_first_and_fields_are_quoted() {
        let classes = ["cat".to_owned(), "dog, small".to_owned()];
        let predictions = Predictions {
            probabilities: Tensor::new([2, 2], vec![0.25, 0.75, 0.5, 0.5]),
            classes: &classes,
            labels: Some(vec![1, 1]),
            top: 2,
        };
        assert_eq!(
            predictions.csv(),
            "row,class_1,probability_1,class_2,probability_2,label\n\
             0,\"dog, small\",0.75,cat,0.25,\"dog, small\"\n\
             1,cat,0.5,\"dog, small\",0.5,\"dog, small\"\n"
        );
        assert_eq!(predictions.accuracy(), Some(0.5));
        assert!(predictions.table().ends_with("accuracy 50.0 %\n"));
    }
}
