//! Deep CORAL (Sun and Saenko, *Deep CORAL: Correlation Alignment for Deep Domain Adaptation*, 2016).

use tensor_autograd::{Real, Var};

// ANCHOR: coral
/// The squared Frobenius distance of the covariances, **‖C_S - C_T‖² / (4 d²)** (equation 1 of the
/// paper), with **C = (X - mean)ᵀ (X - mean) / (n - 1)**. The means are left alone.
///
/// # Shapes
/// Features `[n, d]` and `[m, d]`; a scalar.
///
/// # Panics
/// If the widths differ, or a side has fewer than two samples.
#[track_caller]
pub fn coral_loss<'t>(source: Var<'t>, target: Var<'t>) -> Var<'t> {
    let d = source.shape()[1] as Real;
    let apart = covariance(source) - covariance(target);
    (apart * apart).sum(..) / (4.0 * d * d)
}
// ANCHOR_END: coral

fn covariance(x: Var<'_>) -> Var<'_> {
    let n = x.shape()[0];
    assert!(n > 1, "coral_loss: a covariance needs two samples, got {}", x.shape());
    let centred = x - x.mean_keepdim(0);
    centred.transpose(0, 1).matmul(centred) / (n - 1) as Real
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Tensor, eval, gradcheck};

    gradcheck!(coral: |a, b| coral_loss(a, b); a [5, 3] in -1.0..1.0, b [4, 3] in -2.0..2.0);

    #[test]
    fn by_hand() {
        // Covariances [[2, 0], [0, 0]] and [[0, 0], [0, 8]]: (4 + 64) / 16.
        let source = Tensor::new([2, 2], vec![1.0, 5.0, 3.0, 5.0]);
        let target = Tensor::new([2, 2], vec![0.0, 0.0, 0.0, 4.0]);
        let loss = eval(|t| coral_loss(t.constant(source), t.constant(target)).value().item());
        assert_eq!(loss, 4.25);
    }

    #[test]
    fn a_shift_alone_costs_nothing() {
        let x = Tensor::new([3, 2], vec![1.0, 2.0, 4.0, 8.0, -1.0, 0.5]);
        let shifted = x.map(|v| v + 2.0);
        let loss = eval(|t| coral_loss(t.constant(x), t.constant(shifted)).value().item());
        assert!(loss.abs() < 1e-10, "{loss}");
    }
}
