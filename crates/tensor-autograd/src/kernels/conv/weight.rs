//! Gradient by the weights: `dWᵀ = Σ P·dYᵀ` over the images.
//!
//! The patches are the left-hand side here: the micro-kernel reads single elements of it, and so
//! needs no packing; the narrow `dYᵀ` is what is packed. Sums over many images are cut into a few
//! chunks, whose number depends on the shape alone, and whose results are added in order.

use super::Conv2dShape;
use super::patches::{PatchRows, Patches};
use crate::Real;
use crate::kernels::gemm::Epilogue;
use crate::kernels::gemm::micro::MicroKernel;
use crate::kernels::gemm::product::{Grid, MAX_KC, Out, Part, Rhs, product, share, tasks};
use crate::kernels::gemm::transpose::interleave;
use crate::kernels::isa::vectorized;
use crate::kernels::{parallel, scratch};
use std::ops::Range;

/// Chunks at most, and outputs that a chunk should at least sum over to be worth its memory.
const MAX_CHUNKS: usize = 8;
const CHUNK_OUTPUTS: usize = 2048;

/// `dYᵀ` of consecutive images: outputs down, channels across.
struct OutputGradients<'a> {
    dy: &'a [Real],
    /// Outputs of a channel.
    cols: usize,
    /// Distance between images.
    image_step: usize,
}

impl Rhs for OutputGradients<'_> {
    fn pack(&self, dst: &mut [Real], width: usize, ks: Range<usize>, cols: Range<usize>) {
        let mut k = ks.start;
        while k < ks.end {
            let (image, col) = (k / self.cols, k % self.cols);
            let len = (self.cols - col).min(ks.end - k);
            let dst = &mut dst[(k - ks.start) * width..][..len * width];
            let src = &self.dy[image * self.image_step + cols.start * self.cols + col..];
            interleave(dst, width, src, self.cols, cols.len());
            if cols.len() < width {
                dst.chunks_exact_mut(width).for_each(|row| row[cols.len()..].fill(0.0));
            }
            k += len;
        }
    }
}

/// See [`super::conv2d_backward_weight`].
///
/// # Safety
/// The processor has `K`'s instructions; the lengths fit the shape.
pub(super) unsafe fn backward_weight<K: MicroKernel>(
    dw: &mut [Real],
    x: &[Real],
    dy: &[Real],
    s: &Conv2dShape,
) {
    let patches = Patches::new(s);
    let (m, n, cols) = (patches.taps.len(), s.o / s.groups, patches.cols());
    let size = m * n;
    let chunks = (s.n * cols / CHUNK_OUTPUTS).clamp(1, s.n.clamp(1, MAX_CHUNKS));
    let flops = 2 * s.n * s.groups * size * cols;
    let (shared, pieces) = (tasks(flops), s.groups * chunks);
    let (down, across) = Grid::new::<K>(m, n, 0).split(shared.div_ceil(pieces));
    let parts = down * across;
    let len = s.groups * size;
    scratch::with(chunks * len, |sums| {
        let out = Out::new(sums, n);
        let work = if shared > 1 { usize::MAX } else { 0 };
        parallel::for_tasks(pieces * parts, work, |task| {
            let (piece, part) = (task / parts, task % parts);
            let (chunk, g) = (piece / s.groups, piece % s.groups);
            let out = out.offset(piece * size);
            let part = (share_of(part / across, down), share_of(part % across, across));
            let images = share(s.n, chunks, chunk);
            // SAFETY: the caller's promise; tasks write to parts of their own.
            unsafe { chunk_sum::<K>(out, x, dy, s, &patches, g, images, part) };
        });
        add_chunks(sums, len);
        for (dw, sum) in dw.chunks_exact_mut(size).zip(sums.chunks_exact(size)) {
            interleave(dw, m, sum, n, m);
        }
    });
}

/// Piece `i` of `count`, of something whose length is not known yet.
fn share_of(i: usize, count: usize) -> impl Fn(usize) -> Range<usize> {
    move |len| share(len, count, i)
}

/// `out = Σ P·dYᵀ` over `images`, for one group and one part of the weights.
///
/// # Safety
/// As [`backward_weight`]; nobody else writes to this part.
unsafe fn chunk_sum<K: MicroKernel>(
    out: Out<'_>,
    x: &[Real],
    dy: &[Real],
    s: &Conv2dShape,
    patches: &Patches,
    g: usize,
    images: Range<usize>,
    (tiles, panels): (impl Fn(usize) -> Range<usize>, impl Fn(usize) -> Range<usize>),
) {
    let (m, n, cols) = (patches.taps.len(), s.o / s.groups, patches.cols());
    let plane = s.c / s.groups * s.h * s.w;
    // Small images are taken together, so that a block of the summed index is long.
    let together = (MAX_KC / cols.max(1)).clamp(1, images.len().max(1));
    let step = patches.image_len();
    scratch::with(patches.buffer_len(together), |buf| {
        let mut accumulate = false;
        let mut first = images.start;
        // Once also without any image: the sum is zero then.
        while first < images.end || !accumulate {
            let batch = first..images.end.min(first + together);
            let data = |i: usize| (i * s.groups + g) * plane;
            let (images, image_step) = if patches.as_it_lies {
                (&x[data(batch.start).min(x.len())..], s.groups * plane)
            } else {
                for (i, buf) in batch.clone().zip(buf.chunks_mut(step)) {
                    patches.pad(buf, &x[data(i)..][..plane]);
                }
                (&*buf, step)
            };
            let a = PatchRows { patches, images, image_step };
            let dy = &dy[((batch.start * s.groups + g) * n * cols).min(dy.len())..];
            let b = OutputGradients { dy, cols, image_step: s.o * cols };
            let grid = Grid::new::<K>(m, n, batch.len() * cols);
            let part = Part { tiles: tiles(grid.tiles), panels: panels(grid.panels) };
            let e = Epilogue { accumulate, ..Epilogue::default() };
            // SAFETY: the caller's promise.
            unsafe { product::<K>(out, a, &b, &e, &grid, &part) };
            (first, accumulate) = (batch.end, true);
        }
    });
}

/// Adds all chunks to the first, in order.
fn add_chunks(sums: &mut [Real], len: usize) {
    let (first, others) = sums.split_at_mut(len);
    let work = others.len();
    parallel::for_chunks(first, parallel::CHUNK, work, |start, first| {
        for other in others.chunks_exact(len) {
            vectorized(|| {
                for (a, b) in first.iter_mut().zip(&other[start..]) {
                    *a += b;
                }
            });
        }
    });
}
