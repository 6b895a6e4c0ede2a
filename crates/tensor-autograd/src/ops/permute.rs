//! Reordering axes.

use super::axes::resolve;
use crate::kernels::permute::Permutation;
use crate::shape::MAX_RANK;
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// Reorders the axes: axis `order[k]` becomes axis `k`.
    ///
    /// # Shapes
    /// `[2, 3, 4]` by `[2, 0, 1]` gives `[4, 2, 3]`.
    ///
    /// # Gradient
    /// `dY` in the inverse order.
    ///
    /// # Panics
    /// If `order` does not name every axis once.
    #[track_caller]
    pub fn permute(self, order: &[usize]) -> Var<'t> {
        let y = permuted(&self.value(), order);
        let (mut inverse, rank) = ([0; MAX_RANK], order.len());
        order.iter().enumerate().for_each(|(k, &a)| inverse[a] = k);
        self.tape().record("permute", y).wrt(self, move |dy| permuted(&dy, &inverse[..rank])).var()
    }

    /// Swaps two axes.
    ///
    /// # Panics
    /// If one does not exist.
    #[track_caller]
    pub fn transpose(self, a: isize, b: isize) -> Var<'t> {
        let shape = self.shape();
        let mut order: [usize; MAX_RANK] = std::array::from_fn(|k| k);
        order.swap(resolve("transpose", shape, a), resolve("transpose", shape, b));
        self.permute(&order[..shape.rank()])
    }
}

/// The tensor whose axis `k` is axis `order[k]` of `x`; shares the memory if nothing moves.
#[track_caller]
pub(crate) fn permuted(x: &Tensor, order: &[usize]) -> Tensor {
    let from = x.shape();
    let permutation = Permutation::new(from, order);
    let shape: Shape = order.iter().map(|&a| from[a]).collect();
    match permutation.is_identity() {
        true => x.reshape(shape),
        false => Tensor::build(shape, |y| permutation.apply(y, x.as_slice())),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Shape, Tape, Tensor, gradcheck, reference};

    gradcheck!(permute: |x| x.permute(&[2, 0, 1]); x [2, 3, 4] in -1.0..1.0);
    gradcheck!(permute_transpose: |x| x.transpose(-1, 0); x [3, 4] in -1.0..1.0);
    reference!(permute);
    reference!(permute_transpose);

    #[test]
    fn memory_is_shared_where_nothing_moves() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::ones([2, 1, 3]));
        let y = x.transpose(0, 1);
        assert_eq!(y.shape(), Shape::from([1, 2, 3]));
        assert_eq!(y.value().as_slice().as_ptr(), x.value().as_slice().as_ptr());
    }

    #[test]
    #[should_panic(expected = "permute: [0, 0] is no order of the axes of [2, 3]")]
    fn every_axis_is_named_once() {
        Tape::new().constant(Tensor::ones([2, 3])).permute(&[0, 0]);
    }
}
