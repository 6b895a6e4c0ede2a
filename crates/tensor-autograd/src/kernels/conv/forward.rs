//! Forward: `Y = W·P`, one product an image and group, the patches `P` packed straight from the
//! image into the product's panels.

use super::Conv2dShape;
use super::patches::{PatchColumns, Patches};
use crate::Real;
use crate::kernels::gemm::lhs::{Lhs, Packed};
use crate::kernels::gemm::micro::MicroKernel;
use crate::kernels::gemm::product::{Grid, Out, Part, product, share, tasks};
use crate::kernels::gemm::{Bias, Epilogue, MatRef};
use crate::kernels::{parallel, scratch};

/// With fewer outputs than this, the weights are used too seldom to be worth packing.
const PACK_OUTPUTS: usize = 128;

/// See [`super::conv2d`].
///
/// # Safety
/// The processor has `K`'s instructions; the lengths fit the shape.
pub(super) unsafe fn conv2d<K: MicroKernel>(
    y: &mut [Real],
    x: &[Real],
    w: &[Real],
    bias: Option<&[Real]>,
    relu: bool,
    s: &Conv2dShape,
) {
    let patches = Patches::new(s);
    let (m, n, k) = (s.o / s.groups, patches.cols(), patches.taps.len());
    let grid = Grid::new::<K>(m, n, k);
    let weights = |g: usize| MatRef::row_major(&w[g * m * k..][..m * k], m, k);
    let pass = Pass { y: Out::new(y, n), x, bias, relu, s, patches: &patches, grid: &grid };
    if s.n * n < PACK_OUTPUTS {
        // SAFETY: the caller's promise.
        return unsafe { pass.run::<K, _>(weights) };
    }
    scratch::with(w.len(), |buf| {
        let packed: Vec<_> = (buf.chunks_exact_mut((m * k).max(1)).enumerate())
            .map(|(g, buf)| Packed::new(buf, &weights(g), &grid))
            .collect();
        // SAFETY: the caller's promise.
        unsafe { pass.run::<K, _>(|g| packed[g]) }
    });
}

struct Pass<'a> {
    y: Out<'a>,
    x: &'a [Real],
    bias: Option<&'a [Real]>,
    relu: bool,
    s: &'a Conv2dShape,
    patches: &'a Patches,
    grid: &'a Grid,
}

impl Pass<'_> {
    /// # Safety
    /// As [`conv2d`].
    unsafe fn run<K: MicroKernel, A: Lhs>(&self, weights: impl Fn(usize) -> A + Sync) {
        let (s, patches, grid) = (self.s, self.patches, self.grid);
        let images = s.n * s.groups;
        let group_len = s.c / s.groups * s.h * s.w;
        let x = |image: usize| &self.x[image * group_len..][..group_len];
        let flops = 2 * images * grid.m * grid.n * grid.k;
        let shared = tasks(flops);
        let (down, across) = grid.split(shared.div_ceil(images));
        let (parts, work) = (down * across, if shared > 1 { usize::MAX } else { 0 });
        if parts == 1 {
            // One task an image: its padded copy stays in the second cache.
            parallel::for_tasks(images, work, |i| {
                scratch::with(patches.buffer_len(1), |buf| {
                    let all = Part { tiles: 0..grid.tiles, panels: 0..grid.panels };
                    // SAFETY: the caller's promise; tasks write to images of their own.
                    unsafe { self.part::<K, A>(i, &weights, padded(patches, buf, x(i)), &all) };
                });
            });
            return;
        }
        // Few images: all are padded first, and parts of each shared out.
        let step = patches.image_len();
        scratch::with(patches.buffer_len(images), |buf| {
            if !patches.as_it_lies {
                let copies = &mut buf[..images * step];
                parallel::for_chunks(copies, step, images * step, |start, copy| {
                    patches.pad(copy, x(start / step));
                });
            }
            let buf = &*buf;
            parallel::for_tasks(images * parts, work, |task| {
                let (i, part) = (task / parts, task % parts);
                let part = Part {
                    tiles: share(grid.tiles, down, part / across),
                    panels: share(grid.panels, across, part % across),
                };
                let image = if patches.as_it_lies { x(i) } else { &buf[i * step..] };
                // SAFETY: the caller's promise; tasks write to parts of their own.
                unsafe { self.part::<K, A>(i, &weights, image, &part) };
            });
        });
    }

    /// # Safety
    /// As [`conv2d`]; nobody else writes to this part of the image.
    unsafe fn part<K: MicroKernel, A: Lhs>(
        &self,
        image: usize,
        weights: &impl Fn(usize) -> A,
        padded: &[Real],
        part: &Part,
    ) {
        let (grid, g) = (self.grid, image % self.s.groups);
        let bias = self.bias.map_or(Bias::None, |b| Bias::PerRow(&b[g * grid.m..][..grid.m]));
        let e = Epilogue { bias, relu: self.relu, accumulate: false };
        let b = PatchColumns { patches: self.patches, image: padded };
        let y = self.y.offset(image * grid.m * grid.n);
        // SAFETY: the caller's promise.
        unsafe { product::<K>(y, weights(g), &b, &e, grid, part) };
    }
}

/// The padded copy of an image, made in `buf` unless the image serves as it lies.
pub(super) fn padded<'a>(patches: &Patches, buf: &'a mut [Real], image: &'a [Real]) -> &'a [Real] {
    if patches.as_it_lies {
        return image;
    }
    patches.pad(buf, image);
    buf
}
