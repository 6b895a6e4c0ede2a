//! Packing: copying a part of a matrix into the order in which a micro-kernel reads it.
//!
//! The right-hand side becomes panels, `width` columns wide, row after row; the left-hand side
//! becomes tiles, `height` rows high, column after column. Both are the same operation on a
//! transposed matrix, so strides are all that tells `A`, `Aᵀ`, `B` and `Bᵀ` apart.

use super::MatRef;
use super::transpose::interleave;
use crate::Real;
use std::ops::Range;

/// Copies `A[rows, ks]` so that `dst[p · rows.len() + i] = A[rows.start + i, ks.start + p]`.
pub(crate) fn pack_tile(dst: &mut [Real], a: &MatRef<'_>, rows: Range<usize>, ks: Range<usize>) {
    pack(dst, rows.len(), a.t(), ks, rows);
}

/// Copies `B[ks, cols]` so that `dst[p · width + j] = B[ks.start + p, cols.start + j]`, and zeros
/// beyond the last column.
pub(crate) fn pack_panel(
    dst: &mut [Real],
    width: usize,
    b: &MatRef<'_>,
    ks: Range<usize>,
    cols: Range<usize>,
) {
    pack(dst, width, *b, ks, cols);
}

fn pack(dst: &mut [Real], width: usize, b: MatRef<'_>, ks: Range<usize>, cols: Range<usize>) {
    let dst = &mut dst[..ks.len() * width];
    if dst.is_empty() {
        return;
    }
    let src = &b.data[ks.start * b.row_stride + cols.start * b.col_stride..];
    if b.col_stride == 1 {
        copy_rows(dst, width, src, b.row_stride, cols.len());
    } else if b.row_stride == 1 {
        interleave(dst, width, src, b.col_stride, cols.len());
    } else {
        for (p, row) in dst.chunks_exact_mut(width).enumerate() {
            for (j, v) in row[..cols.len()].iter_mut().enumerate() {
                *v = src[p * b.row_stride + j * b.col_stride];
            }
        }
    }
    if cols.len() < width {
        for row in dst.chunks_exact_mut(width) {
            row[cols.len()..].fill(0.0);
        }
    }
}

/// `dst[p · width + j] = src[p · stride + j]` for `j < count`.
fn copy_rows(dst: &mut [Real], width: usize, src: &[Real], stride: usize, count: usize) {
    // A constant length turns the copy into a few vector moves.
    match (count == width, width) {
        (true, 48) => copy_rows_of::<48>(dst, src, stride),
        (true, 32) => copy_rows_of::<32>(dst, src, stride),
        (true, 16) => copy_rows_of::<16>(dst, src, stride),
        (true, 8) => copy_rows_of::<8>(dst, src, stride),
        (true, 6) => copy_rows_of::<6>(dst, src, stride),
        (true, 5) => copy_rows_of::<5>(dst, src, stride),
        (true, 4) => copy_rows_of::<4>(dst, src, stride),
        _ => {
            for (p, row) in dst.chunks_exact_mut(width).enumerate() {
                for (v, &s) in row[..count].iter_mut().zip(&src[p * stride..p * stride + count]) {
                    *v = s;
                }
            }
        }
    }
}

#[inline(always)]
fn copy_rows_of<const WIDTH: usize>(dst: &mut [Real], src: &[Real], stride: usize) {
    for (p, row) in dst.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
        row.copy_from_slice(&src[p * stride..p * stride + WIDTH]);
    }
}
