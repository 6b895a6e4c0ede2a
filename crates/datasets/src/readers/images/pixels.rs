//! The rows of a decoded picture as numbers.

use image::DynamicImage;

/// Red, green and blue in the grey of a colour (ITU-R BT.601).
const GREY: [f32; 3] = [0.299, 0.587, 0.114];

/// A picture whose rows are asked for one by one, so that it is never in memory as numbers.
pub(super) struct Pixels<'a> {
    samples: Samples<'a>,
    /// 1 grey, 2 with alpha, 3 colour, 4 with alpha.
    stored: usize,
    height: usize,
    width: usize,
    channels: usize,
    background: f32,
}

enum Samples<'a> {
    Eight(&'a [u8]),
    Sixteen(&'a [u16]),
}

impl<'a> Pixels<'a> {
    /// The picture in 1 or 3 channels, what is transparent laid on `background`.
    pub(super) fn of(image: &'a DynamicImage, channels: usize, background: f32) -> Self {
        let (samples, stored) = match image {
            DynamicImage::ImageLuma8(i) => (Samples::Eight(i.as_raw()), 1),
            DynamicImage::ImageLumaA8(i) => (Samples::Eight(i.as_raw()), 2),
            DynamicImage::ImageRgb8(i) => (Samples::Eight(i.as_raw()), 3),
            DynamicImage::ImageRgba8(i) => (Samples::Eight(i.as_raw()), 4),
            DynamicImage::ImageLuma16(i) => (Samples::Sixteen(i.as_raw()), 1),
            DynamicImage::ImageLumaA16(i) => (Samples::Sixteen(i.as_raw()), 2),
            DynamicImage::ImageRgb16(i) => (Samples::Sixteen(i.as_raw()), 3),
            DynamicImage::ImageRgba16(i) => (Samples::Sixteen(i.as_raw()), 4),
            _ => unreachable!("PNG and JPEG have whole numbers of 8 or 16 bits"),
        };
        let (height, width) = (image.height() as usize, image.width() as usize);
        Self { samples, stored, height, width, channels, background }
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Row `y`, `[width, channels]`.
    pub(super) fn row(&self, y: usize, out: &mut [f32]) {
        let range = y * self.width * self.stored..(y + 1) * self.width * self.stored;
        match self.samples {
            Samples::Eight(all) => self.convert(&all[range], |x| f32::from(x) / 255.0, out),
            Samples::Sixteen(all) => self.convert(&all[range], |x| f32::from(x) / 65535.0, out),
        }
    }

    fn convert<T: Copy>(&self, row: &[T], value: impl Fn(T) -> f32, out: &mut [f32]) {
        let pixels = row.chunks_exact(self.stored).zip(out.chunks_exact_mut(self.channels));
        for (from, to) in pixels {
            let (colours, alpha) = match from {
                [grey] => ([value(*grey); 3], 1.0),
                [grey, alpha] => ([value(*grey); 3], value(*alpha)),
                [r, g, b] => ([value(*r), value(*g), value(*b)], 1.0),
                [r, g, b, alpha] => ([value(*r), value(*g), value(*b)], value(*alpha)),
                _ => unreachable!("a pixel has 1 to 4 samples"),
            };
            let over =
                |x: f32| if alpha == 1.0 { x } else { alpha * x + (1.0 - alpha) * self.background };
            match (to, self.stored) {
                ([grey], 1 | 2) => *grey = over(colours[0]),
                ([grey], _) => {
                    *grey = over(GREY.iter().zip(colours).map(|(weight, x)| weight * x).sum());
                }
                (to, _) => to.iter_mut().zip(colours).for_each(|(to, x)| *to = over(x)),
            }
        }
    }
}
