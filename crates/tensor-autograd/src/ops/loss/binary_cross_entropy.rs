//! Cross-entropy of two classes, from logits.

use super::Reduction;
use crate::kernels::{elementwise, math};
use crate::ops::broadcast::expand;
use crate::{Real, Tensor, Var};

/// Options of [`binary_cross_entropy_with_logits`](Var::binary_cross_entropy_with_logits).
#[derive(Clone, Debug, Default)]
pub struct BinaryCrossEntropy {
    /// A factor of each element's loss; broadcasts to the logits.
    pub weight: Option<Tensor>,
    /// A factor of the loss of positive targets, for unbalanced data; broadcasts to the logits.
    pub pos_weight: Option<Tensor>,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
}

impl<'t> Var<'t> {
    /// Cross-entropy of independent yes/no answers given as logits:
    /// **-w [p t ln σ(x) + (1 - t) ln(1 - σ(x))]**, reduced, with the element's weight `w` and the
    /// weight `p` of positives. Computed as `w [(1 - t) x + (1 - t + p t) ln(1 + e⁻ˣ)]`, which no
    /// logit overflows.
    ///
    /// The target is in `[0, 1]`; the mean is over all elements, whatever their weight.
    ///
    /// # Gradient
    /// `dX = w [(1 - t) - (1 - t + p t) σ(-x)] · dY`; without weights `σ(x) - t`.
    /// `dT = w [(p - 1) ln(1 + e⁻ˣ) - x] · dY`; without weights `-x`. The weights are settings and
    /// have none; PyTorch refuses them one.
    ///
    /// # Panics
    /// If the shapes of logits and target differ, or a weight does not broadcast to them.
    #[track_caller]
    pub fn binary_cross_entropy_with_logits(
        self,
        target: Var<'t>,
        options: BinaryCrossEntropy,
    ) -> Var<'t> {
        let (x, t) = (self.value(), target.value());
        assert!(
            x.shape() == t.shape(),
            "binary_cross_entropy_with_logits: the logits {} and the target {} must have the same \
             shape",
            x.shape(),
            t.shape()
        );
        let Terms { linear, curved } = Terms::new(&t, &options);
        let mut losses = x.zip(&linear, |x, a| a * x);
        match &curved {
            None => elementwise::zip_inplace(losses.make_mut(), x.as_slice(), |y, x| {
                y + math::softplus(-x)
            }),
            Some(b) => {
                let y = losses.make_mut();
                elementwise::zip2_inplace(y, x.as_slice(), b.as_slice(), |y, x, b| {
                    y + b * math::softplus(-x)
                });
            }
        }
        let BinaryCrossEntropy { weight, pos_weight, reduction } = options;
        let scale = match reduction {
            Reduction::Mean => 1.0 / x.len() as Real,
            _ => 1.0,
        };
        let y = match reduction {
            Reduction::None => losses,
            _ => Tensor::scalar(scale * losses.sum()),
        };
        let logits = x.clone();
        self.tape()
            .record("binary_cross_entropy_with_logits", y)
            .wrt(self, move |dy| {
                let d = match &curved {
                    None => x.into_zip(&linear, |x, a| a - math::sigmoid(-x)),
                    Some(b) => x
                        .into_map(|x| math::sigmoid(-x))
                        .into_zip(b, |s, b| s * b)
                        .into_zip(&linear, |s, a| a - s),
                };
                chain(dy, d, reduction, scale)
            })
            .wrt(target, move |dy| {
                let shape = logits.shape();
                let mut d = match pos_weight {
                    None => logits.into_map(|x| -x),
                    Some(p) => logits
                        .into_zip(&expand(&p, shape), |x, p| (p - 1.0) * math::softplus(-x) - x),
                };
                if let Some(weight) = weight {
                    d = d.into_zip(&expand(&weight, shape), |d, w| d * w);
                }
                chain(dy, d, reduction, scale)
            })
            .var()
    }
}

/// `dy` times the derivative `d` of each element's loss.
fn chain(dy: Tensor, d: Tensor, reduction: Reduction, scale: Real) -> Tensor {
    match reduction {
        Reduction::None => dy.into_zip(&d, |dy, d| dy * d),
        _ => {
            let dy = scale * dy.item();
            d.into_map(move |d| d * dy)
        }
    }
}

/// The loss of an element is `linear · x + curved · ln(1 + e⁻ˣ)`.
struct Terms {
    linear: Tensor,
    /// 1 everywhere if absent.
    curved: Option<Tensor>,
}

impl Terms {
    #[track_caller]
    fn new(target: &Tensor, options: &BinaryCrossEntropy) -> Terms {
        let shape = target.shape();
        let mut linear = target.map(|t| 1.0 - t);
        let mut curved = options.pos_weight.as_ref().map(|p| {
            let p = expand(p, shape);
            p.into_zip(target, |p, t| 1.0 - t + p * t)
        });
        if let Some(weight) = &options.weight {
            let weight = expand(weight, shape);
            linear = linear.into_zip(&weight, |a, w| a * w);
            curved = Some(match curved {
                Some(b) => b.into_zip(&weight, |b, w| b * w),
                None => weight,
            });
        }
        Terms { linear, curved }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, Tape, gradcheck, reference};

    fn class_weight(scale: Real) -> Option<Tensor> {
        Some(Tensor::new([3], vec![0.5 * scale, scale, 3.0 * scale]))
    }

    gradcheck!(binary_cross_entropy_with_logits: |t, x| {
        x.binary_cross_entropy_with_logits(t, BinaryCrossEntropy::default())
    }; t [2, 3] in 0.0..1.0, x [2, 3] in -3.0..3.0);
    gradcheck!(binary_cross_entropy_with_logits_weight: |t, x| {
        let options = BinaryCrossEntropy { weight: class_weight(1.0), ..Default::default() };
        x.binary_cross_entropy_with_logits(t, options)
    }; t [2, 3] in 0.0..1.0, x [2, 3] in -3.0..3.0);
    gradcheck!(binary_cross_entropy_with_logits_pos_weight: |t, x| {
        let options = BinaryCrossEntropy {
            pos_weight: class_weight(2.0),
            reduction: Reduction::Sum,
            ..Default::default()
        };
        x.binary_cross_entropy_with_logits(t, options)
    }; t [2, 3] in 0.0..1.0, x [2, 3] in -3.0..3.0);
    gradcheck!(binary_cross_entropy_with_logits_none: |t, x| {
        let options = BinaryCrossEntropy {
            weight: class_weight(1.0),
            pos_weight: class_weight(2.0),
            reduction: Reduction::None,
        };
        x.binary_cross_entropy_with_logits(t, options)
    }; t [2, 3] in 0.0..1.0, x [2, 3] in -3.0..3.0);
    reference!(binary_cross_entropy_with_logits);
    reference!(binary_cross_entropy_with_logits_weight);
    reference!(binary_cross_entropy_with_logits_pos_weight);
    reference!(binary_cross_entropy_with_logits_none);

    #[test]
    fn extreme_logits_neither_overflow_nor_lose_their_gradient() {
        let x = Param::weight(Tensor::new([2, 1], vec![1000.0, -1000.0]));
        let tape = Tape::new();
        let options = BinaryCrossEntropy { reduction: Reduction::Sum, ..Default::default() };
        let wrong = tape.constant(Tensor::new([2, 1], vec![0.0, 1.0]));
        let loss = tape.param(&x).binary_cross_entropy_with_logits(wrong, options);
        assert_eq!(loss.value().item(), 2000.0);
        assert_eq!(loss.backward().get(&x).unwrap().as_slice(), [1.0, -1.0]);
    }

    #[test]
    #[should_panic(expected = "the logits [2, 1] and the target [2] must have the same shape")]
    fn shapes_that_differ_are_named() {
        let tape = Tape::new();
        let (x, t) = (tape.constant(Tensor::zeros([2, 1])), tape.constant(Tensor::zeros([2])));
        x.binary_cross_entropy_with_logits(t, BinaryCrossEntropy::default());
    }
}
