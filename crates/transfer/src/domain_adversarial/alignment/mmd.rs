//! Deep adaptation networks (Long et al., *Learning Transferable Features with Deep Adaptation
//! Networks*, 2015).

use tensor_autograd::{Real, Var, concat};

/// The kernels' widths, as multiples of the mean squared distance between samples.
const WIDTHS: [Real; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// The squared maximum mean discrepancy under a mean of Gaussian kernels,
/// **mean k(s, s') + mean k(t, t') - 2 mean k(s, t)** (equation 1 of the paper, in its quadratic
/// form): 0 where the two samples are the same, and never negative.
///
/// **k(x, y) = mean over u of e^(-‖x - y‖² / (2 u m))**, with `u` from ¼ to 4 and `m` the mean squared
/// distance between two samples of the batch, which carries no gradient.
///
/// # Shapes
/// Features `[n, d]` and `[m, d]`; a scalar.
///
/// # Panics
/// If the widths differ or there are no two samples.
#[track_caller]
pub fn mmd_loss<'t>(source: Var<'t>, target: Var<'t>) -> Var<'t> {
    let n = source.shape()[0];
    let all = concat(&[source, target], 0);
    let samples = all.shape()[0];
    assert!(n > 0 && samples > n, "mmd_loss: both domains need a sample");
    let distances = all.cdist_squared(all);
    let pairs = (samples * (samples - 1)) as Real;
    // Where all samples are one point every width serves.
    let mean = (distances.sum(..).value().item() / pairs).max(Real::MIN_POSITIVE);
    let kernels = WIDTHS.map(|width| (distances / (-2.0 * width * mean)).exp());
    let kernel = kernels.into_iter().reduce(|a, b| a + b).expect("five") / WIDTHS.len() as Real;
    let block = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        kernel.slice(0, rows).slice(1, columns).mean(..)
    };
    block(0..n, 0..n) + block(n..samples, n..samples) - block(0..n, n..samples) * 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Rng, Tensor, eval};

    fn loss(source: &Tensor, target: &Tensor) -> Real {
        eval(|t| mmd_loss(t.constant(source.clone()), t.constant(target.clone())).value().item())
    }

    #[test]
    fn by_hand() {
        // One sample each, at squared distance 9, which is the mean.
        let (s, t) = (Tensor::new([1, 1], vec![1.0]), Tensor::new([1, 1], vec![4.0]));
        let k = WIDTHS.iter().map(|u| (-1.0 / (2.0 * u)).exp()).sum::<Real>() / 5.0;
        assert!((loss(&s, &t) - (2.0 - 2.0 * k)).abs() < 1e-6);
    }

    #[test]
    fn the_same_sample_has_none_and_a_shift_has_some() {
        let rng = &mut Rng::seed(0);
        let x = Tensor::normal([20, 3], 0.0, 1.0, rng);
        let mut order = x.as_slice().to_vec();
        order.rotate_left(3);
        assert!(loss(&x, &Tensor::new([20, 3], order)).abs() < 1e-5);
        assert_eq!(loss(&Tensor::ones([2, 3]), &Tensor::ones([4, 3])), 0.0);
        let shifted = |by: Real| loss(&x, &x.map(|v| v + by));
        assert!(0.0 < shifted(0.5) && shifted(0.5) < shifted(1.0));
    }

    /// By differences, the width held: it moves with the samples, but has no gradient.
    #[test]
    fn its_gradient_draws_the_domains_together() {
        use tensor_autograd::{Param, grad};
        let rng = &mut Rng::seed(1);
        let source = Param::weight(Tensor::normal([6, 2], 0.0, 1.0, rng));
        let target = Param::weight(Tensor::normal([5, 2], 2.0, 1.0, rng));
        let (before, grads) = grad(rng, |t| mmd_loss(t.param(&source), t.param(&target)));
        let descend = |p: &Param| p.value.zip(grads.get(p).unwrap(), |x, g| x - 0.5 * g);
        let after = loss(&descend(&source), &descend(&target));
        assert!(after < before, "{after} after {before}");
        // What pulls one side pushes the other: a shift of all samples changes nothing.
        for axis in 0..2 {
            let of = |p: &Param| {
                grads.get(p).unwrap().as_slice().iter().skip(axis).step_by(2).sum::<Real>()
            };
            assert!((of(&source) + of(&target)).abs() < 1e-6);
        }
    }
}
