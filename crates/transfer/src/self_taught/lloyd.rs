//! Centroids of patches: k-means by Lloyd's rounds from k-means++ (Arthur and Vassilvitskii, 2007).

use crate::fit::{EpochRecord, Observer};
use crate::matrix::{matmul_nt, select, sizes, square_norms};
use crate::{History, TransferError};
use std::collections::BTreeMap;
use tensor_autograd::{Real, Rng, Tensor};

/// Rows whose distances are held at once.
const CHUNK: usize = 8192;

/// Centroids `[k, d]` of the rows of `x`, `[n, d]`, of which there are at least `k`. Its history has
/// `objective`, the mean squared distance to the nearest centroid.
///
/// # Errors
/// If the observer interrupts it.
pub(super) fn k_means(
    x: &Tensor,
    k: usize,
    rounds: usize,
    seed: u64,
    observer: &mut dyn Observer,
) -> Result<(Tensor, History), TransferError> {
    let [n, d] = sizes(x);
    let mut centroids = plus_plus(x, k, &mut Rng::seed(seed).fork("k-means"));
    let (mut history, mut before) = (History::default(), vec![usize::MAX; n]);
    observer.begin(rounds, 0);
    for round in 1..=rounds {
        if observer.interrupted() {
            return Err(TransferError::Interrupted { step: round - 1, checkpoint: None });
        }
        let (nearest, distances) = assign(x, &centroids);
        let (mut sums, mut counts) = (vec![0.0; k * d], vec![0_usize; k]);
        for (row, &c) in x.as_slice().chunks_exact(d).zip(&nearest) {
            counts[c] += 1;
            sums[c * d..(c + 1) * d].iter_mut().zip(row).for_each(|(s, x)| *s += f64::from(*x));
        }
        // A centroid without rows takes the row that is farthest from its own, each another one.
        let mut far: Vec<usize> = (0..n).collect();
        far.sort_by(|a, b| distances[*b].total_cmp(&distances[*a]).then(a.cmp(b)));
        let mut far = far.into_iter();
        let own = centroids.make_mut().chunks_exact_mut(d).zip(sums.chunks_exact(d)).zip(&counts);
        for ((centroid, sum), &count) in own {
            if count > 0 {
                centroid.iter_mut().zip(sum).for_each(|(c, s)| *c = (s / count as f64) as Real);
            } else if let Some(row) = far.next() {
                centroid.copy_from_slice(&x.as_slice()[row * d..(row + 1) * d]);
            }
        }
        let objective = distances.iter().sum::<f64>() / n as f64;
        let means = BTreeMap::from([("objective".to_owned(), objective)]);
        let record = EpochRecord { epoch: round, step: round, lr: 0.0, criterion: None, means };
        observer.step(round);
        observer.epoch(&record);
        history.push(record);
        if nearest == before || observer.enough() {
            break;
        }
        before = nearest;
    }
    observer.end();
    Ok((centroids, history))
}

/// Each row's nearest centroid, the first of equals, and its squared distance.
fn assign(x: &Tensor, centroids: &Tensor) -> (Vec<usize>, Vec<f64>) {
    let ([n, _], k) = (sizes(x), sizes(centroids)[0]);
    let (norms, own) = (square_norms(centroids), square_norms(x));
    let (mut nearest, mut distances) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for start in (0..n).step_by(CHUNK) {
        let along = matmul_nt(&x.rows(start..n.min(start + CHUNK)), centroids);
        for (row, along) in along.as_slice().chunks_exact(k).enumerate() {
            let distance = |c: usize| norms[c] - 2.0 * f64::from(along[c]);
            let best = (1..k).fold(0, |b, c| if distance(c) < distance(b) { c } else { b });
            nearest.push(best);
            distances.push((distance(best) + own[start + row]).max(0.0));
        }
    }
    (nearest, distances)
}

/// First centroids: each a row drawn with probability in proportion to its squared distance from
/// those drawn before.
fn plus_plus(x: &Tensor, k: usize, rng: &mut Rng) -> Tensor {
    let n = sizes(x)[0];
    let norms = square_norms(x);
    let mut chosen = vec![rng.below(n)];
    let mut distances = vec![f64::INFINITY; n];
    while chosen.len() < k {
        let last = chosen[chosen.len() - 1];
        let along = matmul_nt(x, &select(x, &[last]));
        for (i, (distance, along)) in distances.iter_mut().zip(along.as_slice()).enumerate() {
            let to_last = norms[i] + norms[last] - 2.0 * f64::from(*along);
            *distance = distance.min(to_last.max(0.0));
        }
        distances[last] = 0.0;
        let mut rest = f64::from(rng.uniform()) * distances.iter().sum::<f64>();
        let drawn = distances.iter().position(|distance| {
            rest -= distance;
            rest < 0.0
        });
        // Rows that are all alike have no distances to draw by.
        chosen.push(drawn.unwrap_or_else(|| rng.below(n)));
    }
    select(x, &chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;

    #[test]
    fn clusters_are_found_and_the_objective_never_rises() {
        let mut rng = Rng::seed(0);
        let x = Tensor::from_fn([300, 2], |i| {
            let cluster = i / 2 % 3;
            [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]][cluster][i % 2] + 0.3 * rng.normal()
        });
        let (centroids, history) = k_means(&x, 3, 20, 1, &mut Progress::silent()).unwrap();
        let trace = history.trace("objective");
        assert!(trace.windows(2).all(|p| p[1] <= p[0] + 1e-9), "{trace:?}");
        assert!(trace[trace.len() - 1] < 0.3, "{trace:?}");
        let mut places: Vec<[i64; 2]> = centroids
            .as_slice()
            .chunks(2)
            .map(|c| [c[0].round() as i64, c[1].round() as i64])
            .collect();
        places.sort_unstable();
        assert_eq!(places, [[0, 0], [0, 9], [9, 0]]);
        let again = k_means(&x, 3, 20, 1, &mut Progress::silent()).unwrap().0;
        assert_eq!(again, centroids);
    }

    #[test]
    fn equal_rows_are_no_trouble() {
        let x = Tensor::full([6, 2], 1.5);
        let (centroids, _) = k_means(&x, 4, 5, 0, &mut Progress::silent()).unwrap();
        assert_eq!(centroids, Tensor::full([4, 2], 1.5));
    }
}
