//! Softmax cross-entropy of rows of logits: loss and gradient in one pass over each row.
//!
//! With the row's target weights `q` (not necessarily summing to one) and `Q = Σ q`:
//! `loss = Σⱼ qⱼ (ln Σ eˣ - xⱼ)` and `dloss/dx = Q · softmax(x) - q`.

use super::isa::vectorized;
use super::lanes;
use super::math;
use super::parallel::{CHUNK, for_chunks, for_rows2};
use crate::Real;

/// Work of one element, in units of an addition.
const EFFORT: usize = 4;

/// What the rows are compared with.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// One class a row.
    Classes {
        /// The classes, checked by the caller to be columns (or ignored).
        classes: &'a [usize],
        /// Rows of this class count for nothing.
        ignore: Option<usize>,
    },
    /// A distribution a row, `[rows, cols]`.
    Probabilities(&'a [Real]),
}

/// How the rows' target weights come from the target.
#[derive(Clone, Copy)]
pub struct Weighting<'a> {
    /// A factor for each class.
    pub class: Option<&'a [Real]>,
    /// The share of the target that is spread evenly over the classes.
    pub smoothing: Real,
}

impl Weighting<'_> {
    /// The factor of class `j`.
    #[inline(always)]
    pub fn class(&self, j: usize) -> Real {
        self.class.map_or(1.0, |w| w[j])
    }
}

/// `loss[i]` of each row of `x: [rows, cols]`; with `grad`, also `scale · dloss[i]/dx[i]`.
///
/// # Panics
/// If a length does not fit or a class is no column.
#[track_caller]
pub fn cross_entropy(
    loss: &mut [Real],
    grad: Option<&mut [Real]>,
    x: &[Real],
    target: Target<'_>,
    weighting: Weighting<'_>,
    scale: Real,
) {
    if x.is_empty() {
        return loss.fill(0.0);
    }
    let cols = x.len() / loss.len();
    assert_eq!(x.len(), loss.len() * cols, "the logits must be [rows, cols]");
    match target {
        Target::Classes { classes, .. } => assert_eq!(classes.len(), loss.len()),
        Target::Probabilities(t) => assert_eq!(t.len(), x.len()),
    }
    assert!(weighting.class.is_none_or(|w| w.len() == cols), "one weight a class");
    let rows = (CHUNK / EFFORT / cols).max(1);
    let row = |i: usize, grad: Option<&mut [Real]>| {
        let x = &x[i * cols..(i + 1) * cols];
        match target {
            Target::Classes { classes, ignore } if ignore == Some(classes[i]) => {
                if let Some(g) = grad {
                    g.fill(0.0);
                }
                0.0
            }
            Target::Classes { classes, .. } => one_class(x, classes[i], weighting, scale, grad),
            Target::Probabilities(t) => {
                soft(x, &t[i * cols..(i + 1) * cols], weighting, scale, grad)
            }
        }
    };
    match grad {
        Some(grad) => for_rows2(loss, grad, (1, cols), rows, |first, loss, grad| {
            vectorized(|| {
                for (i, (loss, g)) in loss.iter_mut().zip(grad.chunks_exact_mut(cols)).enumerate() {
                    *loss = row(first + i, Some(g));
                }
            });
        }),
        None => for_chunks(loss, rows, x.len() * EFFORT, |first, loss| {
            vectorized(|| {
                for (i, loss) in loss.iter_mut().enumerate() {
                    *loss = row(first + i, None);
                }
            });
        }),
    }
}

/// `ln Σ eˣ`; writes `factor · softmax(x)` to `p`.
#[inline(always)]
fn log_sum_exp(x: &[Real], factor: Real, p: Option<&mut [Real]>) -> Real {
    let max = lanes::max(x);
    let sum = match p {
        None => lanes::sum(x, |x| math::exp(x - max)),
        Some(p) => {
            let sum = lanes::exp_sum(p, x, max);
            let scale = factor / sum;
            p.iter_mut().for_each(|p| *p *= scale);
            sum
        }
    };
    max + sum.ln()
}

// ANCHOR: one_class
#[inline(always)]
fn one_class(
    x: &[Real],
    class: usize,
    w: Weighting<'_>,
    scale: Real,
    mut grad: Option<&mut [Real]>,
) -> Real {
    let own = (1.0 - w.smoothing) * w.class(class);
    let mut total = own;
    let even = w.smoothing / x.len() as Real;
    if w.smoothing != 0.0 {
        total += even * w.class.map_or(x.len() as Real, |w| lanes::sum(w, |w| w));
    }
    let log_sum = log_sum_exp(x, scale * total, grad.as_deref_mut());
    let mut loss = own * (log_sum - x[class]);
    if let Some(g) = &mut grad {
        g[class] -= scale * own;
    }
    if w.smoothing != 0.0 {
        loss += even
            * match w.class {
                None => lanes::sum(x, |x| log_sum - x),
                Some(w) => lanes::sum2(x, w, |x, w| (w * (log_sum - x), 0.0)).0,
            };
        if let Some(g) = grad {
            g.iter_mut().enumerate().for_each(|(j, g)| *g -= scale * even * w.class(j));
        }
    }
    loss
}
// ANCHOR_END: one_class

#[inline(always)]
fn soft(
    x: &[Real],
    t: &[Real],
    w: Weighting<'_>,
    scale: Real,
    mut grad: Option<&mut [Real]>,
) -> Real {
    let even = w.smoothing / x.len() as Real;
    let q = |j: usize, t: Real| w.class(j) * ((1.0 - w.smoothing) * t + even);
    let total = match w.class {
        None => lanes::sum(t, |t| (1.0 - w.smoothing) * t + even),
        Some(_) => t.iter().enumerate().map(|(j, &t)| q(j, t)).sum(),
    };
    let log_sum = log_sum_exp(x, scale * total, grad.as_deref_mut());
    if let Some(g) = grad {
        g.iter_mut().zip(t).enumerate().for_each(|(j, (g, &t))| *g -= scale * q(j, t));
    }
    // A class that the target excludes costs nothing, even at a logit of -∞.
    let cost = |q: Real, x: Real| if q == 0.0 { 0.0 } else { q * (log_sum - x) };
    match w.class {
        None => lanes::sum2(x, t, |x, t| (cost((1.0 - w.smoothing) * t + even, x), 0.0)).0,
        Some(_) => x.iter().zip(t).enumerate().map(|(j, (&x, &t))| cost(q(j, t), x)).sum(),
    }
}
