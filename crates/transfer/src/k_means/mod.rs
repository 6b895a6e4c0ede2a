//! k-means: the plain clustering that others are compared with, and a way to learn features.

mod points;

use crate::error::setting;
use crate::{Counts, TransferError};
use datasets::Random;
use points::{Dense, Points};
use tensor_autograd::{Real, Tensor};

/// Lloyd's algorithm (1982) from k-means++ seeds (Arthur and Vassilvitskii, 2007), the best of
/// several restarts.
///
/// It minimises the *inertia* **Σᵢ ‖xᵢ - c(i)‖²** over centroids and assignments. Of centroids that
/// are equally near the one of the lowest number is taken; a cluster that lost all its points
/// takes the point that is farthest from its own centroid. So everything follows from the seed.
///
/// **When it hurts.** Clusters of unequal width or size are cut where they should not be, and one
/// column of large values decides alone: scale the columns, or the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    clusters: usize,
    restarts: usize,
    iterations: usize,
    seed: u64,
}

/// Centroids and what belongs to them.
#[derive(Clone, Debug, PartialEq)]
pub struct KMeansModel {
    centroids: Vec<f64>,
    width: usize,
    assignments: Vec<usize>,
    inertia: f64,
    iterations: usize,
}

impl KMeans {
    /// So many clusters; the best of 10 restarts of at most 100 iterations, seed 0.
    pub fn new(clusters: usize) -> Self {
        KMeans { clusters, restarts: 10, iterations: 100, seed: 0 }
    }

    /// Starts so often, and keeps the smallest inertia; at least 1.
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = restarts;
        self
    }

    /// Iterations at most, at least 1; a restart ends before when nothing moves.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// The seed of the first centroids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Clusters the rows of `points`, `[n, d]`.
    ///
    /// # Errors
    /// If a setting is out of range: there must be 1 to `n` clusters.
    ///
    /// # Panics
    /// If `points` has not two axes.
    #[track_caller]
    pub fn fit(&self, points: &Tensor) -> Result<KMeansModel, TransferError> {
        self.run(&Dense::new(points))
    }

    /// Clusters the rows of a sparse table, at a cost of its stored values times the clusters.
    /// Bring the rows to one length first, as by [`Counts::tf_idf`].
    ///
    /// # Errors
    /// If a setting is out of range: there must be 1 to `rows` clusters.
    pub fn fit_sparse(&self, points: &Counts) -> Result<KMeansModel, TransferError> {
        self.run(points)
    }

    fn run(&self, points: &dyn Points) -> Result<KMeansModel, TransferError> {
        let k = self.clusters;
        setting("clusters", k, (1..=points.len()).contains(&k), "from 1 to the number of rows")?;
        setting("restarts", self.restarts, self.restarts > 0, "at least 1")?;
        setting("iterations", self.iterations, self.iterations > 0, "at least 1")?;
        let mut best: Option<KMeansModel> = None;
        for restart in 0..self.restarts {
            let mut random = Random::new(self.seed, "k-means", [restart as u64, 0]);
            let model = self.descend(points, plus_plus(points, k, &mut random));
            if best.as_ref().is_none_or(|best| model.inertia < best.inertia) {
                best = Some(model);
            }
        }
        Ok(best.expect("there is at least one restart"))
    }

    /// Alternates between assigning points and moving centroids.
    fn descend(&self, points: &dyn Points, mut centroids: Vec<f64>) -> KMeansModel {
        let mut assignments = points.nearest(&centroids);
        let mut iterations = 0;
        while iterations < self.iterations {
            iterations += 1;
            centroids = self.means(points, &mut assignments, &centroids);
            let next = points.nearest(&centroids);
            if next == assignments {
                break;
            }
            assignments = next;
        }
        let inertia = points.distances(&centroids, &assignments).iter().sum();
        KMeansModel { centroids, width: points.width(), assignments, inertia, iterations }
    }

    /// The mean of each cluster, none of them empty as long as points differ.
    fn means(&self, points: &dyn Points, assignments: &mut [usize], old: &[f64]) -> Vec<f64> {
        let mut sizes = vec![0usize; self.clusters];
        assignments.iter().for_each(|&c| sizes[c] += 1);
        if sizes.contains(&0) {
            let mut distances = points.distances(old, assignments);
            for empty in (0..self.clusters).filter(|&c| sizes[c] == 0).collect::<Vec<_>>() {
                let far = farthest(&distances);
                // A point alone in its cluster lies on its centroid, so it is never the farthest.
                if distances[far] == 0.0 {
                    break;
                }
                sizes[assignments[far]] -= 1;
                sizes[empty] = 1;
                assignments[far] = empty;
                distances[far] = 0.0;
            }
        }
        let width = points.width();
        let mut means = vec![0.0; old.len()];
        for (i, &c) in assignments.iter().enumerate() {
            points.add(i, &mut means[c * width..(c + 1) * width]);
        }
        for (c, &size) in sizes.iter().enumerate() {
            let centroid = &mut means[c * width..(c + 1) * width];
            match size {
                0 => centroid.copy_from_slice(&old[c * width..(c + 1) * width]),
                _ => centroid.iter_mut().for_each(|x| *x /= size as f64),
            }
        }
        means
    }
}

/// The first centroids: a point by chance, then each point with a chance in proportion to its
/// squared distance from the nearest that was chosen.
fn plus_plus(points: &dyn Points, k: usize, random: &mut Random) -> Vec<f64> {
    let width = points.width();
    let mut centroids = vec![0.0; k * width];
    let mut nearest = vec![f64::INFINITY; points.len()];
    let mut chosen = random.below(points.len());
    for c in 0..k {
        let centroid = &mut centroids[c * width..(c + 1) * width];
        points.add(chosen, centroid);
        let distances = points.distances(centroid, &vec![0; points.len()]);
        nearest.iter_mut().zip(&distances).for_each(|(n, d)| *n = n.min(*d));
        let mut left = random.unit() * nearest.iter().sum::<f64>();
        // Rounding may leave a rest behind the last point: then the farthest is taken.
        let at = nearest.iter().position(|d| {
            left -= d;
            left < 0.0
        });
        chosen = at.unwrap_or_else(|| farthest(&nearest));
    }
    centroids
}

/// The first of the largest.
fn farthest(distances: &[f64]) -> usize {
    (1..distances.len()).fold(0, |far, i| if distances[i] > distances[far] { i } else { far })
}

impl KMeansModel {
    /// The centroids, `[clusters, d]`.
    pub fn centroids(&self) -> Tensor {
        let shape = [self.centroids.len() / self.width, self.width];
        Tensor::new(shape, self.centroids.iter().map(|&x| x as Real).collect())
    }

    /// The cluster of each point that was given to `fit`.
    pub fn assignments(&self) -> &[usize] {
        &self.assignments
    }

    /// Σᵢ ‖xᵢ - c(i)‖² over those points.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Iterations of the best restart.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// The nearest centroid of each row of `points`, `[n, d]`.
    ///
    /// # Panics
    /// If the width is another than that of the centroids.
    #[track_caller]
    pub fn assign(&self, points: &Tensor) -> Vec<usize> {
        let shape = points.shape();
        assert!(
            shape.rank() == 2 && shape[1] == self.width,
            "points {shape} of width {}",
            self.width
        );
        Dense::new(points).nearest(&self.centroids)
    }
}

#[cfg(test)]
mod tests;
