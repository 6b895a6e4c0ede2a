//! `predict`: a saved model on new data.

use crate::args::Talk;
use crate::context::start_threads;
use crate::data::{self, Size};
use crate::error::{InputError, UsageError};
use crate::models::{self, Ask, Meaning};
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use datasets::Dataset;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use tensor_autograd::Tensor;

#[derive(Args)]
pub(super) struct Flags {
    /// A model that `transfer run` saved
    #[arg(long, value_name = "FILE.safetensors")]
    model: PathBuf,
    /// The data; labels, if there are any, are compared with the predictions
    #[arg(long, value_name = "SPEC")]
    data: String,
    /// The task, of a model that has several
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// The classes to choose among, with commas between, of a zero-shot model; default: those that
    /// it saw no example of
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    candidates: Option<Vec<String>>,
    /// Classes to list for each sample, the likeliest first
    #[arg(long, value_name = "K", default_value_t = 1)]
    top: usize,
    /// Bring images to the size that the model takes, folders of pictures to its colours too
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
    let ask = Ask { task: flags.task.clone(), candidates: flags.candidates.clone() };
    let model = models::load(&flags.model)?.serve(&ask)?;
    let spec = if flags.resize { data::sized(&flags.data, &model.input) } else { None };
    let data = data::load("--data", spec.as_deref().unwrap_or(&flags.data))?;
    let data = fitted(data, &model.input, &flags)?;
    let classes = model.meaning.classes().unwrap_or_default();
    let labels = labels(&data, &model.meaning);
    if data.labels().is_some() && labels.is_none() {
        let line = match classes.is_empty() {
            true => "the model says numbers, so the classes of --data are left out",
            false => "the labels of --data are not classes of the model, so they are left out",
        };
        out::talk(flags.talk.quiet, line);
    }
    let outputs = (model.answer)(&data.without_labels())?;
    let top = flags.top.min(classes.len());
    let names = data.sample_names();
    let predictions = Predictions { outputs, meaning: &model.meaning, classes, labels, names, top };
    out::result(&match (flags.json, flags.csv) {
        (true, _) => predictions.json(&flags, &data),
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
    data::check_fits_model(
        ("--data", data.name(), data.sample_shape()),
        &file,
        shape,
        size,
        "--resize",
    )?;
    data::fit(data, shape)
}

/// The data's labels, if they are classes of the model; by their names, if these are candidates that
/// were chosen.
fn labels(data: &Dataset, meaning: &Meaning) -> Option<Vec<usize>> {
    let labels = data.labels()?;
    match meaning {
        Meaning::Probabilities(classes) => {
            data::same_classes(classes, data.classes()).then(|| labels.to_vec())
        }
        Meaning::Scores(classes) => {
            let place = |label: &usize| classes.iter().position(|c| *c == data.classes()[*label]);
            labels.iter().map(place).collect()
        }
        Meaning::Number => None,
    }
}

struct Predictions<'a> {
    /// `[n, classes]`, or `[n, 1]` where the model says numbers.
    outputs: Tensor,
    meaning: &'a Meaning,
    classes: &'a [String],
    labels: Option<Vec<usize>>,
    /// The file of each sample, where it has one of its own.
    names: Option<&'a [String]>,
    top: usize,
}

impl Predictions<'_> {
    /// What stands beside a class.
    fn word(&self) -> &'static str {
        match self.meaning {
            Meaning::Probabilities(_) => "probability",
            Meaning::Scores(_) => "score",
            Meaning::Number => "number",
        }
    }

    /// For each sample its likeliest classes with their probabilities or scores.
    fn rows(&self) -> impl Iterator<Item = Vec<(usize, f64)>> {
        self.outputs.as_slice().chunks_exact(self.classes.len().max(1)).map(|row| {
            let mut all: Vec<(usize, f64)> =
                row.iter().enumerate().map(|(class, &p)| (class, f64::from(p))).collect();
            if *self.meaning != Meaning::Number {
                all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                all.truncate(self.top);
            }
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

    fn json(&self, flags: &Flags, data: &Dataset) -> String {
        let predictions = self.rows().enumerate().map(|(i, row)| {
            let mut line = json!({ "row": i });
            if let Some(names) = self.names {
                line["file"] = json!(names[i]);
            }
            if *self.meaning == Meaning::Number {
                line["number"] = json!(row[0].1);
                return line;
            }
            let top = row
                .into_iter()
                .map(|(class, p)| json!({ "class": self.classes[class], self.word(): p }));
            line["top"] = json!(top.collect::<Vec<_>>());
            if let Some(label) = self.label(i) {
                line["label"] = json!(label);
            }
            line
        });
        let mut document = json!({
            "schema": "transfer.predict/1",
            "model": flags.model,
            "data": data.name(),
            "classes": self.classes,
            "accuracy": self.accuracy(),
            "predictions": predictions.collect::<Vec<_>>(),
        });
        if let Some(task) = &flags.task {
            document["task"] = json!(task);
        }
        document.to_string()
    }

    fn csv(&self) -> String {
        let mut text = String::from(if self.names.is_some() { "row,file" } else { "row" });
        let begin = |i: usize| match self.names {
            Some(names) => format!("{i},{}", quoted(&names[i])),
            None => i.to_string(),
        };
        if *self.meaning == Meaning::Number {
            text.push_str(",number\n");
            for (i, row) in self.rows().enumerate() {
                let _ = writeln!(text, "{},{}", begin(i), row[0].1);
            }
            return text;
        }
        for k in 1..=self.top {
            let _ = write!(text, ",class_{k},{}_{k}", self.word());
        }
        text.push_str(if self.labels.is_some() { ",label\n" } else { "\n" });
        for (i, row) in self.rows().enumerate() {
            text.push_str(&begin(i));
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
        let head = ["row", "file", "prediction"].into_iter();
        let head = head.filter(|&word| word != "file" || self.names.is_some());
        let mut lines = vec![head.map(str::to_owned).collect::<Vec<_>>()];
        if self.labels.is_some() {
            lines[0].push("label".into());
        }
        let shown = |&(class, x): &(usize, f64)| match self.meaning {
            Meaning::Probabilities(classes) => format!("{} {:.1} %", classes[class], 100.0 * x),
            Meaning::Scores(classes) => format!("{} {x:.3}", classes[class]),
            Meaning::Number => format!("{x}"),
        };
        for (i, row) in self.rows().enumerate() {
            let row: Vec<String> = row.iter().map(shown).collect();
            let mut line = vec![i.to_string()];
            line.extend(self.names.map(|names| names[i].clone()));
            line.push(row.join(", "));
            line.extend(self.label(i).map(str::to_owned));
            lines.push(line);
        }
        let mut text = out::table(&lines, if self.names.is_some() { 3 } else { 2 });
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
        let meaning = Meaning::Probabilities(classes.to_vec());
        let predictions = Predictions {
            outputs: Tensor::new([2, 2], vec![0.25, 0.75, 0.5, 0.5]),
            meaning: &meaning,
            classes: &classes,
            labels: Some(vec![1, 1]),
            names: None,
            top: 2,
        };
        assert_eq!(
            predictions.csv(),
            "row,class_1,probability_1,class_2,probability_2,label\n\
             0,\"dog, small\",0.75,cat,0.25,\"dog, small\"\n\
             1,cat,0.5,\"dog, small\",0.5,\"dog, small\"\n"
        );
        let files = ["a.png".to_owned(), "b,c.png".to_owned()];
        let named = Predictions { names: Some(&files), labels: None, top: 1, ..predictions };
        assert_eq!(
            named.csv(),
            "row,file,class_1,probability_1\n0,a.png,\"dog, small\",0.75\n1,\"b,c.png\",cat,0.5\n"
        );
        assert!(named.table().starts_with("row  file     prediction\n0    a.png    dog"));
        let predictions = Predictions { names: None, labels: Some(vec![1, 1]), ..named };
        assert_eq!(predictions.accuracy(), Some(0.5));
        assert!(predictions.table().ends_with("accuracy 50.0 %\n"));
    }
}
