//! Data out of nothing: handwriting, its coloured twin, and the two moons.
//!
//! These are the embedded default, so that every method runs on a machine without a network and
//! without a single file. They are made in milliseconds, are the same on every machine, and row
//! `i` of a set does not depend on how many rows there are: a set of 100 is the beginning of the
//! set of 2000.
//!
//! | name | inputs | what it is for |
//! |---|---|---|
//! | `digits` | `[n, 1, 28, 28]` | a source: ten classes, in the hands of [`WRITERS`] writers |
//! | `digits-textured` | `[n, 3, 28, 28]` | its target: the same strokes over coloured textures |
//! | `letters` | `[n, 1, 28, 28]` | twenty-six other classes by the same writers |
//! | `letters-textured` | `[n, 3, 28, 28]` | their coloured twins |
//! | `moons` | `[n, 2]` | the toy of Ganin et al. 2016, its source |
//! | `moons-rotated` | `[n, 2]` | its target |
//! | `documents` | `[n, 300]` | counts of words in few short documents of two classes |
//! | `documents-auxiliary` | `[n, 300]` | many documents of other topics, words in the same groups |
//!
//! How handwriting is made, one file each: a skeleton of strokes in `digits` or `letters`, made
//! personal by a `writer`, bent a little differently each time in `handwriting`, drawn by a `pen`,
//! and for the twins laid over a `texture`. What a letter is made of, as signatures for zero-shot
//! learning, is measured in `strokes`.

mod digits;
mod documents;
mod glyph;
mod handwriting;
mod letters;
mod moons;
mod pen;
mod strokes;
mod texture;
mod writer;

pub use documents::{Documents, GROUPS, documents, documents_auxiliary};
pub use handwriting::{Alphabet, Handwriting, digits, digits_textured, letters, letters_textured};
pub use moons::{MOONS_NOISE, MOONS_SCALE, Moons, moons, moons_rotated};
pub use strokes::letter_signatures;
pub use writer::WRITERS;

use crate::spec::{Kind, OptionHelp, Spec};
use crate::{DataError, Dataset};

/// Height and width of generated images in pixels, as MNIST has them.
pub const SIDE: usize = 28;

/// A generator, as `synthetic:NAME` finds it.
pub(crate) struct Generator {
    pub(crate) name: &'static str,
    pub(crate) options: &'static [OptionHelp],
    pub(crate) make: fn(&Spec) -> Result<Dataset, DataError>,
}

/// Every generator.
pub(crate) const GENERATORS: &[Generator] = &[
    Generator {
        name: "digits",
        options: WRITTEN,
        make: |spec| handwriting(spec, Handwriting::new(Alphabet::Digits)),
    },
    Generator {
        name: "digits-textured",
        options: WRITTEN,
        make: |spec| handwriting(spec, Handwriting::new(Alphabet::Digits).textured()),
    },
    Generator {
        name: "letters",
        options: WRITTEN,
        make: |spec| handwriting(spec, Handwriting::new(Alphabet::Letters)),
    },
    Generator {
        name: "letters-textured",
        options: WRITTEN,
        make: |spec| handwriting(spec, Handwriting::new(Alphabet::Letters).textured()),
    },
    Generator { name: "moons", options: &[N, SEED], make: |spec| two_moons(spec, 0.0) },
    Generator {
        name: "moons-rotated",
        options: &[N, SEED, ANGLE],
        make: |spec| two_moons(spec, 35.0),
    },
    Generator {
        name: "documents",
        options: &[N, WORDS, SEED],
        make: |spec| bags(spec, Documents::new()),
    },
    Generator {
        name: "documents-auxiliary",
        options: &[N, WORDS, SEED],
        make: |spec| bags(spec, Documents::auxiliary()),
    },
];

const WRITTEN: &[OptionHelp] = &[N, SEED, WRITER];
const N: OptionHelp = OptionHelp { name: "n", kind: Kind::Count, help: "number of rows" };
const WORDS: OptionHelp =
    OptionHelp { name: "words", kind: Kind::Count, help: "words in a document; default 20" };
const SEED: OptionHelp =
    OptionHelp { name: "seed", kind: Kind::Integer, help: "another seed, another draw; default 0" };
const WRITER: OptionHelp =
    OptionHelp { name: "writer", kind: Kind::Integer, help: "one writer's hand only" };
const ANGLE: OptionHelp =
    OptionHelp { name: "angle", kind: Kind::Number, help: "degrees of rotation; default 35" };

/// More words than this in a document are taken for a slip.
const MOST_WORDS: usize = 100_000;

/// More rows than this are taken for a slip: a million images are 3 GB.
const MOST_ROWS: usize = 1_000_000;

fn handwriting(spec: &Spec, plain: Handwriting) -> Result<Dataset, DataError> {
    let mut made = plain.seed(spec.integer("seed").unwrap_or(0));
    if let Some(n) = rows(spec)? {
        made = made.n(n);
    }
    if let Some(writer) = spec.integer("writer") {
        if writer >= WRITERS as u64 {
            return Err(spec
                .bad_value("writer", format!("a writer of 0 to {}", WRITERS - 1))
                .into());
        }
        made = made.writer(writer as usize);
    }
    Ok(if spec.fragment() == Some("test") { made.test() } else { made }.make())
}

fn two_moons(spec: &Spec, angle: f64) -> Result<Dataset, DataError> {
    let mut made = Moons::new()
        .seed(spec.integer("seed").unwrap_or(0))
        .rotated(spec.number("angle").unwrap_or(angle));
    if let Some(n) = rows(spec)? {
        if n < 2 {
            return Err(spec.bad_value("n", "at least 2, one point of each moon").into());
        }
        made = made.n(n);
    }
    Ok(if spec.fragment() == Some("test") { made.test() } else { made }.make())
}

fn bags(spec: &Spec, plain: Documents) -> Result<Dataset, DataError> {
    let mut made = plain.seed(spec.integer("seed").unwrap_or(0));
    if let Some(n) = rows(spec)? {
        made = made.n(n);
    }
    match spec.count("words") {
        Some(words) if words > MOST_WORDS => {
            return Err(spec.bad_value("words", format!("at most {MOST_WORDS} words")).into());
        }
        Some(words) => made = made.words(words),
        None => {}
    }
    Ok(if spec.fragment() == Some("test") { made.test() } else { made }.make())
}

fn rows(spec: &Spec) -> Result<Option<usize>, DataError> {
    match spec.count("n") {
        Some(n) if n > MOST_ROWS => {
            Err(spec.bad_value("n", format!("at most {MOST_ROWS} rows")).into())
        }
        n => Ok(n),
    }
}
