//! Skeletons: where the middle of the pen goes.
//!
//! A skeleton is written as text. `x,y` is a point of the path in hundredths of the glyph's
//! height, y downwards; points are joined by a smooth curve. A `!` behind a point makes a corner
//! of it, a `|` lifts the pen. A seven: `2,4! 64,2! 40,44 24,100`.

/// A point, or a displacement: `[x, y]`.
pub(super) type Point = [f64; 2];

/// One stroke: the points the pen goes through before it is lifted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stroke(pub(super) Vec<Knot>);

/// A point of a stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Knot {
    pub(super) at: Point,
    /// Whether the path may turn here at an angle.
    pub(super) corner: bool,
}

/// Straight pieces to one stretch of curve; at 28 pixels more cannot be seen.
const PIECES: usize = 6;

/// Reads a skeleton from its text.
///
/// # Panics
/// If the text is no skeleton. The tables of this crate are its only source, and a test reads
/// them all.
pub(super) fn parse(text: &str) -> Vec<Stroke> {
    text.split('|').map(|stroke| Stroke(stroke.split_whitespace().map(knot).collect())).collect()
}

fn knot(word: &str) -> Knot {
    let point = word.trim_end_matches('!');
    let (x, y) = point.split_once(',').unwrap_or_else(|| panic!("skeleton: `{word}` is no point"));
    let hundredths = |text: &str| {
        text.parse::<f64>().unwrap_or_else(|_| panic!("skeleton: `{text}` is no number")) / 100.0
    };
    Knot { at: [hundredths(x), hundredths(y)], corner: point.len() < word.len() }
}

impl Stroke {
    /// The stroke as a chain of short straight pieces: smooth through its knots, broken at corners.
    pub(super) fn flatten(&self) -> Vec<Point> {
        let mut path = Vec::new();
        let mut start = 0;
        for end in 1..self.0.len() {
            if self.0[end].corner || end + 1 == self.0.len() {
                let run: Vec<Point> = self.0[start..=end].iter().map(|knot| knot.at).collect();
                smooth(&run, &mut path);
                start = end;
            }
        }
        path
    }
}

/// Appends the Catmull-Rom spline through `run` (Catmull & Rom 1974): a cubic between each two
/// points whose slope at a point is half the difference of its neighbours.
fn smooth(run: &[Point], path: &mut Vec<Point>) {
    // Beyond the ends, the neighbour's mirror image.
    let beyond = |end: Point, inner: Point| [2.0 * end[0] - inner[0], 2.0 * end[1] - inner[1]];
    let last = run.len() - 1;
    for i in 0..last {
        let before = if i == 0 { beyond(run[0], run[1]) } else { run[i - 1] };
        let after = if i + 1 == last { beyond(run[last], run[last - 1]) } else { run[i + 2] };
        for piece in 0..PIECES {
            let t = piece as f64 / PIECES as f64;
            path.push(catmull_rom([before, run[i], run[i + 1], after], t));
        }
    }
    path.push(run[last]);
}

fn catmull_rom(p: [Point; 4], t: f64) -> Point {
    let axis = |k: usize| {
        let [a, b, c, d] = p.map(|point| point[k]);
        b + 0.5
            * t
            * ((c - a) + t * ((2.0 * a - 5.0 * b + 4.0 * c - d) + t * (3.0 * (b - c) + d - a)))
    };
    [axis(0), axis(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_is_read_and_flattened_through_its_knots() {
        let seven = parse("2,4! 64,2! 40,44 24,100 | 10,50 50,50");
        assert_eq!(seven.len(), 2);
        assert_eq!(seven[0].0[1], Knot { at: [0.64, 0.02], corner: true });
        let path = seven[0].flatten();
        assert!(seven[0].0.iter().all(|knot| path.contains(&knot.at)));
        // The bar before the corner is straight: the corner's other side does not pull at it.
        assert!(path[..PIECES].iter().all(|p| (p[1] - 0.04 + (p[0] - 0.02) / 31.0).abs() < 1e-12));
        assert_eq!(seven[1].flatten().len(), PIECES + 1);
    }

    #[test]
    fn every_skeleton_in_the_tables_is_sound() {
        for (class, variants) in
            super::super::digits::DIGITS.iter().chain(super::super::letters::LETTERS)
        {
            assert!(!variants.is_empty());
            for strokes in variants.iter().map(|text| parse(text)) {
                let knots: Vec<Knot> = strokes.iter().flat_map(|stroke| stroke.0.clone()).collect();
                assert!(strokes.iter().all(|stroke| stroke.0.len() >= 2), "{class}: a lone point");
                for axis in 0..2 {
                    assert!(knots.iter().all(|k| (-0.06..=1.06).contains(&k.at[axis])), "{class}");
                }
                let top = knots.iter().map(|k| k.at[1]).fold(1.0, f64::min);
                let bottom = knots.iter().map(|k| k.at[1]).fold(0.0, f64::max);
                assert!(bottom - top > 0.9, "{class} is not as high as the others");
            }
        }
    }
}
