//! Sums down the columns of a matrix: the gradient of whatever was added to every row.

use super::isa::vectorized;
use super::parallel::collect;
use crate::Real;

/// Rows of one partial sum. Fixed, so that the order of summation is.
const ROWS: usize = 256;

/// `out[j] = Σ x[i, j]` for `x: [rows, cols]`, in a fixed order.
///
/// # Panics
/// If a length does not fit.
#[track_caller]
pub fn sum_columns(out: &mut [Real], x: &[Real]) {
    let cols = out.len();
    if cols == 0 {
        return;
    }
    assert!(x.len().is_multiple_of(cols), "the rows of a matrix have {cols} columns");
    if x.len() <= ROWS * cols {
        return vectorized(|| sum_rows(out, x));
    }
    let partials = collect(x.len().div_ceil(ROWS * cols), x.len(), |i| {
        let part = &x[i * ROWS * cols..x.len().min((i + 1) * ROWS * cols)];
        let mut sum = vec![0.0; cols];
        vectorized(|| sum_rows(&mut sum, part));
        sum
    });
    add_partials(out, partials.iter().map(Vec::as_slice));
}

/// `out = Σ partials`, in their order.
pub(super) fn add_partials<'a>(out: &mut [Real], partials: impl Iterator<Item = &'a [Real]>) {
    out.fill(0.0);
    for partial in partials {
        for (out, &p) in out.iter_mut().zip(partial) {
            *out += p;
        }
    }
}

#[inline(always)]
fn sum_rows(out: &mut [Real], x: &[Real]) {
    let cols = out.len();
    out.fill(0.0);
    for row in x.chunks_exact(cols) {
        for (out, &x) in out.iter_mut().zip(row) {
            *out += x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_summed_across_partial_sums() {
        for (rows, cols) in [(1, 1), (5, 3), (ROWS + 1, 7), (3 * ROWS, 100)] {
            let x: Vec<Real> = (0..rows * cols).map(|i| (i % 11) as Real).collect();
            let mut sum = vec![Real::NAN; cols];
            sum_columns(&mut sum, &x);
            let want = |j| (0..rows).map(|i| ((i * cols + j) % 11) as Real).sum::<Real>();
            assert!(sum.iter().enumerate().all(|(j, &s)| s == want(j)), "{rows}×{cols}");
        }
    }
}
