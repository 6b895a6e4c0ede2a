//! A table of vectors.

use crate::{Layer, init};
use tensor_autograd::{Param, Rng, Shape, Tape, Var, module};

/// Row `i` of a table, for every index `i`.
///
/// # Shapes
/// Indices of any shape `s` to `[s.., width]`; `weight` is `[rows, width]`, as in PyTorch.
///
/// # Initial values
/// `N(0, 1)`, PyTorch's default.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// `[rows, width]`.
    pub weight: Param,
}
module!(Embedding: weight);

impl Embedding {
    /// A table of `rows` vectors of `width` numbers.
    pub fn new(rows: usize, width: usize, rng: &mut Rng) -> Self {
        Embedding { weight: Param::weight(init::normal([rows, width], 0.0, 1.0, rng)) }
    }

    /// The vectors of `indices`, which are laid out in `shape`.
    ///
    /// # Panics
    /// If an index is no row, or the number of indices is not that of `shape`.
    #[track_caller]
    pub fn lookup<'t>(
        &self,
        tape: &'t Tape,
        indices: &[usize],
        shape: impl Into<Shape>,
    ) -> Var<'t> {
        tape.param(&self.weight).embedding(indices, shape)
    }
}

impl Layer for Embedding {
    /// The vectors of the indices that `x` holds as numbers.
    ///
    /// # Panics
    /// If an element of `x` is no row's index.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (x, tape) = (x.value(), x.tape());
        let rows = self.weight.shape()[0];
        let index = |&number: &tensor_autograd::Real| {
            let index = number as usize;
            assert!(
                index as tensor_autograd::Real == number && index < rows,
                "{}: expected indices in 0..{rows}, got {number}",
                self.describe()
            );
            index
        };
        let indices: Vec<usize> = x.as_slice().iter().map(index).collect();
        self.lookup(tape, &indices, x.shape())
    }

    fn describe(&self) -> String {
        format!("Embedding({} x {})", self.weight.shape()[0], self.weight.shape()[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Tape, Tensor, eval, reference};

    #[test]
    fn rows_and_their_gradients_are_pytorchs() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/reference/");
        let tensors = reference::load(format!("{folder}embedding.txt").as_ref());
        let layer = Embedding { weight: Param::weight(tensors["state weight"].clone()) };
        let tape = Tape::new();
        let y = layer.forward(tape.constant(tensors["indices"].clone()));
        reference::assert_close(&y.value(), &tensors["output"], "output");
        let grads = (y * tape.constant(tensors["cotangent"].clone())).sum(..).backward();
        let got = grads.get(&layer.weight).unwrap();
        reference::assert_close(got, &tensors["grad weight"], "grad weight");
    }

    #[test]
    fn the_table_starts_as_standard_normal() {
        let layer = Embedding::new(500, 40, &mut Rng::seed(0));
        let second = layer.weight.value.map(|w| w * w).sum() / 20_000.0;
        assert!((second - 1.0).abs() < 0.04, "{second}");
    }

    #[test]
    #[should_panic(expected = "Embedding(3 x 2): expected indices in 0..3, got 2.5")]
    fn what_is_no_index_is_refused() {
        let layer = Embedding::new(3, 2, &mut Rng::seed(0));
        eval(|t| layer.forward(t.constant(Tensor::full([1], 2.5))).value());
    }
}
