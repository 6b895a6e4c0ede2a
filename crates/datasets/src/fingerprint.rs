//! What a data set is known again by, at the cost of a look at it.

use sha2::{Digest, Sha256};

use crate::{DataError, Dataset, Identity, SparseDataset};

/// Numbers of the inputs that are looked at: all of a small set, of a larger one rows spread over it.
const PROBED: usize = 1 << 22;

impl Dataset {
    /// What the data set is known again by: its shape, its classes and its labels, and all files that
    /// its inputs are made from one by one, or else the inputs: all of four million numbers, of more
    /// as many in rows spread over them.
    ///
    /// ```
    /// let load = |spec: &str| datasets::load(&spec.parse()?);
    /// let digits = load("synthetic:digits?n=20")?.fingerprint()?;
    /// assert_eq!(digits, load("synthetic:digits?n=20&seed=0")?.fingerprint()?);
    /// assert_ne!(digits, load("synthetic:digits?n=20&seed=1")?.fingerprint()?);
    /// # Ok::<(), datasets::DataError>(())
    /// ```
    ///
    /// # Errors
    /// If a file that inputs are made from cannot be read, or has changed meanwhile.
    pub fn fingerprint(&self) -> Result<Identity, DataError> {
        let labels = self.labels().unwrap_or_default();
        let mut sum = begun(self.shape(), self.classes(), labels);
        match self.identity()? {
            Some(identity) => sum.update(identity),
            None => {
                let step = self.shape().iter().product::<usize>().div_ceil(PROBED).max(1);
                for row in (0..self.len()).step_by(step) {
                    sum.update(self.rows().identity_of(row)?);
                }
            }
        }
        Ok(sum.finalize().into())
    }
}

impl SparseDataset {
    /// What the data set is known again by: its shape, its classes, its labels and every entry.
    pub fn fingerprint(&self) -> Identity {
        let mut sum = begun(&[self.len(), self.features()], self.classes(), self.labels());
        for row in 0..self.len() {
            let entries = self.row(row);
            sum.update((entries.len() as u64).to_le_bytes());
            for (feature, value) in entries {
                sum.update((feature as u64).to_le_bytes());
                sum.update(value.to_le_bytes());
            }
        }
        sum.finalize().into()
    }
}

fn begun(shape: &[usize], classes: &[String], labels: &[usize]) -> Sha256 {
    let mut sum = Sha256::new_with_prefix(format!("{shape:?} {classes:?}\n"));
    labels.iter().for_each(|&label| sum.update((label as u64).to_le_bytes()));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    #[test]
    fn any_change_of_a_small_set_is_seen() {
        let set = |x: f32, label: usize, class: &str| {
            let mut inputs = ArrayD::zeros(vec![3, 2]);
            inputs[[2, 1]] = x;
            let classes = vec!["a".to_owned(), class.to_owned()];
            Dataset::new("s", inputs, Some(vec![0, 1, label]), classes).unwrap()
        };
        let of = |set: &Dataset| set.fingerprint().unwrap();
        let known = of(&set(0.0, 1, "b"));
        assert_eq!(known, of(&set(0.0, 1, "b").with_name("other")));
        let later = |what: &str| of(&set(0.0, 1, "b").map_later(what, &[2], |x| x.to_owned()));
        let others = [set(0.5, 1, "b"), set(0.0, 0, "b"), set(0.0, 1, "c")].map(|set| of(&set));
        for other in others.into_iter().chain([later("x")]) {
            assert_ne!(known, other);
        }
        assert_eq!(later("x"), later("x"));
    }

    #[test]
    fn of_a_large_set_rows_are_looked_at_from_end_to_end() {
        let mut inputs = ArrayD::zeros(vec![8, PROBED / 2]);
        let of = |inputs: &ArrayD<f32>| {
            Dataset::new("s", inputs.clone(), None, vec![]).unwrap().fingerprint().unwrap()
        };
        let known = of(&inputs);
        inputs[[4, 7]] = 1.0;
        assert_ne!(known, of(&inputs));
    }

    #[test]
    fn any_change_of_sparse_rows_is_seen() {
        let set = |indptr: [usize; 3], feature: u32, value: f32, label: usize| {
            let rows =
                crate::Csr::new(indptr.to_vec(), vec![0, 1, feature], vec![1.0, 2.0, value], 5);
            let classes = vec!["a".to_owned(), "b".to_owned()];
            SparseDataset::new("s", rows, vec![0, label], classes).unwrap()
        };
        let known = set([0, 2, 3], 4, 3.0, 1);
        let of = |set: &SparseDataset| set.fingerprint();
        assert_eq!(of(&known), of(&known.clone().with_name("other")));
        let others = [
            set([0, 1, 3], 4, 3.0, 1),
            set([0, 2, 3], 3, 3.0, 1),
            set([0, 2, 3], 4, 3.5, 1),
            set([0, 2, 3], 4, 3.0, 0),
        ];
        for other in others {
            assert_ne!(of(&known), of(&other), "{other:?}");
        }
    }
}
