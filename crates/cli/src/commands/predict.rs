//! `predict`: a saved model on new data.

use super::asked::Asked;
use crate::args::Talk;
use crate::context::start_threads;
use crate::error::UsageError;
use crate::models::Meaning;
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use datasets::Dataset;
use serde_json::json;
use std::fmt::Write;
use tensor_autograd::Tensor;

#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    asked: Asked,
    /// Classes to list for each sample, the likeliest first
    #[arg(long, value_name = "K", default_value_t = 1)]
    top: usize,
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
    let answered = flags.asked.answer(flags.talk.quiet)?;
    let classes = answered.classes();
    let predictions = Predictions {
        outputs: &answered.outputs,
        meaning: &answered.meaning,
        classes,
        labels: answered.labels.as_deref(),
        names: answered.data.sample_names(),
        top: flags.top.min(classes.len()),
    };
    out::result(&match (flags.json, flags.csv) {
        (true, _) => predictions.json(&flags.asked, &answered.data),
        (_, true) => predictions.csv(),
        _ => predictions.table(),
    })
}

struct Predictions<'a> {
    /// `[n, classes]`, or `[n, 1]` where the model says numbers.
    outputs: &'a Tensor,
    meaning: &'a Meaning,
    classes: &'a [String],
    labels: Option<&'a [usize]>,
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
        let labels = self.labels?;
        let right = self.rows().zip(labels).filter(|(row, label)| row[0].0 == **label).count();
        Some(right as f64 / labels.len() as f64)
    }

    fn label(&self, row: usize) -> Option<&str> {
        Some(self.classes[*self.labels?.get(row)?].as_str())
    }

    fn json(&self, asked: &Asked, data: &Dataset) -> String {
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
            "model": asked.model,
            "data": data.name(),
            "classes": self.classes,
            "accuracy": self.accuracy(),
            "predictions": predictions.collect::<Vec<_>>(),
        });
        if let Some(task) = &asked.task {
            document["task"] = json!(task);
        }
        document.to_string()
    }

    fn csv(&self) -> String {
        let mut text = String::from(if self.names.is_some() { "row,file" } else { "row" });
        let begin = |i: usize| match self.names {
            Some(names) => format!("{i},{}", out::csv_field(&names[i])),
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
                let _ = write!(text, ",{},{p}", out::csv_field(&self.classes[class]));
            }
            if let Some(label) = self.label(i) {
                let _ = write!(text, ",{}", out::csv_field(label));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_listed_likeliest_first_and_fields_are_quoted() {
        let classes = ["cat".to_owned(), "dog, small".to_owned()];
        let meaning = Meaning::Probabilities(classes.to_vec());
        let predictions = Predictions {
            outputs: &Tensor::new([2, 2], vec![0.25, 0.75, 0.5, 0.5]),
            meaning: &meaning,
            classes: &classes,
            labels: Some(&[1, 1]),
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
        let predictions = Predictions { names: None, labels: Some(&[1, 1]), ..named };
        assert_eq!(predictions.accuracy(), Some(0.5));
        assert!(predictions.table().ends_with("accuracy 50.0 %\n"));
    }
}
