//! Dividing a data set: at random, class by class, or a few examples of each class.

use crate::{DataError, Dataset, Random};

impl Dataset {
    /// Two parts at random, the first with `fraction` of the rows (rounded).
    ///
    /// The parts have no row in common and lose none. Which rows go where depends on the seed and
    /// the number of rows alone.
    ///
    /// # Errors
    /// [`DataError::Split`] if `fraction` is not between 0 and 1 or a part would be empty.
    pub fn split(&self, fraction: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let order = Random::new(seed, "split", [0, 0]).permutation(self.len());
        let first = (fraction * self.len() as f64).round() as usize;
        self.parts(&order[..first.min(order.len())], &order[first.min(order.len())..], fraction)
    }

    /// Two parts at random, each class divided in the same proportion, so that a rare class is in
    /// both. A class of two or more examples gives at least one to each part.
    ///
    /// # Errors
    /// [`DataError::NoLabels`]; [`DataError::Split`] as for [`Dataset::split`].
    pub fn split_stratified(&self, fraction: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for rows in self.rows_by_class(seed, "strata")? {
            let wanted = (fraction * rows.len() as f64).round() as usize;
            let taken = if rows.len() < 2 { wanted } else { wanted.clamp(1, rows.len() - 1) };
            first.extend_from_slice(&rows[..taken.min(rows.len())]);
            second.extend_from_slice(&rows[taken.min(rows.len())..]);
        }
        // Class after class is no order to train in.
        let mut random = Random::new(seed, "strata", [1, 0]);
        let mut mixed = |rows: Vec<usize>| -> Vec<usize> {
            random.permutation(rows.len()).into_iter().map(|i| rows[i]).collect()
        };
        let (first, second) = (mixed(first), mixed(second));
        self.parts(&first, &second, fraction)
    }

    /// `k` examples of each class at random: "k-shot" learning. Rows come class after class.
    /// [`Dataset::shot_rows`] tells which, and so which are left.
    ///
    /// The shots of a smaller `k` with the same seed are among those of a larger one, so that a
    /// learning curve over `k` only ever adds examples.
    ///
    /// # Errors
    /// [`DataError::NoLabels`]; [`DataError::TooFewExamples`] names the class with the fewest
    /// examples if that is fewer than `k`.
    ///
    /// # Panics
    /// If `k` is 0.
    #[track_caller]
    pub fn shots(&self, k: usize, seed: u64) -> Result<Self, DataError> {
        Ok(self.select(&self.shot_rows(k, seed)?))
    }

    /// All rows but these, in their order; nothing if that is none.
    ///
    /// # Panics
    /// If `rows` names a row that does not exist.
    #[track_caller]
    pub fn without_rows(&self, rows: &[usize]) -> Option<Dataset> {
        let mut left = vec![true; self.len()];
        rows.iter().for_each(|&row| left[row] = false);
        let left: Vec<usize> = (0..left.len()).filter(|&row| left[row]).collect();
        (!left.is_empty()).then(|| self.select(&left))
    }

    /// The rows that [`Dataset::shots`] takes.
    ///
    /// # Errors
    /// As for [`Dataset::shots`].
    ///
    /// # Panics
    /// If `k` is 0.
    #[track_caller]
    pub fn shot_rows(&self, k: usize, seed: u64) -> Result<Vec<usize>, DataError> {
        assert!(k > 0, "shots(0): take at least one example of each class");
        let rows = self.rows_by_class(seed, "shots")?;
        let (class, poorest) = rows
            .iter()
            .enumerate()
            .min_by_key(|(_, rows)| rows.len())
            .expect("data with labels has classes");
        if poorest.len() < k {
            return Err(DataError::TooFewExamples {
                dataset: self.name().into(),
                class: self.classes()[class].clone(),
                wanted: k,
                found: poorest.len(),
            });
        }
        Ok(rows.iter().flat_map(|rows| &rows[..k]).copied().collect())
    }

    /// `n` rows at random, as many of each class as of any other while they last; what is left over
    /// goes to classes at random. The rows of a smaller `n` with the same seed are among those of a
    /// larger one.
    ///
    /// # Errors
    /// [`DataError::NoLabels`]; [`DataError::Rows`] if there are fewer than `n`, or `n` is 0.
    pub fn few_rows(&self, n: usize, seed: u64) -> Result<Vec<usize>, DataError> {
        let mut rows = self.rows_by_class(seed, "few")?;
        if n == 0 || n > self.len() {
            let (dataset, len) = (self.name().into(), self.len());
            return Err(DataError::Rows { dataset, start: 0, end: n, len });
        }
        let order = Random::new(seed, "few", [1, 0]).permutation(rows.len());
        let mut few = Vec::with_capacity(n);
        while few.len() < n {
            few.extend(order.iter().filter_map(|&class| rows[class].pop()));
        }
        few.truncate(n);
        Ok(few)
    }

    /// The rows of each class, each in random order.
    fn rows_by_class(&self, seed: u64, purpose: &str) -> Result<Vec<Vec<usize>>, DataError> {
        let labels = self.require_labels()?;
        let mut rows = vec![Vec::new(); self.classes().len()];
        for row in Random::new(seed, purpose, [0, 0]).permutation(self.len()) {
            rows[labels[row]].push(row);
        }
        Ok(rows)
    }

    fn parts(
        &self,
        first: &[usize],
        second: &[usize],
        fraction: f64,
    ) -> Result<(Self, Self), DataError> {
        let sensible = fraction > 0.0 && fraction < 1.0;
        if !sensible || first.is_empty() || second.is_empty() {
            let (dataset, len) = (self.name().into(), self.len());
            return Err(DataError::Split { dataset, fraction, len });
        }
        Ok((self.select(first), self.select(second)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array;

    /// `n` rows whose only value is their number; class 2 is rare.
    fn numbered(n: usize) -> Dataset {
        let inputs = Array::from_shape_fn((n, 1), |(i, _)| i as f32).into_dyn();
        let labels = (0..n).map(|i| if i % 10 == 0 { 2 } else { i % 2 }).collect();
        let classes = ["zero", "one", "rare"].map(String::from).to_vec();
        Dataset::new("numbered", inputs, Some(labels), classes).unwrap()
    }

    fn rows(data: &Dataset) -> Vec<usize> {
        data.inputs().iter().map(|&x| x as usize).collect()
    }

    #[test]
    fn a_split_divides_without_loss() {
        let data = numbered(100);
        for (a, b) in [data.split(0.3, 1).unwrap(), data.split_stratified(0.3, 1).unwrap()] {
            assert_eq!((a.len(), b.len()), (30, 70));
            let mut all = [rows(&a), rows(&b)].concat();
            all.sort_unstable();
            assert_eq!(all, (0..100).collect::<Vec<_>>());
        }
        assert_eq!(rows(&data.split(0.3, 1).unwrap().0), rows(&data.split(0.3, 1).unwrap().0));
        assert_ne!(rows(&data.split(0.3, 1).unwrap().0), rows(&data.split(0.3, 2).unwrap().0));
    }

    #[test]
    fn strata_keep_the_proportions() {
        let (a, b) = numbered(100).split_stratified(0.2, 5).unwrap();
        assert_eq!(a.class_counts(), [8, 10, 2]);
        assert_eq!(b.class_counts(), [32, 40, 8]);
        let (a, b) = numbered(20).split_stratified(0.01, 0).unwrap();
        assert_eq!((a.class_counts()[2], b.class_counts()[2]), (1, 1));
        let labels = numbered(100).split_stratified(0.5, 5).unwrap().0.labels().unwrap().to_vec();
        assert!(!labels.is_sorted(), "the classes were not mixed");
    }

    #[test]
    fn shots_are_k_of_each_and_nested() {
        let data = numbered(100);
        let (few, more) = (data.shots(2, 9).unwrap(), data.shots(5, 9).unwrap());
        assert_eq!(few.class_counts(), [2, 2, 2]);
        assert_eq!(more.class_counts(), [5, 5, 5]);
        assert!(rows(&few).iter().all(|row| rows(&more).contains(row)));
        assert_eq!(
            data.shots(11, 0).unwrap_err().to_string(),
            "numbered: class `rare` has 10 examples, 11 are needed; ask for fewer or give more data"
        );
    }

    #[test]
    fn an_empty_part_is_an_error() {
        let data = numbered(10);
        for fraction in [0.0, 1.0, -0.5, 1.5, 0.01, f64::NAN] {
            assert!(matches!(data.split(fraction, 0), Err(DataError::Split { .. })), "{fraction}");
        }
        let bare = Dataset::new("bare", data.inputs().to_owned(), None, vec![]).unwrap();
        assert!(matches!(bare.shots(1, 0), Err(DataError::NoLabels { .. })));
    }

    #[test]
    fn what_is_left_keeps_its_order_and_may_be_nothing() {
        let data = crate::synthetic::digits(5, 0);
        let left = data.without_rows(&[3, 0, 3]).unwrap();
        assert_eq!(left.inputs(), data.select(&[1, 2, 4]).inputs());
        assert_eq!(data.without_rows(&[]).unwrap().len(), 5);
        assert!(data.without_rows(&[4, 3, 2, 1, 0]).is_none());
    }

    #[test]
    fn a_few_rows_are_equally_of_all_classes() {
        let labels: Vec<usize> = (0..40).map(|i| if i < 3 { 0 } else { 1 + i % 3 }).collect();
        let inputs = ndarray::ArrayD::zeros(vec![40, 1]);
        let classes = ["a", "b", "c", "d"].map(String::from).to_vec();
        let data = Dataset::new("d", inputs, Some(labels), classes).unwrap();
        assert_eq!(data.select(&data.few_rows(8, 0).unwrap()).class_counts(), [2, 2, 2, 2]);
        // A class that has no more leaves its share to the others.
        assert_eq!(data.select(&data.few_rows(18, 0).unwrap()).class_counts(), [3, 5, 5, 5]);
        let (few, more) = (data.few_rows(9, 1).unwrap(), data.few_rows(11, 1).unwrap());
        assert_eq!(few[..], more[..9]);
        assert_ne!(few, data.few_rows(9, 2).unwrap());
        assert!(matches!(data.few_rows(41, 0), Err(DataError::Rows { end: 41, len: 40, .. })));
        assert!(data.few_rows(0, 0).is_err());
    }
}
