//! How much the predictions on the target tell.

use tensor_autograd::{Real, Tensor};

/// **mean H(p) - H(mean p)** of the class probabilities of each target sample, in nats: minus the
/// information that predictions carry (Bridle et al., 1991). Small where each prediction is sure and
/// all of them together are not.
///
/// Entropy alone, the first term, likes best the model that puts every sample into one class; with
/// the second that model has 0, the largest value there is.
///
/// # Shapes
/// `[n, classes]`, rows that sum to 1; the value is from `-ln classes` to 0.
pub fn negative_information(probabilities: &Tensor) -> f64 {
    let shape = probabilities.shape();
    let rows = probabilities.as_slice().chunks_exact(shape[1]);
    let n = shape[0] as f64;
    let entropy = |p: &mut dyn Iterator<Item = f64>| -> f64 {
        p.filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
    };
    let mut mean = vec![0.0; shape[1]];
    let mut each = 0.0;
    for row in rows {
        mean.iter_mut().zip(row).for_each(|(m, &p): (&mut f64, &Real)| *m += f64::from(p) / n);
        each += entropy(&mut row.iter().map(|&p| f64::from(p))) / n;
    }
    (each - entropy(&mut mean.into_iter())).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[[Real; 2]]) -> f64 {
        negative_information(&Tensor::new([rows.len(), 2], rows.concat()))
    }

    #[test]
    fn sure_and_varied_is_best_and_one_class_for_all_is_worst() {
        assert!((of(&[[1.0, 0.0], [0.0, 1.0]]) + 2f64.ln()).abs() < 1e-9);
        assert_eq!(of(&[[1.0, 0.0], [1.0, 0.0]]), 0.0);
        assert!(of(&[[0.5, 0.5], [0.5, 0.5]]).abs() < 1e-9);
    }

    #[test]
    fn a_value_worked_out_by_hand() {
        // H(0.75, 0.25) = 0.562335; the mean of both rows is a half each, H = ln 2 = 0.693147.
        let value = of(&[[0.75, 0.25], [0.25, 0.75]]);
        assert!((value + 0.130_812_0).abs() < 1e-6, "{value}");
    }
}
