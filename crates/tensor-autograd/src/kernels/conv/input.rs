//! Gradient by the input: `dP = Wᵀ·dY`, each element of which is added to the place in the image
//! that the forward pass read it from.
//!
//! `dP` is as large as all patches together, so it exists only in pieces that fit the second cache:
//! a few taps by a few outputs are computed, added, and forgotten.
//!
//! Where the filter moves in single steps the same gradient is also a convolution of `dY`, with the
//! filter turned around. That adds nothing twice, but it computes products with the zeros around
//! `dY`; it is used where those are few.

use super::Conv2dShape;
use super::forward;
use super::patches::Patches;
use crate::Real;
use crate::kernels::gemm::lhs::Packed;
use crate::kernels::gemm::micro::MicroKernel;
use crate::kernels::gemm::product::{Grid, Out, Part, product, tasks};
use crate::kernels::gemm::{Epilogue, MatRef};
use crate::kernels::{parallel, scratch};

/// Elements and columns of a piece of `dP` at most.
const PIECE: usize = 1 << 14;
const PIECE_COLS: usize = 256;
/// By how much more arithmetic a convolution of `dY` may need, and how many outputs it takes to
/// make up for turning the weights around.
const GATHER_EXCESS: f64 = 1.15;
const GATHER_OUTPUTS: usize = 256;

/// See [`super::conv2d_backward_input`].
///
/// # Safety
/// The processor has `K`'s instructions; the lengths fit the shape.
pub(super) unsafe fn backward_input<K: MicroKernel>(
    dx: &mut [Real],
    w: &[Real],
    dy: &[Real],
    s: &Conv2dShape,
) {
    if let Some(turned) = as_forward(s) {
        // SAFETY: the caller's promise.
        return unsafe { gather::<K>(dx, w, dy, s, &turned) };
    }
    let images = s.n * s.groups;
    let (og, cg, taps) = (s.o / s.groups, s.c / s.groups, s.kh * s.kw);
    let flops = 2 * images * cg * taps * og * s.out_h() * s.out_w();
    let shared = tasks(flops);
    // Tasks of a few channels each, where there are not enough images.
    let blocks = shared.div_ceil(images.max(1)).min(cg);
    let per_block = cg.div_ceil(blocks);
    let channels = |block: usize| block * per_block..cg.min((block + 1) * per_block);
    let blocks = cg.div_ceil(per_block);
    // A block of channels is a convolution of its own; all but the last are equally large.
    let sizes = [per_block, channels(blocks - 1).len()];
    let parts: Vec<_> = sizes.iter().map(|&c| Piece::new::<K>(c, s)).collect();
    let piece = |block: usize| &parts[usize::from(block + 1 == blocks)];
    scratch::with(w.len(), |buf| {
        let packed: Vec<_> = {
            let mut rest = buf;
            let mut packed = Vec::with_capacity(s.groups * blocks);
            for i in 0..s.groups * blocks {
                let (g, channels) = (i / blocks, channels(i % blocks));
                let len = og * channels.len() * taps;
                let (buf, after) = std::mem::take(&mut rest).split_at_mut(len);
                // Wᵀ of these channels: taps down, output channels across.
                let first = (g * og * cg + channels.start) * taps;
                let a = MatRef::strided(&w[first..], channels.len() * taps, og, 1, cg * taps);
                packed.push(Packed::new(buf, &a, &piece(i % blocks).grid));
                rest = after;
            }
            packed
        };
        let plane = s.h * s.w;
        let dx = Images { out: dx.as_mut_ptr() };
        parallel::for_tasks(images * blocks, if shared > 1 { usize::MAX } else { 0 }, |task| {
            let (image, block) = (task / blocks, task % blocks);
            let channels = channels(block);
            let first = (image * cg + channels.start) * plane;
            // SAFETY: blocks of channels do not overlap, and all lie inside `dx`.
            let dx = unsafe { dx.part(first, channels.len() * plane) };
            let out = s.out_h() * s.out_w();
            let dy = &dy[image * og * out..][..og * out];
            let weights = packed[image % s.groups * blocks + block];
            // SAFETY: the caller's promise.
            unsafe { piece(block).run::<K>(dx, weights, dy) };
        });
    });
}

/// The convolution of `dY` that gives the gradient by the input of `s`, if it is worth it.
fn as_forward(s: &Conv2dShape) -> Option<Conv2dShape> {
    let (oh, ow) = (s.out_h(), s.out_w());
    let reach = |axis: usize, k: usize| (s.dilation[axis] * (k - 1)).checked_sub(s.padding[axis]);
    let padding = [reach(0, s.kh)?, reach(1, s.kw)?];
    let excess = (s.h * s.w) as f64 / (oh * ow) as f64;
    let worth =
        (s.kh, s.kw) != (1, 1) && s.n * oh * ow >= GATHER_OUTPUTS && excess <= GATHER_EXCESS;
    (s.stride == [1, 1] && worth).then_some(Conv2dShape {
        c: s.o,
        h: oh,
        w: ow,
        o: s.c,
        padding,
        ..*s
    })
}

/// # Safety
/// As [`backward_input`].
unsafe fn gather<K: MicroKernel>(
    dx: &mut [Real],
    w: &[Real],
    dy: &[Real],
    s: &Conv2dShape,
    turned: &Conv2dShape,
) {
    let (og, cg, taps) = (s.o / s.groups, s.c / s.groups, s.kh * s.kw);
    scratch::with(w.len(), |flipped| {
        // From [o, c / groups, taps] to [c, o / groups, taps reversed].
        parallel::for_chunks(flipped, og * taps, w.len(), |start, flipped| {
            let (g, c) = (start / (og * taps) / cg, start / (og * taps) % cg);
            for (o, to) in flipped.chunks_exact_mut(taps).enumerate() {
                let from = &w[((g * og + o) * cg + c) * taps..][..taps];
                to.iter_mut().zip(from.iter().rev()).for_each(|(to, from)| *to = *from);
            }
        });
        // SAFETY: the caller's promise.
        unsafe { forward::conv2d::<K>(dx, dy, flipped, None, false, turned) };
    });
}

/// Memory that tasks write to at places of their own.
#[derive(Clone, Copy)]
struct Images {
    out: *mut Real,
}

// SAFETY: `part` is `unsafe` and demands disjoint parts.
unsafe impl Send for Images {}
// SAFETY: as above.
unsafe impl Sync for Images {}

impl Images {
    /// # Safety
    /// The part lies inside, and overlaps no other that lives.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for disjoint parts")]
    unsafe fn part(&self, start: usize, len: usize) -> &mut [Real] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.out.add(start), len) }
    }
}

/// The gradient by some channels of one image.
struct Piece {
    patches: Patches,
    grid: Grid,
}

impl Piece {
    fn new<K: MicroKernel>(channels: usize, s: &Conv2dShape) -> Self {
        let patches = Patches::new(&Conv2dShape { c: channels, groups: 1, ..*s });
        let grid = Grid::new::<K>(patches.taps.len(), patches.cols(), s.o / s.groups);
        Piece { patches, grid }
    }

    /// # Safety
    /// The processor has `K`'s instructions; the lengths fit.
    unsafe fn run<K: MicroKernel>(&self, dx: &mut [Real], weights: Packed<'_>, dy: &[Real]) {
        let (patches, grid) = (&self.patches, &self.grid);
        let dy = MatRef::row_major(dy, grid.k, grid.n);
        if patches.is_matrix() {
            let all = Part { tiles: 0..grid.tiles, panels: 0..grid.panels };
            let out = Out::new(dx, grid.n);
            // SAFETY: the caller's promise.
            return unsafe { product::<K>(out, weights, &dy, &Epilogue::OVERWRITE, grid, &all) };
        }
        scratch::with(patches.buffer_len(1), |buf| {
            let sum = if patches.as_it_lies { &mut *dx } else { &mut *buf };
            sum.fill(0.0);
            let across = PIECE_COLS / K::NR;
            scratch::with(PIECE, |dp| {
                for panel in (0..grid.panels).step_by(across) {
                    let panels = panel..grid.panels.min(panel + across);
                    let cols = grid.cols(panel).start..grid.cols(panels.end - 1).end;
                    let runs = patches.runs(cols.clone());
                    let down = PIECE / (K::MR * cols.len());
                    for tile in (0..grid.tiles).step_by(down) {
                        let tiles = tile..grid.tiles.min(tile + down);
                        let taps = grid.rows(tile).start..grid.rows(tiles.end - 1).end;
                        let dp = &mut dp[..taps.len() * cols.len()];
                        let out = Out::window(dp, cols.len(), taps.start, cols.start);
                        let part = Part { tiles, panels: panels.clone() };
                        let e = &Epilogue::OVERWRITE;
                        // SAFETY: the caller's promise; `dp` has the part's size.
                        unsafe { product::<K>(out, weights, &dy, e, grid, &part) };
                        patches.add_back(sum, dp, taps, cols.len(), &runs);
                    }
                }
            });
            if !patches.as_it_lies {
                patches.unpad(dx, buf);
            }
        });
    }
}
