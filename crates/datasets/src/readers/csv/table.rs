//! Numbers in named columns, and numbers that are to be predicted from them.

use ndarray::{Array2, ArrayView1, Axis};

use crate::DataError;

/// A table of numbers: `columns[j]` names `values[[.., j]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the table is called in messages.
    pub name: String,
    /// The names of the columns, each once.
    pub columns: Vec<String>,
    /// One row for each example, `[n, columns]`.
    pub values: Array2<f32>,
}

impl Table {
    /// One column, `[n]`.
    ///
    /// # Errors
    /// [`DataError::NoColumn`].
    pub fn column(&self, name: &str) -> Result<ArrayView1<'_, f32>, DataError> {
        Ok(self.values.column(self.place(name)?))
    }

    /// The table without some of its columns; the others stay in order.
    ///
    /// # Errors
    /// [`DataError::NoColumn`].
    pub fn without(&self, names: &[&str]) -> Result<Self, DataError> {
        let gone = names.iter().map(|name| self.place(name)).collect::<Result<Vec<_>, _>>()?;
        let kept: Vec<usize> = (0..self.columns.len()).filter(|j| !gone.contains(j)).collect();
        let columns = kept.iter().map(|&j| self.columns[j].clone()).collect();
        let values = self.values.select(Axis(1), &kept);
        Ok(Self { name: self.name.clone(), columns, values })
    }

    fn place(&self, name: &str) -> Result<usize, DataError> {
        self.columns.iter().position(|column| column == name).ok_or_else(|| DataError::NoColumn {
            table: self.name.clone(),
            column: name.into(),
            columns: self.columns.clone(),
        })
    }
}

/// Examples whose labels are numbers, perhaps of several tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// What the data set is called in reports and messages.
    pub name: String,
    /// One row for each example, `[n, columns]`.
    pub inputs: Array2<f32>,
    /// The names of the inputs.
    pub columns: Vec<String>,
    /// What is to be predicted, `[n]`.
    pub targets: Vec<f32>,
    /// Which task each example is of, an index into `task_names`; `None` if tasks were not asked
    /// for.
    pub tasks: Option<Vec<usize>>,
    /// The names of the tasks, in the order of their numbers if all are numbers, else of bytes.
    pub task_names: Vec<String>,
}

impl Regression {
    pub(super) fn new(
        name: String,
        inputs: Array2<f32>,
        columns: Vec<String>,
        targets: Vec<f32>,
        tasks: Option<Vec<usize>>,
        task_names: Vec<String>,
    ) -> Result<Self, DataError> {
        if inputs.is_empty() {
            return Err(DataError::Empty { from: name, shape: inputs.shape().to_vec() });
        }
        Ok(Self { name, inputs, columns, targets, tasks, task_names })
    }

    /// The number of examples; at least 1 as it is read.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// These rows, in this order; a row may occur twice. All task names stay.
    ///
    /// # Panics
    /// If `rows` is empty or names a row that does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        assert!(!rows.is_empty(), "no rows were selected; a data set has at least one");
        Self {
            name: self.name.clone(),
            inputs: self.inputs.select(Axis(0), rows),
            columns: self.columns.clone(),
            targets: rows.iter().map(|&row| self.targets[row]).collect(),
            tasks: self.tasks.as_ref().map(|tasks| rows.iter().map(|&row| tasks[row]).collect()),
            task_names: self.task_names.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_by_name() {
        let columns = ["a", "b", "c"].map(String::from).to_vec();
        let values = ndarray::arr2(&[[1., 2., 3.], [4., 5., 6.]]);
        let table = Table { name: "t".into(), columns, values };
        assert_eq!(table.column("b").unwrap().to_vec(), [2.0, 5.0]);
        let rest = table.without(&["b"]).unwrap();
        assert_eq!(
            (rest.columns.join(""), rest.values),
            ("ac".into(), ndarray::arr2(&[[1., 3.], [4., 6.]]))
        );
        let error = table.column("d").unwrap_err().to_string();
        assert_eq!(error, "t: there is no column `d`; the columns are a, b, c");
    }
}
