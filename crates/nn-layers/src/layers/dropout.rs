//! Dropout.

use crate::Layer;
use tensor_autograd::{Real, Var, module};

/// While training, sets each element to 0 with probability `p` and divides the others by `1 - p`;
/// otherwise the identity (Srivastava et al., *Dropout*, 2014).
///
/// Training is having randomness: the mask is drawn from the generator given to
/// [`grad`](tensor_autograd::grad), and under [`eval`](tensor_autograd::eval) there is none.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    p: Real,
}
module!(Dropout);

impl Dropout {
    /// Drops with probability `p`.
    ///
    /// # Panics
    /// Unless `0 <= p < 1`.
    #[track_caller]
    pub fn new(p: Real) -> Self {
        assert!((0.0..1.0).contains(&p), "Dropout: expected a probability in 0..1, got {p}");
        Dropout { p }
    }
}

impl Layer for Dropout {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.dropout(self.p)
    }

    fn describe(&self) -> String {
        format!("Dropout({})", self.p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use tensor_autograd::{Rng, Tensor, eval, grad};

    #[test]
    fn gradients_pass_where_the_mask_lets_them() {
        check::gradients(&Dropout::new(0.4), &[3, 7], -1.0..1.0);
    }

    #[test]
    fn the_mean_is_kept_in_training_and_everything_outside() {
        let (layer, x) = (Dropout::new(0.25), Tensor::ones([100, 100]));
        let (mean, _) = grad(&mut Rng::seed(0), |t| {
            let y = layer.forward(t.constant(x.clone()));
            let kept = 1.0 / 0.75;
            assert!(y.value().as_slice().iter().all(|&y| y == 0.0 || (y - kept).abs() < 1e-6));
            y.mean(..)
        });
        // The standard deviation of the mean of 10 000 draws is 0.0058.
        assert!((mean - 1.0).abs() < 0.024, "{mean}");
        assert_eq!(eval(|t| layer.forward(t.constant(x.clone())).value()), x);
    }

    #[test]
    #[should_panic(expected = "expected a probability in 0..1, got 1")]
    fn dropping_everything_is_refused() {
        Dropout::new(1.0);
    }
}
