//! Values that pass unchanged while their gradient does not.

use crate::{Real, Var};

impl<'t> Var<'t> {
    /// The same value as a constant: no gradient flows back through it.
    pub fn detach(self) -> Var<'t> {
        self.tape().constant(self.value())
    }

    // ANCHOR: gradient_reversal
    /// The identity whose gradient is reversed and scaled (Ganin & Lempitsky, "Unsupervised domain
    /// adaptation by backpropagation", 2015): **Y = X**.
    ///
    /// # Gradient
    /// `dX = -lambda · dY`. What comes before it is trained to make worse what comes after it is
    /// trained to make better.
    pub fn gradient_reversal(self, lambda: Real) -> Var<'t> {
        self.tape()
            .record("gradient_reversal", self.value())
            .wrt(self, move |dy| dy.into_map(|d| -lambda * d))
            .var()
    }
    // ANCHOR_END: gradient_reversal
}

#[cfg(test)]
mod tests {
    use crate::{Param, Tape, Tensor, gradcheck, reference};

    // Finite differences see the identity, whose gradient two reversals by λ and 1/λ restore.
    gradcheck!(gradient_reversal: |x| x.gradient_reversal(4.0).gradient_reversal(0.25);
        x [2, 3] in -1.0..1.0);
    mod gradient_reversal_once {
        pub(super) fn case<'t>(inputs: &[crate::Var<'t>]) -> crate::Var<'t> {
            (inputs[0] * inputs[0]).gradient_reversal(0.3)
        }
    }
    reference!(gradient_reversal);
    reference!(gradient_reversal_once);

    #[test]
    fn a_detached_factor_is_a_constant() {
        let w = Param::weight(Tensor::scalar(3.0));
        let tape = Tape::new();
        let x = tape.param(&w);
        let y = x * x.detach();
        assert!(!x.detach().needs_grad());
        assert_eq!(y.value().item(), 9.0);
        assert_eq!(y.backward().get(&w).unwrap().item(), 3.0);
    }
}
