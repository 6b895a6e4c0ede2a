//! Blocking: how a product is cut so that every level of the cache is used, and shared by threads.
//!
//! `C` is a grid of tiles, `MR` rows by `NR` columns; a tile is one call of the micro-kernel per
//! block of the summed index. The loops, from the outside:
//!
//! ```text
//! blocks of k     C is added to block by block
//!   blocks of m   a block of A (rows × k-block) fits the second cache
//!     panels      one panel of B, packed on first use
//!       tiles     the micro-kernel
//! ```
//!
//! Threads share out rectangles of the grid. The summed index is cut by its own length alone, so
//! neither the split nor the number of threads touches a single bit.

use super::lhs::{Block, Lhs};
use super::micro::{MicroKernel, WriteBack};
use super::pack::pack_panel;
use super::{Bias, Epilogue, MatRef};
use crate::Real;
use crate::kernels::{parallel, scratch};
use std::marker::PhantomData;
use std::ops::Range;

/// The longest block of the summed index. A panel of `B` is then 64 KiB and comes from the second
/// cache, a vector a step, which costs less than adding to `C` twice as often.
pub(crate) const MAX_KC: usize = 512;
/// Rows of `A` a block holds at most: with `MAX_KC` half of a small second-level cache.
const MAX_MC: usize = 240;

/// Columns of `B` a task packs at most, when it packs them for several blocks of rows: 4 MiB. More
/// are cut into stripes, and each stripe packs all of `A` again.
const MAX_NC: usize = 2048;
/// Up to so many tiles in a column read `B` where it lies, however large it is.
const IN_PLACE_TILES: usize = 6;
/// A matrix of so many numbers fits the second cache. Such a `B` is read where it lies, by however many
/// tiles, for a copy would be another 3 % of a product of 256 × 256; a larger `C` is fetched tile by tile
/// while the tile is computed.
const NEAR_NUMBERS: usize = 1 << 18;
/// The least arithmetic that is worth a task of its own, some 20 µs.
const TASK_FLOPS: usize = 1 << 21;

/// The right-hand side of a product: anything that can fill a panel.
pub(crate) trait Rhs: Sync {
    /// Fills `dst[p · width + j] = B[ks.start + p, cols.start + j]`, with zeros for further `j`.
    fn pack(&self, dst: &mut [Real], width: usize, ks: Range<usize>, cols: Range<usize>);

    /// Whether panels that can be read where they lie are best read there, however often.
    fn near(&self) -> bool {
        false
    }

    /// The panel's first element and the distance of its rows, if the panel can be read where it
    /// lies: `width` elements of each row of `ks` are readable.
    fn in_place(
        &self,
        _ks: Range<usize>,
        _col: usize,
        _width: usize,
    ) -> Option<(*const Real, usize)> {
        None
    }
}

impl Rhs for MatRef<'_> {
    fn pack(&self, dst: &mut [Real], width: usize, ks: Range<usize>, cols: Range<usize>) {
        pack_panel(dst, width, self, ks, cols);
    }

    fn near(&self) -> bool {
        self.rows * self.cols <= NEAR_NUMBERS && !self.rows_collide()
    }

    fn in_place(&self, ks: Range<usize>, col: usize, width: usize) -> Option<(*const Real, usize)> {
        let inside = col + width <= self.cols && !ks.is_empty();
        (self.col_stride == 1 && inside)
            .then(|| (self.data[ks.start * self.row_stride + col..].as_ptr(), self.row_stride))
    }
}

/// `C`, written by several threads at places of their own.
#[derive(Clone, Copy)]
pub(crate) struct Out<'a> {
    ptr: *mut Real,
    row_stride: usize,
    life: PhantomData<&'a mut [Real]>,
}

// SAFETY: the functions that write through it are `unsafe` and demand disjoint parts.
unsafe impl Send for Out<'_> {}
// SAFETY: as above.
unsafe impl Sync for Out<'_> {}

impl<'a> Out<'a> {
    pub(crate) fn new(c: &'a mut [Real], row_stride: usize) -> Self {
        Out { ptr: c.as_mut_ptr(), row_stride, life: PhantomData }
    }

    /// The matrix that begins `by` elements later.
    pub(crate) fn offset(self, by: usize) -> Self {
        Out { ptr: self.ptr.wrapping_add(by), ..self }
    }

    /// Such that element `(row, col)` of the product is the first of `c`: for a part of a product
    /// that is written to memory of its own.
    pub(crate) fn window(c: &'a mut [Real], row_stride: usize, row: usize, col: usize) -> Self {
        let ptr = c.as_mut_ptr().wrapping_sub(row * row_stride + col);
        Out { ptr, row_stride, life: PhantomData }
    }
}

/// The tiles of a product, for one micro-kernel.
#[derive(Clone, Copy)]
pub(crate) struct Grid {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// Rows of tiles.
    pub tiles: usize,
    /// Columns of tiles.
    pub panels: usize,
    /// Vectors that a row of `C` fills, and the columns of one.
    vectors: usize,
    lanes: usize,
    /// Rows of a tile; the first `higher` tiles have one more.
    height: usize,
    higher: usize,
}

impl Grid {
    pub(crate) fn new<K: MicroKernel>(m: usize, n: usize, k: usize) -> Self {
        let tiles = m.div_ceil(K::MR);
        let (height, higher) = (m / tiles.max(1), m % tiles.max(1));
        let (panels, vectors) = (n.div_ceil(K::NR), n.div_ceil(K::LANES));
        Grid { m, n, k, tiles, panels, vectors, lanes: K::LANES, height, higher }
    }

    /// Rows of tile `i`. Heights differ by one at most: 32 rows are better as 6+6+5+5+5+5 than as
    /// five tiles of 6 and one of 2.
    #[inline]
    pub(crate) fn rows(&self, i: usize) -> Range<usize> {
        let start = |i: usize| i * self.height + i.min(self.higher);
        start(i)..start(i + 1)
    }

    /// Columns of a panel: whole vectors, spread evenly, so that threads get the same.
    pub(crate) fn cols(&self, panel: usize) -> Range<usize> {
        let start = |i: usize| (i * self.vectors).div_ceil(self.panels) * self.lanes;
        start(panel)..self.n.min(start(panel + 1))
    }

    /// Length of a block of the summed index, the last of which may be shorter.
    pub(crate) fn k_block(&self) -> usize {
        self.k.div_ceil(self.k.div_ceil(MAX_KC).max(1))
    }

    /// Blocks of the summed index. Always at least one.
    fn k_blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (k, len) = (self.k, self.k_block());
        let count = k.div_ceil(len.max(1)).max(1);
        (0..count).map(move |i| (i * len).min(k)..((i + 1) * len).min(k))
    }

    /// Into how many pieces (down, across) to cut the grid for about `wanted` tasks: as square as
    /// possible, since a task reads its rows of `A` and its columns of `B`.
    pub(crate) fn split(&self, wanted: usize) -> (usize, usize) {
        let (mut down, mut across) = (1, 1);
        while down * across < wanted {
            let (can_down, can_across) = (2 * down <= self.tiles, 2 * across <= self.panels);
            if can_across && (self.n / across >= self.m / down || !can_down) {
                across *= 2;
            } else if can_down {
                down *= 2;
            } else {
                break;
            }
        }
        (down, across)
    }

    /// As [`split`](Grid::split), but down only when there are too few panels.
    fn split_across(&self, wanted: usize) -> (usize, usize) {
        let across = wanted.min(self.panels);
        (wanted.div_ceil(across).min(self.tiles), across)
    }

    fn write_back(
        &self,
        c: Out<'_>,
        e: &Epilogue<'_>,
        rows: &Range<usize>,
        cols: &Range<usize>,
        ks: &Range<usize>,
    ) -> WriteBack {
        let last = ks.end == self.k;
        let (row_bias, col_bias) = match e.bias {
            Bias::PerRow(bias) if last => (bias[rows.start..].as_ptr(), std::ptr::null()),
            Bias::PerCol(bias) if last => (std::ptr::null(), bias[cols.start..].as_ptr()),
            _ => (std::ptr::null(), std::ptr::null()),
        };
        WriteBack {
            c: c.ptr.wrapping_add(rows.start * c.row_stride + cols.start),
            c_row: c.row_stride,
            cols: cols.len(),
            accumulate: e.accumulate || ks.start > 0,
            relu: e.relu && last,
            row_bias,
            col_bias,
        }
    }
}

/// A rectangle of the grid.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub tiles: Range<usize>,
    pub panels: Range<usize>,
}

/// Computes one part of `C`.
///
/// # Safety
/// The processor has `K`'s instructions; `c` has `m` rows of `n` elements; `a` is `m × k` (packed
/// for this grid if at all), `b` is `k × n`; biases fit; nobody else touches the part of `C`.
pub(crate) unsafe fn product<K: MicroKernel>(
    c: Out<'_>,
    a: impl Lhs,
    b: &impl Rhs,
    e: &Epilogue<'_>,
    grid: &Grid,
    part: &Part,
) {
    let per_block = balanced(part.tiles.len(), MAX_MC / K::MR);
    // Panels are kept for the next block of rows, if there is one.
    let keep = per_block < part.tiles.len();
    let most = if keep { MAX_NC / K::NR } else { usize::MAX };
    let per_stripe = balanced(part.panels.len(), most);
    for panels in blocks(&part.panels, per_stripe) {
        let part = Part { tiles: part.tiles.clone(), panels };
        // SAFETY: the caller's promise.
        unsafe { stripe::<K>(c, a, b, e, grid, &part, per_block) };
    }
}

/// As [`product`], for so few panels that all of them can be kept.
///
/// # Safety
/// As [`product`].
unsafe fn stripe<K: MicroKernel>(
    c: Out<'_>,
    a: impl Lhs,
    b: &impl Rhs,
    e: &Epilogue<'_>,
    grid: &Grid,
    part: &Part,
    per_block: usize,
) {
    let keep = per_block < part.tiles.len();
    let kc = grid.k_block();
    // Few rows of tiles read each panel so seldom that copying it first would cost more.
    let in_place = part.tiles.len() <= IN_PLACE_TILES || b.near();
    let all_in_place = in_place && b.in_place(0..grid.k, 0, grid.vectors * K::LANES).is_some();
    let far = grid.m * grid.n > NEAR_NUMBERS;
    let slots = if keep { part.panels.len() } else { 1 };
    let b_len = if all_in_place { 0 } else { slots * kc * K::NR };
    scratch::with2(a.scratch(part, per_block * K::MR, kc), b_len, |a_buf, b_buf| {
        for ks in grid.k_blocks() {
            for (nth, tiles) in blocks(&part.tiles, per_block).enumerate() {
                let block = a.block(a_buf, grid, tiles.clone(), ks.clone());
                for panel in part.panels.clone() {
                    let cols = grid.cols(panel);
                    let vectors = cols.len().div_ceil(K::LANES);
                    let width = vectors * K::LANES;
                    let lies =
                        if in_place { b.in_place(ks.clone(), cols.start, width) } else { None };
                    let (b_ptr, b_row) = lies.unwrap_or_else(|| {
                        let slot = if keep { panel - part.panels.start } else { 0 };
                        let buf = &mut b_buf[slot * kc * K::NR..][..ks.len() * width];
                        if nth == 0 || !keep {
                            b.pack(buf, width, ks.clone(), cols.clone());
                        }
                        (buf.as_ptr(), width)
                    });
                    for rows in tiles.clone().map(|i| grid.rows(i)) {
                        let out = grid.write_back(c, e, &rows, &cols, &ks);
                        let (height, rows) = (rows.len(), block.rows(rows));
                        if far {
                            out.fetch(height);
                        }
                        // SAFETY: the tile lies inside the part, which the caller vouches for;
                        // `rows` covers it, and `b_ptr` its columns for all of `ks`.
                        unsafe { K::tile(height, vectors, rows, b_ptr, b_row, out) };
                    }
                }
            }
        }
    });
}

/// Computes all of `C`, shared by the threads of the current pool if that pays.
///
/// # Safety
/// As [`product`].
pub(crate) unsafe fn product_parallel<K: MicroKernel>(
    c: Out<'_>,
    a: impl Lhs + Sync,
    b: &impl Rhs,
    e: &Epilogue<'_>,
    grid: &Grid,
) {
    let flops = 2 * grid.m * grid.n * grid.k;
    // A task packs its panels of B, and its rows of A where they want it, for itself alone: down,
    // the same panels would be packed by several; with more tasks than threads, the same rows.
    let wanted = match a.packs() {
        true => tasks(flops).min(parallel::num_threads()),
        false => tasks(flops),
    };
    // Where nothing is packed, rows may be cut instead, which are many, if panels leave a thread idle.
    let lies = b.near() && b.in_place(0..grid.k, 0, grid.vectors * K::LANES).is_some();
    let even = grid.panels.is_multiple_of(parallel::num_threads());
    let (down, across) = match even || !lies || a.packs() || grid.tiles < wanted {
        true => grid.split_across(wanted),
        false => (wanted, 1),
    };
    parallel::for_tasks(down * across, flops / 8, |task| {
        let part = Part {
            tiles: share(grid.tiles, down, task / across),
            panels: share(grid.panels, across, task % across),
        };
        // SAFETY: the caller's promise, and the parts do not overlap.
        unsafe { product::<K>(c, a, b, e, grid, &part) };
    });
}

/// Into how many tasks to cut work of `flops`: several a thread, so that one that is held up holds
/// up little.
pub(crate) fn tasks(flops: usize) -> usize {
    match parallel::num_threads() {
        1 => 1,
        threads => (flops / TASK_FLOPS).clamp(1, 4 * threads),
    }
}

/// The length of pieces of at most `most` that `len` is cut into, as equal as can be.
fn balanced(len: usize, most: usize) -> usize {
    len.div_ceil(len.div_ceil(most).max(1))
}

/// Piece `i` of `0..len` cut into `count` nearly equal ones.
pub(crate) fn share(len: usize, count: usize, i: usize) -> Range<usize> {
    i * len / count..(i + 1) * len / count
}

/// `range` in pieces of `len`.
fn blocks(range: &Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    let end = range.end;
    range.clone().step_by(len.max(1)).map(move |i| i..end.min(i + len))
}
