//! What every column of a progressive network is made of, and how many numbers that takes.

use crate::TransferError;
use serde::{Deserialize, Serialize};

/// A hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Hidden {
    /// A convolution without padding, then max-pooling.
    Conv {
        /// Feature maps.
        channels: usize,
        /// Height and width of the filters.
        kernel: usize,
        /// Height, width and stride of the pooling; 1 for none.
        pool: usize,
    },
    /// A fully connected layer.
    Linear {
        /// Its units.
        units: usize,
    },
}

/// How a column reads the older ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Laterals {
    /// **U σ(V α h)**: the adapter that the paper trains.
    #[default]
    Adapter,
    /// **Σⱼ U⁽ʲ⁾ hⱼ**: a linear map of each older column (the paper's equation 1).
    Linear,
}

/// The layers that all columns share; only the heads differ, by their number of classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub(super) input: Vec<usize>,
    pub(super) hidden: Vec<Hidden>,
    pub(super) laterals: Laterals,
    pub(super) batch_norm: bool,
    pub(super) dropout: f32,
}

/// Larger layers than this are taken for a slip, or for a damaged file.
const LARGEST: usize = 1 << 26;

impl Plan {
    /// Columns for samples of this shape, `[features]` or `[channels, height, width]`, with these
    /// hidden layers: convolutions first, at least one fully connected layer last.
    pub fn new(input: impl Into<Vec<usize>>, hidden: impl Into<Vec<Hidden>>) -> Self {
        let (input, hidden) = (input.into(), hidden.into());
        let laterals = Laterals::default();
        Plan { input, hidden, laterals, batch_norm: false, dropout: 0.0 }
    }

    /// Fully connected columns of these widths.
    pub fn mlp(input: impl Into<Vec<usize>>, widths: &[usize]) -> Self {
        let linear = |&units| Hidden::Linear { units };
        Plan::new(input, widths.iter().map(linear).collect::<Vec<_>>())
    }

    /// Columns for small images: `conv 5x5 16, ReLU, max-pool 2x2, conv 5x5 32, ReLU, max-pool 2x2,
    /// FC 64, ReLU`.
    pub fn conv(input: impl Into<Vec<usize>>) -> Self {
        let conv = |channels| Hidden::Conv { channels, kernel: 5, pool: 2 };
        Plan::new(input, [conv(16), conv(32), Hidden::Linear { units: 64 }])
    }

    /// How a column reads the older ones.
    pub fn laterals(mut self, laterals: Laterals) -> Self {
        self.laterals = laterals;
        self
    }

    /// Batch normalisation before each ReLU of the hidden layers.
    pub fn batch_norm(mut self, on: bool) -> Self {
        self.batch_norm = on;
        self
    }

    /// Dropout of the hidden activations while their column is trained, with a probability in
    /// `[0, 1)`.
    pub fn dropout(mut self, p: f32) -> Self {
        self.dropout = p;
        self
    }

    /// The shape of a sample.
    pub fn input(&self) -> &[usize] {
        &self.input
    }

    /// The layers of a column, its head included.
    pub fn layers(&self) -> usize {
        self.hidden.len() + 1
    }

    /// The shape of a sample's activations `h₀ .. h_{L-1}`: the input, then every hidden layer.
    ///
    /// # Errors
    /// [`TransferError::Mismatch`] if a layer does not fit what comes before it,
    /// [`TransferError::Setting`] if the dropout is no probability.
    pub fn shapes(&self) -> Result<Vec<Vec<usize>>, TransferError> {
        let dropout = (0.0..1.0).contains(&self.dropout);
        crate::error::setting("dropout", self.dropout, dropout, "in [0, 1)")?;
        let refuse = |what, left: String| TransferError::Mismatch {
            what,
            left,
            right: format!("samples {:?}, hidden layers {:?}", self.input, self.hidden),
            remedy: "choose other layers, or resize the images",
        };
        if !matches!(self.hidden.last(), Some(Hidden::Linear { .. })) {
            let what = "the last hidden layer of a column must be fully connected";
            return Err(refuse(what, format!("{} hidden layers", self.hidden.len())));
        }
        let mut shapes = vec![self.input.clone()];
        for layer in &self.hidden {
            let from = shapes.last().expect("the input at least");
            let to = match (*layer, &from[..]) {
                (Hidden::Linear { units }, _) => Some(vec![units]),
                (Hidden::Conv { channels, kernel, pool }, &[_, h, w]) if pool > 0 => {
                    let side = |s: usize| Some((s + 1).checked_sub(kernel.max(1))? / pool);
                    side(h).zip(side(w)).map(|(h, w)| vec![channels, h, w])
                }
                _ => None,
            };
            let bounded = |shape: &[usize]| {
                let size = shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
                size.is_some_and(|n| (1..=LARGEST).contains(&n))
            };
            let kernel = !matches!(layer, Hidden::Conv { kernel: 0, .. });
            match to.filter(|to| kernel && bounded(from) && bounded(to)) {
                Some(to) => shapes.push(to),
                None => {
                    let what = "a hidden layer does not fit the activations before it";
                    return Err(refuse(what, format!("{layer:?} after {from:?}")));
                }
            }
        }
        Ok(shapes)
    }

    /// Weights of column `column` (from 0) with a head of `classes`, by formula. With widths
    /// `n₀ .. n_L`, `aᵢ` the taps of layer `i`'s own map (`k²` of a convolution, the pixels of a map
    /// that is flattened, else 1) and `j = column`:
    ///
    /// `Σᵢ nᵢ (nᵢ₋₁ aᵢ + 1)`, and `2 nᵢ` for batch normalisation of a hidden layer; then for every
    /// `i ≥ 2`, if `j > 0`, `1 + j nᵢ₋₁ nᵢ₋₁ + nᵢ nᵢ₋₁ aᵢ` of an adapter, or `j nᵢ nᵢ₋₁ aᵢ` of linear
    /// laterals. So all columns together grow with the square of their number.
    ///
    /// # Errors
    /// As for [`shapes`](Plan::shapes).
    pub fn column_parameters(&self, column: usize, classes: usize) -> Result<usize, TransferError> {
        let mut shapes = self.shapes()?;
        shapes.push(vec![classes]);
        let mut sum = 0;
        for i in 1..shapes.len() {
            let (from, to) = (&shapes[i - 1], &shapes[i]);
            let taps = match self.hidden.get(i - 1) {
                Some(Hidden::Conv { kernel, .. }) => kernel * kernel,
                _ => from[1..].iter().product(),
            };
            let (before, after) = (from[0], to[0]);
            sum += after * (before * taps + 1);
            if self.batch_norm && i < shapes.len() - 1 {
                sum += 2 * after;
            }
            if column > 0 && i > 1 {
                sum += match self.laterals {
                    Laterals::Adapter => 1 + column * before * before + after * before * taps,
                    Laterals::Linear => column * after * before * taps,
                };
            }
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_follow_the_layers() {
        let plan = Plan::conv([3, 28, 28]);
        let want: [&[usize]; 4] = [&[3, 28, 28], &[16, 12, 12], &[32, 4, 4], &[64]];
        assert_eq!(plan.shapes().unwrap(), want);
        assert_eq!(plan.layers(), 4);
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let conv = Hidden::Conv { channels: 2, kernel: 3, pool: 1 };
        let linear = Hidden::Linear { units: 4 };
        let none = Hidden::Conv { channels: 2, kernel: 0, pool: 1 };
        for plan in [
            Plan::new([1, 8, 8], [conv]),
            Plan::new([1, 8, 8], []),
            Plan::new([1, 2, 8], [conv, linear]),
            Plan::new([8], [conv, linear]),
            Plan::new([1, 8, 8], [linear, conv, linear]),
            Plan::new([1, 8, 8], [none, linear]),
            Plan::mlp([8], &[0]),
            Plan::mlp([0], &[4]),
            Plan::mlp([], &[1 << 40]),
            Plan::mlp([8], &[4]).dropout(1.0),
            Plan::mlp([8], &[4]).dropout(f32::NAN),
        ] {
            assert!(plan.shapes().is_err(), "{plan:?}");
        }
    }

    #[test]
    fn parameters_are_those_counted_by_hand() {
        // 5 inputs, hidden 4 and 3, 2 classes: 24 + 15 + 8; laterals into layers 2 and 3.
        let plan = Plan::mlp([5], &[4, 3]);
        let count = |plan: &Plan, column| plan.column_parameters(column, 2).unwrap();
        assert_eq!(count(&plan, 0), 47);
        assert_eq!(count(&plan, 1), 47 + (1 + 16 + 12) + (1 + 9 + 6));
        assert_eq!(count(&plan, 2), 47 + (1 + 32 + 12) + (1 + 18 + 6));
        let linear = plan.laterals(Laterals::Linear);
        assert_eq!(count(&linear, 2), 47 + 2 * (12 + 6));
        assert_eq!(count(&linear.batch_norm(true), 0), 47 + 2 * 7);
    }
}
