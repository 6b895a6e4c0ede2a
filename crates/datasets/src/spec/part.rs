//! `[a..b]`, `?only=`, `?without=` and `?limit=`: some of the rows of a data set.

use std::ops::Range;

use super::{Spec, SpecError};
use crate::{DataError, Dataset, SparseDataset};

/// Data, or a list of what is to become data, that keep some of their rows.
pub(crate) trait Part: Sized {
    fn count(&self) -> usize;
    fn classes(&self) -> &[String];
    fn rows(&self, range: Range<usize>) -> Result<Self, DataError>;

    /// The rows whose class has a new number, under that number.
    fn renumber(&self, new: &[Option<usize>], names: Vec<String>) -> Result<Self, DataError>;

    /// The rows that `spec` asks for: of its range, of its classes, and of those the first.
    ///
    /// # Errors
    /// [`DataError::Rows`] if the range reaches beyond the end, and those of [`Part::of_classes`].
    fn asked_for(self, spec: &Spec) -> Result<Self, DataError> {
        let part = self.rows(spec.range(self.count()))?.of_classes(spec)?;
        match spec.count("limit") {
            Some(limit) if limit < part.count() => part.rows(0..limit),
            _ => Ok(part),
        }
    }

    /// The rows of the classes that `spec` asks for, which keep their order and are counted anew.
    ///
    /// # Errors
    /// [`SpecError::Unknown`] if there is no such class, [`SpecError::Unsuitable`] if nothing
    /// remains.
    fn of_classes(self, spec: &Spec) -> Result<Self, DataError> {
        let known = self.classes();
        let among = |option: &str| -> Result<Option<Vec<&str>>, SpecError> {
            let Some(list) = spec.option(option) else { return Ok(None) };
            let names: Vec<&str> = list.split(',').collect();
            let unknown = names.iter().find(|name| !known.iter().any(|k| k == *name));
            match unknown {
                None => Ok(Some(names)),
                Some(name) => {
                    let known = known.iter().map(String::as_str);
                    Err(SpecError::unknown(&spec.to_string(), "class", name, known))
                }
            }
        };
        let (only, without) = (among("only")?, among("without")?);
        if only.is_none() && without.is_none() {
            return Ok(self);
        }
        let keeps = |name: &str| {
            only.as_ref().is_none_or(|names| names.contains(&name))
                && !without.as_ref().is_some_and(|names| names.contains(&name))
        };
        let mut names = Vec::new();
        let mut new = Vec::new();
        for name in known {
            new.push(keeps(name).then_some(names.len()));
            if keeps(name) {
                names.push(name.clone());
            }
        }
        self.renumber(&new, names)
    }
}

/// The rows that remain and their labels.
pub(crate) fn kept(
    spec: &str,
    labels: &[usize],
    new: &[Option<usize>],
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let all = labels.iter().enumerate();
    let (rows, labels): (Vec<_>, Vec<_>) =
        all.filter_map(|(row, &label)| Some((row, new[label]?))).unzip();
    match rows.is_empty() {
        false => Ok((rows, labels)),
        true => {
            let problem = "none of the rows is of these classes; ask for others, or for more rows";
            Err(SpecError::Unsuitable { spec: spec.to_owned(), problem }.into())
        }
    }
}

impl Part for Dataset {
    fn count(&self) -> usize {
        self.len()
    }

    fn classes(&self) -> &[String] {
        self.classes()
    }

    fn rows(&self, range: Range<usize>) -> Result<Self, DataError> {
        self.slice(range)
    }

    fn renumber(&self, new: &[Option<usize>], names: Vec<String>) -> Result<Self, DataError> {
        let (rows, labels) = kept(self.name(), self.require_labels()?, new)?;
        let part = self.select(&rows);
        let inputs = part.inputs().into_owned();
        let some = Dataset::new(self.name(), inputs, Some(labels), names)?;
        let some = some.with_notes(self.notes().to_vec());
        Ok(match part.sample_names() {
            Some(names) => some.with_sample_names(names.to_vec()),
            None => some,
        })
    }
}

impl Part for SparseDataset {
    fn count(&self) -> usize {
        self.len()
    }

    fn classes(&self) -> &[String] {
        self.classes()
    }

    fn rows(&self, range: Range<usize>) -> Result<Self, DataError> {
        self.slice(range)
    }

    fn renumber(&self, new: &[Option<usize>], names: Vec<String>) -> Result<Self, DataError> {
        let (rows, labels) = kept(self.name(), self.labels(), new)?;
        SparseDataset::new(self.name(), self.rows().select(&rows), labels, names)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Spec, load};

    #[test]
    fn some_classes_are_kept_in_their_order_and_counted_anew() {
        let load = |text: &str| load(&text.parse::<Spec>().unwrap()).unwrap();
        let all = load("synthetic:digits?n=200&seed=3");
        let two = load("synthetic:digits?n=200&seed=3&only=7,2");
        assert_eq!(two.classes(), ["2", "7"]);
        let labels = all.labels().unwrap();
        let rows: Vec<usize> = (0..200).filter(|&row| [2, 7].contains(&labels[row])).collect();
        assert_eq!(two.inputs(), all.select(&rows).inputs());
        let sevens: Vec<usize> = rows.iter().map(|&row| usize::from(labels[row] == 7)).collect();
        assert_eq!(two.labels().unwrap(), sevens);

        let rest = load("synthetic:digits?n=200&seed=3&without=2,7");
        assert_eq!(rest.classes().len(), 8);
        assert_eq!(rest.len() + two.len(), 200);
        let few = load("synthetic:digits?n=200&seed=3&only=7,2&limit=5[100..]");
        let first: Vec<usize> = rows.into_iter().filter(|&row| row >= 100).take(5).collect();
        assert_eq!(few.inputs(), all.select(&first).inputs(), "range, then classes, then limit");
    }

    #[test]
    fn classes_that_are_not_there_are_named() {
        let error = |text: &str| load(&text.parse::<Spec>().unwrap()).unwrap_err().to_string();
        let text = error("synthetic:digits?n=20&only=2,11");
        assert!(text.contains("there is no class `11`"), "{text}");
        let text = error("synthetic:digits?n=20&only=2&without=2");
        assert!(text.contains("none of the rows"), "{text}");
        let text = error("synthetic:digits?n=20&only=");
        assert!(text.contains("there is no class ``"), "{text}");
    }
}
