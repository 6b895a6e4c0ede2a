//! `images:DIR`: PNG and JPEG pictures, a folder for each class.
//!
//! Inputs are `[n, 3, h, w]`, or `[n, 1, h, w]` with `?channels=1`, of values in `0.0..=1.0`.
//! How the folders are laid out is said in the module `folders`: a folder for each class, which
//! `#train` and `#test` divide by `?seed=`; folders `train`, `test` and `val` of such folders; or
//! pictures alone, which are unlabelled. A file is taken for what its first bytes say, not its name.
//!
//! A picture goes through these steps:
//!
//! 1. It is turned as its EXIF entry says.
//! 2. 8 and 16 bits a channel are divided by 255 and by 65535. What is transparent is laid on
//!    white, or on `?background=black`.
//! 3. Grey becomes three equal channels; with `?channels=1` colour becomes
//!    `0.299·R + 0.587·G + 0.114·B` (ITU-R BT.601).
//! 4. `?resize=N` brings the shorter side to `N`, keeping the shape; `?resize=HxW` both sides. Then
//!    `?size=N` or `?size=HxW` cuts that out of the middle. Without `resize`, `size` resizes by as
//!    much as makes the picture cover it. This is `Resize` and `CenterCrop` of torchvision: bilinear
//!    with antialiasing, see [`Window`](window::Window).
//! 5. `?normalize=imagenet` subtracts ImageNet's mean from each channel and divides by its standard
//!    deviation, as networks trained on it expect.
//!
//! Without `size` and `resize` all pictures must be of one size already.
//!
//! Nothing is believed: a file's structure is checked to its end, and the size that it claims
//! against the bytes that it has, before memory is taken for its pixels. What a JPEG cannot show is
//! that bits inside it were changed; PNG has check sums.

mod decode;
mod jpeg;
mod pixels;
mod png;
mod window;

use ndarray::ArrayD;

use super::folders::{self, Listing, Wanted};
use crate::bytes::ByteSource;
use crate::spec::{Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Size, Spec, SpecError};
use crate::transforms::Standardize;
use crate::{DataError, Dataset, PictureError};
use decode::Format;
use pixels::Pixels;
use window::Window;

pub(super) const SCHEME: Scheme = Scheme {
    name: "images",
    usage: "images:DIR[?size=N][#train|#test|#val]",
    help: "PNG and JPEG pictures, a folder for each class; with folders train and test, or divided \
           by ?test=0.2&seed=0; ?size=N or HxW resizes and cuts out the middle",
    grammar,
    load: Loader::Chosen(load),
};

const OPTIONS: &[OptionHelp] = &[
    OptionHelp {
        name: "size",
        kind: Kind::Size,
        help: "cut N x N or HxW out of the middle, resized to cover it if resize says nothing",
    },
    OptionHelp {
        name: "resize",
        kind: Kind::Size,
        help: "bring the shorter side to N, or both to HxW, bilinear with antialiasing",
    },
    OptionHelp {
        name: "channels",
        kind: Kind::OneOf(&["1", "3"]),
        help: "grey or colour; default 3",
    },
    OptionHelp {
        name: "background",
        kind: Kind::OneOf(&["white", "black"]),
        help: "what shows through transparent pixels; default white",
    },
    OptionHelp {
        name: "normalize",
        kind: Kind::OneOf(&["imagenet"]),
        help: "subtract the mean of ImageNet's colours and divide by their standard deviation",
    },
    folders::OPTIONS[0],
    folders::OPTIONS[1],
];

const WANTED: Wanted = Wanted { what: "pictures", endings: &["png", "jpg", "jpeg"] };

/// The most numbers of a data set: 2³⁰, four gigabytes.
const MOST_NUMBERS: usize = 1 << 30;

/// A file of more bytes is no picture of at most [`decode::MOST_PIXELS`] pixels.
const MOST_BYTES: u64 = 1 << 29;

fn grammar(spec: &Spec) -> Result<Grammar, SpecError> {
    folders::check(spec)?;
    if spec.option("normalize").is_some() && spec.option("channels") == Some("1") {
        return Err(
            spec.unsuitable("ImageNet's pictures have three channels; leave out one of both")
        );
    }
    if let (Some(resize), Some(size)) = (spec.size("resize"), spec.size("size")) {
        let ((height, width), (h, w)) = (resize.sides(), size.sides());
        if h > height || w > width {
            return Err(spec.bad_value("size", "no more than resize leaves"));
        }
    }
    let fragments = Fragments::OneOf(&["train", "test", "val"]);
    Ok(Grammar { parts: 1..=1, options: OPTIONS, fragments })
}

/// What becomes of each picture.
struct Settings {
    channels: usize,
    background: f32,
    size: Option<Size>,
    resize: Option<Size>,
    normalize: Option<Standardize>,
}

impl Settings {
    fn of(spec: &Spec) -> Self {
        Self {
            channels: if spec.option("channels") == Some("1") { 1 } else { 3 },
            background: if spec.option("background") == Some("black") { 0.0 } else { 1.0 },
            size: spec.size("size"),
            resize: spec.size("resize"),
            normalize: spec.option("normalize").map(|_| Standardize::imagenet()),
        }
    }
}

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let settings = Settings::of(spec);
    let listing = Listing::of(spec, &WANTED)?;
    let mut notes: Vec<String> = listing.note(&WANTED).into_iter().collect();
    let n = listing.files.len();
    let (mut values, mut side) = (Vec::new(), (0, 0));
    let mut misnamed = Vec::new();
    for (row, file) in listing.files.iter().enumerate() {
        let fail = |problem| DataError::Picture { path: file.path.clone(), problem };
        let bytes = read(&file.path)?;
        let (format, image) = decode::decode(bytes).map_err(fail)?;
        if format != Format::named(&file.path) {
            misnamed.push((file.path.clone(), format));
        }
        let window = Window::of((image.height(), image.width()), settings.resize, settings.size);
        let (height, width) = (window.height(), window.width());
        if row == 0 {
            side = (height, width);
            let shape = vec![settings.channels, height, width];
            let numbers = shape.iter().fold(n as u64, |n, &axis| n.saturating_mul(axis as u64));
            if numbers > MOST_NUMBERS as u64 {
                let (dataset, samples, limit) = (spec.to_string(), n, MOST_NUMBERS);
                return Err(DataError::TooMany { dataset, samples, shape, numbers, limit });
            }
            values.reserve_exact(numbers as usize);
        } else if side != (height, width) {
            let first = listing.files[0].path.display().to_string();
            // A strip that was made larger may be longer than a message can say.
            let [height, width, first_height, first_width] =
                [height, width, side.0, side.1].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            let problem = PictureError::Sizes { height, width, first, first_height, first_width };
            return Err(fail(problem));
        }
        let pixels = Pixels::of(&image, settings.channels, settings.background);
        window.draw(&pixels, &mut values);
    }
    let shape = vec![n, settings.channels, side.0, side.1];
    let inputs = ArrayD::from_shape_vec(shape, values).expect("every picture is of one size");
    let inputs = match &settings.normalize {
        Some(normalize) => normalize.apply_to(inputs),
        None => inputs,
    };
    if let Some((path, format)) = misnamed.first() {
        let (n, path) = (misnamed.len(), path.display());
        notes.push(format!(
            "{n} pictures are named for another format, the first {path}, a {format}"
        ));
    }
    let labels = listing.files.iter().map(|file| file.label).collect();
    let names = listing.files.into_iter().map(|file| file.name).collect();
    let data = Dataset::new(spec.to_string(), inputs, labels, listing.classes)?;
    Ok(data.with_notes(notes).with_sample_names(names))
}

/// The bytes of a file that may be a picture.
fn read(path: &std::path::Path) -> Result<Vec<u8>, DataError> {
    let mut source = ByteSource::open(path)?;
    if let Some(bytes) = source.whole(MOST_BYTES)? {
        return Ok(bytes);
    }
    let found = source.stored();
    let problem = match found > MOST_BYTES {
        true => PictureError::File { found, limit: MOST_BYTES },
        false => decode::no_picture(&crate::bytes::GZIP_MAGIC),
    };
    Err(DataError::Picture { path: path.into(), problem })
}
