//! The matrix product, batched and broadcasting.

use super::broadcast::{expand, reduce_to};
use crate::kernels::gemm::{Epilogue, MatRef, gemm, gemm_batched};
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// Matrix product: **Y = A·B**, with the manners of `torch.matmul`.
    ///
    /// # Shapes
    /// `[m, k] · [k, n] → [m, n]`. Further leading axes are a batch, and broadcast:
    /// `[b, m, k] · [k, n] → [b, m, n]`. A vector on the left is a row, on the right a column, and
    /// its axis is missing from the result: `[k] · [k, n] → [n]`, `[m, k] · [k] → [m]`,
    /// `[k] · [k] → []`.
    ///
    /// # Gradient
    /// `dA = dY·Bᵀ`, `dB = Aᵀ·dY`; summed over the batches that an operand was repeated for.
    ///
    /// # Panics
    /// If the inner dimensions differ, the batches do not broadcast, or an operand is a scalar.
    #[track_caller]
    pub fn matmul(self, rhs: Self) -> Self {
        let (a, b) = (self.value(), rhs.value());
        let plan = Plan::new(a.shape(), b.shape());
        self.tape()
            .record("matmul", plan.product(&a, &b))
            .wrt(self, move |dy| plan.grad_a(&dy, &b))
            .wrt(rhs, move |dy| plan.grad_b(&a, &dy))
            .var()
    }
}

/// How the operands of a product lie: the sizes, and the shapes that a vector or a smaller batch
/// stands for.
#[derive(Clone, Copy)]
struct Plan {
    m: usize,
    k: usize,
    n: usize,
    /// The operands as given.
    given: [Shape; 2],
    /// The operands as stacks of matrices, before broadcasting.
    stacks: [Shape; 2],
    /// The batch axes of the result.
    batch: Shape,
    /// The result, with the axes of vectors taken out.
    out: Shape,
}

impl Plan {
    #[track_caller]
    fn new(a: Shape, b: Shape) -> Self {
        assert!(a.rank() > 0 && b.rank() > 0, "matmul: a scalar in {a} · {b}; multiply with `*`");
        let stack_a = if a.rank() == 1 { Shape::from([1, a[0]]) } else { a };
        let stack_b = if b.rank() == 1 { Shape::from([b[0], 1]) } else { b };
        let (batch_a, [m, k]) = split(stack_a);
        let (batch_b, [k_b, n]) = split(stack_b);
        assert!(k == k_b, "matmul: {a} · {b}: the inner dimensions {k} and {k_b} differ");
        let Some(batch) = batch_a.broadcast(&batch_b) else {
            panic!("matmul: {a} · {b}: the batches {batch_a} and {batch_b} do not broadcast");
        };
        let mut out = join(batch, [m, n]);
        if b.rank() == 1 {
            out = out.without(out.rank() - 1);
        }
        if a.rank() == 1 {
            out = out.without(batch.rank());
        }
        Plan { m, k, n, given: [a, b], stacks: [stack_a, stack_b], batch, out }
    }

    /// Whether one matrix on the right serves every matrix on the left: then the batch of products
    /// is a single tall one.
    fn is_tall(&self) -> bool {
        split(self.stacks[1]).0.size() == 1 && split(self.stacks[0]).0.size() == self.batch.size()
    }

    /// Rows of the tall product.
    fn rows(&self) -> usize {
        self.batch.size() * self.m
    }

    fn product(&self, a: &Tensor, b: &Tensor) -> Tensor {
        let (m, k, n) = (self.m, self.k, self.n);
        if self.is_tall() {
            let a = MatRef::row_major(a.as_slice(), self.rows(), k);
            let b = MatRef::row_major(b.as_slice(), k, n);
            return Tensor::build(self.out, |y| gemm(y, a, b, Epilogue::OVERWRITE));
        }
        let a = expand(&a.reshape(self.stacks[0]), join(self.batch, [m, k]));
        let b = expand(&b.reshape(self.stacks[1]), join(self.batch, [k, n]));
        self.stacked(
            self.out,
            (MatRef::row_major(a.as_slice(), m, k), m * k),
            (MatRef::row_major(b.as_slice(), k, n), k * n),
        )
    }

    fn grad_a(&self, dy: &Tensor, b: &Tensor) -> Tensor {
        let (m, k, n) = (self.m, self.k, self.n);
        if self.is_tall() {
            let dy = MatRef::row_major(dy.as_slice(), self.rows(), n);
            let b = MatRef::row_major(b.as_slice(), k, n);
            return Tensor::build(self.given[0], |da| gemm(da, dy, b.t(), Epilogue::OVERWRITE));
        }
        let b = expand(&b.reshape(self.stacks[1]), join(self.batch, [k, n]));
        let da = self.stacked(
            join(self.batch, [m, k]),
            (MatRef::row_major(dy.as_slice(), m, n), m * n),
            (MatRef::row_major(b.as_slice(), k, n).t(), k * n),
        );
        reduce_to(da, self.stacks[0]).reshape(self.given[0])
    }

    fn grad_b(&self, a: &Tensor, dy: &Tensor) -> Tensor {
        let (m, k, n) = (self.m, self.k, self.n);
        if self.is_tall() {
            let a = MatRef::row_major(a.as_slice(), self.rows(), k);
            let dy = MatRef::row_major(dy.as_slice(), self.rows(), n);
            return Tensor::build(self.given[1], |db| gemm(db, a.t(), dy, Epilogue::OVERWRITE));
        }
        let a = expand(&a.reshape(self.stacks[0]), join(self.batch, [m, k]));
        let db = self.stacked(
            join(self.batch, [k, n]),
            (MatRef::row_major(a.as_slice(), m, k).t(), m * k),
            (MatRef::row_major(dy.as_slice(), m, n), m * n),
        );
        reduce_to(db, self.stacks[1]).reshape(self.given[1])
    }

    fn stacked(&self, out: Shape, a: (MatRef<'_>, usize), b: (MatRef<'_>, usize)) -> Tensor {
        Tensor::build(out, |y| gemm_batched(y, self.batch.size(), a, b, Epilogue::OVERWRITE))
    }
}

/// The batch axes and the matrix axes of a stack.
fn split(stack: Shape) -> (Shape, [usize; 2]) {
    let lead = stack.rank() - 2;
    (Shape::new(&stack[..lead]), [stack[lead], stack[lead + 1]])
}

/// The stack with these batch and matrix axes.
fn join(batch: Shape, [rows, cols]: [usize; 2]) -> Shape {
    let rank = batch.rank();
    let mut dims = [0; crate::MAX_RANK];
    dims[..rank].copy_from_slice(&batch);
    dims[rank..rank + 2].copy_from_slice(&[rows, cols]);
    Shape::new(&dims[..rank + 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tape, gradcheck, reference};

    gradcheck!(matmul: |a, b| a.matmul(b); a [3, 4] in -1.0..1.0, b [4, 5] in -1.0..1.0);
    gradcheck!(matmul_batched: |a, b| a.matmul(b); a [2, 3, 4] in -1.0..1.0, b [2, 4, 2] in -1.0..1.0);
    gradcheck!(matmul_tall: |a, b| a.matmul(b); a [2, 2, 3] in -1.0..1.0, b [3, 4] in -1.0..1.0);
    gradcheck!(matmul_left_once: |a, b| a.matmul(b); a [2, 3] in -1.0..1.0, b [3, 3, 2] in -1.0..1.0);
    gradcheck!(matmul_broadcast: |a, b| a.matmul(b);
        a [2, 1, 2, 3] in -1.0..1.0, b [1, 3, 3, 2] in -1.0..1.0);
    gradcheck!(matmul_vectors: |a, b| a.matmul(b); a [4] in -1.0..1.0, b [4] in -1.0..1.0);
    gradcheck!(matmul_left_vector: |a, b| a.matmul(b); a [3] in -1.0..1.0, b [2, 3, 4] in -1.0..1.0);
    gradcheck!(matmul_right_vector: |a, b| a.matmul(b); a [2, 3, 4] in -1.0..1.0, b [4] in -1.0..1.0);
    reference!(matmul);
    reference!(matmul_batched);
    reference!(matmul_tall);
    reference!(matmul_left_once);
    reference!(matmul_broadcast);
    reference!(matmul_vectors);
    reference!(matmul_left_vector);
    reference!(matmul_right_vector);

    #[test]
    fn a_product_over_nothing_is_zero() {
        let tape = Tape::new();
        let y = tape.constant(Tensor::zeros([2, 0])).matmul(tape.constant(Tensor::zeros([0, 3])));
        assert_eq!(y.value(), Tensor::zeros([2, 3]));
    }

    #[test]
    #[should_panic(expected = "matmul: [2, 3] · [4, 5]: the inner dimensions 3 and 4 differ")]
    fn inner_dimensions_that_differ_are_named() {
        let tape = Tape::new();
        tape.constant(Tensor::zeros([2, 3])).matmul(tape.constant(Tensor::zeros([4, 5])));
    }

    #[test]
    #[should_panic(expected = "the batches [2] and [3] do not broadcast")]
    fn batches_that_do_not_broadcast_are_named() {
        let tape = Tape::new();
        tape.constant(Tensor::zeros([2, 1, 3])).matmul(tape.constant(Tensor::zeros([3, 3, 1])));
    }
}
