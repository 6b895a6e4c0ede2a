//! The seen classes' data, whole or in part.

use super::matrix::{Mat, select_rows};
use super::{Signatures, ZeroShotError};
use crate::TransferError;
use datasets::Dataset;

/// The training data with its classes numbered anew, without those that have no sample.
pub(super) struct Seen {
    pub(super) names: Vec<String>,
    pub(super) data: Dataset,
    pub(super) signatures: Mat<f64>,
}

impl Seen {
    pub(super) fn new(data: &Dataset, signatures: &Signatures) -> Result<Self, TransferError> {
        let labels = data.require_labels()?;
        let counts = data.class_counts();
        let present: Vec<usize> = (0..counts.len()).filter(|&c| counts[c] > 0).collect();
        let names: Vec<String> = present.iter().map(|&c| data.classes()[c].clone()).collect();
        if names.len() < 2 {
            let (what, found) = ("zero-shot learning needs seen classes", names.len());
            return Err(ZeroShotError::TooFewClasses { what, found, needed: 2 }.into());
        }
        let signatures = signatures.of(&names)?;
        let number = |l: &usize| present.iter().position(|c| c == l);
        let labels = labels.iter().filter_map(number).collect();
        let inputs = data.inputs().to_owned();
        let data = Dataset::new(data.name(), inputs, Some(labels), names.clone())?;
        Ok(Seen { names, data, signatures })
    }

    /// Rows to train on, and rows to measure on: a fifth of the kept classes' samples, and all of the
    /// held ones'.
    pub(super) fn split(&self, number: &[Option<usize>], seed: u64) -> (Vec<usize>, Vec<usize>) {
        let labels = self.data.labels().unwrap_or_default();
        let (mut train, mut test) = (Vec::new(), Vec::new());
        let mut taken = vec![0_usize; number.len()];
        for row in datasets::epoch_order(labels.len(), seed, 0) {
            let class = labels[row];
            taken[class] += 1;
            // Every fifth of a class, so that all are in both parts.
            match number[class] {
                Some(_) if !taken[class].is_multiple_of(5) => train.push(row),
                _ => test.push(row),
            }
        }
        train.sort_unstable();
        test.sort_unstable();
        (train, test)
    }

    /// These rows, of these classes.
    pub(super) fn part(&self, rows: &[usize], kept: &[usize]) -> Result<Seen, TransferError> {
        let names: Vec<String> = kept.iter().map(|&c| self.names[c].clone()).collect();
        let rows = self.data.select(rows);
        let number = |l: &usize| kept.iter().position(|c| c == l);
        let labels = rows.require_labels()?.iter().filter_map(number).collect();
        let data =
            Dataset::new(rows.name(), rows.inputs().to_owned(), Some(labels), names.clone())?;
        Ok(Seen { names, data, signatures: select_rows(&self.signatures, kept) })
    }
}
