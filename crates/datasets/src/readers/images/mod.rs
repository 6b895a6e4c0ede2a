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
mod pictures;
mod pixels;
mod png;
mod window;

use std::sync::Arc;

use super::folders::{self, Listing, Wanted};
use crate::deferred::Deferred;
use crate::rows::Rows;
use crate::spec::{Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Size, Spec, SpecError};
use crate::transforms::Standardize;
use crate::{DataError, Dataset};
use pictures::Pictures;

pub(super) const SCHEME: Scheme = Scheme {
    name: "images",
    usage: "images:DIR[?size=N][#train|#test|#val]",
    help: "PNG and JPEG pictures, a folder for each class; with folders train and test, or divided \
           by ?test=0.2&seed=0; ?size=N or HxW resizes and cuts out the middle",
    grammar,
    load: Loader::Later { now: load, later: load_later },
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

const WANTED: Wanted = Wanted { what: "pictures", endings: &["png", "jpg", "jpeg"], alone: true };

/// The most numbers of a data set: 2³⁰, four gigabytes.
const MOST_NUMBERS: usize = 1 << 30;

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
#[derive(Debug)]
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

/// All pictures, decoded.
fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let data = load_later(spec)?;
    data.ready()?;
    Ok(data.with_late_notes())
}

/// Pictures that are decoded when they are asked for.
fn load_later(spec: &Spec) -> Result<Dataset, DataError> {
    let settings = Settings::of(spec);
    let listing = Listing::of(spec, &WANTED)?;
    let notes = listing.note(&WANTED).into_iter().collect();
    let labels = listing.files.iter().map(|file| file.label).collect();
    let (paths, names): (Vec<_>, _) =
        listing.files.into_iter().map(|file| (file.path, file.name)).unzip();
    let n = paths.len();
    let pictures = Pictures::of(paths, settings)?;
    let shape = pictures.sample().to_vec();
    let numbers = shape.iter().fold(n as u64, |n, &axis| n.saturating_mul(axis as u64));
    if numbers > MOST_NUMBERS as u64 {
        let (dataset, samples, limit) = (spec.to_string(), n, MOST_NUMBERS);
        return Err(DataError::TooMany { dataset, samples, shape, numbers, limit });
    }
    let rows = Deferred::new(Arc::new(pictures), n, &shape);
    let rows = Rows::Deferred(Arc::new(rows));
    let data = Dataset::of(spec.to_string(), rows, labels, listing.classes)?;
    Ok(data.with_notes(notes).with_sample_names(names))
}
