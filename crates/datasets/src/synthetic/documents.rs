//! Documents whose words come in groups: the toy of self-taught clustering.
//!
//! Which words go together cannot be seen in few short documents. It can in many documents about
//! other things, and knowing it tells the few apart.

use ndarray::ArrayD;

use crate::{Dataset, Random};

/// Groups of words: word `w` is of group `w % GROUPS`.
pub const GROUPS: usize = 8;

/// Share of a target document's words that its class chooses; the others are any words.
const TARGET_FOCUS: f64 = 0.4;

/// The same of an auxiliary document.
const AUXILIARY_FOCUS: f64 = 0.6;

/// Bags of words, to be made: counts `[n, vocabulary]`.
///
/// A target document is of one of two classes, whose words are of groups 0 to 3 or of groups 4 to
/// 7. An auxiliary document is of one of eight topics: the words of topic `t` are of groups `t` and
/// `t + 3`, so that no topic is a class of the target, and yet every group has its own topics.
/// Rows take the classes in turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    n: usize,
    words: usize,
    vocabulary: usize,
    seed: u64,
    auxiliary: bool,
    test: bool,
}

/// `n` short target documents of two classes.
///
/// # Panics
/// If `n` is 0.
#[track_caller]
pub fn documents(n: usize, seed: u64) -> Dataset {
    Documents::new().n(n).seed(seed).make()
}

/// `n` documents of eight other topics with the same groups of words.
///
/// # Panics
/// If `n` is 0.
#[track_caller]
pub fn documents_auxiliary(n: usize, seed: u64) -> Dataset {
    Documents::auxiliary().n(n).seed(seed).make()
}

impl Default for Documents {
    fn default() -> Self {
        Self { n: 40, words: 20, vocabulary: 300, seed: 0, auxiliary: false, test: false }
    }
}

impl Documents {
    /// 40 target documents of 20 words out of 300, of seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// 500 auxiliary documents of 20 words out of 300, of seed 0.
    pub fn auxiliary() -> Self {
        Self { n: 500, auxiliary: true, ..Self::default() }
    }

    /// This many documents.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn n(self, n: usize) -> Self {
        assert!(n > 0, "documents: none");
        Self { n, ..self }
    }

    /// Words in a document.
    ///
    /// # Panics
    /// If `words` is 0.
    #[track_caller]
    pub fn words(self, words: usize) -> Self {
        assert!(words > 0, "documents: of no words");
        Self { words, ..self }
    }

    /// Different words that there are.
    ///
    /// # Panics
    /// If there are fewer than [`GROUPS`].
    #[track_caller]
    pub fn vocabulary(self, vocabulary: usize) -> Self {
        assert!(vocabulary >= GROUPS, "documents: {vocabulary} words in {GROUPS} groups");
        Self { vocabulary, ..self }
    }

    /// Another draw.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// An independent draw of the same seed.
    pub fn test(self) -> Self {
        Self { test: true, ..self }
    }

    /// Makes the data set.
    pub fn make(&self) -> Dataset {
        let classes = if self.auxiliary { GROUPS } else { 2 };
        let mut counts = vec![0.0; self.n * self.vocabulary];
        for (row, counts) in counts.chunks_exact_mut(self.vocabulary).enumerate() {
            let kind = 2 * u64::from(self.test) + u64::from(self.auxiliary);
            let mut random = Random::new(self.seed, "document", [row as u64, kind]);
            for _ in 0..self.words {
                counts[self.word(row % classes, &mut random)] += 1.0;
            }
        }
        let name = if self.auxiliary { "documents-auxiliary" } else { "documents" };
        let inputs = ArrayD::from_shape_vec(vec![self.n, self.vocabulary], counts);
        let labels = (0..self.n).map(|row| row % classes).collect();
        let word = if self.auxiliary { "topic" } else { "class" };
        let classes = (0..classes).map(|c| format!("{word} {c}")).collect();
        let inputs = inputs.expect("a count for each word of each document");
        Dataset::new(name, inputs, Some(labels), classes).expect("labels are below the classes")
    }

    /// One word of a document of this class.
    fn word(&self, class: usize, random: &mut Random) -> usize {
        let focus = if self.auxiliary { AUXILIARY_FOCUS } else { TARGET_FOCUS };
        if !random.chance(focus) {
            return random.below(self.vocabulary);
        }
        let group = match self.auxiliary {
            true => (class + 3 * random.below(2)) % GROUPS,
            false => class * (GROUPS / 2) + random.below(GROUPS / 2),
        };
        // The words of a group are `group`, `group + GROUPS`, ...
        let words = (self.vocabulary - group).div_ceil(GROUPS);
        group + GROUPS * random.below(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many words of each group the documents of `class` have.
    fn groups(data: &Dataset, class: usize) -> [f32; GROUPS] {
        let mut sums = [0.0; GROUPS];
        for (row, &label) in data.inputs().outer_iter().zip(data.labels().unwrap()) {
            if label == class {
                row.iter().enumerate().for_each(|(w, n)| sums[w % GROUPS] += n);
            }
        }
        sums
    }

    #[test]
    fn every_document_has_its_words() {
        let data = documents(40, 0);
        assert_eq!((data.shape(), data.class_counts()), (&[40, 300][..], vec![20, 20]));
        assert!(data.inputs().outer_iter().all(|row| row.sum() == 20.0));
        assert_eq!(documents_auxiliary(500, 0).classes().len(), GROUPS);
        assert_eq!(Documents::new().words(10).vocabulary(8).make().inputs().sum(), 400.0);
    }

    #[test]
    fn classes_have_half_of_the_groups_and_topics_two_across_them() {
        let data = documents(2000, 1);
        for class in 0..2 {
            let sums = groups(&data, class);
            let own: f32 = sums[class * 4..class * 4 + 4].iter().sum();
            let share = own / sums.iter().sum::<f32>();
            assert!((share - 0.7).abs() < 0.02, "{share}");
        }
        let data = documents_auxiliary(4000, 1);
        for topic in 0..GROUPS {
            let sums = groups(&data, topic);
            let share = (sums[topic] + sums[(topic + 3) % GROUPS]) / sums.iter().sum::<f32>();
            assert!((share - 0.7).abs() < 0.02, "{share}");
        }
    }

    #[test]
    fn a_row_does_not_depend_on_how_many_there_are() {
        let (few, many) = (documents(10, 3), documents(50, 3));
        assert_eq!(few.inputs(), many.limit(10).inputs());
        assert_ne!(few.inputs(), documents(10, 4).inputs());
        assert_ne!(few.inputs(), documents_auxiliary(10, 3).inputs());
        assert_ne!(few.inputs(), Documents::new().n(10).seed(3).test().make().inputs());
    }
}
