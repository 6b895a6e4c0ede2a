//! [`Dataset`]: examples, and perhaps their labels.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArcArray, ArrayD, ArrayViewD, IxDyn};

use crate::rows::Rows;
use crate::{DataError, Unlabelled};

/// Examples with labels, or without.
///
/// `inputs` has the shape `[n, ...]`: one row for each example. Images are `[n, c, h, w]` with
/// values in `0.0..=1.0`, feature vectors `[n, f]`. A label is an index into `classes`.
///
/// A data set has at least one row, and every label names a class: the constructor sees to it.
/// Cloning and slicing share the numbers, they copy none.
///
/// ```
/// use datasets::synthetic;
/// let digits = synthetic::digits(200, 0);
/// assert_eq!(digits.shape(), [200, 1, 28, 28]);
/// let (train, test) = digits.split(0.8, 0)?;
/// let (images, labels) = train.batch(&[0, 5, 9]);
/// assert_eq!((images.shape()[0], labels.len(), test.len()), (3, 3, 40));
/// # Ok::<(), datasets::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset {
    name: String,
    inputs: Rows,
    labels: Option<Arc<[usize]>>,
    classes: Arc<[String]>,
    notes: Arc<[String]>,
    sample_names: Option<Arc<[String]>>,
}

impl Dataset {
    /// Puts inputs `[n, ...]` and `n` labels together.
    ///
    /// # Errors
    /// [`DataError::Empty`] if there are no rows or a row has no values,
    /// [`DataError::CountMismatch`] if there are not `n` labels,
    /// [`DataError::LabelOutOfRange`] if a label is not below `classes.len()`.
    pub fn new(
        name: impl Into<String>,
        inputs: ArrayD<f32>,
        labels: Option<Vec<usize>>,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let inputs = Rows::new(&name, inputs)?;
        Self::of(name, inputs, labels, classes)
    }

    /// As [`Dataset::new`], of rows that need not be there yet.
    pub(crate) fn of(
        name: impl Into<String>,
        inputs: Rows,
        labels: Option<Vec<usize>>,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        if let Some(labels) = &labels {
            check_labels(&name, inputs.len(), labels, classes.len())?;
        }
        let (labels, classes) = (labels.map(Into::into), classes.into());
        Ok(Self { name, inputs, labels, classes, notes: Arc::default(), sample_names: None })
    }

    /// What the data set is called in reports and messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same data under another name.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// What its reader found odd and did not refuse, one line each; [`describe`](crate::describe)
    /// shows them.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The same data with other notes.
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes: notes.into(), ..self }
    }

    /// What each example is called, where its reader knows: the file that it comes from.
    pub fn sample_names(&self) -> Option<&[String]> {
        self.sample_names.as_deref()
    }

    /// The same data with a name for each example.
    ///
    /// # Panics
    /// If there are more names than examples, or fewer.
    #[track_caller]
    pub fn with_sample_names(self, names: Vec<String>) -> Self {
        let (examples, named) = (self.len(), names.len());
        assert!(named == examples, "with_sample_names: {named} names of {examples} examples");
        Self { sample_names: Some(names.into()), ..self }
    }

    /// The number of examples; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// The shape of all inputs, `[n, ...]`.
    pub fn shape(&self) -> &[usize] {
        self.inputs.shape()
    }

    /// The shape of one example, `shape()` without its first axis.
    pub fn sample_shape(&self) -> &[usize] {
        &self.shape()[1..]
    }

    /// All inputs, `[n, ...]`, in row-major order.
    ///
    /// # Panics
    /// If they were put off and can no longer be made; see [`Dataset::ready`].
    pub fn inputs(&self) -> ArrayViewD<'_, f32> {
        self.inputs.view()
    }

    /// All inputs, sharing the memory.
    pub fn shared_inputs(&self) -> ArcArray<f32, IxDyn> {
        self.inputs.shared()
    }

    /// The labels, if there are any.
    pub fn labels(&self) -> Option<&[usize]> {
        self.labels.as_deref()
    }

    /// The labels, where there must be some.
    ///
    /// # Errors
    /// [`DataError::NoLabels`].
    pub fn require_labels(&self) -> Result<&[usize], DataError> {
        self.labels().ok_or_else(|| DataError::NoLabels { dataset: self.name.clone() })
    }

    /// The names of the classes; a label is an index into these.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How many examples each class has. All 0 if there are no labels.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for &label in self.labels().unwrap_or_default() {
            counts[label] += 1;
        }
        counts
    }

    /// The inputs alone, in a type that has no labels to look at.
    pub fn without_labels(&self) -> Unlabelled {
        Unlabelled::from_rows(self.name.clone(), self.inputs.clone())
    }

    /// These rows, in this order; a row may occur twice.
    ///
    /// # Panics
    /// If `rows` is empty or names a row that does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        let inputs = self.inputs.select(rows);
        let labels = self.labels().map(|labels| rows.iter().map(|&row| labels[row]).collect());
        let names = self.sample_names();
        let names = names.map(|names| rows.iter().map(|&row| names[row].clone()).collect());
        Self { sample_names: names, ..self.with(inputs, labels) }
    }

    /// The rows of a range, sharing the memory.
    ///
    /// # Errors
    /// [`DataError::Rows`] if the range is empty or reaches beyond the end.
    pub fn slice(&self, rows: Range<usize>) -> Result<Self, DataError> {
        if rows.is_empty() || rows.end > self.len() {
            let (start, end, len) = (rows.start, rows.end, self.len());
            return Err(DataError::Rows { dataset: self.name.clone(), start, end, len });
        }
        let labels = self.labels().map(|labels| labels[rows.clone()].into());
        let names = self.sample_names().map(|names| names[rows.clone()].into());
        Ok(Self { sample_names: names, ..self.with(self.inputs.slice(rows), labels) })
    }

    /// The first `n` rows, or all if there are no more.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn limit(&self, n: usize) -> Self {
        assert!(n > 0, "limit(0): a data set has at least one row");
        self.slice(0..n.min(self.len())).expect("the range was clipped to the rows")
    }

    /// All rows in random order.
    pub fn shuffled(&self, seed: u64) -> Self {
        self.select(&crate::epoch_order(self.len(), seed, 0))
    }

    /// Inputs `[b, ...]` and labels `[b]` of these rows.
    ///
    /// # Panics
    /// If there are no labels (see [`Dataset::require_labels`]), if `rows` is empty or names a row
    /// that does not exist.
    #[track_caller]
    pub fn batch(&self, rows: &[usize]) -> (ArrayD<f32>, Vec<usize>) {
        let Some(labels) = self.labels() else {
            panic!("batch: `{}` has no labels; use without_labels().batch(rows)", self.name)
        };
        (self.inputs.gather(rows), rows.iter().map(|&row| labels[row]).collect())
    }

    /// The same labels with inputs changed by `f`, which must keep the number of rows.
    ///
    /// ```
    /// # use datasets::{synthetic, transforms};
    /// let grey = synthetic::digits(10, 0);
    /// let coloured = grey.map_inputs(transforms::grey_to_rgb);
    /// assert_eq!(coloured.sample_shape(), [3, 28, 28]);
    /// ```
    ///
    /// # Panics
    /// If `f` changes the number of rows or leaves none.
    #[track_caller]
    pub fn map_inputs(&self, f: impl FnOnce(ArrayViewD<'_, f32>) -> ArrayD<f32>) -> Self {
        self.with_rows(self.inputs.map(f))
    }

    /// The same images in colour: one channel becomes three equal ones, three stay as they are.
    ///
    /// # Errors
    /// [`DataError::NoImages`] if the samples are not `[1, h, w]` or `[3, h, w]`.
    pub fn grey_to_rgb(&self) -> Result<Self, DataError> {
        match self.sample_shape() {
            [1, _, _] => Ok(self.map_inputs(crate::transforms::grey_to_rgb)),
            [3, _, _] => Ok(self.clone()),
            shape => Err(DataError::NoImages { from: self.name.clone(), shape: shape.to_vec() }),
        }
    }

    /// The same inputs with other labels, each below the number of classes.
    pub(crate) fn relabelled(&self, labels: Vec<usize>) -> Self {
        debug_assert_eq!(labels.len(), self.len());
        self.with(self.inputs.clone(), Some(labels.into()))
    }

    pub(crate) fn rows(&self) -> &Rows {
        &self.inputs
    }

    /// The same labels, notes and names with other rows, as many.
    pub(crate) fn with_rows(&self, inputs: Rows) -> Self {
        self.with(inputs, self.labels.clone())
    }

    fn with(&self, inputs: Rows, labels: Option<Arc<[usize]>>) -> Self {
        Self { inputs, labels, ..self.clone() }
    }
}

/// Checks that each of `rows` rows has a label, and each label a class.
pub(crate) fn check_labels(
    name: &str,
    rows: usize,
    labels: &[usize],
    classes: usize,
) -> Result<(), DataError> {
    if labels.len() != rows {
        return Err(DataError::CountMismatch {
            inputs_from: name.into(),
            inputs: rows,
            labels_from: name.into(),
            labels: labels.len(),
        });
    }
    if let Some(row) = labels.iter().position(|&label| label >= classes) {
        return Err(DataError::LabelOutOfRange {
            from: name.into(),
            row,
            label: labels[row] as i64,
            classes,
            hint: "name every class, or mend the label",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, Axis};

    fn small() -> Dataset {
        let inputs = Array::from_shape_fn((6, 2), |(i, j)| (10 * i + j) as f32).into_dyn();
        let classes = vec!["even".into(), "odd".into(), "never".into()];
        Dataset::new("small", inputs, Some(vec![0, 1, 0, 1, 0, 1]), classes).unwrap()
    }

    #[test]
    fn rows_and_labels_stay_together() {
        let data = small();
        let (inputs, labels) = data.batch(&[5, 0, 5]);
        assert_eq!(inputs, ndarray::arr2(&[[50., 51.], [0., 1.], [50., 51.]]).into_dyn());
        assert_eq!(labels, [1, 0, 1]);
        for part in [data.shuffled(3), data.select(&[4, 1]), data.slice(1..4).unwrap()] {
            for (row, &label) in part.inputs().axis_iter(Axis(0)).zip(part.labels().unwrap()) {
                assert_eq!(row[[0]] as usize / 10 % 2, label);
            }
        }
        assert_ne!(data.shuffled(3).labels(), data.shuffled(4).labels());
        assert_eq!(data.class_counts(), [3, 3, 0]);
        assert_eq!(data.limit(2).labels(), Some(&[0, 1][..]));
        assert_eq!(data.limit(100).len(), 6);
    }

    #[test]
    fn names_stay_with_their_rows() {
        let named = small().with_sample_names("a b c d e f".split(' ').map(String::from).collect());
        let names = |data: &Dataset| data.sample_names().unwrap().concat();
        assert_eq!(names(&named.select(&[5, 0, 5])), "faf");
        assert_eq!(names(&named.slice(1..4).unwrap().map_inputs(|x| x.to_owned())), "bcd");
        assert_eq!(names(&named.relabelled(vec![0; 6])), "abcdef");
        assert_eq!(small().sample_names(), None);
    }

    #[test]
    fn slices_and_clones_share_memory() {
        let data = small();
        let tail = data.slice(2..6).unwrap();
        assert_eq!(tail.inputs().as_ptr(), data.inputs().index_axis(Axis(0), 2).as_ptr());
        assert_eq!(data.clone().inputs().as_ptr(), data.inputs().as_ptr());
        assert_eq!(data.without_labels().inputs().as_ptr(), data.inputs().as_ptr());
    }

    #[test]
    fn the_constructor_refuses_what_is_no_data_set() {
        let inputs = || ArrayD::zeros(vec![3, 2]);
        let classes = || vec!["a".to_string(), "b".to_string()];
        let text = |inputs, labels, classes| {
            Dataset::new("d", inputs, labels, classes).unwrap_err().to_string()
        };
        assert_eq!(
            text(inputs(), Some(vec![0, 1]), classes()),
            "d has 3 examples, d has 2 labels; they must come in pairs"
        );
        assert_eq!(
            text(inputs(), Some(vec![0, 2, 1]), classes()),
            "d: row 1: label 2 is outside 0..2; name every class, or mend the label"
        );
        for shape in [vec![0, 2], vec![3, 0], vec![3], vec![]] {
            assert!(matches!(
                Dataset::new("d", ArrayD::zeros(shape), None, vec![]),
                Err(DataError::Empty { .. })
            ));
        }
        let unlabelled = Dataset::new("d", inputs(), None, vec![]).unwrap();
        assert!(matches!(unlabelled.require_labels(), Err(DataError::NoLabels { .. })));
        assert!(matches!(unlabelled.slice(1..4), Err(DataError::Rows { end: 4, len: 3, .. })));
    }

    #[test]
    #[should_panic(expected = "batch: `d` has no labels")]
    fn a_batch_needs_labels() {
        Dataset::new("d", ArrayD::zeros(vec![3, 2]), None, vec![]).unwrap().batch(&[0]);
    }

    #[test]
    #[should_panic(expected = "row 6 of 6")]
    fn a_row_must_exist() {
        small().select(&[1, 6]);
    }
}
