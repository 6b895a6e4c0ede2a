//! A picture resized and cut: what torchvision calls `Resize` and `CenterCrop`.

use std::collections::VecDeque;
use std::ops::Range;

use super::pixels::Pixels;
use crate::spec::Size;

/// A part of a picture that was brought to another size.
///
/// Each axis goes by itself, horizontally first. A new pixel is the mean of the old ones around its
/// centre, weighted by a triangle as wide as two old pixels where the axis grows (bilinear
/// interpolation), and wider by as much as the axis shrinks (antialiasing); at the edge the weights
/// that fall outside are left out, and the sum of the others is made 1. That is what
/// `torchvision.transforms.Resize` does with pictures and, since 0.17, with tensors, and Pillow's
/// `BILINEAR`; of Pillow's the values differ by up to 1/255, which it rounds to between the axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// The size of the whole after resizing.
    resized: (usize, usize),
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Window {
    /// The window of a picture of that height and width, by the options of a spec.
    ///
    /// `resize` to a side keeps the shape of the picture, the longer side rounded down; `size` by
    /// itself resizes to cover it. The crop is in the middle, odd rests rounded half to even as in
    /// torchvision.
    pub(super) fn of(
        (height, width): (u32, u32),
        resize: Option<Size>,
        size: Option<Size>,
    ) -> Self {
        let (h, w) = (height as usize, width as usize);
        let resized = match (resize, size) {
            (Some(Size::Sides(height, width)), _) => (height, width),
            (Some(Size::Side(side)), _) => cover((h, w), (side, side)),
            (None, Some(size)) => cover((h, w), size.sides()),
            (None, None) => (h, w),
        };
        let (rows, columns) = size.map_or(resized, Size::sides);
        Self { resized, rows: middle(resized.0, rows), columns: middle(resized.1, columns) }
    }

    /// The height and width of the window of every picture, where the options alone say it.
    pub(super) fn always(resize: Option<Size>, size: Option<Size>) -> Option<(usize, usize)> {
        match (resize, size) {
            (_, Some(size)) => Some(size.sides()),
            (Some(Size::Sides(height, width)), None) => Some((height, width)),
            _ => None,
        }
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Writes the window's values, `[channels, height, width]`, in the place of zeros.
    pub(super) fn draw(&self, pixels: &Pixels<'_>, out: &mut [f32]) {
        let (channels, width) = (pixels.channels(), self.width());
        let across = taps(pixels.width(), self.resized.1, &self.columns);
        let down = taps(pixels.height(), self.resized.0, &self.rows);
        let plane = self.height() * width;
        debug_assert_eq!(out.len(), channels * plane);
        let mut whole = vec![0.0; pixels.width() * channels];
        // Old rows at the new width, from `first` on, as many as a new row needs.
        let mut held: VecDeque<Vec<f32>> = VecDeque::new();
        let mut first = down[0].0;
        for (y, (top, weights)) in down.iter().enumerate() {
            while first < *top {
                held.pop_front();
                first += 1;
            }
            while held.len() < weights.len() {
                pixels.row(first + held.len(), &mut whole);
                held.push_back(squeeze(&whole, &across, channels));
            }
            for (weight, row) in weights.iter().zip(&held) {
                for (x, pixel) in row.chunks_exact(channels).enumerate() {
                    for (c, value) in pixel.iter().enumerate() {
                        out[c * plane + y * width + x] += weight * value;
                    }
                }
            }
        }
    }
}

/// A row brought to the columns that the taps are of.
fn squeeze(row: &[f32], across: &[Taps], channels: usize) -> Vec<f32> {
    let mut out = vec![0.0; across.len() * channels];
    for (out, (left, weights)) in out.chunks_exact_mut(channels).zip(across) {
        for (pixel, weight) in row[left * channels..].chunks_exact(channels).zip(weights) {
            out.iter_mut().zip(pixel).for_each(|(out, value)| *out += weight * value);
        }
    }
    out
}

/// The size at which the picture just covers `to`.
fn cover((h, w): (usize, usize), to: (usize, usize)) -> (usize, usize) {
    // The axis that has to grow more, or shrink less, fits exactly.
    match to.0 * w >= to.1 * h {
        true => (to.0, (to.0 * w / h).max(to.1)),
        false => ((to.1 * h / w).max(to.0), to.1),
    }
}

/// `part` out of the middle of `whole`.
fn middle(whole: usize, part: usize) -> Range<usize> {
    let start = ((whole - part) as f64 / 2.0).round_ties_even() as usize;
    start..start + part
}

/// The first old place that a new one is made of, and the weights from there on (sum 1).
type Taps = (usize, Vec<f32>);

/// The taps of the new places `range`, of an axis that goes from one length to another.
fn taps(from: usize, to: usize, range: &Range<usize>) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    let of = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let start = (centre - reach + 0.5).max(0.0) as usize;
        let end = ((centre + reach + 0.5) as usize).min(from);
        let weight = |j: usize| (1.0 - ((j as f64 + 0.5 - centre) / reach).abs()).max(0.0);
        let weights: Vec<f64> = (start..end).map(weight).collect();
        let total: f64 = weights.iter().sum();
        (start, weights.into_iter().map(|weight| (weight / total) as f32).collect())
    };
    range.clone().map(of).collect()
}
