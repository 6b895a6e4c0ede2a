//! A summary to read before training: half of all failures are visible here.

use std::fmt;

use crate::Dataset;

/// What [`describe`] found; `Display` prints it over a few lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The data set's name.
    pub name: String,
    /// `[n, ...]`.
    pub shape: Vec<usize>,
    /// Smallest value of the inputs.
    pub min: f32,
    /// Largest value of the inputs.
    pub max: f32,
    /// Mean over all values.
    pub mean: f64,
    /// Standard deviation over all values (divided by their number, not by one less).
    pub std: f64,
    /// The classes with their numbers of examples; `None` if there are no labels.
    pub classes: Option<Vec<(String, usize)>>,
    /// What the reader found odd, see [`Dataset::notes`].
    pub notes: Vec<String>,
}

/// Shape, range and class counts of a data set.
///
/// ```
/// use datasets::{describe, synthetic};
/// println!("{}", describe(&synthetic::digits(100, 0)));
/// ```
pub fn describe(data: &Dataset) -> Description {
    let inputs = data.inputs();
    let n = inputs.len() as f64;
    let mean = inputs.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = inputs.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    let counted = || data.classes().iter().cloned().zip(data.class_counts()).collect();
    Description {
        name: data.name().into(),
        shape: data.shape().to_vec(),
        min: inputs.iter().copied().fold(f32::INFINITY, f32::min),
        max: inputs.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        mean,
        std: variance.sqrt(),
        classes: data.labels().map(|_| counted()),
        notes: data.notes().to_vec(),
    }
}

/// More classes than this are counted, not listed.
const LISTED: usize = 30;

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        writeln!(f, "  examples  {} of shape {:?}", self.shape[0], &self.shape[1..])?;
        writeln!(
            f,
            "  values    {:.3} to {:.3}, mean {:.3}, standard deviation {:.3}",
            self.min, self.max, self.mean, self.std
        )?;
        self.notes.iter().try_for_each(|note| writeln!(f, "  note      {note}"))?;
        let Some(classes) = &self.classes else { return write!(f, "  labels    none") };
        let least = classes.iter().map(|class| class.1).min().unwrap_or(0);
        let most = classes.iter().map(|class| class.1).max().unwrap_or(0);
        write!(f, "  classes   {}, of {least} to {most} examples", classes.len())?;
        if classes.len() <= LISTED {
            let listed: Vec<String> =
                classes.iter().map(|(name, count)| format!("{name}: {count}")).collect();
            write!(f, " ({})", listed.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    #[test]
    fn says_what_is_there() {
        let inputs = ArrayD::from_shape_vec(vec![4, 1], vec![0.0, 1.0, 2.0, 5.0]).unwrap();
        let labels = Some(vec![1, 1, 0, 1]);
        let data = Dataset::new("four", inputs, labels, vec!["a".into(), "b".into()]).unwrap();
        assert_eq!(
            describe(&data).to_string(),
            "four\n  examples  4 of shape [1]\n  values    0.000 to 5.000, mean 2.000, \
             standard deviation 1.871\n  classes   2, of 1 to 3 examples (a: 1, b: 3)"
        );
        let noted = data.clone().with_notes(vec!["two of them hiss".into()]).limit(3);
        assert!(describe(&noted).to_string().contains("\n  note      two of them hiss\n"));
        let bare = Dataset::new("bare", data.inputs().to_owned(), None, vec![]).unwrap();
        assert!(describe(&bare).to_string().ends_with("labels    none"));
    }
}
