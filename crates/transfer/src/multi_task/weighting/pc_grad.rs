//! PCGrad (Yu et al., *Gradient Surgery for Multi-Task Learning*, NeurIPS 2020).
//!
//! For each task `i`, and the others `j` in random order: where its gradient, as it is by then, has
//! a negative product with the *original* `g_j`, its part along `g_j` is subtracted; the results are
//! summed. Over all shared layers as one vector, not layer by layer.
//!
//! Every result is a sum of multiples of the original gradients, so their products are all that it
//! takes.

// ANCHOR: coefficients
/// For each task the multiple of its gradient in the sum of all projected gradients, from the table
/// of products `g_i · g_j` and, for each task, the order in which it meets the others.
pub fn coefficients(gram: &[Vec<f64>], orders: &[Vec<usize>]) -> Vec<f64> {
    let n = gram.len();
    let mut sum = vec![0.0; n];
    for (i, order) in orders.iter().enumerate() {
        let mut own = vec![0.0; n];
        own[i] = 1.0;
        for &j in order.iter().filter(|&&j| j != i) {
            let product: f64 = own.iter().zip(gram).map(|(a, row)| a * row[j]).sum();
            if product < 0.0 {
                own[j] -= product / gram[j][j];
            }
        }
        sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    sum
}
// ANCHOR_END: coefficients

#[cfg(test)]
pub(in crate::multi_task) mod tests {
    use super::*;

    pub(in crate::multi_task) fn gram(gradients: &[&[f64]]) -> Vec<Vec<f64>> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
        gradients.iter().map(|a| gradients.iter().map(|b| dot(a, b)).collect()).collect()
    }

    fn combined(gradients: &[&[f64]], orders: &[Vec<usize>]) -> Vec<f64> {
        let c = coefficients(&gram(gradients), orders);
        let at = |k: usize| gradients.iter().zip(&c).map(|(g, c)| c * g[k]).sum();
        (0..gradients[0].len()).map(at).collect()
    }

    /// g1' = (.5, .5), g2' = (0, 1).
    #[test]
    fn two_that_conflict() {
        assert_eq!(combined(&[&[1.0, 0.0], &[-1.0, 1.0]], &[vec![0, 1], vec![1, 0]]), [0.5, 1.5]);
    }

    #[test]
    fn what_does_not_conflict_is_summed() {
        let gradients: [&[f64]; 3] = [&[1.0, 0.0, 2.0], &[0.0, 3.0, 1.0], &[1.0, 1.0, 0.0]];
        let orders = vec![vec![2, 1, 0], vec![0, 1, 2], vec![1, 0, 2]];
        assert_eq!(coefficients(&gram(&gradients), &orders), [1.0, 1.0, 1.0]);
    }

    /// Done with the vectors themselves: the first meets the second, then the third, and what is
    /// subtracted is along the originals.
    #[test]
    fn three_that_conflict_go_by_the_original_gradients() {
        let g: [&[f64]; 3] = [&[1.0, 0.0], &[-1.0, 1.0], &[-1.0, -2.0]];
        let orders = [vec![1, 2], vec![0, 2], vec![0, 1]];
        let mut want = [0.0; 2];
        for (i, order) in orders.iter().enumerate() {
            let mut own = g[i].to_vec();
            for &j in order {
                let dot: f64 = own.iter().zip(g[j]).map(|(a, b)| a * b).sum();
                let square: f64 = g[j].iter().map(|x| x * x).sum();
                if dot < 0.0 {
                    own.iter_mut().zip(g[j]).for_each(|(a, b)| *a -= dot / square * b);
                }
            }
            want.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
        let found = combined(&g, &orders);
        for (found, want) in found.iter().zip(want) {
            assert!((found - want).abs() < 1e-12, "{found}, not {want}");
        }
    }

    #[test]
    fn no_gradient_is_no_conflict() {
        assert_eq!(combined(&[&[0.0, 0.0], &[1.0, 1.0]], &[vec![1], vec![0]]), [1.0, 1.0]);
    }
}
