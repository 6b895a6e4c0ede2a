//! Conditional domain adversaries (Long et al., *Conditional Adversarial Domain Adaptation*, 2018).

use tensor_autograd::{Real, Rng, Tensor, Var};

/// What the conditional domain classifier sees: features `f` and class probabilities `g` of a sample
/// in one vector as wide as the features, the randomised multilinear map
/// **T(f, g) = (R_f f ⊙ R_g g) / √d** (equation 6 of the paper). `R_f` and `R_g` are normal, drawn
/// once and never trained; inner products of `T` are those of the outer product `f ⊗ g` in the mean.
///
/// As in the authors' code the probabilities carry no gradient.
#[derive(Clone, Debug)]
pub struct Conditioning {
    /// `[d, d]`, transposed for a product from the right.
    features: Tensor,
    /// `[classes, d]`.
    classes: Tensor,
}

impl Conditioning {
    /// For `d` features and so many classes.
    pub fn new(d: usize, classes: usize, rng: &mut Rng) -> Self {
        Conditioning {
            features: Tensor::normal([d, d], 0.0, 1.0, rng),
            classes: Tensor::normal([classes, d], 0.0, 1.0, rng),
        }
    }

    /// **T(f, g)** for every row.
    ///
    /// # Shapes
    /// Features `[n, d]` and logits `[n, classes]` give `[n, d]`.
    ///
    /// # Panics
    /// If the widths are others than those of [`new`](Conditioning::new).
    #[track_caller]
    pub fn join<'t>(&self, features: Var<'t>, logits: Var<'t>) -> Var<'t> {
        let tape = features.tape();
        let d = features.shape()[1] as Real;
        let f = features.matmul(tape.constant(self.features.clone()));
        let g = logits.softmax(1).detach().matmul(tape.constant(self.classes.clone()));
        f * g / d.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Param, eval, grad};

    /// ⟨T(f, g), T(f', g')⟩ is an unbiased estimate of ⟨f, f'⟩ ⟨g, g'⟩ (the paper's theorem 1).
    #[test]
    fn inner_products_are_those_of_the_outer_product_in_the_mean() {
        let rng = &mut Rng::seed(3);
        let features = Tensor::uniform([2, 4], 0.0..1.0, rng);
        let logits = Tensor::normal([2, 3], 0.0, 2.0, rng);
        let dot = |x: &Tensor| {
            let (a, b) = x.as_slice().split_at(x.len() / 2);
            a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>()
        };
        let probabilities = eval(|t| t.constant(logits.clone()).softmax(1).value());
        let want = dot(&features) * dot(&probabilities);
        let draws = 20_000;
        let mean = (0..draws)
            .map(|_| {
                let map = Conditioning::new(4, 3, rng);
                dot(&eval(|t| {
                    map.join(t.constant(features.clone()), t.constant(logits.clone())).value()
                }))
            })
            .sum::<f64>()
            / f64::from(draws);
        assert!((mean - want).abs() < 0.03, "{mean} for {want}");
    }

    #[test]
    fn the_probabilities_have_no_gradient_and_the_features_have() {
        let rng = &mut Rng::seed(4);
        let features = Param::weight(Tensor::normal([3, 4], 0.0, 1.0, rng));
        let logits = Param::weight(Tensor::normal([3, 2], 0.0, 1.0, rng));
        let map = Conditioning::new(4, 2, rng);
        let (_, grads) = grad(rng, |t| map.join(t.param(&features), t.param(&logits)).sum(..));
        assert!(grads.get(&logits).is_none_or(|g| g.as_slice().iter().all(|&g| g == 0.0)));
        assert!(grads.get(&features).unwrap().as_slice().iter().all(|&g| g != 0.0));
    }
}
