//! The left-hand side of a product: how tiles find their rows of `A`.

use super::MatRef;
use super::micro::{StridedRows, TileRows};
use super::pack::pack_tile;
use super::product::{Grid, Part};
use crate::Real;
use crate::kernels::parallel;
use std::ops::Range;

/// Anything a product can multiply from the left.
///
/// # Safety
/// [`Block::rows`] must cover the rows and the block of the summed index it was asked for.
pub(crate) unsafe trait Lhs: Copy {
    /// What is prepared once for a block of rows and of the summed index.
    type Block<'b>: Block
    where
        Self: 'b;

    /// Elements of working memory that a part of the product needs for a block of `rows × k`.
    fn scratch(&self, _part: &Part, _rows: usize, _k: usize) -> usize {
        0
    }

    /// Whether blocks of several panels are copied, at a cost that tasks with the same rows share
    /// not.
    fn packs(&self) -> bool {
        false
    }

    /// Prepares the tiles `tiles`; `buf` has the [`Lhs::scratch`] asked for.
    fn block<'b>(
        &'b self,
        buf: &'b mut [Real],
        grid: &Grid,
        tiles: Range<usize>,
        ks: Range<usize>,
    ) -> Self::Block<'b>;
}

/// See [`Lhs::block`].
pub(crate) trait Block {
    /// What the micro-kernel reads.
    type Rows<'s>: TileRows
    where
        Self: 's;

    /// Rows `rows`, a tile of the block.
    fn rows(&self, rows: Range<usize>) -> Self::Rows<'_>;
}

/// Tiles of a matrix: packed, or read where they lie.
pub(crate) enum MatBlock<'b> {
    /// Packed tiles from row `first` on.
    Packed { data: &'b [Real], first: usize, k: usize },
    /// The matrix itself.
    InPlace { a: &'b MatRef<'b>, ks: Range<usize> },
}

impl Block for MatBlock<'_> {
    type Rows<'s>
        = StridedRows
    where
        Self: 's;

    #[inline]
    fn rows(&self, rows: Range<usize>) -> StridedRows {
        match self {
            MatBlock::Packed { data, first, k } => {
                StridedRows::packed(&data[(rows.start - first) * k..], rows.len(), *k)
            }
            MatBlock::InPlace { a, ks } => StridedRows::of(a, rows.start, ks.clone()),
        }
    }
}

// SAFETY: a `MatRef` given to a product has been checked to hold all its rows and columns.
unsafe impl Lhs for MatRef<'_> {
    type Block<'b>
        = MatBlock<'b>
    where
        Self: 'b;

    fn scratch(&self, part: &Part, rows: usize, k: usize) -> usize {
        if part.panels.len() > 1 && self.packs() { rows * k } else { 0 }
    }

    fn packs(&self) -> bool {
        // Down a column with a long step every element is on a cache line of its own.
        self.col_stride != 1 || self.rows_collide()
    }

    fn block<'b>(
        &'b self,
        buf: &'b mut [Real],
        grid: &Grid,
        tiles: Range<usize>,
        ks: Range<usize>,
    ) -> MatBlock<'b> {
        if buf.is_empty() {
            return MatBlock::InPlace { a: self, ks };
        }
        let (first, k) = (grid.rows(tiles.start).start, ks.len());
        for rows in tiles.map(|i| grid.rows(i)) {
            pack_tile(&mut buf[(rows.start - first) * k..], self, rows, ks.clone());
        }
        MatBlock::Packed { data: buf, first, k }
    }
}

/// A matrix whose tiles were packed before, for products that share it.
#[derive(Clone, Copy)]
pub(crate) struct Packed<'a>(&'a [Real]);

impl<'a> Packed<'a> {
    /// Packs all of `a` into `buf`: by block of the summed index, then by tile, without gaps.
    pub(crate) fn new(buf: &'a mut [Real], a: &MatRef<'_>, grid: &Grid) -> Self {
        assert!(buf.len() == grid.m * grid.k && (a.rows, a.cols) == (grid.m, grid.k));
        let unit = grid.m * grid.k_block();
        parallel::for_chunks(buf, unit.max(1), grid.m * grid.k, |start, buf| {
            let k0 = start / grid.m;
            let ks = k0..k0 + buf.len() / grid.m;
            for rows in (0..grid.tiles).map(|i| grid.rows(i)) {
                pack_tile(&mut buf[rows.start * ks.len()..], a, rows, ks.clone());
            }
        });
        Packed(buf)
    }
}

// SAFETY: `Packed::new` filled in every tile of every block of the grid;
// a block begins at `m` times the summed index before it.
unsafe impl Lhs for Packed<'_> {
    type Block<'b>
        = MatBlock<'b>
    where
        Self: 'b;

    fn block<'b>(
        &'b self,
        _: &'b mut [Real],
        grid: &Grid,
        _: Range<usize>,
        ks: Range<usize>,
    ) -> MatBlock<'b> {
        MatBlock::Packed { data: &self.0[ks.start * grid.m..], first: 0, k: ks.len() }
    }
}
