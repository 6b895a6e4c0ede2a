//! Small squares cut out of images, their contrast normalised.

use super::features::inputs;
use crate::TransferError;
use crate::error::setting;
use datasets::Unlabelled;
use tensor_autograd::{Real, Rng, Tensor};

/// Added to a patch's variance before its root divides it, so that empty paper stays empty and is
/// not stretched to noise. For values from 0 to 1 (Coates, Ng and Lee, 2011, have 10 for 0 to 255).
const CONTRAST: f64 = 0.01;
/// A patch whose deviation is below this shows nothing, and is not learnt from.
const EMPTY: f64 = 0.01;
/// Draws for each patch that is wanted, before an image is believed to be empty.
const DRAWS: usize = 50;

/// How images are cut.
#[derive(Clone, Debug)]
pub(super) struct Patches {
    /// Side of a patch.
    pub(super) side: usize,
    /// Channels, height and width of an image.
    pub(super) image: [usize; 3],
}

impl Patches {
    /// For the images of `source`.
    ///
    /// # Errors
    /// If its samples are no images, or a patch does not fit into one.
    pub(super) fn new(side: usize, source: &Unlabelled) -> Result<Self, TransferError> {
        let [c, h, w] = source.sample_shape()[..] else {
            return Err(TransferError::Unsuitable {
                data: source.name().into(),
                problem: format!("samples of shape {:?} are no images", source.sample_shape()),
                remedy: "patches are cut out of images: choose features of whole samples",
            });
        };
        let fits = (2..=h.min(w)).contains(&side);
        setting("patch", side, fits, "at least 2, and no more than an image's height and width")?;
        Ok(Patches { side, image: [c, h, w] })
    }

    /// Numbers of a patch.
    pub(super) fn len(&self) -> usize {
        self.image[0] * self.side * self.side
    }

    /// Rows and columns of places at which a patch can lie.
    pub(super) fn places(&self) -> [usize; 2] {
        [self.image[1] - self.side + 1, self.image[2] - self.side + 1]
    }

    /// All patches of the images `x`, `[n · places, len]`: image after image, row after row.
    pub(super) fn all(&self, x: &Tensor) -> Tensor {
        let (size, [rows, columns]) = (self.image.iter().product(), self.places());
        let n = x.len() / size;
        Tensor::build([n * rows * columns, self.len()], |out| {
            let mut patches = out.chunks_exact_mut(self.len());
            for image in x.as_slice().chunks_exact(size) {
                for top in 0..rows {
                    for left in 0..columns {
                        let patch = patches.next().expect("as many patches as places");
                        self.cut(image, top, left, patch);
                        normalize(patch);
                    }
                }
            }
        })
    }

    /// `count` patches at random images and places, of those that show something.
    ///
    /// # Errors
    /// If hardly any does, or a value is not finite.
    pub(super) fn sample(
        &self,
        source: &Unlabelled,
        count: usize,
        rng: &mut Rng,
    ) -> Result<Tensor, TransferError> {
        let images = inputs(source)?;
        let [rows, columns] = self.places();
        let mut found: Vec<Real> = Vec::with_capacity(count * self.len());
        let mut patch = vec![0.0; self.len()];
        for _ in 0..count * DRAWS {
            let (row, top, left) = (rng.below(images.len()), rng.below(rows), rng.below(columns));
            self.cut(images.batch(&[row]).as_slice(), top, left, &mut patch);
            if normalize(&mut patch) > EMPTY {
                found.extend_from_slice(&patch);
                if found.len() == count * self.len() {
                    return Ok(Tensor::new([count, self.len()], found));
                }
            }
        }
        Err(TransferError::Unsuitable {
            data: source.name().into(),
            problem: "its patches are nearly all of one shade, they cannot be whitened".into(),
            remedy: "give images that show something, or larger patches",
        })
    }

    fn cut(&self, image: &[Real], top: usize, left: usize, patch: &mut [Real]) {
        let [_, h, w] = self.image;
        for (line, out) in patch.chunks_exact_mut(self.side).enumerate() {
            let (channel, y) = (line / self.side, line % self.side);
            let start = (channel * h + top + y) * w + left;
            out.copy_from_slice(&image[start..start + self.side]);
        }
    }
}

/// Mean 0, and deviation 1 where there is contrast. Returns the deviation that there was.
fn normalize(patch: &mut [Real]) -> f64 {
    let n = patch.len() as Real;
    let mean = patch.iter().sum::<Real>() / n;
    let variance = patch.iter().map(|x| (x - mean) * (x - mean)).sum::<Real>() / n;
    let scale = 1.0 / (variance + CONTRAST as Real).sqrt();
    patch.iter_mut().for_each(|x| *x = (*x - mean) * scale);
    f64::from(variance).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    fn images(value: impl Fn(usize) -> f32) -> Unlabelled {
        let values = (0..2 * 3 * 5 * 4).map(value).collect();
        let array = ArrayD::from_shape_vec(vec![2, 3, 5, 4], values).unwrap();
        Unlabelled::new("small", array).unwrap()
    }

    #[test]
    fn patches_are_cut_where_they_lie() {
        let patches = Patches::new(2, &images(|i| i as f32)).unwrap();
        assert_eq!((patches.len(), patches.places()), (12, [4, 3]));
        let mut patch = vec![0.0; 12];
        let image: Vec<Real> = (0..60).map(|i| i as Real).collect();
        patches.cut(&image, 3, 2, &mut patch);
        let want = [14, 15, 18, 19, 34, 35, 38, 39, 54, 55, 58, 59].map(|i| i as Real);
        assert_eq!(patch, want);
        let x = inputs(&images(|i| i as f32)).unwrap().batch(&[0, 1]);
        assert_eq!(*patches.all(&x).shape(), [2 * 12, 12]);
    }

    #[test]
    fn contrast_is_normalised_and_paper_stays_paper() {
        let mut patch = vec![0.0, 1.0, 0.0, 1.0];
        assert!((normalize(&mut patch) - 0.5).abs() < 1e-6);
        let want = 0.5 / (0.26 as Real).sqrt();
        assert!(patch.iter().all(|x| (x.abs() - want).abs() < 1e-5), "{patch:?}");
        let mut paper = vec![0.7; 4];
        normalize(&mut paper);
        assert!(paper.iter().all(|x| x.abs() < 1e-5));
    }

    #[test]
    fn what_has_no_patches_is_an_error() {
        let text = |side, source: &Unlabelled| match Patches::new(side, source) {
            Ok(patches) => patches.sample(source, 5, &mut Rng::seed(0)).unwrap_err().to_string(),
            Err(e) => e.to_string(),
        };
        assert!(text(5, &images(|i| i as f32)).starts_with("`patch` is 5: it must be at least 2"));
        assert!(text(2, &images(|_| 0.4)).starts_with("small: its patches are nearly all of one"));
        assert!(text(2, &images(|i| if i == 70 { f32::NAN } else { 0.1 })).contains("row 1 holds"));
        let rows = Unlabelled::new("rows", ArrayD::zeros(vec![3, 7])).unwrap();
        assert!(text(2, &rows).contains("samples of shape [7] are no images"));
    }
}
