//! The rows of a table as they come in, and the arrays that they become.

use ndarray::Array2;

use super::{Column, Missing, Role, Words, number};
use crate::LineError;
use crate::error::shown;
use crate::readers::arrays::make_room;

/// The most numbers that a table becomes: 2²⁸, a gigabyte.
const MOST_NUMBERS: usize = 1 << 28;

/// A table of numbers, and perhaps of classes.
pub(in crate::readers) struct Built {
    /// A name for each column of `values`.
    pub(in crate::readers) names: Vec<String>,
    pub(in crate::readers) values: Array2<f32>,
    pub(in crate::readers) labels: Option<(Vec<usize>, Vec<String>)>,
    pub(in crate::readers) notes: Vec<String>,
}

/// Rows as they come in.
pub(in crate::readers) struct Builder {
    columns: Vec<Column>,
    missing: Missing,
    /// What to say of a word that a column does not have.
    strangers: &'static str,
    width: usize,
    values: Vec<f32>,
    labels: Vec<usize>,
    rows: usize,
    /// Where a mean is to be put, and the lines.
    gaps: Vec<(usize, u64)>,
    filled: usize,
    dropped: usize,
}

impl Builder {
    /// For so many rows, if that is known. `strangers` says what to do about words that a column
    /// does not have.
    pub(in crate::readers) fn new(
        columns: Vec<Column>,
        missing: Missing,
        strangers: &'static str,
        rows: usize,
    ) -> Result<Self, LineError> {
        let width = columns.iter().map(|column| column.role.width()).sum();
        let mut values = Vec::new();
        let size = rows.checked_mul(width).filter(|&size| size <= MOST_NUMBERS);
        values.reserve_exact(size.ok_or_else(too_large)?);
        let labels = Vec::with_capacity(rows);
        let (gaps, filled, dropped) = (Vec::new(), 0, 0);
        Ok(Self {
            columns,
            missing,
            strangers,
            width,
            values,
            labels,
            rows: 0,
            gaps,
            filled,
            dropped,
        })
    }

    /// How many rows were taken in.
    pub(in crate::readers) fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows were left out because a value is missing.
    pub(in crate::readers) fn dropped(&self) -> usize {
        self.dropped
    }

    /// Takes in the cells of a line, as many as there are columns; `None` for a missing one.
    pub(in crate::readers) fn row<'a>(
        &mut self,
        cells: impl Iterator<Item = Option<&'a str>> + Clone,
        line: u64,
    ) -> Result<(), LineError> {
        let lacks = |(cell, column): (Option<&str>, &Column)| {
            cell.is_none() && column.role != Role::Ignored
        };
        if self.missing == Missing::Drop && cells.clone().zip(&self.columns).any(lacks) {
            self.dropped += 1;
            return Ok(());
        }
        if self.values.len() + self.width > MOST_NUMBERS {
            return Err(too_large());
        }
        make_room(&mut self.values, self.width);
        for (at, cell) in cells.enumerate() {
            let column = &self.columns[at];
            let Some(cell) = cell else {
                if column.role != Role::Ignored {
                    self.gap(at, line)?;
                }
                continue;
            };
            match &column.role {
                Role::Ignored => {}
                Role::Number | Role::Target => {
                    let name = &column.name;
                    self.values.push(number(name, cell)?);
                }
                Role::Words(words) => {
                    let place = self.place(column, words, cell)?;
                    let width = words.names.len();
                    self.values.extend((0..width).map(|at| f32::from(at == place)));
                }
                Role::Class(words) => {
                    let place = self.place(column, words, cell)?;
                    self.labels.push(place);
                }
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn place(&self, column: &Column, words: &Words, cell: &str) -> Result<usize, LineError> {
        words.places.get(cell).copied().ok_or_else(|| {
            let (column, found, hint) = (shown(&column.name), shown(cell), self.strangers);
            let known = words.names.iter().take(12).map(|name| shown(name)).collect::<Vec<_>>();
            let known = known.join(", ") + if words.names.len() > 12 { ", ..." } else { "" };
            LineError::Stranger { column, found, known: known.into(), hint }
        })
    }

    fn gap(&mut self, at: usize, line: u64) -> Result<(), LineError> {
        let column = &self.columns[at];
        let hint = match (&column.role, self.missing) {
            (Role::Class(_) | Role::Target, Missing::Refuse) => {
                "; a row without it is of no use here: mend it, or say ?missing=drop"
            }
            (Role::Class(_) | Role::Target, _) => {
                "; a row without it is of no use here: mend it, or say ?missing=drop instead"
            }
            (_, Missing::Refuse) => {
                "; put it in, or say ?missing=mean, ?missing=zero, ?missing=NUMBER or ?missing=drop"
            }
            (role, missing) => {
                self.filled += 1;
                match (role, missing) {
                    (Role::Words(words), _) => {
                        self.values.extend((0..words.names.len()).map(|_| 0.0));
                    }
                    (_, Missing::Value(value)) => self.values.push(value),
                    _ => {
                        self.gaps.push((self.values.len(), line));
                        self.values.push(0.0);
                    }
                }
                return Ok(());
            }
        };
        Err(LineError::MissingValue { column: shown(&column.name), hint })
    }

    /// Fills what is to be filled.
    pub(in crate::readers) fn finish(mut self) -> Result<Built, (u64, LineError)> {
        self.fill_means()?;
        let mut notes = vec![self.said()];
        if self.filled > 0 {
            let n = crate::bytes::plural(self.filled as u64, "missing value");
            notes.push(match self.missing {
                Missing::Mean => format!("{n} became the mean of the column"),
                Missing::Value(value) => format!("{n} became {value}"),
                Missing::Refuse | Missing::Drop => unreachable!("nothing is filled then"),
            });
        }
        if self.dropped > 0 {
            let n = crate::bytes::plural(self.dropped as u64, "row");
            notes.push(format!("{n} left out, in which a value is missing"));
        }
        let mut names = Vec::new();
        let mut classes = None;
        for Column { name, role } in self.columns {
            match role {
                Role::Number | Role::Target => names.push(name),
                Role::Words(words) => {
                    names.extend(words.names.iter().map(|word| format!("{name}={word}")));
                }
                Role::Class(words) => classes = Some(words.names),
                Role::Ignored => {}
            }
        }
        self.values.shrink_to_fit();
        let values = Array2::from_shape_vec((self.rows, self.width), self.values)
            .expect("every row has as many values as the columns' roles make");
        let labels = self.labels;
        Ok(Built { names, values, labels: classes.map(|classes| (labels, classes)), notes })
    }

    /// Puts the mean of each column's values where it has none.
    fn fill_means(&mut self) -> Result<(), (u64, LineError)> {
        if self.gaps.is_empty() {
            return Ok(());
        }
        // The gaps hold 0, so that they add nothing to a sum.
        let width = self.width;
        let (mut sums, mut counts) = (vec![0f64; width], vec![self.rows; width]);
        for row in self.values.chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        self.gaps.iter().for_each(|gap| counts[gap.0 % width] -= 1);
        for &(at, line) in &self.gaps {
            let column = at % width;
            if counts[column] == 0 {
                let hint = ", and in every other row too; say ?ignore= with its name, or \
                            ?missing=zero";
                let column = shown(&self.numbers()[column]);
                return Err((line, LineError::MissingValue { column, hint }));
            }
            self.values[at] = (sums[column] / counts[column] as f64) as f32;
        }
        Ok(())
    }

    /// For each number of a row the name of its column.
    fn numbers(&self) -> Vec<String> {
        let named = |column: &Column| vec![column.name.clone(); column.role.width()];
        self.columns.iter().flat_map(named).collect()
    }

    /// What the columns were taken for, in one line.
    fn said(&self) -> String {
        let of = |wanted: fn(&Role) -> bool| -> Vec<&Column> {
            self.columns.iter().filter(|column| wanted(&column.role)).collect()
        };
        let mut said = Vec::new();
        let numbers = of(|role| matches!(role, Role::Number));
        if !numbers.is_empty() {
            said.push(format!("{} of numbers ({})", numbers.len(), list(&numbers)));
        }
        let words = of(|role| matches!(role, Role::Words(_)));
        if !words.is_empty() {
            let n: usize = words.iter().map(|column| column.role.width()).sum();
            said.push(format!("{} of words as {n} indicators ({})", words.len(), list(&words)));
        }
        for (what, wanted) in [
            ("the target", (|role| matches!(role, Role::Target)) as fn(&Role) -> bool),
            ("the class", |role| matches!(role, Role::Class(_))),
            ("left out", |role| matches!(role, Role::Ignored)),
        ] {
            let some = of(wanted);
            if !some.is_empty() {
                said.push(format!("{what}: {}", list(&some)));
            }
        }
        format!("columns: {}", said.join("; "))
    }
}

/// Some columns by name, those of words with their words.
fn list(columns: &[&Column]) -> String {
    const MOST: usize = 8;
    let one = |column: &&Column| match &column.role {
        Role::Words(words) => {
            let some: Vec<_> = words.names.iter().take(MOST).map(|word| shown(word)).collect();
            let more = if words.names.len() > MOST { " | ..." } else { "" };
            format!("{}: {}{more}", shown(&column.name), some.join(" | "))
        }
        _ => shown(&column.name),
    };
    let some: Vec<_> = columns.iter().take(MOST).map(one).collect();
    some.join(", ") + if columns.len() > MOST { ", ..." } else { "" }
}

fn too_large() -> LineError {
    let what = "numbers, an indicator of a word counted as one";
    let hint = "say ?ignore= with the names of columns, or split the file";
    LineError::TooMany { what, limit: MOST_NUMBERS as u64, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder(missing: Missing) -> Builder {
        let words = |names: &[&str]| Words::ordered(names.iter().map(|name| name.to_string()));
        let column = |name: &str, role| Column { name: name.into(), role };
        let columns = vec![
            column("a", Role::Number),
            column("c", Role::Words(words(&["red", "blue"]))),
            column("id", Role::Ignored),
            column("k", Role::Class(words(&["10", "9"]))),
        ];
        Builder::new(columns, missing, "", 0).unwrap()
    }

    fn built(missing: Missing) -> Built {
        let mut rows = builder(missing);
        for (line, text) in ["1 red x 10", "? blue ? 9", "3 ? y 10"].iter().enumerate() {
            let cells = text.split(' ').map(|cell| Some(cell).filter(|&cell| cell != "?"));
            rows.row(cells, line as u64 + 1).unwrap();
        }
        rows.finish().unwrap()
    }

    #[test]
    fn words_become_indicators_and_gaps_are_filled() {
        let mean = built(Missing::Mean);
        assert_eq!(mean.names, ["a", "c=blue", "c=red"]);
        assert_eq!(mean.values, ndarray::arr2(&[[1., 0., 1.], [2., 1., 0.], [3., 0., 0.]]));
        assert_eq!(mean.labels, Some((vec![1, 0, 1], vec!["9".into(), "10".into()])));
        assert_eq!(
            mean.notes,
            [
                "columns: 1 of numbers (a); 1 of words as 2 indicators (c: blue | red); the class: \
                 k; left out: id",
                "2 missing values became the mean of the column"
            ]
        );
        assert_eq!(built(Missing::Value(7.0)).values[[1, 0]], 7.0);
        let dropped = built(Missing::Drop);
        assert_eq!(dropped.values, ndarray::arr2(&[[1., 0., 1.]]));
        assert_eq!(dropped.labels.unwrap().0, [1]);
        assert_eq!(dropped.notes[1], "2 rows left out, in which a value is missing");
    }

    #[test]
    fn labels_are_never_made_up() {
        let row = |missing| builder(missing).row([Some("1"), None, None, None].into_iter(), 1);
        for missing in [Missing::Mean, Missing::Value(1.0)] {
            let error = row(missing).unwrap_err().to_string();
            assert!(error.contains("column `k`: the value is missing"), "{error}");
        }
        assert!(row(Missing::Drop).is_ok());
    }
}
