//! Direct attribute prediction by a network that is trained on the attributes from end to end.
//!
//! [`dap`](super::dap) puts a classifier for each attribute on features that were learnt for the
//! classes. Here the features are learnt for the attributes themselves: the layers are shared, and on
//! them stands a sigmoid for each attribute. With *a* the attributes of a sample's class, yes or no,
//! and *z* the outputs, the loss is
//!
//! **mean over n and m of -[ a ln σ(z) + (1 - a) ln(1 - σ(z)) ]**
//!
//! A class is then found by the same rule of products ([`Binary::scores`]).

use super::dap::Binary;
use super::matrix::Mat;
use super::training::tensor;
use tensor_autograd::{BinaryCrossEntropy, Real, Tensor, Var};

/// What the seen classes have, as targets.
#[derive(Clone, Debug)]
pub struct Targets {
    has: Tensor,
    weight: Tensor,
}

impl Targets {
    /// Of the signatures of the seen classes, `[seen, attributes]`, as `binary` reads them.
    pub fn new(binary: &Binary, signatures: &Mat<f64>) -> Self {
        let (known, k) = (binary.known(), signatures.ncols());
        // The loss is a mean over those that teach something.
        let share = (k as f64 / known.len().max(1) as f64) as Real;
        let weight = Tensor::from_fn([k], |m| if known.contains(&m) { share } else { 0.0 });
        Targets { has: tensor(&binary.apply(signatures)), weight }
    }

    /// The loss above. An attribute that all seen classes have, or none, has no part in it.
    ///
    /// # Shapes
    /// `z` is `[n, attributes]`; a label is a row of the signatures.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn loss<'t>(&self, z: Var<'t>, labels: &[usize]) -> Var<'t> {
        let has = z.tape().constant(&self.has).index_select(0, labels);
        let weight = Some(self.weight.clone());
        z.binary_cross_entropy_with_logits(has, BinaryCrossEntropy { weight, ..Default::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{eval, gradcheck};

    /// Three classes; the second attribute is the same for all.
    fn targets() -> Targets {
        let rows = [[1.0, 5.0, 0.2], [0.0, 5.0, 0.9], [1.0, 5.0, 0.3]];
        let signatures = Mat::from_fn(3, 3, |i, j| rows[i][j]);
        Targets::new(&Binary::fit(&signatures), &signatures)
    }

    gradcheck!(attributes: |z| targets().loss(z, &[0, 2, 1, 1]); z [4, 3] in -2.0..2.0);

    #[test]
    fn the_loss_is_the_formula_over_attributes_that_differ() {
        // Classes 0 and 1 have the attributes 1, -, 0 and 0, -, 1.
        let z = Tensor::new([2, 3], vec![2.0, 9.0, -1.0, 0.5, -9.0, 3.0]);
        let loss = eval(|t| targets().loss(t.constant(z), &[0, 1]).value().item());
        let minus_ln = |z: f64| (1.0 + (-z).exp()).ln();
        let want = [2.0, 1.0, -0.5, 3.0].map(minus_ln).iter().sum::<f64>() / 4.0;
        assert!((f64::from(loss) - want).abs() < 1e-6, "{loss}, {want}");
    }
}
