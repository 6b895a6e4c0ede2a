//! Handwriting: a skeleton, a writer, and how it came out this time.

use ndarray::ArrayD;

use super::digits::DIGITS;
use super::glyph::{self, Point, Stroke};
use super::letters::LETTERS;
use super::pen::{Canvas, Pen};
use super::writer::{WRITERS, Writer};
use super::{SIDE, texture};
use crate::{Dataset, Random, portable};

/// Which glyphs are the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// 0 to 9.
    Digits,
    /// A to Z.
    Letters,
}

/// A data set of generated handwriting, to be made: MNIST in its looks, not in its ink.
///
/// Classes are equally frequent: each run of as many rows as there are classes holds every class
/// once.
///
/// ```
/// use datasets::synthetic::{Alphabet, Handwriting};
/// let letters = Handwriting::new(Alphabet::Letters).n(260).writer(3).make();
/// assert_eq!(letters.class_counts(), [10; 26]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handwriting {
    alphabet: Alphabet,
    n: usize,
    seed: u64,
    writer: Option<usize>,
    textured: bool,
    test: bool,
}

/// A writer falls back on another form of the glyph this often.
const OTHER_VARIANT: f64 = 0.12;
/// Standard deviations of what changes from one time to the next, beside the writer's wobble:
/// rotation (radians), slant, width (relative), pen (relative), place (pixels), bend.
const ROTATION: f64 = 0.10;
const SLANT: f64 = 0.10;
const WIDTH: f64 = 0.10;
const PEN: f64 = 0.10;
const PLACE: f64 = 0.8;
const BEND: f64 = 0.05;
/// The longer side of a glyph in pixels, between these.
const SIZE: [f64; 2] = [16.5, 20.0];

/// The images `[n, 1, 28, 28]` of ten digits.
pub fn digits(n: usize, seed: u64) -> Dataset {
    Handwriting::new(Alphabet::Digits).n(n).seed(seed).make()
}

/// The images `[n, 3, 28, 28]` of the same strokes as [`digits`] of this seed, in colour.
pub fn digits_textured(n: usize, seed: u64) -> Dataset {
    Handwriting::new(Alphabet::Digits).n(n).seed(seed).textured().make()
}

/// The images `[n, 1, 28, 28]` of twenty-six letters.
pub fn letters(n: usize, seed: u64) -> Dataset {
    Handwriting::new(Alphabet::Letters).n(n).seed(seed).make()
}

/// The images `[n, 3, 28, 28]` of the same strokes as [`letters`] of this seed, in colour.
pub fn letters_textured(n: usize, seed: u64) -> Dataset {
    Handwriting::new(Alphabet::Letters).n(n).seed(seed).textured().make()
}

impl Handwriting {
    /// 2000 rows of seed 0 by all writers, plain.
    pub fn new(alphabet: Alphabet) -> Self {
        Self { alphabet, n: 2000, seed: 0, writer: None, textured: false, test: false }
    }

    /// This many rows.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn n(self, n: usize) -> Self {
        assert!(n > 0, "handwriting: a data set has at least one row");
        Self { n, ..self }
    }

    /// Another draw.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// By one writer only.
    ///
    /// # Panics
    /// If there is no such writer, see [`WRITERS`].
    #[track_caller]
    pub fn writer(self, writer: usize) -> Self {
        assert!(writer < WRITERS, "handwriting: writer {writer} of {WRITERS}");
        Self { writer: Some(writer), ..self }
    }

    /// Over coloured textures, as MNIST-M does with photographs (Ganin et al. 2016):
    /// `|texture - glyph|` in each of three channels. The strokes are those of the plain set.
    pub fn textured(self) -> Self {
        Self { textured: true, ..self }
    }

    /// An independent draw of the same seed, to test on.
    pub fn test(self) -> Self {
        Self { test: true, ..self }
    }

    /// Makes the data set.
    pub fn make(&self) -> Dataset {
        let (name, table) = match self.alphabet {
            Alphabet::Digits => ("digits", DIGITS),
            Alphabet::Letters => ("letters", LETTERS),
        };
        let skeletons: Vec<Vec<Vec<Stroke>>> = table
            .iter()
            .map(|(_, texts)| texts.iter().map(|t| glyph::parse(t)).collect())
            .collect();
        let writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
        let channels = if self.textured { 3 } else { 1 };
        let mut values = Vec::with_capacity(self.n * channels * SIDE * SIDE);
        let labels = self.labels(table.len());
        for (row, &label) in labels.iter().enumerate() {
            let mut random = self.random("glyph", row);
            let any = random.below(WRITERS);
            let writer = &writers[self.writer.unwrap_or(any)];
            let key = table[label].0.bytes().next().map_or(0, u64::from);
            let canvas = write(key, &skeletons[label], writer, &mut random);
            if self.textured {
                texture::blend(&canvas, &mut self.random("texture", row), &mut values);
            } else {
                values.extend_from_slice(&canvas);
            }
        }
        let inputs = ArrayD::from_shape_vec(vec![self.n, channels, SIDE, SIDE], values)
            .expect("every row adds its channels");
        let classes = table.iter().map(|(class, _)| class.to_string()).collect();
        let name = if self.textured { format!("{name}-textured") } else { name.into() };
        Dataset::new(name, inputs, Some(labels), classes).expect("labels index the table")
    }

    /// Neither the test split nor the other alphabet shares a stroke or a texture with this one.
    fn random(&self, purpose: &str, row: usize) -> Random {
        let draw = u64::from(self.test) + 2 * u64::from(self.alphabet == Alphabet::Letters);
        Random::new(self.seed, purpose, [row as u64, draw])
    }

    fn labels(&self, classes: usize) -> Vec<usize> {
        let rounds = self.n.div_ceil(classes);
        let round = |i| self.random("labels", i).permutation(classes);
        (0..rounds).flat_map(round).take(self.n).collect()
    }
}

/// One glyph, once. `key` is the glyph's own number in its writers' habits.
fn write(key: u64, variants: &[Vec<Stroke>], writer: &Writer, random: &mut Random) -> Canvas {
    let usual = writer.variant(key, variants.len());
    let other = random.below(variants.len());
    let variant = if random.chance(OTHER_VARIANT) { other } else { usual };
    let mut strokes = variants[variant].clone();

    let mut form = writer.form(key, variant);
    for knot in strokes.iter_mut().flat_map(|stroke| &mut stroke.0) {
        let own = form();
        knot.at = [0, 1].map(|k| knot.at[k] + own[k] + writer.wobble * random.normal());
    }
    let mut paths: Vec<Vec<Point>> = strokes.iter().map(Stroke::flatten).collect();
    let deform = deformation(writer, random);
    for point in paths.iter_mut().flatten() {
        *point = deform(*point);
    }
    place(&mut paths, random);

    let mut canvas = [0.0; SIDE * SIDE];
    let pen = writer.pen * (1.0 + PEN * random.normal().clamp(-2.5, 2.5));
    let ink = random.uniform(0.9, 1.0);
    for path in &paths {
        let change = writer.pressure * random.normal().clamp(-2.0, 2.0);
        let radius = [pen * (1.0 - change), pen * (1.0 + change)];
        Pen { radius, softness: writer.softness, ink }.draw(path, &mut canvas);
    }
    canvas
}

/// Bends, slants, stretches and turns a point of a skeleton.
fn deformation(writer: &Writer, random: &mut Random) -> impl Fn(Point) -> Point + use<> {
    let slant = writer.slant + SLANT * random.normal();
    let width = writer.aspect * (1.0 + WIDTH * random.normal().clamp(-2.5, 2.5));
    let (sin, cos) = portable::sin_cos(writer.tilt + ROTATION * random.normal());
    let [bend_x, bend_y] = [BEND * random.normal(), BEND * random.normal()];
    move |[x, y]| {
        let (x, y) = (width * (x - 0.35), y - 0.5);
        let (x, y) = (x - slant * y + 4.0 * bend_x * y * y, y + 4.0 * bend_y * x * x);
        [cos * x - sin * y, sin * x + cos * y]
    }
}

/// Scales paths so that the longer side has its size, and puts them near the middle of the paper.
fn place(paths: &mut [Vec<Point>], random: &mut Random) {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for point in paths.iter().flatten() {
        for k in 0..2 {
            low[k] = low[k].min(point[k]);
            high[k] = high[k].max(point[k]);
        }
    }
    let longer = (high[0] - low[0]).max(high[1] - low[1]);
    let scale = random.uniform(SIZE[0], SIZE[1]) / longer;
    let middle = [0, 1].map(|_| SIDE as f64 / 2.0 + PLACE * random.normal().clamp(-2.0, 2.0));
    for point in paths.iter_mut().flatten() {
        for k in 0..2 {
            point[k] = middle[k] + scale * (point[k] - 0.5 * (low[k] + high[k]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_set_begins_a_large_one() {
        let (small, large) = (letters_textured(30, 4), letters_textured(90, 4));
        assert_eq!(small.inputs(), large.limit(30).inputs());
        assert_eq!(small.labels(), large.limit(30).labels());
    }

    #[test]
    fn seeds_writers_and_tests_differ_and_twins_share_strokes() {
        let plain = Handwriting::new(Alphabet::Digits).n(50);
        let make = |h: &Handwriting| h.make().shared_inputs();
        assert_eq!(make(&plain), make(&plain.clone()));
        for other in [plain.clone().seed(1), plain.clone().writer(2), plain.clone().test()] {
            assert_ne!(make(&plain), make(&other));
        }
        let twin = plain.clone().textured().make();
        assert_eq!(twin.labels(), plain.make().labels());
        // Another writer's ink over the same texture: where neither wrote, the twins are equal.
        let other = plain.clone().writer(2);
        let (ink, other_ink) = (make(&plain), make(&other));
        let (over, other_over) = (twin.inputs(), other.textured().make());
        let mut bare = 0;
        for (at, _) in ink.indexed_iter().filter(|(at, v)| **v == 0.0 && other_ink[at] == 0.0) {
            for channel in 0..3 {
                let at = [at[0], channel, at[2], at[3]];
                assert_eq!(over[at], other_over.inputs()[at]);
            }
            bare += 1;
        }
        assert!(bare > 50 * 300, "{bare} pixels of bare texture");
    }

    #[test]
    fn every_glyph_is_on_the_paper() {
        for data in [digits(500, 0), letters(520, 0)] {
            for image in data.inputs().outer_iter() {
                let ink = image.sum();
                assert!((15.0..330.0).contains(&ink), "{ink} of ink");
                let edge: f32 = (0..SIDE)
                    .map(|i| {
                        image[[0, 0, i]] + image[[0, i, 0]] + image[[0, 27, i]] + image[[0, i, 27]]
                    })
                    .sum();
                assert!(edge < 4.0, "{edge} of ink on the edge");
            }
        }
    }
}
