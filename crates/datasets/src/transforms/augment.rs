//! Light augmentation: the same picture, seen slightly otherwise at each step.

use ndarray::{Array4, ArrayD, ArrayView3, ArrayViewD, ArrayViewMut3, Axis};

use super::images;
use crate::Random;

/// Random shifts, crops, mirror images and noise for a batch of images.
///
/// What happens to row `i` at step `s` is a function of `(seed, s, i)`, so a resumed run sees what
/// the run that was never stopped would have seen.
///
/// ```
/// use datasets::{synthetic, transforms::Augment};
/// let (batch, _) = synthetic::digits(100, 0).batch(&[0, 1, 2]);
/// let augment = Augment::new().shift(2).noise(0.05);
/// let seen = augment.apply(batch.view(), 0, 1234);
/// assert_eq!(seen, augment.apply(batch.view(), 0, 1234));
/// assert_ne!(seen, augment.apply(batch.view(), 0, 1235));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Augment {
    shift: usize,
    padding: f32,
    crop: Option<(usize, usize)>,
    flip: bool,
    noise: f32,
}

impl Augment {
    /// Changes nothing until told to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the image by up to `pixels` each way, uniformly.
    pub fn shift(self, pixels: usize) -> Self {
        Self { shift: pixels, ..self }
    }

    /// The value that a shift brings in at the edge; 0 if nothing is said.
    pub fn padding(self, value: f32) -> Self {
        Self { padding: value, ..self }
    }

    /// Cuts a window of this size out at a random place; the batch becomes
    /// `[n, c, height, width]`.
    pub fn crop(self, height: usize, width: usize) -> Self {
        Self { crop: Some((height, width)), ..self }
    }

    /// Mirrors half of the images left to right. Not for digits.
    pub fn flip(self) -> Self {
        Self { flip: true, ..self }
    }

    /// Adds independent normal noise of this standard deviation to every value.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub fn noise(self, std: f32) -> Self {
        assert!(std >= 0.0 && std.is_finite(), "noise({std}): a standard deviation is at least 0");
        Self { noise: std, ..self }
    }

    /// The batch `[n, c, h, w]` as it is seen at this step.
    ///
    /// # Panics
    /// If these are no images, or smaller than the crop.
    #[track_caller]
    pub fn apply(&self, batch: ArrayViewD<'_, f32>, seed: u64, step: u64) -> ArrayD<f32> {
        let batch = images("augment", batch);
        let (n, c, h, w) = batch.dim();
        let (height, width) = self.crop.unwrap_or((h, w));
        assert!(
            (1..=h).contains(&height) && (1..=w).contains(&width),
            "augment: a crop of {height}x{width} out of {:?}",
            batch.shape()
        );
        let mut out = Array4::zeros((n, c, height, width));
        for (row, (from, to)) in batch.outer_iter().zip(out.axis_iter_mut(Axis(0))).enumerate() {
            self.one(from, to, &mut Random::new(seed, "augment", [step, row as u64]));
        }
        out.into_dyn()
    }

    /// One image `[c, h, w]`: shift, crop and mirror are one lookup, then noise.
    fn one(&self, from: ArrayView3<'_, f32>, mut to: ArrayViewMut3<'_, f32>, random: &mut Random) {
        let ((_, h, w), (_, height, width)) = (from.dim(), to.dim());
        let mut offset = |room: usize| {
            let shift = random.below(2 * self.shift + 1) as isize - self.shift as isize;
            random.below(room + 1) as isize + shift
        };
        let (top, left) = (offset(h - height), offset(w - width));
        let mirrored = self.flip && random.chance(0.5);
        for ((channel, y, x), value) in to.indexed_iter_mut() {
            let x = if mirrored { width - 1 - x } else { x };
            let (y, x) = (y as isize + top, x as isize + left);
            let inside = (0..h as isize).contains(&y) && (0..w as isize).contains(&x);
            *value = if inside { from[[channel, y as usize, x as usize]] } else { self.padding };
        }
        if self.noise > 0.0 {
            to.mapv_inplace(|value| value + self.noise * random.normal() as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that say where they come from: `100·y + x + 1`.
    fn batch(n: usize) -> ArrayD<f32> {
        ArrayD::from_shape_fn(vec![n, 2, 6, 8], |ix| (100 * ix[2] + ix[3] + 1) as f32)
    }

    #[test]
    fn nothing_asked_nothing_done() {
        assert_eq!(Augment::new().apply(batch(3).view(), 1, 2), batch(3));
    }

    #[test]
    fn shifts_reach_every_place_and_pad() {
        let out = Augment::new().shift(2).padding(-1.0).apply(batch(400).view(), 0, 0);
        let mut seen = std::collections::BTreeSet::new();
        for image in out.outer_iter() {
            let at = image[[0, 3, 4]] as isize - 1;
            let (dy, dx) = (at / 100 - 3, at % 100 - 4);
            assert!(dy.abs() <= 2 && dx.abs() <= 2, "moved by {dy}, {dx}");
            assert_eq!(image.index_axis(Axis(0), 0), image.index_axis(Axis(0), 1));
            for (at, &value) in image.index_axis(Axis(0), 0).indexed_iter() {
                let (y, x) = (at[0], at[1]);
                let (y, x) = (y as isize + dy, x as isize + dx);
                let inside = (0..6).contains(&y) && (0..8).contains(&x);
                assert_eq!(value, if inside { (100 * y + x + 1) as f32 } else { -1.0 });
            }
            seen.insert((dy, dx));
        }
        assert_eq!(seen.len(), 25);
    }

    #[test]
    fn crops_and_mirror_images() {
        let out = Augment::new().crop(3, 4).flip().apply(batch(200).view(), 0, 0);
        assert_eq!(out.shape(), [200, 2, 3, 4]);
        let step = |i: usize| out[[i, 0, 0, 1]] - out[[i, 0, 0, 0]];
        let mirrored = (0..200).filter(|&i| step(i) == -1.0).count();
        assert!((0..200).all(|i| step(i).abs() == 1.0));
        assert!((70..130).contains(&mirrored), "{mirrored} of 200 are mirrored");
    }

    #[test]
    fn noise_has_its_standard_deviation() {
        let out = Augment::new().noise(0.5).apply(batch(50).view(), 0, 0);
        let noise = &out - &batch(50);
        assert!(noise.mean().unwrap().abs() < 0.03);
        assert!((noise.std(0.0) - 0.5).abs() < 0.03, "{}", noise.std(0.0));
    }
}
