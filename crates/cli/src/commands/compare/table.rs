//! Arms by runs, and what the method gains in all of them.

use super::folder::Folder;
use crate::error::{UsageError, nearest};
use crate::{out, report};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use transfer::measures::{Comparison, Summary};
use transfer::pictures::{Curve, curves};

/// Scores of all arms in all columns.
pub(super) struct Table<'a> {
    method: &'a str,
    score: &'a str,
    by: Option<&'a str>,
    /// The heading of each column and its runs.
    columns: Vec<(String, Vec<&'a Folder>)>,
    /// The method's first, then the others by name.
    arms: Vec<&'a str>,
}

impl<'a> Table<'a> {
    /// Sets the runs side by side, or gathers those with one value of the setting `by`.
    ///
    /// # Errors
    /// If the runs are of different methods or scores, or have no such setting.
    pub(super) fn of(folders: &'a [Folder], by: Option<&'a str>) -> Result<Self, UsageError> {
        let first = &folders[0];
        let (method, score) = (first.report.method.as_str(), first.report.score.name.as_str());
        for other in &folders[1..] {
            let (a, b) = ((method, score), (&*other.report.method, &*other.report.score.name));
            if a != b {
                return Err(UsageError::Runs {
                    left: first.path.clone(),
                    left_is: format!("the {} of {}", a.1, a.0),
                    right: other.path.clone(),
                    right_is: format!("the {} of {}", b.1, b.0),
                });
            }
        }
        let mut columns: Vec<(String, Vec<&Folder>)> = Vec::new();
        for folder in folders {
            let heading = match by {
                None => folder.path.display().to_string(),
                Some(name) => folder.settings.get(name).cloned().ok_or_else(|| {
                    let known = || folder.settings.keys().map(String::as_str);
                    UsageError::NoSetting {
                        run: folder.path.clone(),
                        name: name.to_owned(),
                        nearest: nearest(name, known()),
                        known: known().collect::<Vec<_>>().join(", "),
                    }
                })?,
            };
            match columns.iter_mut().find(|(known, _)| *known == heading) {
                Some((_, runs)) => runs.push(folder),
                None => columns.push((heading, vec![folder])),
            }
        }
        // Numbers in their order; names in that of the folders.
        let number = |heading: &str| heading.parse::<f64>().ok().filter(|x| !x.is_nan());
        if by.is_some() && columns.iter().all(|(heading, _)| number(heading).is_some()) {
            columns.sort_by(|a, b| number(&a.0).partial_cmp(&number(&b.0)).expect("no NaN"));
        }
        let mut arms: Vec<&str> =
            folders.iter().flat_map(|f| f.report.baselines.keys().map(String::as_str)).collect();
        arms.sort_unstable();
        arms.dedup();
        arms.insert(0, method);
        Ok(Table { method, score, by, columns, arms })
    }

    /// All scores of an arm in these runs.
    fn scores(runs: &[&Folder], arm: &str) -> Option<Summary> {
        let all: Vec<f64> =
            runs.iter().filter_map(|run| run.scores(arm)).flatten().copied().collect();
        (!all.is_empty()).then(|| Summary::of(all))
    }

    /// The method against another arm, paired by run and seed.
    fn gain(&self, runs: &[&Folder], arm: &str) -> Option<Comparison> {
        let pairs =
            runs.iter().filter_map(|run| Some((run.scores(self.method)?, run.scores(arm)?)));
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for (a, b) in pairs {
            own.extend_from_slice(a);
            others.extend_from_slice(b);
        }
        (!own.is_empty()).then(|| Comparison::of(&Summary::of(own), &Summary::of(others)))
    }

    fn all(&self) -> Vec<&'a Folder> {
        self.columns.iter().flat_map(|(_, runs)| runs.iter().copied()).collect()
    }

    pub(super) fn text(&self) -> String {
        let all = self.all();
        let several = self.columns.len() > 1;
        let mut heading = vec![format!("{}, %", self.score.replace('_', " "))];
        heading.extend(self.columns.iter().map(|(heading, _)| match self.by {
            Some(by) => format!("{by} {heading}"),
            None => heading.clone(),
        }));
        heading.extend(several.then(|| "all".to_owned()));
        let mut rows = vec![heading];
        for arm in &self.arms {
            let cell = |runs: &[&Folder]| {
                Self::scores(runs, arm).map_or_else(|| "-".into(), |s| report::spread(&s))
            };
            let mut row = vec![(*arm).to_owned()];
            row.extend(self.columns.iter().map(|(_, runs)| cell(runs)));
            row.extend(several.then(|| cell(&all)));
            rows.push(row);
        }
        let mut text = out::table(&rows, 1);
        let _ = writeln!(text, "\ngain of {}, paired by run and seed, in points:", self.method);
        let mut rows = Vec::new();
        for arm in &self.arms[1..] {
            let own = self.columns.iter().map(|(heading, runs)| (heading.as_str(), &runs[..]));
            let groups = own.chain(several.then_some(("all", &all[..])));
            for (heading, runs) in groups {
                if let Some(gain) = self.gain(runs, arm) {
                    let heading = if several { heading } else { "" };
                    rows.push(vec![format!("over {arm}"), heading.into(), report::gain(&gain)]);
                }
            }
        }
        text + &out::table(&rows, 3)
    }

    pub(super) fn json(&self) -> Value {
        let group = |runs: &[&Folder]| {
            let arms: Map<_, _> = self
                .arms
                .iter()
                .filter_map(|arm| Some(((*arm).to_owned(), json!(Self::scores(runs, arm)?))))
                .collect();
            let gains: Map<_, _> = self.arms[1..]
                .iter()
                .filter_map(|arm| Some(((*arm).to_owned(), json!(self.gain(runs, arm)?))))
                .collect();
            json!({ "scores": arms, "gains": gains })
        };
        let columns = self.columns.iter().map(|(heading, runs)| {
            let runs_of: Vec<_> = runs.iter().map(|run| &run.path).collect();
            json!({ "column": heading, "runs": runs_of, "result": group(runs) })
        });
        json!({
            "schema": "transfer.compare/1",
            "method": self.method,
            "score": self.score,
            "by": self.by,
            "columns": columns.collect::<Vec<_>>(),
            "all": group(&self.all()),
        })
    }

    /// A line for each arm over the values of the setting; none if these are no numbers.
    pub(super) fn picture(&self) -> Option<String> {
        let numbers: Option<Vec<f64>> =
            self.columns.iter().map(|(heading, _)| heading.parse().ok()).collect();
        let numbers = numbers?;
        let lines: Vec<Curve> = self
            .arms
            .iter()
            .map(|arm| {
                let points = numbers.iter().zip(&self.columns);
                let mut points: Vec<(f64, f64)> = points
                    .filter_map(|(&x, (_, runs))| Some((x, 100.0 * Self::scores(runs, arm)?.mean)))
                    .collect();
                points.sort_by(|a, b| a.0.total_cmp(&b.0));
                Curve { name: (*arm).to_owned(), points }
            })
            .collect();
        let score = format!("{}, %", self.score.replace('_', " "));
        Some(curves(self.method, (self.by.unwrap_or_default(), &score), &lines))
    }
}
