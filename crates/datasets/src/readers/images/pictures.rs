//! The pictures of a folder as rows: read, decoded, cut and forgotten one after the other.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ndarray::ArrayD;
use sha2::{Digest, Sha256};

use super::Settings;
use super::decode::{self, Format};
use super::pixels::Pixels;
use super::window::Window;
use crate::bytes::{ByteSource, GZIP_MAGIC};
use crate::deferred::{Identity, Recipe};
use crate::{DataError, PictureError};

/// A file of more bytes is no picture of at most [`decode::MOST_PIXELS`] pixels.
const MOST_BYTES: u64 = 1 << 29;

/// What becomes of the bytes of a file, apart from the settings; to be counted up with every change
/// that can be seen in a picture.
const VERSION: &str = "pictures 1";

/// Files of pictures, and what is to become of each.
#[derive(Debug)]
pub(super) struct Pictures {
    files: Vec<File>,
    settings: Settings,
    sample: Vec<usize>,
}

/// A file, and what was found when it was first read.
#[derive(Debug)]
struct File {
    path: PathBuf,
    sum: OnceLock<Identity>,
    format: OnceLock<Format>,
}

impl Pictures {
    /// At least one file. Only the first one is read, and that only if its size says all pictures'.
    pub(super) fn of(paths: Vec<PathBuf>, settings: Settings) -> Result<Self, DataError> {
        let file = |path| File { path, sum: OnceLock::new(), format: OnceLock::new() };
        let files: Vec<File> = paths.into_iter().map(file).collect();
        let (height, width) = match Window::always(settings.resize, settings.size) {
            Some(sides) => sides,
            None => {
                let image = files[0].picture()?;
                let window = settings.window(&image);
                (window.height(), window.width())
            }
        };
        let sample = vec![settings.channels, height, width];
        Ok(Self { files, settings, sample })
    }

    /// `[channels, height, width]`.
    pub(super) fn sample(&self) -> &[usize] {
        &self.sample
    }

    /// The error of a picture whose window is not of the size that all have.
    fn sizes(&self, window: &Window) -> PictureError {
        let first = self.files[0].path.display().to_string();
        // A strip that was made larger may be longer than a message can say.
        let [height, width, first_height, first_width] =
            [window.height(), window.width(), self.sample[1], self.sample[2]]
                .map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        PictureError::Sizes { height, width, first, first_height, first_width }
    }
}

impl Recipe for Pictures {
    fn identity(&self, row: usize) -> Result<Identity, DataError> {
        let file = &self.files[row];
        let sum = match file.sum.get() {
            Some(sum) => *sum,
            None => file.read()?.1,
        };
        let (version, settings, sample) = (VERSION, &self.settings, &self.sample);
        let hash = Sha256::new_with_prefix(format!("{version} {settings:?} {sample:?}\n"));
        Ok(hash.chain_update(sum).finalize().into())
    }

    fn make(&self, row: usize, out: &mut [f32]) -> Result<(), DataError> {
        let file = &self.files[row];
        let image = file.picture()?;
        let window = self.settings.window(&image);
        if [window.height(), window.width()] != self.sample[1..] {
            return Err(file.error(self.sizes(&window)));
        }
        let pixels = Pixels::of(&image, self.settings.channels, self.settings.background);
        window.draw(&pixels, out);
        if let Some(normalize) = &self.settings.normalize {
            let shape = [&[1], &*self.sample].concat();
            let picture = ArrayD::from_shape_vec(shape, out.to_vec()).expect("it is one sample");
            let picture = normalize.apply_to(picture);
            out.iter_mut().zip(&picture).for_each(|(out, value)| *out = *value);
        }
        Ok(())
    }

    /// A line about those that were read and are of another format than their names say.
    fn note(&self) -> Option<String> {
        let format = |file: &File| file.format.get().copied();
        let other = |file: &&File| format(file).is_some_and(|f| f != Format::named(&file.path));
        let misnamed: Vec<&File> = self.files.iter().filter(other).collect();
        let first = misnamed.first()?;
        let (n, path, format) = (misnamed.len(), first.path.display(), format(first)?);
        Some(format!("{n} pictures are named for another format, the first {path}, a {format}"))
    }
}

impl Settings {
    fn window(&self, image: &image::DynamicImage) -> Window {
        Window::of((image.height(), image.width()), self.resize, self.size)
    }
}

impl File {
    fn error(&self, problem: PictureError) -> DataError {
        DataError::Picture { path: self.path.clone(), problem }
    }

    /// The bytes and their sum, which are the same each time.
    fn read(&self) -> Result<(Vec<u8>, Identity), DataError> {
        let bytes = read(&self.path)?;
        let sum = Sha256::digest(&bytes).into();
        if let Some(format) = Format::of(&bytes) {
            self.format.get_or_init(|| format);
        }
        match *self.sum.get_or_init(|| sum) == sum {
            true => Ok((bytes, sum)),
            false => Err(self.error(PictureError::Changed)),
        }
    }

    fn picture(&self) -> Result<image::DynamicImage, DataError> {
        let (bytes, _) = self.read()?;
        decode::decode(bytes).map_err(|problem| self.error(problem))
    }
}

/// The bytes of a file that may be a picture.
fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut source = ByteSource::open(path)?;
    if let Some(bytes) = source.whole(MOST_BYTES)? {
        return Ok(bytes);
    }
    let found = source.stored();
    let problem = match found > MOST_BYTES {
        true => PictureError::File { found, limit: MOST_BYTES },
        false => decode::no_picture(&GZIP_MAGIC),
    };
    Err(DataError::Picture { path: path.into(), problem })
}
