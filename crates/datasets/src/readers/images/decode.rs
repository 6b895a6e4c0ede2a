//! From the bytes of a file to a picture, checked before memory is taken.

use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};

use super::{jpeg, png};
use crate::PictureError;
use crate::bytes::recognise;

/// 67 million pixels, as 8192 x 8192; a photograph has 12 to 50 million.
pub(super) const MOST_PIXELS: u64 = 1 << 26;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Jpeg,
}

impl Format {
    /// What the first bytes of a file say.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match () {
            () if png::is_png(bytes) => Some(Self::Png),
            () if jpeg::is_jpeg(bytes) => Some(Self::Jpeg),
            () => None,
        }
    }

    /// What the name of a file says.
    pub(super) fn named(path: &Path) -> Self {
        match path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
            true => Self::Png,
            false => Self::Jpeg,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
        })
    }
}

/// What a header claims, and how much there is to show for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes of compressed pixels.
    pub(super) bytes: usize,
    /// Whether so many bytes can hold so many pixels.
    pub(super) fits: bool,
}

/// What a walk through a file has found.
#[derive(Debug)]
pub(super) struct Structure {
    pub(super) claim: Claim,
    /// The bytes that the decoder is given.
    pub(super) kept: Vec<Range<usize>>,
}

impl Structure {
    /// Adds a range, to the last one if that ends where it begins.
    pub(super) fn keep(kept: &mut Vec<Range<usize>>, range: Range<usize>) {
        match kept.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => kept.push(range),
        }
    }
}

/// The picture, in the position that its EXIF entry says.
pub(super) fn decode(bytes: Vec<u8>) -> Result<DynamicImage, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    let Some(format) = Format::of(&bytes) else { return Err(no_picture(&bytes)) };
    let structure = match format {
        Format::Png => png::check(&bytes)?,
        Format::Jpeg => jpeg::check(&bytes)?,
    };
    structure.claim.check()?;
    let kept: Vec<&[u8]> = structure.kept.into_iter().map(|range| &bytes[range]).collect();
    let kept = kept.concat();
    drop(bytes);
    let mut limits = Limits::no_limits();
    // Twice the file for what the decoder keeps of it, and room for a row.
    limits.max_alloc = Some(8 * structure.claim.pixels() + 2 * kept.len() as u64 + (1 << 16));
    let image = match format {
        Format::Png => PngDecoder::with_limits(Cursor::new(kept), limits).and_then(upright),
        Format::Jpeg => JpegDecoder::new(Cursor::new(kept)).and_then(upright),
    };
    image.map_err(damaged)
}

fn upright(mut decoder: impl ImageDecoder) -> ImageResult<DynamicImage> {
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

impl Claim {
    fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    fn check(self) -> Result<(), PictureError> {
        let Self { width, height, bytes, fits } = self;
        if self.pixels() == 0 {
            return Err(PictureError::NoPixels { width, height });
        }
        if self.pixels() > MOST_PIXELS {
            return Err(PictureError::TooLarge { width, height, limit: MOST_PIXELS });
        }
        match fits {
            true => Ok(()),
            false => Err(PictureError::Claim { width, height, bytes }),
        }
    }
}

/// The error of a file of another kind.
pub(super) fn no_picture(bytes: &[u8]) -> PictureError {
    let first = &bytes[..bytes.len().min(4)];
    let found: Vec<String> = first.iter().map(|byte| format!("{byte:02X}")).collect();
    PictureError::Magic { found: found.join(" "), hint: recognise(first) }
}

/// The decoder's words, on one line and without its own introduction.
fn damaged(error: ImageError) -> PictureError {
    let detail = match &error {
        ImageError::Decoding(inner) => {
            std::error::Error::source(inner).map_or_else(|| error.to_string(), |e| e.to_string())
        }
        _ => error.to_string(),
    };
    PictureError::Damaged { detail: detail.lines().collect::<Vec<_>>().join(" ") }
}
