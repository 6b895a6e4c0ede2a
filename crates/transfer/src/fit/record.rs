//! What is written down of an epoch.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Running means of named quantities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Means(BTreeMap<String, (f64, u64)>);

impl Means {
    /// Adds one observation.
    pub fn add(&mut self, name: &str, value: f64) {
        match self.0.get_mut(name) {
            Some((sum, n)) => {
                *sum += value;
                *n += 1;
            }
            None => {
                self.0.insert(name.to_owned(), (value, 1));
            }
        }
    }

    /// The means.
    pub fn finish(self) -> BTreeMap<String, f64> {
        self.0.into_iter().map(|(name, (sum, n))| (name, sum / n as f64)).collect()
    }
}

/// One epoch: where it ended, and the means over its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Steps done at its end.
    pub step: usize,
    /// The learning rate of its last step.
    pub lr: f64,
    /// The stopping criterion's name and value, where the objective has one.
    pub criterion: Option<(String, f64)>,
    /// Means over its steps: `loss` and whatever the objective reports.
    pub means: BTreeMap<String, f64>,
}

/// A record per epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History(Vec<EpochRecord>);

impl History {
    /// Appends a record.
    pub(crate) fn push(&mut self, record: EpochRecord) {
        self.0.push(record);
    }

    /// The records, first epoch first.
    pub fn records(&self) -> &[EpochRecord] {
        &self.0
    }

    /// How many epochs there were.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was trained.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One quantity over the epochs.
    pub fn trace(&self, name: &str) -> Vec<f64> {
        self.0.iter().filter_map(|r| r.means.get(name).copied()).collect()
    }

    /// One quantity at the end.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.0.last()?.means.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_per_name() {
        let mut means = Means::default();
        for (name, value) in [("a", 1.0), ("b", 5.0), ("a", 3.0)] {
            means.add(name, value);
        }
        assert_eq!(means.finish(), BTreeMap::from([("a".into(), 2.0), ("b".into(), 5.0)]));
    }
}
