//! Joint distributions of examples and features, and what clustering leaves of them.

use crate::Counts;

/// The joint distribution *p(X, Z)* of examples and features: counts that sum to 1.
#[derive(Clone, Debug)]
pub struct Joint {
    counts: Counts,
    total: f64,
    rows: Vec<f64>,
    cols: Vec<f64>,
}

/// A partition of examples or of features: the cluster of each, and how many clusters there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The cluster of each.
    pub of: Vec<usize>,
    /// How many clusters there are; some may be empty.
    pub clusters: usize,
}

impl Joint {
    /// Divides counts by their sum; *p* keeps every zero that the counts have.
    pub fn new(counts: &Counts) -> Self {
        let total: f64 = (0..counts.rows()).flat_map(|i| counts.row(i).1).sum();
        let rows =
            (0..counts.rows()).map(|i| counts.row(i).1.iter().sum::<f64>() / total).collect();
        let mut cols = vec![0.0; counts.cols()];
        for i in 0..counts.rows() {
            counts.entries(i).for_each(|(z, n)| cols[z] += n / total);
        }
        Joint { counts: counts.clone(), total, rows, cols }
    }

    /// *p(x)* of every example.
    pub fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// *p(z)* of every feature; 0 for one that occurs nowhere.
    pub fn cols(&self) -> &[f64] {
        &self.cols
    }

    /// The features *z* of example `x` with *p(x, z) > 0*, and that.
    pub fn entries(&self, x: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.counts.entries(x).filter(|e| e.1 > 0.0).map(|(z, n)| (z, n / self.total))
    }

    /// **I(X;Z)** in nats.
    pub fn information(&self) -> f64 {
        let of = |x: usize| {
            self.entries(x).map(|(z, p)| p * (p / (self.rows[x] * self.cols[z])).ln()).sum::<f64>()
        };
        (0..self.rows.len()).map(of).sum()
    }

    /// *p(X̃, Z̃)*: the mass of each pair of clusters.
    pub fn clustered(&self, examples: &Partition, features: &Partition) -> Clustered {
        let width = features.clusters;
        let mut table = vec![0.0; examples.clusters * width];
        for (x, &cluster) in examples.of.iter().enumerate() {
            let row = &mut table[cluster * width..(cluster + 1) * width];
            self.entries(x).for_each(|(z, p)| row[features.of[z]] += p);
        }
        let rows = table.chunks_exact(width).map(|row| row.iter().sum()).collect();
        let cols = (0..width).map(|j| table.iter().skip(j).step_by(width).sum()).collect();
        Clustered { table, rows, cols }
    }

    /// *p(x, Z̃)* of one example, written into `out`.
    pub(super) fn row_by_features(&self, x: usize, features: &Partition, out: &mut [f64]) {
        out.fill(0.0);
        self.entries(x).for_each(|(z, p)| out[features.of[z]] += p);
    }

    /// *p(X̃, z)* of every feature, `[features, clusters]`.
    pub(super) fn cols_by_examples(&self, examples: &Partition) -> Vec<f64> {
        let mut table = vec![0.0; self.cols.len() * examples.clusters];
        for (x, &cluster) in examples.of.iter().enumerate() {
            self.entries(x).for_each(|(z, p)| table[z * examples.clusters + cluster] += p);
        }
        table
    }
}

/// The joint distribution *p(X̃, Z̃)* of two partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustered {
    table: Vec<f64>,
    rows: Vec<f64>,
    cols: Vec<f64>,
}

impl Clustered {
    /// *p(x̃, z̃)*.
    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.table[row * self.cols.len() + col]
    }

    /// *p(x̃)*.
    pub fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// *p(z̃)*.
    pub fn cols(&self) -> &[f64] {
        &self.cols
    }

    /// **I(X̃;Z̃)** in nats.
    pub fn information(&self) -> f64 {
        let pairs = (0..self.rows.len()).flat_map(|i| (0..self.cols.len()).map(move |j| (i, j)));
        let masses = pairs.map(|(i, j)| (self.at(i, j), self.rows[i] * self.cols[j]));
        masses.filter(|(p, _)| *p > 0.0).map(|(p, apart)| p * (p / apart).ln()).sum()
    }

    /// ln *p(z̃|x̃)*, `[x̃, z̃]`; -∞ where the two never meet.
    pub(super) fn ln_given_rows(&self) -> Vec<f64> {
        self.ln_over(|i, _| self.rows[i])
    }

    /// ln *p(x̃|z̃)*, `[x̃, z̃]`; -∞ where the two never meet.
    pub(super) fn ln_given_cols(&self) -> Vec<f64> {
        self.ln_over(|_, j| self.cols[j])
    }

    fn ln_over(&self, whole: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let width = self.cols.len();
        let ln = |(k, &p): (usize, &f64)| match p > 0.0 {
            true => (p / whole(k / width, k % width)).ln(),
            // Never 0/0: an empty cluster is infinitely far from everything.
            false => f64::NEG_INFINITY,
        };
        self.table.iter().enumerate().map(ln).collect()
    }
}
