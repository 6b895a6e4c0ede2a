//! ConSE (Norouzi et al., *Zero-shot learning by convex combination of semantic embeddings*, ICLR
//! 2014): nothing is trained beside a classifier of the seen classes.
//!
//! **f(x) = (1 / Z) Σ_t p_t s(y_t)** over the T likeliest seen classes, with Z the sum of their
//! probabilities; the class is the one whose word vector has the largest cosine with f(x).

use super::matrix::Mat;

/// f(x), `[n, k]`.
///
/// # Shapes
/// `probabilities` are `[n, seen]`, `signatures` `[seen, k]`.
///
/// # Panics
/// If `top` is 0 or the sizes do not fit.
#[track_caller]
pub fn combine(probabilities: &Mat<f64>, signatures: &Mat<f64>, top: usize) -> Mat<f64> {
    assert!(top > 0, "ConSE: T is at least 1");
    let (n, seen) = (probabilities.nrows(), probabilities.ncols());
    assert_eq!(seen, signatures.nrows(), "ConSE: probabilities and signatures of other classes");
    let mut kept = Mat::zeros(n, seen);
    for i in 0..n {
        let mut order: Vec<usize> = (0..seen).collect();
        order.sort_by(|&a, &b| probabilities[(i, b)].total_cmp(&probabilities[(i, a)]));
        order.truncate(top);
        let z: f64 = order.iter().map(|&c| probabilities[(i, c)]).sum();
        for c in order {
            // Probabilities that are all 0 in 64 bits are no probabilities.
            kept[(i, c)] = probabilities[(i, c)] / z;
        }
    }
    kept * signatures
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{argmax_rows, cosines, largest, normal};
    use super::*;
    use tensor_autograd::Rng;

    fn probabilities(n: usize, seen: usize, rng: &mut Rng) -> Mat<f64> {
        let p = normal(n, seen, rng);
        let z = |i: usize| (0..seen).map(|j| p[(i, j)].exp()).sum::<f64>();
        Mat::from_fn(n, seen, |i, j| p[(i, j)].exp() / z(i))
    }

    #[test]
    fn with_one_it_is_the_word_nearest_to_the_top_label() {
        let rng = &mut Rng::seed(0);
        let (p, seen, unseen) = (probabilities(50, 6, rng), normal(6, 4, rng), normal(5, 4, rng));
        let found = argmax_rows(&cosines(&combine(&p, &seen, 1), &unseen));
        let nearest = argmax_rows(&cosines(&seen, &unseen));
        let want: Vec<usize> = argmax_rows(&p).into_iter().map(|top| nearest[top]).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn with_all_it_is_the_mean_under_the_probabilities() {
        let rng = &mut Rng::seed(1);
        let (p, seen) = (probabilities(9, 6, rng), normal(6, 4, rng));
        assert!(largest(&(combine(&p, &seen, 6) - &p * &seen)) < 1e-12);
        assert_eq!(combine(&p, &seen, 6), combine(&p, &seen, 99));
    }

    #[test]
    fn two_of_three_share_what_is_left() {
        let p = Mat::from_fn(1, 3, |_, j| [0.5, 0.2, 0.3][j]);
        let one_hot = Mat::from_fn(3, 3, |i, j| f64::from(u8::from(i == j)));
        let f = combine(&p, &one_hot, 2);
        assert!((f[(0, 0)] - 0.625).abs() < 1e-15 && (f[(0, 2)] - 0.375).abs() < 1e-15);
        assert_eq!(f[(0, 1)], 0.0);
    }
}
