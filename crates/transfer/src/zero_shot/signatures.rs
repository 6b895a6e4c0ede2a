//! What is known of a class without an example of it: its attributes, or the vector of its name.

use super::ZeroShotError;
use super::error::table;
use super::matrix::{Mat, select_rows};
use crate::TransferError;
use std::collections::BTreeMap;

/// A row of numbers for each class: strengths of attributes, yes and no as 1 and 0, or a word vector.
#[derive(Clone, Debug)]
pub struct Signatures {
    classes: Vec<String>,
    attributes: Vec<String>,
    values: Mat<f64>,
}

impl Signatures {
    /// One row of `values` for each class, one number in it for each attribute.
    ///
    /// # Errors
    /// [`ZeroShotError::Table`] if a name comes twice, a row has another length, a number is not
    /// finite or there is none at all; [`ZeroShotError::Identical`] if no attribute tells two
    /// classes apart.
    pub fn new(
        classes: Vec<String>,
        attributes: Vec<String>,
        values: Vec<Vec<f64>>,
    ) -> Result<Self, TransferError> {
        let (n, width) = (classes.len(), attributes.len());
        table(n > 0 && width > 0, || "there is no class or no attribute".into())?;
        table(values.len() == n, || format!("{n} classes, but {} rows", values.len()))?;
        for (class, row) in classes.iter().zip(&values) {
            table(row.len() == width, || {
                format!("`{class}` has {} values for {width} attributes", row.len())
            })?;
            table(row.iter().all(|v| v.is_finite()), || {
                format!("a value of `{class}` is no number")
            })?;
        }
        for (what, names) in [("class", &classes), ("attribute", &attributes)] {
            let mut sorted: Vec<&String> = names.iter().collect();
            sorted.sort();
            let twice = sorted.windows(2).find(|pair| pair[0] == pair[1]);
            table(twice.is_none(), || format!("the {what} `{}` comes twice", twice.unwrap()[0]))?;
        }
        let mut same: BTreeMap<Vec<u64>, Vec<String>> = BTreeMap::new();
        for (class, row) in classes.iter().zip(&values) {
            // Adding 0 makes the two zeros one.
            let key = row.iter().map(|v| (v + 0.0).to_bits()).collect();
            same.entry(key).or_default().push(class.clone());
        }
        let mut groups: Vec<_> = same.into_values().filter(|group| group.len() > 1).collect();
        groups.sort();
        if !groups.is_empty() {
            return Err(ZeroShotError::Identical { groups }.into());
        }
        let values = Mat::from_fn(n, width, |i, j| values[i][j]);
        Ok(Signatures { classes, attributes, values })
    }

    /// The classes, in the order of the rows.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The attributes, in the order of the columns.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// All rows, `[classes, attributes]`.
    pub fn values(&self) -> &Mat<f64> {
        &self.values
    }

    /// The signatures of these classes, `[these, attributes]`, in this order.
    ///
    /// # Errors
    /// [`ZeroShotError::NoSignature`] names those that have none.
    pub fn of(&self, classes: &[String]) -> Result<Mat<f64>, TransferError> {
        let at = |class: &String| self.classes.iter().position(|known| known == class);
        let missing: Vec<String> = classes.iter().filter(|c| at(c).is_none()).cloned().collect();
        if !missing.is_empty() {
            let known = self.classes.clone();
            return Err(ZeroShotError::NoSignature { classes: missing, known }.into());
        }
        let rows: Vec<usize> = classes.iter().filter_map(at).collect();
        Ok(select_rows(&self.values, &rows))
    }

    /// Checks that these classes can be unseen by a model of the `seen` ones.
    ///
    /// # Errors
    /// [`ZeroShotError::AlsoSeen`], [`ZeroShotError::NoSignature`], or
    /// [`ZeroShotError::TooFewClasses`] without any.
    pub fn check_unseen(&self, unseen: &[String], seen: &[String]) -> Result<(), TransferError> {
        let both: Vec<String> = unseen.iter().filter(|c| seen.contains(c)).cloned().collect();
        if !both.is_empty() {
            return Err(ZeroShotError::AlsoSeen { classes: both }.into());
        }
        if unseen.is_empty() {
            let what = "unseen classes";
            return Err(ZeroShotError::TooFewClasses { what, found: 0, needed: 1 }.into());
        }
        self.of(unseen).map(|_| ())
    }

    /// The same classes with their signatures exchanged, no class keeping its own: the control that
    /// a method must beat if it uses what the signatures say.
    ///
    /// It is no draw of chance. The draws that would leave a class its own, the good ones, are left
    /// out, and those stay in which give an unseen class another unseen one's: few candidates are so
    /// told worse than by guessing. And a model has one table, so that many samples of a class are
    /// right or wrong together, and draws lie far apart.
    ///
    /// # Panics
    /// If there is only one class.
    #[track_caller]
    pub fn permuted(&self, rng: &mut tensor_autograd::Rng) -> Self {
        let n = self.classes.len();
        assert!(n > 1, "permuted: one signature cannot be exchanged");
        // Each gets its successor's in a random circle.
        let circle = rng.permutation(n);
        let mut from = vec![0; n];
        for (i, &class) in circle.iter().enumerate() {
            from[class] = circle[(i + 1) % n];
        }
        Signatures { values: select_rows(&self.values, &from), ..self.clone() }
    }
}

impl TryFrom<datasets::readers::signatures::Signatures> for Signatures {
    type Error = TransferError;

    /// # Errors
    /// As [`Signatures::new`].
    fn try_from(read: datasets::readers::signatures::Signatures) -> Result<Self, TransferError> {
        let rows = read.values.outer_iter();
        let rows = rows.map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect();
        Signatures::new(read.classes, read.attributes, rows)
    }
}

/// What is done to signatures before a method sees them. What is measured, is measured on the seen
/// classes alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// Nothing.
    Raw,
    /// Each signature is divided by its length.
    Unit,
    /// The seen classes' mean is subtracted, then each is divided by its length. Word vectors share
    /// a large common part that says nothing about the class.
    #[default]
    CentredUnit,
}

/// A [`Scaling`] with what it measured.
#[derive(Clone, Debug)]
pub struct Scaler {
    pub(super) mean: Vec<f64>,
    pub(super) unit: bool,
}

impl Scaler {
    /// Measures the signatures of the seen classes, `[seen, attributes]`.
    pub fn fit(scaling: Scaling, seen: &Mat<f64>) -> Self {
        let n = seen.nrows().max(1) as f64;
        let centre = scaling == Scaling::CentredUnit;
        let mean =
            |j| if centre { (0..seen.nrows()).map(|i| seen[(i, j)]).sum::<f64>() / n } else { 0.0 };
        Scaler { mean: (0..seen.ncols()).map(mean).collect(), unit: scaling != Scaling::Raw }
    }

    /// Scaled signatures of any classes. One of length 0 stays as it is.
    ///
    /// # Panics
    /// If there are other attributes than were measured.
    #[track_caller]
    pub fn apply(&self, signatures: &Mat<f64>) -> Mat<f64> {
        assert_eq!(signatures.ncols(), self.mean.len(), "signatures of other attributes");
        let centred = Mat::from_fn(signatures.nrows(), signatures.ncols(), |i, j| {
            signatures[(i, j)] - self.mean[j]
        });
        if self.unit { super::matrix::unit_rows(&centred) } else { centred }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Rng;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    fn signatures() -> Signatures {
        let rows = vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 1.0]];
        Signatures::new(names("a b c"), names("x y"), rows).unwrap()
    }

    #[test]
    fn rows_are_found_by_name() {
        let s = signatures();
        let of = s.of(&names("c a")).unwrap();
        assert_eq!((of[(0, 1)], of[(1, 1)]), (1.0, 0.0));
        let error = s.of(&names("a z y")).unwrap_err().to_string();
        assert_eq!(error, "there is no signature for z, y; the signatures have: a, b, c");
        assert!(s.check_unseen(&names("c"), &names("a b")).is_ok());
        let error = s.check_unseen(&names("c a"), &names("a b")).unwrap_err().to_string();
        assert!(error.starts_with("a cannot be unseen"), "{error}");
        assert!(s.check_unseen(&[], &names("a b")).is_err());
    }

    #[test]
    fn classes_that_nothing_tells_apart_are_listed() {
        let rows = vec![vec![1.0, 0.0], vec![0.5, 1.0], vec![1.0, -0.0], vec![0.5, 1.0]];
        let error = Signatures::new(names("a b c d"), names("x y"), rows).unwrap_err().to_string();
        assert!(
            error.starts_with("these classes have the same signature: a = c, b = d;"),
            "{error}"
        );
    }

    #[test]
    fn a_table_that_does_not_fit_is_refused() {
        let text = |classes: &str, attributes: &str, rows| {
            Signatures::new(names(classes), names(attributes), rows).unwrap_err().to_string()
        };
        let two = || vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        assert_eq!(text("a", "x y", two()), "signatures: 1 classes, but 2 rows");
        assert_eq!(text("a b", "x", two()), "signatures: `a` has 2 values for 1 attributes");
        assert_eq!(text("a a", "x y", two()), "signatures: the class `a` comes twice");
        assert_eq!(text("a b", "x x", two()), "signatures: the attribute `x` comes twice");
        let nan = vec![vec![1.0, f64::NAN], vec![0.0, 1.0]];
        assert_eq!(text("a b", "x y", nan), "signatures: a value of `a` is no number");
        assert!(text("", "x", vec![]).contains("no class"));
    }

    #[test]
    fn centring_reads_the_seen_classes_alone() {
        let s = signatures();
        let seen = s.of(&names("a b")).unwrap();
        let scaler = Scaler::fit(Scaling::CentredUnit, &seen);
        let c = scaler.apply(&s.of(&names("c")).unwrap());
        let half = 0.5_f64.sqrt();
        assert!((c[(0, 0)] - half).abs() < 1e-15 && (c[(0, 1)] - half).abs() < 1e-15);
        let raw = Scaler::fit(Scaling::Raw, &seen).apply(s.values());
        assert_eq!(&raw, s.values());
    }

    #[test]
    fn exchanged_signatures_leave_no_class_its_own() {
        let s = signatures();
        for seed in 0..20 {
            let other = s.permuted(&mut Rng::seed(seed));
            for i in 0..3 {
                assert!((0..2).any(|j| other.values()[(i, j)] != s.values()[(i, j)]));
            }
        }
    }
}
