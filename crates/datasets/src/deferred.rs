//! Rows that are made when they are first asked for, and are known by name before.
//!
//! A picture is read in microseconds and decoded in milliseconds. Where what is wanted of a data set
//! was worked out in an earlier run, it is enough to know that the files are the same: then nothing
//! is decoded at all.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ndarray::{ArcArray, ArrayD, ArrayViewD, IxDyn};
use sha2::{Digest, Sha256};

use crate::rows::Rows;
use crate::{DataError, Dataset, Unlabelled};

/// The SHA-256 of all that a value is made from.
pub type Identity = [u8; 32];

/// How rows are made, each by itself and always in the same way.
pub(crate) trait Recipe: fmt::Debug + Send + Sync {
    /// What row `row` is made from. Two rows of one identity are equal.
    fn identity(&self, row: usize) -> Result<Identity, DataError>;

    /// Writes row `row` in the place of zeros.
    fn make(&self, row: usize, out: &mut [f32]) -> Result<(), DataError>;

    /// What was odd in what has been read so far, and was not refused.
    fn note(&self) -> Option<String> {
        None
    }
}

/// Some rows of a recipe, and their values once they were made.
#[derive(Debug)]
pub(crate) struct Deferred {
    recipe: Arc<dyn Recipe>,
    rows: Vec<usize>,
    shape: Vec<usize>,
    made: OnceLock<ArcArray<f32, IxDyn>>,
}

impl Deferred {
    /// The first `n` rows of a recipe, of such samples; both have at least one.
    pub(crate) fn new(recipe: Arc<dyn Recipe>, n: usize, sample: &[usize]) -> Self {
        let shape = [&[n], sample].concat();
        debug_assert!(!sample.is_empty() && shape.iter().all(|&axis| axis > 0));
        Self { recipe, rows: (0..n).collect(), shape, made: OnceLock::new() }
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn made(&self) -> Option<&ArcArray<f32, IxDyn>> {
        self.made.get()
    }

    /// All rows, made one after the other if they are not there.
    pub(crate) fn make(&self) -> Result<&ArcArray<f32, IxDyn>, DataError> {
        if let Some(made) = self.made() {
            return Ok(made);
        }
        let size: usize = self.shape[1..].iter().product();
        let mut values = vec![0.0; self.rows.len() * size];
        for (out, &row) in values.chunks_exact_mut(size).zip(&self.rows) {
            self.recipe.make(row, out)?;
        }
        let values = ArrayD::from_shape_vec(self.shape.clone(), values).expect("rows times size");
        Ok(self.made.get_or_init(|| values.into_shared()))
    }

    pub(crate) fn identity_of(&self, row: usize) -> Result<Identity, DataError> {
        self.recipe.identity(self.rows[row])
    }

    fn note(&self) -> Option<String> {
        self.recipe.note()
    }

    fn identity(&self) -> Result<Identity, DataError> {
        let mut sum = Sha256::new_with_prefix(format!("rows {:?}\n", self.shape));
        for &row in &self.rows {
            sum.update(self.recipe.identity(row)?);
        }
        Ok(sum.finalize().into())
    }

    /// Other rows of the same recipe; `made` has their values if they are there.
    pub(crate) fn part(&self, rows: Vec<usize>, made: Option<ArcArray<f32, IxDyn>>) -> Self {
        let mut shape = self.shape.clone();
        shape[0] = rows.len();
        let made = made.map_or_else(OnceLock::new, OnceLock::from);
        Self { recipe: Arc::clone(&self.recipe), rows, shape, made }
    }

    /// Which rows of the recipe those of a range are.
    pub(crate) fn range(&self, rows: Range<usize>) -> Vec<usize> {
        self.rows[rows].to_vec()
    }

    /// Which rows of the recipe these are.
    #[track_caller]
    pub(crate) fn chosen(&self, rows: &[usize]) -> Vec<usize> {
        let of = |&row: &usize| {
            let len = self.rows.len();
            *self.rows.get(row).unwrap_or_else(|| panic!("row {row} of {len}: no such row"))
        };
        rows.iter().map(of).collect()
    }
}

/// Rows that a function makes of other rows.
struct Mapped<F> {
    of: Rows,
    what: String,
    f: F,
}

impl<F> fmt::Debug for Mapped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("what", &self.what).finish_non_exhaustive()
    }
}

impl<F> Recipe for Mapped<F>
where
    F: Fn(ArrayViewD<'_, f32>) -> ArrayD<f32> + Send + Sync,
{
    fn identity(&self, row: usize) -> Result<Identity, DataError> {
        let mut sum = Sha256::new_with_prefix(format!("{}\n", self.what));
        sum.update(self.of.identity_of(row)?);
        Ok(sum.finalize().into())
    }

    fn make(&self, row: usize, out: &mut [f32]) -> Result<(), DataError> {
        let made = (self.f)(self.of.select(&[row]).ready()?.view());
        out.iter_mut().zip(&made).for_each(|(out, value)| *out = *value);
        Ok(())
    }
}

/// What both kinds of data sets offer.
macro_rules! deferred_inputs {
    () => {
        /// Makes the inputs now, if they were put off ([`load_later`](crate::load_later)).
        ///
        /// # Errors
        /// Whatever is wrong with the files that they are made from.
        pub fn ready(&self) -> Result<(), DataError> {
            self.rows().ready().map(drop)
        }

        /// Whether the inputs are there, or still to be made.
        pub fn is_ready(&self) -> bool {
            self.rows().is_ready()
        }

        /// What inputs that are or were put off are made from: equal identities, equal inputs. `None`
        /// for inputs that are nothing but numbers.
        ///
        /// # Errors
        /// If a file that they are made from cannot be read, or has changed meanwhile.
        pub fn identity(&self) -> Result<Option<Identity>, DataError> {
            match self.rows() {
                Rows::Held(_) => Ok(None),
                Rows::Deferred(rows) => rows.identity().map(Some),
            }
        }
    };
}

impl Dataset {
    deferred_inputs!();

    /// The same data with a note on what was odd in the files that have been read since, if anything
    /// was: those of inputs that were put off are read later than the notes are made.
    pub fn with_late_notes(self) -> Self {
        let note = match self.rows() {
            Rows::Held(_) => None,
            Rows::Deferred(rows) => rows.note(),
        };
        let late = note.filter(|note| !self.notes().contains(note));
        let notes = self.notes().iter().cloned().chain(late).collect();
        self.with_notes(notes)
    }

    /// As [`map_inputs`](Dataset::map_inputs), with `f` put off until the inputs are asked for, and
    /// given one row at a time, `[1, ...]`. It makes samples of the shape `sample`. `what` says all of
    /// what it does: where `what` is the same, `f` must do the same.
    ///
    /// ```
    /// # use datasets::{synthetic, transforms};
    /// let digits = synthetic::digits(10, 0);
    /// let large = digits.map_later("resize", &[1, 56, 56], |x| transforms::resize(x, 56, 56));
    /// assert!(!large.is_ready());
    /// assert_eq!(large.inputs(), transforms::resize(digits.inputs(), 56, 56));
    /// ```
    pub fn map_later(
        &self,
        what: impl Into<String>,
        sample: &[usize],
        f: impl Fn(ArrayViewD<'_, f32>) -> ArrayD<f32> + Send + Sync + 'static,
    ) -> Self {
        let recipe = Mapped { of: self.rows().clone(), what: what.into(), f };
        let rows = Deferred::new(Arc::new(recipe), self.len(), sample);
        self.with_rows(Rows::Deferred(Arc::new(rows)))
    }
}

impl Unlabelled {
    deferred_inputs!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// Rows of their number and what was added; counts how many were made.
    #[derive(Debug, Default)]
    struct Numbers {
        made: AtomicUsize,
    }

    impl Recipe for Numbers {
        fn identity(&self, row: usize) -> Result<Identity, DataError> {
            Ok([row as u8; 32])
        }

        fn make(&self, row: usize, out: &mut [f32]) -> Result<(), DataError> {
            self.made.fetch_add(1, Relaxed);
            out.fill(row as f32);
            Ok(())
        }
    }

    fn numbers() -> (Dataset, Arc<Numbers>) {
        let recipe = Arc::new(Numbers::default());
        let rows = Deferred::new(Arc::clone(&recipe) as _, 5, &[2]);
        let rows = Rows::Deferred(Arc::new(rows));
        let labels = Some(vec![0, 1, 0, 1, 0]);
        (Dataset::of("n", rows, labels, vec!["a".into(), "b".into()]).unwrap(), recipe)
    }

    #[test]
    fn rows_are_made_once_and_only_those_that_are_asked_for() {
        let (data, recipe) = numbers();
        assert_eq!((data.shape(), data.is_ready()), (&[5, 2][..], false));
        let some = data.select(&[3, 1]).slice(0..1).unwrap();
        assert_eq!(some.inputs(), ndarray::arr2(&[[3.0, 3.0]]).into_dyn());
        assert_eq!((recipe.made.load(Relaxed), some.labels()), (1, Some(&[1][..])));
        data.clone().ready().unwrap();
        assert!(data.is_ready(), "clones share what was made");
        assert_eq!(data.batch(&[4, 0]).0, ndarray::arr2(&[[4.0, 4.0], [0.0, 0.0]]).into_dyn());
        assert_eq!(data.select(&[2]).inputs()[[0, 1]], 2.0);
        assert_eq!(data.slice(1..3).unwrap().inputs()[[0, 0]], 1.0);
        assert_eq!(data.without_labels().inputs(), data.inputs());
        assert_eq!(recipe.made.load(Relaxed), 6);
    }

    #[test]
    fn an_identity_is_that_of_the_rows_in_their_order() {
        let (data, recipe) = numbers();
        let of = |data: &Dataset| data.identity().unwrap().unwrap();
        let (all, part) = (of(&data), data.select(&[1, 2]));
        assert_eq!(of(&part), of(&data.slice(1..3).unwrap()));
        assert_ne!(of(&part), of(&data.select(&[2, 1])));
        assert_eq!(recipe.made.load(Relaxed), 0);
        data.ready().unwrap();
        assert_eq!((of(&data), of(&data.select(&[1, 2]))), (all, of(&part)));
        let mapped = |what: &str| data.map_later(what, &[1], |x| x.sum_axis(ndarray::Axis(1)));
        assert_eq!(of(&mapped("sum")), of(&mapped("sum")));
        assert_ne!(of(&mapped("sum")), of(&mapped("total")));
        let held = data.map_inputs(|x| x.to_owned());
        assert_eq!(held.identity().unwrap(), None);
        let later = |held: &Dataset| of(&held.map_later("", &[2], |x| x.to_owned()));
        assert_eq!(later(&held), later(&held.clone()));
        assert_ne!(later(&held), later(&held.map_inputs(|x| &x + 1.0)));
    }
}
