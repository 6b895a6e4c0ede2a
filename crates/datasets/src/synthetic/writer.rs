//! Writers: what stays the same from one glyph to the next of the same hand.

use super::glyph::Point;
use crate::Random;

/// How many writers there are; `?writer=K` takes `K` below this.
pub const WRITERS: usize = 16;

/// How far a writer's own letter forms depart from the tables, in glyph heights.
const FORM: f64 = 0.028;

/// The habits of one hand. They do not depend on any data set's seed: writer 3 is the same person
/// wherever they write.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Writer {
    id: usize,
    /// Horizontal shift per height: the tangent of the slant.
    pub(super) slant: f64,
    /// Width against the skeleton's.
    pub(super) aspect: f64,
    /// Radius of the pen in pixels.
    pub(super) pen: f64,
    /// Width of the stroke's blurred edge in pixels.
    pub(super) softness: f64,
    /// Unsteadiness: the standard deviation of a knot's place, in glyph heights.
    pub(super) wobble: f64,
    /// Habitual rotation in radians.
    pub(super) tilt: f64,
    /// How much the pen's pressure changes along a stroke.
    pub(super) pressure: f64,
}

impl Writer {
    pub(super) fn new(id: usize) -> Self {
        let mut random = Random::new(0, "writer", [id as u64, 0]);
        Self {
            id,
            slant: 0.16 + 0.16 * random.normal().clamp(-2.0, 2.0),
            aspect: random.uniform(0.78, 1.16),
            pen: random.uniform(0.75, 1.55),
            softness: random.uniform(0.9, 1.5),
            wobble: random.uniform(0.014, 0.034),
            tilt: 0.06 * random.normal().clamp(-2.0, 2.0),
            pressure: random.uniform(0.0, 0.22),
        }
    }

    /// This writer's usual choice among the `variants` skeletons of a glyph.
    pub(super) fn variant(&self, glyph: u64, variants: usize) -> usize {
        Random::new(self.id as u64, "habit", [glyph, 0]).below(variants)
    }

    /// This writer's own displacement of one knot after another of a skeleton, always the same.
    pub(super) fn form(&self, glyph: u64, variant: usize) -> impl FnMut() -> Point {
        let mut random = Random::new(self.id as u64, "form", [glyph, variant as u64]);
        move || [FORM * random.normal(), FORM * random.normal()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_differ_and_are_constant() {
        for id in 0..WRITERS {
            assert_eq!(Writer::new(id), Writer::new(id));
            assert!((0..id).all(|other| Writer::new(other).slant != Writer::new(id).slant));
        }
        let writer = Writer::new(3);
        assert_eq!(writer.form(5, 1)(), writer.form(5, 1)());
        assert_ne!(writer.form(5, 1)(), writer.form(5, 0)());
        let choices: Vec<usize> = (0..WRITERS).map(|id| Writer::new(id).variant(7, 3)).collect();
        assert!((0..3).all(|variant| choices.contains(&variant)), "{choices:?}");
    }
}
