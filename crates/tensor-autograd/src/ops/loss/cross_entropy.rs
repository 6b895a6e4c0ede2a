//! Cross-entropy of logits against classes or distributions.

use super::Reduction;
use crate::kernels::cross_entropy::{Target, Weighting, cross_entropy};
use crate::kernels::{elementwise, softmax};
use crate::ops::permute::permuted;
use crate::{Real, Shape, Tensor, Var};

/// What [`cross_entropy_with`](Var::cross_entropy_with) compares the logits with.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// The right class of each position, in row-major order.
    Classes(&'a [usize]),
    /// The probability of each class, of the logits' shape and on their tape: a constant, or a
    /// variable that gets its gradient.
    Probabilities(Var<'a>),
}

/// Options of [`cross_entropy_with`](Var::cross_entropy_with).
#[derive(Clone, Debug, Default)]
pub struct CrossEntropy {
    /// A factor for each class, `[c]`: a setting, without a gradient. PyTorch refuses one too for
    /// classes; where weights are to be learnt along with probabilities, `-(x.log_softmax(1) * t * w)`
    /// is the loss, with all three gradients.
    pub weight: Option<Tensor>,
    /// The share `ε` of the target that is spread evenly over the classes, in `[0, 1]` (Szegedy et
    /// al., *Rethinking the Inception Architecture*, 2016).
    pub label_smoothing: Real,
    /// Positions of this class count for nothing.
    pub ignore_index: Option<usize>,
    /// What becomes of the positions' losses. The mean for classes is weighted: the sum over the
    /// sum of the right classes' weights, as in PyTorch; 0 if all positions are ignored.
    pub reduction: Reduction,
}

impl<'t> Var<'t> {
    /// The mean cross-entropy of logits against the right classes:
    /// **-1/n Σᵢ ln softmax(xᵢ)\[yᵢ\]**.
    ///
    /// # Shapes
    /// `[n, c]` and `n` classes; see [`cross_entropy_with`](Var::cross_entropy_with) for others.
    ///
    /// # Gradient
    /// `dX = (softmax(X) - onehot(y)) / n · dY`, computed along with the loss.
    ///
    /// # Panics
    /// If there are more or fewer classes than positions, or a class is not below `c`.
    #[track_caller]
    pub fn cross_entropy(self, classes: &[usize]) -> Var<'t> {
        self.cross_entropy_with(Targets::Classes(classes), CrossEntropy::default())
    }

    /// Cross-entropy of logits over axis 1 against classes or distributions, with options:
    /// **ℓᵢ = Σⱼ qᵢⱼ (ln Σₖ exp(xᵢₖ) - xᵢⱼ)**, reduced, where
    /// `q = w · ((1 - ε) t + ε / c)` with the class weights `w`, the smoothing `ε`, and the target
    /// `t` (one-hot for a class; its weight is then that of the right class).
    ///
    /// # Shapes
    /// `[n, c, d..]` with `n·d..` classes or `[n, c, d..]` probabilities; the unreduced losses are
    /// `[n, d..]`. A vector `[c]` is one position.
    ///
    /// # Gradient
    /// `dX = (softmax(X) · Σⱼ q - q) · dY`, computed along with the loss; for probabilities also
    /// `dT = -w · (1 - ε) · ln softmax(X) · dY`. Both are divided by the number of positions (or the
    /// sum of weights) for the mean.
    ///
    /// # Panics
    /// If a shape does not fit, a class is not below `c`, or the smoothing leaves `[0, 1]`.
    #[track_caller]
    pub fn cross_entropy_with(self, targets: Targets<'_>, options: CrossEntropy) -> Var<'t> {
        let x = self.value();
        let layout = Layout::new(x.shape());
        let Layout { c, .. } = layout;
        let smoothing = options.label_smoothing;
        assert!((0.0..=1.0).contains(&smoothing), "cross_entropy: label smoothing {smoothing}");
        if let Some(w) = &options.weight {
            assert!(*w.shape() == [c], "cross_entropy: the weight is {}, not [{c}]", w.shape());
        }
        let weighting =
            Weighting { class: options.weight.as_ref().map(Tensor::as_slice), smoothing };
        let mut soft = None;
        let probabilities;
        let target = match targets {
            Targets::Classes(classes) => {
                layout.check_classes(classes, options.ignore_index);
                Target::Classes { classes, ignore: options.ignore_index }
            }
            Targets::Probabilities(t) => {
                assert!(
                    t.shape() == x.shape(),
                    "cross_entropy: the logits are {}, the target probabilities {}",
                    x.shape(),
                    t.shape()
                );
                soft = Some(t);
                probabilities = layout.to_rows(t.value());
                Target::Probabilities(probabilities.as_slice())
            }
        };
        let scale = match options.reduction {
            Reduction::Mean => 1.0 / denominator(target, weighting, layout.rows()),
            _ => 1.0,
        };
        let rows = layout.to_rows(x);
        let mut grad = self.needs_grad().then(|| Tensor::stale([layout.rows(), c]));
        let losses = Tensor::build(layout.losses(), |losses| {
            let grad = grad.as_mut().map(Tensor::make_mut);
            cross_entropy(losses, grad, rows.as_slice(), target, weighting, scale);
        });
        let y = match options.reduction {
            Reduction::None => losses,
            _ => Tensor::scalar(scale * losses.sum()),
        };
        let recorder = self.tape().record("cross_entropy", y).wrt(self, move |dy| {
            let g = grad.expect("made for a variable that needs it");
            layout.restore(chain(g, &dy, options.reduction))
        });
        let Some(soft) = soft else { return recorder.var() };
        let (weight, factor) = (options.weight, -scale * (1.0 - smoothing));
        let rule = move |dy: Tensor| {
            let mut g = Tensor::build([layout.rows(), c], |g| {
                softmax::log_softmax(g, rows.as_slice(), c, 1);
            });
            for row in g.make_mut().chunks_exact_mut(c) {
                for (j, g) in row.iter_mut().enumerate() {
                    *g *= factor * weight.as_ref().map_or(1.0, |w| w.as_slice()[j]);
                }
            }
            layout.restore(chain(g, &dy, options.reduction))
        };
        recorder.wrt(soft, rule).var()
    }
}

/// `dy` times the derivatives `g` of the losses, which are reduced already.
fn chain(mut g: Tensor, dy: &Tensor, reduction: Reduction) -> Tensor {
    match reduction {
        Reduction::None => scale_rows(&mut g, dy.as_slice()),
        _ if dy.item() == 1.0 => {}
        _ => elementwise::map_inplace(g.make_mut(), |g| g * dy.item()),
    }
    g
}

/// What a mean divides by.
fn denominator(target: Target<'_>, weighting: Weighting<'_>, rows: usize) -> Real {
    match target {
        Target::Classes { classes, ignore: None } if weighting.class.is_none() => {
            classes.len() as Real
        }
        Target::Classes { classes, ignore } => {
            let counted = classes.iter().filter(|y| Some(**y) != ignore);
            let total: Real = counted.map(|&y| weighting.class(y)).sum();
            // Without a single position the sum is 0 too, and so is the mean.
            if total == 0.0 { 1.0 } else { total }
        }
        Target::Probabilities(_) => rows as Real,
    }
}

fn scale_rows(g: &mut Tensor, factors: &[Real]) {
    let cols = g.len() / factors.len().max(1);
    for (row, &factor) in g.make_mut().chunks_exact_mut(cols.max(1)).zip(factors) {
        row.iter_mut().for_each(|g| *g *= factor);
    }
}

/// Logits `[n, c, d..]` as `n·d` rows of `c`.
#[derive(Clone, Copy)]
struct Layout {
    shape: Shape,
    n: usize,
    c: usize,
    d: usize,
}

impl Layout {
    #[track_caller]
    fn new(shape: Shape) -> Layout {
        let (n, c, d) = match *shape {
            [] => panic!("cross_entropy: the logits need an axis of classes, they are a scalar"),
            [c] => (1, c, 1),
            [n, c, ref d @ ..] => (n, c, d.iter().product()),
        };
        assert!(c > 0, "cross_entropy: the logits {shape} have no classes");
        Layout { shape, n, c, d }
    }

    fn rows(&self) -> usize {
        self.n * self.d
    }

    /// The shape of the unreduced losses.
    fn losses(&self) -> Shape {
        self.shape.without(self.shape.rank().min(2) - 1)
    }

    #[track_caller]
    fn check_classes(&self, classes: &[usize], ignore: Option<usize>) {
        let (rows, c) = (self.rows(), self.c);
        assert!(
            classes.len() == rows,
            "cross_entropy: the logits {} need {rows} classes, {} were given",
            self.shape,
            classes.len()
        );
        if let Some(row) = classes.iter().position(|&y| y >= c && Some(y) != ignore) {
            panic!(
                "cross_entropy: row {row} has class {}, but the logits {} have {c} classes (0 to {})",
                classes[row],
                self.shape,
                c - 1
            );
        }
    }

    fn to_rows(self, x: Tensor) -> Tensor {
        match self.d {
            1 => x,
            _ => permuted(&x.reshape([self.n, self.c, self.d]), &[0, 2, 1])
                .reshape([self.rows(), self.c]),
        }
    }

    fn restore(self, g: Tensor) -> Tensor {
        match self.d {
            1 => g.reshape(self.shape),
            _ => permuted(&g.reshape([self.n, self.d, self.c]), &[0, 2, 1]).reshape(self.shape),
        }
    }
}

#[cfg(test)]
mod tests;
