//! Two images in one, for two tasks on the same input.

use ndarray::{Array4, Axis, Slice};

use super::{images, resize};
use crate::{DataError, Dataset, Random};

/// How much larger than an image the canvas is, in each direction: 28 x 28 goes onto 36 x 36.
pub const MARGIN: usize = 8;

/// Rows that are composed at once: the large canvas of all is never in memory.
const CHUNK: usize = 1024;

/// MultiMNIST's composer (Sabour et al. 2017; Sener and Koltun 2018).
///
/// Each image is laid into the upper left corner of a canvas 8 pixels larger, another one of the
/// same set but of another class into the lower right, each shifted inwards by 0 to `shift` pixels
/// in both directions; where both have ink, the brighter counts. Then the canvas is brought to
/// `size` x `size`. Row `i` depends on the seed and on `i`, and on the set as a whole, from which the
/// second image is drawn.
///
/// ```
/// use datasets::{synthetic, transforms::Overlay};
/// let (left, right) = Overlay::new().compose(&synthetic::digits(50, 0))?;
/// assert_eq!(left.shape(), [50, 1, 28, 28]);
/// assert_eq!(left.inputs().as_ptr(), right.inputs().as_ptr());
/// assert!(left.labels().unwrap().iter().zip(right.labels().unwrap()).all(|(a, b)| a != b));
/// # Ok::<(), datasets::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlay {
    seed: u64,
    shift: usize,
    size: Option<usize>,
}

impl Default for Overlay {
    fn default() -> Self {
        Self::new()
    }
}

impl Overlay {
    /// Seed 0, shifts of up to 2 pixels, brought back to the images' own size as Sener and Koltun
    /// have it.
    pub fn new() -> Self {
        Self { seed: 0, shift: 2, size: None }
    }

    /// Other pairs, other shifts.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The most that an image is shifted, at most half of [`MARGIN`].
    pub fn shift(self, shift: usize) -> Self {
        Self { shift, ..self }
    }

    /// The side of the result in pixels; 36 leaves the canvas of MNIST's images as it is.
    pub fn size(self, size: usize) -> Self {
        Self { size: Some(size), ..self }
    }

    /// The composed images twice, in one memory: labelled with what is on the left, and with what is
    /// on the right.
    ///
    /// # Errors
    /// [`DataError::NoLabels`]; [`DataError::NoImages`] if the samples are no images;
    /// [`DataError::OneClass`] if there is no image of another class.
    ///
    /// # Panics
    /// If the shift is larger than half of [`MARGIN`], or the size is 0.
    #[track_caller]
    pub fn compose(self, data: &Dataset) -> Result<(Dataset, Dataset), DataError> {
        assert!(self.shift <= MARGIN / 2, "overlay: a shift of {} pixels", self.shift);
        let labels = data.require_labels()?;
        let &[c, h, w] = data.sample_shape() else {
            let (from, shape) = (data.name().to_owned(), data.sample_shape().to_vec());
            return Err(DataError::NoImages { from, shape });
        };
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(DataError::OneClass { from: data.name().to_owned() });
        }
        let inputs = data.inputs();
        let inputs = images("overlay", inputs.view());
        let (height, width) = self.size.map_or((h, w), |size| (size, size));
        let n = data.len();
        let mut out = Array4::zeros((n, c, height, width));
        let mut right = Vec::with_capacity(n);
        for (chunk, mut out) in out.axis_chunks_iter_mut(Axis(0), CHUNK).enumerate() {
            let rows = chunk * CHUNK..(chunk * CHUNK + out.len_of(Axis(0)));
            let mut canvas = Array4::<f32>::zeros((rows.len(), c, h + MARGIN, w + MARGIN));
            for (row, mut canvas) in rows.zip(canvas.outer_iter_mut()) {
                let mut random = Random::new(self.seed, "overlay", [row as u64, 0]);
                let mut shift = || random.below(self.shift + 1);
                let (top, left) = (shift(), shift());
                let (bottom, aside) = (MARGIN - shift(), MARGIN - shift());
                let other = loop {
                    let other = random.below(n);
                    if labels[other] != labels[row] {
                        break other;
                    }
                };
                for (image, y, x) in [(row, top, left), (other, bottom, aside)] {
                    canvas
                        .slice_each_axis_mut(|axis| match axis.axis.index() {
                            1 => Slice::from(y..y + h),
                            2 => Slice::from(x..x + w),
                            _ => Slice::from(..),
                        })
                        .zip_mut_with(&inputs.index_axis(Axis(0), image), |a, b| *a = a.max(*b));
                }
                right.push(labels[other]);
            }
            out.assign(&resize(canvas.view().into_dyn(), height, width));
        }
        let classes = data.classes().to_vec();
        let composed = out.into_dyn();
        let first = Dataset::new(data.name(), composed, Some(labels.to_vec()), classes)?;
        let second = first.relabelled(right);
        Ok((first, second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;
    use ndarray::ArrayD;

    /// Images of one value, so that it shows what lies where.
    fn flat() -> Dataset {
        let inputs = ArrayD::from_shape_fn(vec![2, 1, 28, 28], |ix| [0.25, 1.0][ix[0]]);
        let classes = vec!["pale".into(), "bright".into()];
        Dataset::new("flat", inputs, Some(vec![0, 1]), classes).unwrap()
    }

    #[test]
    fn corners_overlap_and_the_brighter_counts() {
        let (left, right) = Overlay::new().shift(0).size(36).compose(&flat()).unwrap();
        assert_eq!(left.shape(), [2, 1, 36, 36]);
        assert_eq!((left.labels().unwrap(), right.labels().unwrap()), (&[0, 1][..], &[1, 0][..]));
        let at = |row: usize, y: usize, x: usize| left.inputs()[[row, 0, y, x]];
        // Row 0 has the pale one in the upper left, and is bright wherever the other lies.
        let places = [(0, 0), (7, 7), (0, 27), (8, 8), (27, 27), (35, 35), (0, 35), (28, 7)];
        let seen = places.map(|(y, x)| at(0, y, x));
        assert_eq!(seen, [0.25, 0.25, 0.25, 1.0, 1.0, 1.0, 0.0, 0.0]);
        // Row 1 the other way round.
        let seen = places.map(|(y, x)| at(1, y, x));
        assert_eq!(seen, [1.0, 1.0, 1.0, 1.0, 1.0, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn shifts_stay_on_the_canvas_and_differ() {
        let data = synthetic::digits(60, 0);
        let compose = |seed| Overlay::new().seed(seed).size(36).compose(&data).unwrap();
        let (left, right) = compose(3);
        let inks = |data: &Dataset| data.inputs().sum();
        assert!(inks(&left) > 1.5 * inks(&data));
        assert_eq!(left.labels(), data.labels());
        assert!(right.labels().unwrap().iter().zip(left.labels().unwrap()).all(|(a, b)| a != b));
        assert_eq!(compose(3).0.inputs(), left.inputs());
        assert_ne!(compose(4).0.inputs(), left.inputs());
        // By area, back to the size of the images.
        let (small, _) = Overlay::new().seed(3).compose(&data).unwrap();
        assert_eq!(small.shape(), [60, 1, 28, 28]);
        let ratio = inks(&small) / inks(&left) * (36.0 * 36.0) / (28.0 * 28.0);
        assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
    }

    #[test]
    fn what_cannot_be_composed_is_refused() {
        let one = flat().select(&[0, 0]);
        assert!(matches!(Overlay::new().compose(&one), Err(DataError::OneClass { .. })));
        let moons = synthetic::moons(4, 0);
        assert!(matches!(Overlay::new().compose(&moons), Err(DataError::NoImages { .. })));
    }
}
