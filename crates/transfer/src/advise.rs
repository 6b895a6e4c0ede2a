//! Which method for which data: rules of thumb, each with its number.
//!
//! Nothing is trained. What is labelled names the case of the table; the classes, how many labels
//! there are and how far apart the inputs lie choose within it.

mod cautions;
mod choice;

pub use cautions::{Caution, ENOUGH, FAR, FEW, STRONG, TINY, TINY_CLASS};
pub use choice::Proposal;

use crate::measures::proxy_a_distance;
use crate::{Inputs, Normalize, Normalizer};
use datasets::{Dataset, Unlabelled};
use tensor_autograd::{Rng, Tensor};

/// Rows of each domain that the distance is measured on, at most: a support vector machine on more
/// takes long and says the same.
pub const MOST_ROWS: usize = 1000;

/// What advice needs to know of a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// How many samples there are.
    pub samples: usize,
    /// The names of the classes, as far as the data states them.
    pub classes: Vec<String>,
    /// Examples of each class; `None` if no labels are read.
    pub counts: Option<Vec<usize>>,
    /// Whether the inputs can be counts, as of words: none is negative, no row has zeros alone.
    pub countable: bool,
}

impl Domain {
    /// Looks at a data set. Without `labels` no sample's label is read; the names of the classes are,
    /// since what there is to tell apart is known before anything is labelled.
    pub fn of(data: &Dataset, labels: bool) -> Self {
        let mut rows = data.inputs().into_outer_iter();
        let countable = rows.all(|row| {
            row.iter().all(|&x| x >= 0.0 && x.is_finite()) && row.iter().any(|&x| x > 0.0)
        });
        Domain {
            samples: data.len(),
            classes: data.classes().to_vec(),
            counts: (labels && data.labels().is_some()).then(|| data.class_counts()),
            countable,
        }
    }

    /// How many classes have an example; 0 without labels.
    pub fn present(&self) -> usize {
        self.counts.iter().flatten().filter(|&&n| n > 0).count()
    }

    /// Whether labels are read that tell something apart: those of one class alone do not.
    pub fn labelled(&self) -> bool {
        self.present() > 1
    }

    /// Examples of the rarest class that has any; `None` without labels.
    pub fn rarest(&self) -> Option<usize> {
        self.counts.iter().flatten().copied().filter(|&n| n > 0).min()
    }

    /// Three quarters of the rarest class's examples, to train on so that a part of each class is
    /// left for the score; `None` if a class has none, or nothing would be left.
    pub fn shots(&self) -> Option<usize> {
        let counts = self.counts.as_ref()?;
        let least = *counts.iter().min()?;
        let k = (least * 3 / 4).max(1);
        (least > 0 && k * counts.len() < self.samples).then_some(k)
    }
}

/// A cell of the table: what is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Source and target.
    Both,
    /// The source alone.
    Source,
    /// The target alone.
    Target,
    /// Neither.
    Neither,
}

/// How the classes of two domains relate, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classes {
    /// One side does not name its classes.
    Unknown,
    /// The same, perhaps in another order. As many plain numbers go with any names.
    Same,
    /// Some are common.
    Overlap {
        /// How many.
        common: usize,
    },
    /// None is common.
    Disjoint,
}

impl Classes {
    /// Compares the classes of two domains.
    pub fn of(source: &Domain, target: &Domain) -> Self {
        let (s, t) = (&source.classes, &target.classes);
        // One name without labels is what a reader makes of a column that nobody filled in.
        let silent =
            |d: &Domain| d.classes.is_empty() || d.classes.len() == 1 && d.counts.is_none();
        let numbers = |names: &[String]| names.iter().all(|n| n.parse::<u64>().is_ok());
        if silent(source) || silent(target) {
            return Classes::Unknown;
        }
        let common = t.iter().filter(|name| s.contains(name)).count();
        match common {
            n if n == s.len() && n == t.len() => Classes::Same,
            0 if s.len() == t.len() && numbers(s) != numbers(t) => Classes::Same,
            0 => Classes::Disjoint,
            common => Classes::Overlap { common },
        }
    }

    /// Whether they are known to differ.
    pub fn differ(self) -> bool {
        matches!(self, Classes::Overlap { .. } | Classes::Disjoint)
    }
}

/// How far apart the inputs of two domains lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distance {
    /// Measured.
    Of {
        /// The proxy A-distance, from 0 to 2.
        value: f64,
        /// Rows of the source that it was measured on.
        source: usize,
        /// Rows of the target that it was measured on.
        target: usize,
    },
    /// The samples have different shapes.
    Shapes,
    /// A domain has fewer than two samples.
    TooFew,
    /// An input is not finite.
    NotFinite,
}

impl Distance {
    /// The proxy A-distance of the inputs as they are, on at most [`MOST_ROWS`] rows of each that
    /// `seed` draws. Between a few dozen rows it is rough, and rather too large.
    pub fn of(source: &Unlabelled, target: &Unlabelled, seed: u64) -> Self {
        if source.sample_shape() != target.sample_shape() {
            return Distance::Shapes;
        }
        if source.len() < 2 || target.len() < 2 {
            return Distance::TooFew;
        }
        let (s, t) = (rows(source, "source", seed), rows(target, "target", seed));
        let value = proxy_a_distance(&s, &t, seed);
        match value.is_nan() {
            true => Distance::NotFinite,
            false => Distance::Of { value, source: s.shape()[0], target: t.shape()[0] },
        }
    }

    /// The distance, where it was measured.
    pub fn value(self) -> Option<f64> {
        match self {
            Distance::Of { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// At most [`MOST_ROWS`] rows, each as one vector.
fn rows(data: &Unlabelled, side: &str, seed: u64) -> Tensor {
    let mut order = Rng::seed(seed).fork("advise").fork(side).permutation(data.len());
    order.truncate(MOST_ROWS);
    let plain = Normalizer::fit(Normalize::None, data);
    let inputs = Inputs::new(data, &plain).expect("the normaliser is of the same samples");
    let width = data.sample_shape().iter().product();
    inputs.batch(&order).reshape([order.len(), width])
}

/// How samples of two domains go into one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They have one shape.
    Equal,
    /// One is made colour, or another size.
    Converted,
    /// They do not.
    Never,
}

/// What is known of two domains together.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The domain that is to help.
    pub source: Domain,
    /// The domain that is to be helped.
    pub target: Domain,
    /// How far apart their inputs lie.
    pub distance: Distance,
    /// Whether one network takes both.
    pub fit: Fit,
}

impl Pair {
    /// The cell of the table.
    pub fn case(&self) -> Case {
        match (self.source.labelled(), self.target.labelled()) {
            (true, true) => Case::Both,
            (true, false) => Case::Source,
            (false, true) => Case::Target,
            (false, false) => Case::Neither,
        }
    }

    /// How the classes relate.
    pub fn classes(&self) -> Classes {
        Classes::of(&self.source, &self.target)
    }

    /// The target's classes that the source does not have.
    pub fn unseen(&self) -> Vec<&str> {
        let new = self.target.classes.iter().filter(|name| !self.source.classes.contains(name));
        new.map(String::as_str).collect()
    }

    /// The method to try first, and the second choice.
    pub fn proposals(&self) -> Vec<Proposal> {
        choice::of(self)
    }

    /// Why transfer may hurt here, or add nothing.
    pub fn cautions(&self) -> Vec<Caution> {
        cautions::of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::synthetic;

    pub(super) fn domain(classes: &str, counts: Option<&[usize]>) -> Domain {
        Domain {
            samples: counts.map_or(1000, |counts| counts.iter().sum()),
            classes: classes.split_whitespace().map(String::from).collect(),
            counts: counts.map(<[usize]>::to_vec),
            countable: false,
        }
    }

    pub(super) fn pair(source: Domain, target: Domain, value: f64) -> Pair {
        let distance = Distance::Of { value, source: 1000, target: 1000 };
        Pair { source, target, distance, fit: Fit::Equal }
    }

    #[test]
    fn classes_are_compared_by_name() {
        let of = |s: &str, t: &str| Classes::of(&domain(s, None), &domain(t, None));
        assert_eq!(of("a b", "b a"), Classes::Same);
        assert_eq!(of("cat dog", "0 1"), Classes::Same);
        assert_eq!(of("cat dog", "0 1 2"), Classes::Disjoint);
        assert_eq!(of("0 1 2", "0 1"), Classes::Overlap { common: 2 });
        assert_eq!(of("a b", "c d"), Classes::Disjoint);
        assert_eq!(of("a b", "?"), Classes::Unknown);
        assert_eq!(of("a b", ""), Classes::Unknown);
    }

    #[test]
    fn labels_of_one_class_are_none() {
        let two = domain("a b", Some(&[5, 5]));
        let one = domain("a b", Some(&[9, 0]));
        assert!(two.labelled() && !one.labelled());
        let case = |s: &Domain, t: &Domain| pair(s.clone(), t.clone(), 1.0).case();
        assert_eq!(case(&two, &two), Case::Both);
        assert_eq!(case(&two, &one), Case::Source);
        assert_eq!(case(&one, &two), Case::Target);
        assert_eq!(case(&one, &domain("", None)), Case::Neither);
    }

    #[test]
    fn shots_leave_something_of_the_target() {
        assert_eq!(domain("a b", Some(&[40, 8])).shots(), Some(6));
        assert_eq!(domain("a b", Some(&[1, 3])).shots(), Some(1));
        assert_eq!(domain("a b", Some(&[1, 1])).shots(), None);
        assert_eq!(domain("a b", Some(&[0, 9])).shots(), None);
    }

    #[test]
    fn the_labels_of_a_domain_are_read_only_if_they_may_be() {
        let data = synthetic::documents(20, 0);
        let (open, shut) = (Domain::of(&data, true), Domain::of(&data, false));
        assert_eq!((open.counts, shut.counts), (Some(vec![10, 10]), None));
        assert!(open.countable && shut.classes.len() == 2);
        assert!(!Domain::of(&synthetic::moons(20, 0), true).countable);
    }

    #[test]
    fn the_distance_is_measured_where_the_shapes_agree() {
        let digits = synthetic::digits(30, 0).without_labels();
        let textured = synthetic::digits_textured(30, 1).without_labels();
        let of = |s: &Unlabelled, t: &Unlabelled| Distance::of(s, t, 0);
        assert_eq!(of(&digits, &textured), Distance::Shapes);
        assert_eq!(of(&digits, &digits.select(&[0])), Distance::TooFew);
        let far = digits.map_inputs(|x| x.mapv(|v| v + 9.0));
        assert_eq!(of(&digits, &far), Distance::Of { value: 2.0, source: 30, target: 30 });
        let broken = digits.map_inputs(|x| x.mapv(|_| f32::NAN));
        assert_eq!(of(&digits, &broken), Distance::NotFinite);
    }
}
