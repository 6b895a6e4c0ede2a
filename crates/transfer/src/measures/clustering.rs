//! How well clusters agree with classes. What a cluster is called never matters.

/// The share of examples that are right if each cluster is given the class that makes the most of
/// all: the best one-to-one assignment (Kuhn, 1955). Of more clusters than classes some get none.
///
/// # Panics
/// If there are no examples, or not as many classes as clusters.
#[track_caller]
pub fn clustering_accuracy(clusters: &[usize], classes: &[usize]) -> f64 {
    let table = contingency(clusters, classes);
    let side = table.len().max(table[0].len());
    let at =
        |i: usize, j: usize| table.get(i).and_then(|row| row.get(j)).map_or(0.0, |&n| n as f64);
    let cost: Vec<Vec<f64>> = (0..side).map(|i| (0..side).map(|j| -at(i, j)).collect()).collect();
    let right: f64 = assignment(&cost).into_iter().enumerate().map(|(i, j)| at(i, j)).sum();
    right / clusters.len() as f64
}

/// Normalised mutual information, **2 I(C;K) / (H(C) + H(K))**: by the arithmetic mean of the two
/// entropies. 0 for clusters that tell nothing of the classes, 1 for the same partition; 1 also if
/// both are one single group.
///
/// # Panics
/// As [`clustering_accuracy`].
#[track_caller]
pub fn normalized_mutual_information(clusters: &[usize], classes: &[usize]) -> f64 {
    let table = contingency(clusters, classes);
    let n = clusters.len() as f64;
    let (rows, cols) = marginals(&table);
    let entropies = entropy(&rows) + entropy(&cols);
    if entropies == 0.0 {
        return 1.0;
    }
    let joint: Vec<f64> = table.iter().flatten().map(|&x| x as f64 / n).collect();
    (2.0 * (entropies - entropy(&joint)) / entropies).clamp(0.0, 1.0)
}

/// The adjusted Rand index (Hubert and Arabie, 1985): agreement on pairs of examples, less what
/// chance gives, so that 0 is chance and 1 the same partition. It can be negative.
///
/// # Panics
/// As [`clustering_accuracy`].
#[track_caller]
pub fn adjusted_rand_index(clusters: &[usize], classes: &[usize]) -> f64 {
    let table = contingency(clusters, classes);
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let n = clusters.len() as f64;
    let (rows, cols) = marginals(&table);
    let all = |shares: &[f64]| shares.iter().map(|p| pairs((p * n).round())).sum::<f64>();
    let (a, b) = (all(&rows), all(&cols));
    let both: f64 = table.iter().flatten().map(|&x| pairs(x as f64)).sum();
    let chance = if n < 2.0 { 0.0 } else { a * b / pairs(n) };
    let most = (a + b) / 2.0;
    // Only if both are one group, or all groups are of one example, nothing is left to chance.
    if most == chance { 1.0 } else { (both - chance) / (most - chance) }
}

/// How well clusterings of the same examples agree: the mean [`adjusted_rand_index`] of all pairs;
/// `None` for fewer than two. Of restarts it is their *stability*, which takes no label to measure.
pub fn mean_agreement(clusterings: &[&[usize]]) -> Option<f64> {
    let pairs = (1..clusterings.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    let indices: Vec<f64> =
        pairs.map(|(a, b)| adjusted_rand_index(clusterings[a], clusterings[b])).collect();
    (!indices.is_empty()).then(|| indices.iter().sum::<f64>() / indices.len() as f64)
}

/// The mean entropy of the classes within a cluster, in bits, **Σₖ (nₖ/n) H(C|k)**, clusters by
/// their size: 0 if each has one class alone (Dai et al., 2008, the measure of the paper).
///
/// # Panics
/// As [`clustering_accuracy`].
#[track_caller]
pub fn cluster_entropy(clusters: &[usize], classes: &[usize]) -> f64 {
    let n = clusters.len() as f64;
    let of_cluster = |row: &Vec<usize>| {
        let size = row.iter().sum::<usize>() as f64;
        let shares: Vec<f64> = row.iter().map(|&x| x as f64 / size.max(1.0)).collect();
        size / n * entropy(&shares) / std::f64::consts::LN_2
    };
    contingency(clusters, classes).iter().map(of_cluster).sum()
}

/// How many examples cluster `i` has of class `j`.
#[track_caller]
fn contingency(clusters: &[usize], classes: &[usize]) -> Vec<Vec<usize>> {
    let n = clusters.len();
    assert!(n > 0, "a measure of no examples");
    assert_eq!(n, classes.len(), "{n} clusters of examples, {} classes", classes.len());
    let width = |labels: &[usize]| labels.iter().max().map_or(0, |m| m + 1);
    let mut table = vec![vec![0; width(classes)]; width(clusters)];
    clusters.iter().zip(classes).for_each(|(&k, &c)| table[k][c] += 1);
    table
}

/// The shares of the clusters and of the classes.
fn marginals(table: &[Vec<usize>]) -> (Vec<f64>, Vec<f64>) {
    let n = table.iter().flatten().sum::<usize>() as f64;
    let share = |n_of: usize| n_of as f64 / n;
    let rows = table.iter().map(|row| share(row.iter().sum())).collect();
    let cols = (0..table[0].len()).map(|j| share(table.iter().map(|row| row[j]).sum())).collect();
    (rows, cols)
}

/// -Σ p ln p, in nats.
fn entropy(shares: &[f64]) -> f64 {
    shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The column of each row in the assignment of least cost: the Hungarian method with potentials,
/// a shortest augmenting path for each row (Jonker and Volgenant, 1987), O(n³).
fn assignment(cost: &[Vec<f64>]) -> Vec<usize> {
    let n = cost.len();
    let (mut of_row, mut of_col) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    // Column n is where each path begins; `owner` has the row of a column.
    let mut owner = vec![usize::MAX; n + 1];
    for row in 0..n {
        owner[n] = row;
        let (mut least, mut from) = (vec![f64::INFINITY; n], vec![n; n]);
        let mut used = vec![false; n + 1];
        let mut col = n;
        while owner[col] != usize::MAX {
            used[col] = true;
            let at = owner[col];
            let mut next = (f64::INFINITY, n);
            for j in (0..n).filter(|&j| !used[j]) {
                let reduced = cost[at][j] - of_row[at] - of_col[j];
                if reduced < least[j] {
                    (least[j], from[j]) = (reduced, col);
                }
                if least[j] < next.0 {
                    next = (least[j], j);
                }
            }
            for j in 0..=n {
                if used[j] {
                    of_row[owner[j]] += next.0;
                    of_col[j] -= next.0;
                } else if j < n {
                    least[j] -= next.0;
                }
            }
            col = next.1;
        }
        while col != n {
            owner[col] = owner[from[col]];
            col = from[col];
        }
    }
    let mut columns = vec![0; n];
    owner[..n].iter().enumerate().for_each(|(j, &row)| columns[row] = j);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::Random;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    /// ARI and NMI as the documentation of scikit-learn's `adjusted_rand_score` and
    /// `v_measure_score` prints them: 0.57 and 0.8.
    #[test]
    fn values_of_the_documentation_of_scikit_learn() {
        let (a, b) = ([0, 0, 1, 2], [0, 0, 1, 1]);
        near(adjusted_rand_index(&a, &b), 4.0 / 7.0);
        near(normalized_mutual_information(&a, &b), 0.8);
        near(adjusted_rand_index(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.0);
        near(normalized_mutual_information(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.0);
        near(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1]), -0.5);
    }

    /// Clusters {3 of class 0, 1 of class 1} and {2 of class 1, 2 of class 2}, by hand.
    #[test]
    fn values_worked_out_by_hand() {
        let (k, c) = ([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 2, 2]);
        near(clustering_accuracy(&k, &c), 5.0 / 8.0);
        let first = 0.75 * (4.0f64 / 3.0).log2() + 0.25 * 2.0;
        near(cluster_entropy(&k, &c), 0.5 * first + 0.5);
        // Pairs together in both: 3 + 1 + 1 = 5; in clusters 12, in classes 3 + 3 + 1 = 7; of 28.
        near(adjusted_rand_index(&k, &c), (5.0 - 3.0) / (9.5 - 3.0));
    }

    #[test]
    fn agreement_is_over_all_pairs() {
        let (a, b) = (&[0, 0, 1, 2][..], &[0, 0, 1, 1][..]);
        near(mean_agreement(&[a, b, a]).unwrap(), (4.0 / 7.0 + 1.0 + 4.0 / 7.0) / 3.0);
        assert_eq!(mean_agreement(&[a]), None);
    }

    #[test]
    fn names_do_not_matter_and_limits_are_met() {
        let (k, c) = ([2, 2, 0, 0, 1], [0, 0, 1, 1, 2]);
        for measure in [clustering_accuracy, normalized_mutual_information, adjusted_rand_index] {
            near(measure(&k, &c), 1.0);
            near(measure(&[0; 4], &[0; 4]), 1.0);
        }
        near(cluster_entropy(&k, &c), 0.0);
        near(cluster_entropy(&[0; 4], &[0, 1, 2, 3]), 2.0);
        // More clusters than classes: the surplus is wrong.
        near(clustering_accuracy(&[0, 1, 2, 3], &[0, 0, 1, 1]), 0.5);
    }

    /// Taking the largest cell first gives 6 + 0; the best is 5 + 5.
    #[test]
    fn the_assignment_is_the_best_and_not_the_greediest() {
        let of = |cell: (usize, usize), n| std::iter::repeat_n(cell, n);
        let all = of((0, 0), 6).chain(of((0, 1), 5)).chain(of((1, 0), 5));
        let (k, c): (Vec<_>, Vec<_>) = all.unzip();
        near(clustering_accuracy(&k, &c), 10.0 / 16.0);
    }

    #[test]
    fn the_assignment_is_that_of_trying_all() {
        fn least(cost: &[Vec<f64>], row: usize, free: &mut Vec<usize>) -> f64 {
            let mut best = if free.is_empty() { 0.0 } else { f64::INFINITY };
            for at in 0..free.len() {
                let col = free.remove(at);
                best = best.min(cost[row][col] + least(cost, row + 1, free));
                free.insert(at, col);
            }
            best
        }
        for draw in 0..200 {
            let mut random = Random::new(draw, "cost", [0, 0]);
            let n = 1 + random.below(6);
            let cost: Vec<Vec<f64>> =
                (0..n).map(|_| (0..n).map(|_| random.below(20) as f64 - 10.0).collect()).collect();
            let columns = assignment(&cost);
            let sum: f64 = columns.iter().enumerate().map(|(i, &j)| cost[i][j]).sum();
            near(sum, least(&cost, 0, &mut (0..n).collect()));
        }
    }
}
