//! Products of matrices outside a tape, by the engine's kernels.

use tensor_autograd::Tensor;
use tensor_autograd::kernels::gemm;

/// **A·B**: `[m, k] · [k, n] → [m, n]`.
#[track_caller]
pub(crate) fn matmul(a: &Tensor, b: &Tensor) -> Tensor {
    let ([m, k], [rows, n]) = (sizes(a), sizes(b));
    assert_eq!(k, rows, "matmul: {} · {}", a.shape(), b.shape());
    Tensor::build([m, n], |c| gemm::matmul(c, m, k, n, a.as_slice(), b.as_slice()))
}

/// **A·Bᵀ**: `[m, k] · [n, k]ᵀ → [m, n]`.
#[track_caller]
pub(crate) fn matmul_nt(a: &Tensor, b: &Tensor) -> Tensor {
    let ([m, k], [n, columns]) = (sizes(a), sizes(b));
    assert_eq!(k, columns, "matmul_nt: {} · {}ᵀ", a.shape(), b.shape());
    Tensor::build([m, n], |c| gemm::matmul_nt(c, m, k, n, a.as_slice(), b.as_slice()))
}

/// **Aᵀ·B**: `[k, m]ᵀ · [k, n] → [m, n]`.
#[track_caller]
pub(crate) fn matmul_tn(a: &Tensor, b: &Tensor) -> Tensor {
    let ([k, m], [rows, n]) = (sizes(a), sizes(b));
    assert_eq!(k, rows, "matmul_tn: {}ᵀ · {}", a.shape(), b.shape());
    Tensor::build([m, n], |c| gemm::matmul_tn(c, m, k, n, a.as_slice(), b.as_slice()))
}

/// Rows and columns.
#[track_caller]
pub(crate) fn sizes(a: &Tensor) -> [usize; 2] {
    assert_eq!(a.shape().rank(), 2, "a matrix has two axes, {} has not", a.shape());
    [a.shape()[0], a.shape()[1]]
}

/// The rows of these numbers, in this order.
pub(crate) fn select(a: &Tensor, rows: &[usize]) -> Tensor {
    let d = sizes(a)[1];
    Tensor::build([rows.len(), d], |out| {
        for (out, &row) in out.chunks_exact_mut(d).zip(rows) {
            out.copy_from_slice(&a.as_slice()[row * d..(row + 1) * d]);
        }
    })
}

/// The squared Euclidean norm of each row, summed at 64 bits.
pub(crate) fn square_norms(a: &Tensor) -> Vec<f64> {
    let square = |row: &[tensor_autograd::Real]| row.iter().map(|&x| f64::from(x).powi(2)).sum();
    a.as_slice().chunks_exact(sizes(a)[1]).map(square).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_products_are_one_by_transposes() {
        let a = Tensor::from_fn([2, 3], |i| i as _);
        let b = Tensor::from_fn([3, 2], |i| (i * i) as _);
        // [[0, 1, 2], [3, 4, 5]] · [[0, 1], [4, 9], [16, 25]]
        let want = [36.0, 59.0, 96.0, 164.0];
        assert_eq!(matmul(&a, &b).as_slice(), want);
        let bt = Tensor::new([2, 3], vec![0.0, 4.0, 16.0, 1.0, 9.0, 25.0]);
        let at = Tensor::new([3, 2], vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(matmul_nt(&a, &bt).as_slice(), want);
        assert_eq!(matmul_tn(&at, &b).as_slice(), want);
        assert_eq!(select(&b, &[2, 0]).as_slice(), [16.0, 25.0, 0.0, 1.0]);
        assert_eq!(square_norms(&a), [5.0, 50.0]);
    }
}
