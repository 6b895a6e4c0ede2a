//! The matrix of patches, which is never built.
//!
//! A convolution is a product with a matrix whose column `j` is the patch of the input under
//! output `j`, and whose row `p` is one tap (channel, row and column of the filter) over all
//! outputs. In a padded copy of the image, every element is where two offsets say:
//!
//! ```text
//! P[tap, (oy, ox)] = image[taps[tap] + oy · row_step + ox]
//! ```
//!
//! So `P` is packed into a product's panels (forward), read in place (gradient by the weights) or
//! added to (gradient by the input) without ever existing. Outputs of a row are neighbours even
//! when the filter strides: the copy stores each row by residue of the column modulo the stride
//! (columns 0, 2, 4, .. and then 1, 3, 5, .. for a stride of 2).

use super::Conv2dShape;
use crate::Real;
use crate::kernels::gemm::lhs::{Block, Lhs};
use crate::kernels::gemm::micro::GatheredRows;
use crate::kernels::gemm::product::{Grid, MAX_KC, Rhs};
use crate::kernels::isa::vectorized;
use std::ops::Range;

/// Columns that packing moves at once; a padded copy ends with as much slack.
const MOVE: usize = 8;

/// Where the patches of one group of one image lie.
pub(super) struct Patches {
    /// Offset of each tap: of `(channel, ki, kj)` for the output `(0, 0)`.
    pub taps: Vec<usize>,
    /// Distance between rows of the output.
    pub row_step: usize,
    /// Rows of the output.
    pub out_h: usize,
    /// Columns of the output.
    pub out_w: usize,
    /// Channels of the group.
    channels: usize,
    /// Rows, columns and padding of the image.
    size: [usize; 2],
    padding: [usize; 2],
    /// Residues of a column, and elements stored for each.
    phases: usize,
    phase_len: usize,
    /// The image serves as its own copy: nothing is padded, and nothing strides along a row.
    pub as_it_lies: bool,
}

impl Patches {
    pub(super) fn new(s: &Conv2dShape) -> Self {
        let padded = [s.h + 2 * s.padding[0], s.w + 2 * s.padding[1]];
        let phase_len = padded[1].div_ceil(s.stride[1]);
        let row = phase_len * s.stride[1];
        let as_it_lies = s.padding == [0, 0] && s.stride[1] == 1;
        let channels = s.c / s.groups;
        let taps = (0..channels * s.kh * s.kw).map(|tap| {
            let (c, ki, kj) = (tap / (s.kh * s.kw), tap / s.kw % s.kh, tap % s.kw);
            let (y, x) = (ki * s.dilation[0], kj * s.dilation[1]);
            (c * padded[0] + y) * row + x % s.stride[1] * phase_len + x / s.stride[1]
        });
        // Where nothing separates the rows, the image is one long row.
        let flat = as_it_lies && (s.kh, s.kw) == (1, 1) && s.stride == [1, 1];
        let (out_h, out_w) = if flat { (1, s.out_h() * s.out_w()) } else { (s.out_h(), s.out_w()) };
        Patches {
            taps: taps.collect(),
            row_step: s.stride[0] * row,
            out_h,
            out_w,
            channels,
            size: [s.h, s.w],
            padding: s.padding,
            phases: s.stride[1],
            phase_len,
            as_it_lies,
        }
    }

    /// Outputs of a channel: columns of the matrix.
    pub(super) fn cols(&self) -> usize {
        self.out_h * self.out_w
    }

    /// One row of outputs and one tap a channel: the image itself is the matrix of patches.
    pub(super) fn is_matrix(&self) -> bool {
        self.as_it_lies
            && self.out_h == 1
            && self.taps.len() == self.channels
            && self.out_w == self.size[0] * self.size[1]
    }

    /// Elements of one plane of the padded copy.
    fn plane_len(&self) -> usize {
        (self.size[0] + 2 * self.padding[0]) * self.phase_len * self.phases
    }

    /// Elements of the padded copy of one image.
    pub(super) fn image_len(&self) -> usize {
        self.channels * self.plane_len()
    }

    /// Elements of a buffer for the padded copies of `images` images; none if they are not copied.
    pub(super) fn buffer_len(&self, images: usize) -> usize {
        if self.as_it_lies { 0 } else { images * self.image_len() + MOVE }
    }

    /// Start and elements in the image, and start and step in the copy, of row `y` and phase `f`.
    fn row(&self, plane: usize, y: usize) -> impl Iterator<Item = (usize, usize)> + use<'_> {
        let start = plane * self.plane_len() + (y + self.padding[0]) * self.phase_len * self.phases;
        (0..self.phases).map(move |phase| {
            // The first column of the image with this residue once it is padded.
            let first = (phase + self.phases - self.padding[1] % self.phases) % self.phases;
            let x = first + self.padding[1];
            (first, start + phase * self.phase_len + x / self.phases)
        })
    }

    /// Copies an image into `dst`, padded and sorted by phase.
    pub(super) fn pad(&self, dst: &mut [Real], image: &[Real]) {
        dst[..self.image_len()].fill(0.0);
        let [h, w] = self.size;
        for (i, src) in image.chunks_exact(w).enumerate() {
            for (first, to) in self.row(i / h, i % h) {
                if self.phases == 1 {
                    dst[to..to + w].copy_from_slice(src);
                } else {
                    for (d, s) in
                        dst[to..].iter_mut().zip(src[first.min(w)..].iter().step_by(self.phases))
                    {
                        *d = *s;
                    }
                }
            }
        }
    }

    /// The inverse of [`Patches::pad`]; what the padding holds is dropped.
    pub(super) fn unpad(&self, image: &mut [Real], src: &[Real]) {
        let [h, w] = self.size;
        for (i, dst) in image.chunks_exact_mut(w).enumerate() {
            for (first, from) in self.row(i / h, i % h) {
                if self.phases == 1 {
                    dst.copy_from_slice(&src[from..from + w]);
                } else {
                    for (s, d) in
                        src[from..].iter().zip(dst[first.min(w)..].iter_mut().step_by(self.phases))
                    {
                        *d = *s;
                    }
                }
            }
        }
    }

    /// Calls `f(first column, offset, length)` for the contiguous pieces of columns `cols`.
    fn pieces(&self, cols: Range<usize>, mut f: impl FnMut(usize, usize, usize)) {
        let mut col = cols.start;
        while col < cols.end {
            let (oy, ox) = (col / self.out_w, col % self.out_w);
            let len = (self.out_w - ox).min(cols.end - col);
            f(col, oy * self.row_step + ox, len);
            col += len;
        }
    }

    /// The contiguous pieces of columns `cols`: start in `cols`, offset in the image, length.
    pub(super) fn runs(&self, cols: Range<usize>) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::with_capacity(cols.len() / self.out_w + 2);
        let first = cols.start;
        self.pieces(cols, |col, offset, len| runs.push((col - first, offset, len)));
        runs
    }

    /// `image[element (tap, col)] += rows[tap, col]` for the columns of `runs`, `cols` in all.
    pub(super) fn add_back(
        &self,
        image: &mut [Real],
        rows: &[Real],
        taps: Range<usize>,
        cols: usize,
        runs: &[(usize, usize, usize)],
    ) {
        vectorized(|| {
            for (&tap, row) in self.taps[taps].iter().zip(rows.chunks_exact(cols)) {
                let image = &mut image[tap..];
                for &(start, offset, len) in runs {
                    add(&mut image[offset..offset + len], &row[start..start + len]);
                }
            }
        });
    }
}

/// `a += b`, for lengths around a vector's.
#[inline(always)]
fn add(a: &mut [Real], b: &[Real]) {
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks_mut::<MOVE>(), b.as_chunks::<MOVE>());
    for (a, b) in a.iter_mut().zip(b) {
        for i in 0..MOVE {
            a[i] += b[i];
        }
    }
    for (a, b) in a_tail.iter_mut().zip(b_tail) {
        *a += b;
    }
}

/// The patches of one image as the right-hand side of a product.
pub(super) struct PatchColumns<'a> {
    pub patches: &'a Patches,
    /// The padded copy, or the image if it [lies right](Patches::as_it_lies).
    pub image: &'a [Real],
}

impl Rhs for PatchColumns<'_> {
    fn pack(&self, dst: &mut [Real], width: usize, ks: Range<usize>, cols: Range<usize>) {
        // Start in the panel, offset in the image, length.
        let mut pieces = [(0, 0, 0); 64];
        let (mut count, mut reach, mut whole) = (0, 0, cols.len() == width);
        self.patches.pieces(cols.clone(), |col, offset, len| {
            for i in (0..len).step_by(MOVE) {
                pieces[count] = (col - cols.start + i, offset + i, MOVE.min(len - i));
                whole &= len - i >= MOVE;
                reach = offset + i + MOVE;
                count += 1;
            }
        });
        let (pieces, taps) = (&pieces[..count], &self.patches.taps[ks]);
        let Some(last) = taps.iter().max() else { return };
        let inside = last + reach <= self.image.len();
        vectorized(|| match (whole && inside, pieces) {
            (true, &[a]) => self.pack_whole(dst, taps, [a.1]),
            (true, &[a, b]) => self.pack_whole(dst, taps, [a.1, b.1]),
            (true, &[a, b, c, d]) => self.pack_whole(dst, taps, [a.1, b.1, c.1, d.1]),
            _ => self.pack_pieces(dst, width, taps, pieces, inside, cols.len()),
        });
    }

    fn in_place(&self, ks: Range<usize>, col: usize, width: usize) -> Option<(*const Real, usize)> {
        let p = self.patches;
        (p.is_matrix() && col + width <= p.out_w && !ks.is_empty())
            .then(|| (self.image[p.taps[ks.start] + col..].as_ptr(), p.plane_len()))
    }
}

impl PatchColumns<'_> {
    /// A panel whose columns are `N` contiguous pieces of [`MOVE`] each.
    #[inline(always)]
    fn pack_whole<const N: usize>(&self, dst: &mut [Real], taps: &[usize], offsets: [usize; N]) {
        let rows = dst.as_chunks_mut::<MOVE>().0.chunks_exact_mut(N);
        for (row, tap) in rows.zip(taps) {
            for (piece, offset) in row.iter_mut().zip(offsets) {
                // SAFETY: `pack` has seen that the last tap's last piece ends inside the image.
                let src = unsafe { self.image.get_unchecked(tap + offset..tap + offset + MOVE) };
                piece.copy_from_slice(src);
            }
        }
    }

    /// Any panel. A short piece is moved as a whole one where that stays inside image and panel:
    /// what it writes too much is overwritten by the next piece.
    #[inline(always)]
    fn pack_pieces(
        &self,
        dst: &mut [Real],
        width: usize,
        taps: &[usize],
        pieces: &[(usize, usize, usize)],
        inside: bool,
        cols: usize,
    ) {
        for (p, tap) in taps.iter().enumerate() {
            for &(start, offset, len) in pieces {
                let (to, from) = (p * width + start, tap + offset);
                if inside && to + MOVE <= dst.len() {
                    // SAFETY: `pack` has seen that `from + MOVE` is inside the image for the last
                    // tap and piece; `to` was just compared.
                    unsafe {
                        let src = self.image.as_ptr().add(from).cast::<[Real; MOVE]>();
                        dst.as_mut_ptr().add(to).cast::<[Real; MOVE]>().write(src.read());
                    }
                } else {
                    dst[to..to + len].copy_from_slice(&self.image[from..from + len]);
                }
            }
            dst[p * width + cols..(p + 1) * width].fill(0.0);
        }
    }
}

/// The patches of consecutive images as the left-hand side of a product: the taps are its rows,
/// the outputs of all images its summed index.
#[derive(Clone, Copy)]
pub(super) struct PatchRows<'a> {
    pub patches: &'a Patches,
    pub images: &'a [Real],
    /// Distance between images.
    pub image_step: usize,
}

/// The runs of contiguous outputs that make up one block of the summed index.
pub(super) struct PatchBlock<'a> {
    rows: PatchRows<'a>,
    runs: [(usize, usize); MAX_KC],
    count: usize,
}

impl Block for PatchBlock<'_> {
    type Rows<'s>
        = GatheredRows<'s>
    where
        Self: 's;

    #[inline]
    fn rows(&self, rows: Range<usize>) -> GatheredRows<'_> {
        GatheredRows {
            ptr: self.rows.images.as_ptr(),
            rows: &self.rows.patches.taps[rows],
            runs: &self.runs[..self.count],
        }
    }
}

// SAFETY: the runs together are the block of the summed index, and `block` checks that the last
// tap of the last run lies inside the images.
unsafe impl Lhs for PatchRows<'_> {
    type Block<'b>
        = PatchBlock<'b>
    where
        Self: 'b;

    fn block<'b>(
        &'b self,
        _: &'b mut [Real],
        _: &Grid,
        _: Range<usize>,
        ks: Range<usize>,
    ) -> PatchBlock<'b> {
        let mut block = PatchBlock { rows: *self, runs: [(0, 0); MAX_KC], count: 0 };
        let (cols, last) = (self.patches.cols(), self.patches.taps.iter().max().unwrap_or(&0));
        let mut k = ks.start;
        while k < ks.end {
            let (image, col) = (k / cols, k % cols);
            let end = cols.min(col + ks.end - k);
            self.patches.pieces(col..end, |_, offset, len| {
                let run = image * self.image_step + offset;
                assert!(last + run + len <= self.images.len(), "a patch reaches over the images");
                block.runs[block.count] = (run, len);
                block.count += 1;
            });
            k += end - col;
        }
        block
    }
}
