//! Dropout (Srivastava et al., 2014).

use crate::kernels::random;
use crate::{Real, Rng, Var};

impl<'t> Var<'t> {
    /// In training, zeroes each element with probability `p` and multiplies the others by
    /// `1 / (1 - p)`, so that the expectation stays; outside training, the identity.
    ///
    /// It draws one key from the step's generator; the mask follows from it. Of a generator
    /// [`without_dropout`](Rng::without_dropout) it is the identity too.
    ///
    /// # Gradient
    /// `dX = dY` masked and scaled alike.
    ///
    /// # Panics
    /// If `p` is not in `[0, 1]`.
    #[track_caller]
    pub fn dropout(self, p: Real) -> Var<'t> {
        assert!((0.0..=1.0).contains(&p), "dropout: the probability {p} is not in [0, 1]");
        match self.tape().with_rng(Rng::dropout_key).flatten() {
            Some(key) if p > 0.0 => self.dropout_by(p, key),
            _ => self,
        }
    }

    /// Dropout by the mask of `key`. The backward pass makes the mask again: nothing is saved.
    fn dropout_by(self, p: Real, key: u64) -> Var<'t> {
        let mask = move |mut x: crate::Tensor| {
            random::dropout(x.make_mut(), f64::from(p), key);
            x
        };
        self.tape().record("dropout", mask(self.value())).wrt(self, mask).var()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, Tensor, eval, grad, gradcheck, reference};

    gradcheck!(dropout: |x| x.dropout_by(0.25, 0x0123_4567_89ab_cdef); x [5, 9] in -1.0..1.0);
    reference!(dropout);

    /// `Σ dropout(x)`'s value and gradient in a training step.
    fn step(x: &Param, p: Real, rng: &mut Rng) -> (Real, Tensor) {
        let (sum, grads) = grad(rng, |t| {
            let y = t.param(x).dropout(p);
            let ones = Tensor::ones(y.shape());
            crate::gradcheck::weighted_sum(y, ones)
        });
        (sum, grads.get(x).unwrap().clone())
    }

    #[test]
    fn the_share_that_is_dropped_is_p_and_the_mean_stays() {
        let x = Param::weight(Tensor::ones([100_000]));
        let (sum, mask) = step(&x, 0.2, &mut Rng::seed(1));
        let dropped = mask.as_slice().iter().filter(|&&m| m == 0.0).count();
        assert!((dropped as Real / 1e5 - 0.2).abs() < 0.005, "{dropped}");
        assert!((sum / 1e5 - 1.0).abs() < 0.01, "{sum}");
        assert!(mask.as_slice().iter().all(|&m| m == 0.0 || (m - 1.25).abs() < 1e-6));
    }

    #[test]
    fn every_step_has_a_mask_of_its_own_and_a_seed_repeats_it() {
        let x = Param::weight(Tensor::ones([64]));
        let mut rng = Rng::seed(2);
        let (first, second) = (step(&x, 0.5, &mut rng).1, step(&x, 0.5, &mut rng).1);
        assert_ne!(first, second);
        assert_eq!(first, step(&x, 0.5, &mut Rng::seed(2)).1);
    }

    #[test]
    fn inference_and_p_0_change_nothing_and_p_1_drops_all() {
        let x = Param::weight(Tensor::full([9], 3.0));
        assert_eq!(eval(|t| t.param(&x).dropout(0.5).value()), x.value);
        assert_eq!(step(&x, 0.0, &mut Rng::seed(3)), (27.0, Tensor::ones([9])));
        assert_eq!(step(&x, 1.0, &mut Rng::seed(3)), (0.0, Tensor::zeros([9])));
        let mut plain = Rng::seed(3).without_dropout().fork("step");
        assert_eq!(step(&x, 0.5, &mut plain), (27.0, Tensor::ones([9])));
        assert_eq!(plain, Rng::seed(3).without_dropout().fork("step"), "nothing is drawn");
    }

    #[test]
    #[should_panic(expected = "dropout: the probability 1.5 is not in [0, 1]")]
    fn a_probability_above_one_is_refused() {
        eval(|t| {
            t.constant(Tensor::zeros([1])).dropout(1.5);
        });
    }
}
