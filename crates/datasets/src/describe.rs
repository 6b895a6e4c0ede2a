//! A summary to read before training: half of all failures are visible here.

use std::fmt;

use ndarray::{ArrayViewD, Axis};

use crate::Dataset;

/// Mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, divided by the number of values, not by one less.
    pub std: f64,
}

impl Moments {
    /// Of the finite ones of some values; 0 and 0 if there are none. Twice through, at 64 bits.
    pub fn of<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> Self {
        let finite = || values.clone().filter(|x| x.is_finite()).map(|&x| f64::from(x));
        let n = finite().count().max(1) as f64;
        let mean = finite().sum::<f64>() / n;
        let variance = finite().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        Self { mean, std: variance.sqrt() }
    }

    /// Of each channel of `[n, c, ...]`: the colours of images, the columns of features.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    pub fn of_channels(inputs: ArrayViewD<'_, f32>) -> Vec<Self> {
        let (n, channels) = (inputs.len_of(Axis(0)), inputs.len_of(Axis(1)));
        let inputs = inputs.as_standard_layout();
        let inputs = inputs.as_slice().expect("standard layout is one slice");
        let length = (inputs.len() / (n * channels).max(1)).max(1);
        // Along the memory, twice: a table may have millions of columns.
        let each = |add: &mut dyn FnMut(usize, f64)| {
            for (i, piece) in inputs.chunks_exact(length).enumerate() {
                let finite = piece.iter().filter(|x| x.is_finite());
                finite.for_each(|&x| add(i % channels, f64::from(x)));
            }
        };
        let (mut counts, mut sums) = (vec![0_usize; channels], vec![0.0; channels]);
        each(&mut |channel, x| {
            counts[channel] += 1;
            sums[channel] += x;
        });
        let counts = counts.into_iter().map(|count| count.max(1) as f64);
        let mut moments: Vec<_> = sums
            .iter()
            .zip(counts.clone())
            .map(|(sum, n)| Self { mean: sum / n, std: 0.0 })
            .collect();
        each(&mut |channel, x| {
            let Self { mean, std } = &mut moments[channel];
            *std += (x - *mean).powi(2);
        });
        moments.iter_mut().zip(counts).for_each(|(of, n)| of.std = (of.std / n).sqrt());
        moments
    }
}

/// What [`describe`] found; `Display` prints it over a few lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The data set's name.
    pub name: String,
    /// `[n, ...]`.
    pub shape: Vec<usize>,
    /// Smallest value of the inputs that is finite.
    pub min: f32,
    /// Largest value of the inputs that is finite.
    pub max: f32,
    /// Mean over all values.
    pub mean: f64,
    /// Standard deviation over all values (divided by their number, not by one less).
    pub std: f64,
    /// Of each channel of images, or column of features.
    pub channels: Vec<Moments>,
    /// Values that are missing: not a number, or not finite.
    pub missing: usize,
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
    let Moments { mean, std } = Moments::of(inputs.iter());
    let finite = || inputs.iter().copied().filter(|x| x.is_finite());
    let counted = || data.classes().iter().cloned().zip(data.class_counts()).collect();
    Description {
        name: data.name().into(),
        shape: data.shape().to_vec(),
        min: finite().fold(f32::INFINITY, f32::min),
        max: finite().fold(f32::NEG_INFINITY, f32::max),
        mean,
        std,
        channels: Moments::of_channels(data.inputs()),
        missing: inputs.len() - finite().count(),
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
        if let [_, 2..=4, _, _] = self.shape[..] {
            let all = |value: fn(&Moments) -> f64| {
                let shown = self.channels.iter().map(|moments| format!("{:.3}", value(moments)));
                shown.collect::<Vec<_>>().join(" ")
            };
            let (means, stds) = (all(|m| m.mean), all(|m| m.std));
            writeln!(f, "  channels  mean {means}, standard deviation {stds}")?;
        }
        if self.missing > 0 {
            let all: usize = self.shape.iter().product();
            let missing = self.missing;
            writeln!(f, "  missing   {missing} of {all} values, which no network can take")?;
        }
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
        assert!(describe(&noted).to_string().contains("to 2.000, mean 1.000"));
        let broken = data.map_inputs(|x| x.mapv(|x| if x == 1.0 { f32::NAN } else { x }));
        let found = describe(&broken);
        assert_eq!((found.missing, found.min, found.max), (1, 0.0, 5.0));
        assert!(found.to_string().contains("  missing   1 of 4 values"), "{found}");
        let bare = Dataset::new("bare", data.inputs().to_owned(), None, vec![]).unwrap();
        assert!(describe(&bare).to_string().ends_with("labels    none"));
    }

    #[test]
    fn each_column_is_described_by_its_finite_values() {
        let inputs = ndarray::arr2(&[[1.0, f32::NAN], [3.0, f32::NAN], [f32::INFINITY, 5.0]]);
        let found = Moments::of_channels(inputs.view().into_dyn());
        assert_eq!(found, [Moments { mean: 2.0, std: 1.0 }, Moments { mean: 5.0, std: 0.0 }]);
        let turned = Moments::of_channels(inputs.t().into_dyn());
        assert_eq!(turned.iter().map(|m| m.mean).collect::<Vec<_>>(), [1.0, 3.0, 5.0]);
    }

    #[test]
    fn channels_are_told_apart() {
        let inputs = ArrayD::from_shape_fn(vec![2, 3, 1, 2], |ix| (ix[1] * 10 + ix[3]) as f32);
        let found = describe(&Dataset::new("three", inputs, None, vec![]).unwrap());
        let moments = |mean| Moments { mean, std: 0.5 };
        assert_eq!(found.channels, [0.5, 10.5, 20.5].map(moments));
        let line = "\n  channels  mean 0.500 10.500 20.500, standard deviation 0.500 0.500 0.500\n";
        assert!(found.to_string().contains(line), "{found}");
    }
}
