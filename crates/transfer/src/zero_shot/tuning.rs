//! Choosing without unseen classes: some of the seen ones play their part.

use super::generalized::class_accuracy;
use super::matrix::{Mat, argmax_rows, select_rows};
use super::scorer::{Closed, Prepared};
use tensor_autograd::Rng;

/// Groups of about a fifth of the classes each, of two at least; each class is in one group. None
/// where there are fewer than four classes, for then nothing is left to learn from.
pub fn class_folds(classes: usize, seed: u64) -> Vec<Vec<usize>> {
    if classes < 4 {
        return Vec::new();
    }
    let size = (classes as f64 / 5.0).round().max(2.0) as usize;
    let mut folds = vec![Vec::new(); classes / size];
    let order = Rng::seed(seed).fork("class folds").permutation(classes);
    for (i, class) in order.into_iter().enumerate() {
        let fold = i % folds.len();
        folds[fold].push(class);
    }
    folds.iter_mut().for_each(|fold| fold.sort_unstable());
    folds
}

/// The classes that are left, and for each class its number among them.
pub(super) fn without(classes: usize, held: &[usize]) -> (Vec<usize>, Vec<Option<usize>>) {
    let kept: Vec<usize> = (0..classes).filter(|c| !held.contains(c)).collect();
    let number = (0..classes).map(|c| kept.iter().position(|k| *k == c)).collect();
    (kept, number)
}

/// The pair of the grid with the best accuracy by class on held-out seen classes, the mean over the
/// folds; the first of equals. Without folds, (1, 1).
pub(super) fn choose(
    closed: Closed,
    x: &Mat<f64>,
    labels: &[usize],
    signatures: &Mat<f64>,
    seed: u64,
) -> (f64, f64) {
    let classes = signatures.nrows();
    let grid = closed.grid();
    let mut sums = vec![0.0; grid.len()];
    let folds = class_folds(classes, seed);
    for held in &folds {
        let (kept, number) = without(classes, held);
        let rows = |of: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..labels.len()).filter(|&i| of(labels[i])).collect()
        };
        let (train, test) = (rows(&|c| number[c].is_some()), rows(&|c| number[c].is_none()));
        let train_labels: Vec<usize> = train.iter().filter_map(|&i| number[labels[i]]).collect();
        let place = |c: usize| held.iter().position(|h| *h == c);
        let test_labels: Vec<usize> = test.iter().filter_map(|&i| place(labels[i])).collect();
        let prepared = Prepared::new(
            closed,
            &select_rows(x, &train),
            &train_labels,
            &select_rows(signatures, &kept),
        );
        let (x, candidates) = (select_rows(x, &test), select_rows(signatures, held));
        for (sum, &pair) in sums.iter_mut().zip(&grid) {
            let found = argmax_rows(&prepared.solve(pair).scores(&x, &candidates));
            *sum += class_accuracy(&test_labels, &found);
        }
    }
    let best = (0..grid.len()).fold(0, |best, i| if sums[i] > sums[best] { i } else { best });
    if folds.is_empty() { (1.0, 1.0) } else { grid[best] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_held_out_once() {
        for classes in [4, 5, 8, 24, 40] {
            let folds = class_folds(classes, 3);
            let mut all: Vec<usize> = folds.concat();
            all.sort_unstable();
            assert_eq!(all, (0..classes).collect::<Vec<_>>());
            for fold in &folds {
                assert!(fold.len() >= 2 && classes - fold.len() >= 2);
            }
        }
        assert_eq!(class_folds(40, 0).len(), 5);
        assert!(class_folds(3, 0).is_empty());
        assert_ne!(class_folds(24, 0), class_folds(24, 1));
    }

    #[test]
    fn what_is_left_is_numbered_anew() {
        let (kept, number) = without(5, &[1, 3]);
        assert_eq!(kept, [0, 2, 4]);
        assert_eq!(number, [Some(0), None, Some(1), None, Some(2)]);
    }
}
