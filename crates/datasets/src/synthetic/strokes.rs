//! What a letter is made of: upright bars, level bars, slants, bends and loose ends, and where.
//!
//! The attributes are measured on the skeletons, which the pictures were drawn from: a value is the
//! length (or turn) of what there is, a full one counting 1, averaged over the letter's variants.

use std::f64::consts::PI;

use ndarray::Array2;

use super::glyph::{self, Point, Stroke};
use super::letters::LETTERS;
use crate::readers::signatures::Signatures;

/// A piece of the path: its middle in a letter whose height and width are 1, its length in heights,
/// and which way it runs.
struct Piece {
    at: Point,
    length: f64,
    way: Way,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Upright,
    Level,
    /// As in `/`.
    Rising,
    /// As in `\`.
    Falling,
}

/// A region of the letter: x and y from 0 to 1, y downwards.
type Region = fn(Point) -> bool;

/// What is measured of a letter.
enum Measure {
    /// Length of strokes this way; this many heights are a full one.
    Stroke(Way, f64),
    /// Angle through which strokes turn without a corner; half a circle is a full one.
    Bend,
    /// Ends of strokes; one is a full one.
    End,
}

const LEFT: Region = |[x, _]| x < 0.5;
const RIGHT: Region = |[x, _]| x >= 0.5;
const UPPER: Region = |[_, y]| y < 0.5;
const LOWER: Region = |[_, y]| y >= 0.5;

const ATTRIBUTES: &[(&str, Measure, Region)] = &[
    ("upright left", Measure::Stroke(Way::Upright, 0.8), |[x, _]| x < 0.3),
    ("upright middle", Measure::Stroke(Way::Upright, 0.8), |[x, _]| (0.3..0.7).contains(&x)),
    ("upright right", Measure::Stroke(Way::Upright, 0.8), |[x, _]| x >= 0.7),
    ("level top", Measure::Stroke(Way::Level, 0.4), |[_, y]| y < 0.3),
    ("level middle", Measure::Stroke(Way::Level, 0.4), |[_, y]| (0.3..0.7).contains(&y)),
    ("level bottom", Measure::Stroke(Way::Level, 0.4), |[_, y]| y >= 0.7),
    ("rising left", Measure::Stroke(Way::Rising, 0.5), LEFT),
    ("rising right", Measure::Stroke(Way::Rising, 0.5), RIGHT),
    ("falling left", Measure::Stroke(Way::Falling, 0.5), LEFT),
    ("falling right", Measure::Stroke(Way::Falling, 0.5), RIGHT),
    ("bend top left", Measure::Bend, |p| UPPER(p) && LEFT(p)),
    ("bend top right", Measure::Bend, |p| UPPER(p) && RIGHT(p)),
    ("bend bottom left", Measure::Bend, |p| LOWER(p) && LEFT(p)),
    ("bend bottom right", Measure::Bend, |p| LOWER(p) && RIGHT(p)),
    ("end top left", Measure::End, |p| UPPER(p) && LEFT(p)),
    ("end top right", Measure::End, |p| UPPER(p) && RIGHT(p)),
    ("end bottom left", Measure::End, |p| LOWER(p) && LEFT(p)),
    ("end bottom right", Measure::End, |p| LOWER(p) && RIGHT(p)),
];

/// The signatures of the generated letters, for zero-shot learning.
///
/// ```
/// let s = datasets::synthetic::letter_signatures();
/// let value = |letter: u8, attribute: &str| {
///     let column = s.attributes.iter().position(|a| a == attribute).unwrap();
///     s.values[[usize::from(letter - b'A'), column]]
/// };
/// assert_eq!(value(b'L', "upright left"), 1.0);
/// assert_eq!(value(b'L', "level top"), 0.0);
/// ```
pub fn letter_signatures() -> Signatures {
    let mut values = Vec::with_capacity(LETTERS.len() * ATTRIBUTES.len());
    for (_, variants) in LETTERS {
        let each: Vec<Vec<f64>> =
            variants.iter().map(|text| measure(&glyph::parse(text))).collect();
        for attribute in 0..ATTRIBUTES.len() {
            let sum: f64 = each.iter().map(|values| values[attribute]).sum();
            values.push((sum / each.len() as f64) as f32);
        }
    }
    Signatures {
        classes: LETTERS.iter().map(|(letter, _)| letter.to_string()).collect(),
        attributes: ATTRIBUTES.iter().map(|(name, ..)| name.to_string()).collect(),
        values: Array2::from_shape_vec((LETTERS.len(), ATTRIBUTES.len()), values)
            .expect("a value for each letter and attribute"),
    }
}

/// The attributes of one skeleton.
fn measure(strokes: &[Stroke]) -> Vec<f64> {
    let paths: Vec<Vec<Point>> = strokes.iter().map(Stroke::flatten).collect();
    let points = || paths.iter().flatten();
    let bound = |k: usize, start: f64, pick: fn(f64, f64) -> f64| {
        points().fold(start, |bound, point| pick(bound, point[k]))
    };
    let low = [0, 1].map(|k| bound(k, f64::INFINITY, f64::min));
    let high = [0, 1].map(|k| bound(k, f64::NEG_INFINITY, f64::max));
    // A letter of one upright bar has no width: its bar is in the middle.
    let size = [0, 1].map(|k| (high[k] - low[k]).max(0.3));
    let place = |p: Point| [0, 1].map(|k| 0.5 + (p[k] - 0.5 * (low[k] + high[k])) / size[k]);

    let pieces: Vec<Piece> = paths
        .iter()
        .flat_map(|path| path.windows(2))
        .map(|pair| piece(pair[0], pair[1], place))
        .collect();
    let bends: Vec<(Point, f64)> = paths
        .iter()
        .flat_map(|path| path.windows(3))
        // A larger turn between two short pieces is a corner.
        .filter_map(|three| Some((place(three[1]), turn(three)?)))
        .collect();
    let ends: Vec<Point> =
        paths.iter().flat_map(|path| [path[0], path[path.len() - 1]]).map(place).collect();

    let value = |(_, measure, region): &(&str, Measure, Region)| {
        let amount: f64 = match measure {
            Measure::Stroke(way, full) => {
                let here = pieces.iter().filter(|p| p.way == *way && region(p.at));
                here.map(|p| p.length).sum::<f64>() / full
            }
            Measure::Bend => {
                bends.iter().filter(|(at, _)| region(*at)).map(|(_, angle)| angle).sum::<f64>() / PI
            }
            Measure::End => ends.iter().filter(|at| region(**at)).count() as f64,
        };
        amount.min(1.0)
    };
    ATTRIBUTES.iter().map(value).collect()
}

fn piece(a: Point, b: Point, place: impl Fn(Point) -> Point) -> Piece {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    // The tangent of 22.5 degrees parts eight directions evenly.
    let narrow = 2f64.sqrt() - 1.0;
    let way = match () {
        () if dx.abs() <= narrow * dy.abs() => Way::Upright,
        () if dy.abs() <= narrow * dx.abs() => Way::Level,
        // y runs downwards.
        () if dx * dy < 0.0 => Way::Rising,
        () => Way::Falling,
    };
    let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
    Piece { at: place(middle), length: (dx * dx + dy * dy).sqrt(), way }
}

/// The angle between two pieces that follow each other, if it is below 45 degrees; its sine, which is
/// as good at such angles and has the same bits everywhere.
fn turn(three: &[Point]) -> Option<f64> {
    let step = |i: usize| [0, 1].map(|k| three[i + 1][k] - three[i][k]);
    let (a, b) = (step(0), step(1));
    let (sine, cosine) = (a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
    (sine.abs() < cosine).then(|| sine.abs() / (sine * sine + cosine * cosine).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(letter: &str, attribute: &str) -> f32 {
        let s = letter_signatures();
        let row = s.classes.iter().position(|c| c == letter).unwrap();
        let column = s.attributes.iter().position(|a| a == attribute).unwrap();
        s.values[[row, column]]
    }

    #[test]
    fn letters_have_what_one_sees() {
        for (letter, has, lacks) in [
            ("L", ["upright left", "level bottom"], ["level top", "upright right"]),
            ("T", ["level top", "upright middle"], ["level bottom", "upright left"]),
            ("H", ["upright left", "upright right"], ["level top", "bend top left"]),
            ("O", ["bend top left", "bend bottom right"], ["level middle", "end bottom right"]),
            ("V", ["upright middle", "end top left"], ["level top", "end bottom left"]),
            ("Z", ["level top", "level bottom"], ["falling left", "upright left"]),
            ("X", ["rising right", "falling left"], ["level top", "level bottom"]),
        ] {
            for (strong, weak) in has.iter().flat_map(|h| lacks.iter().map(move |l| (h, l))) {
                let (strong, weak) = ((strong, value(letter, strong)), (weak, value(letter, weak)));
                assert!(strong.1 > weak.1 + 0.25, "{letter}: {strong:?} against {weak:?}");
            }
        }
    }

    #[test]
    fn no_two_letters_are_alike_in_all() {
        let s = letter_signatures();
        let mut nearest = (f32::INFINITY, 0, 0);
        for a in 0..26 {
            for b in 0..a {
                let apart = (&s.values.row(a) - &s.values.row(b)).mapv(|d| d * d).sum().sqrt();
                if apart < nearest.0 {
                    nearest = (apart, b, a);
                }
            }
        }
        let (apart, a, b) = nearest;
        assert!(apart > 0.3, "{} and {} are {apart} apart", s.classes[a], s.classes[b]);
        assert!(s.values.iter().all(|v| (0.0..=1.0).contains(v)));
        // Every attribute tells some letters from others.
        for column in s.values.columns() {
            let spread = column.fold(0f32, |m, &v| m.max(v)) - column.fold(1f32, |m, &v| m.min(v));
            assert!(spread > 0.5);
        }
    }
}
