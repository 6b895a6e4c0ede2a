//! The pen: from a path to grey values.

use super::SIDE;
use super::glyph::Point;

/// The grey values of an image, row by row; 0 is paper, 1 is ink.
pub(super) type Canvas = [f32; SIDE * SIDE];

/// A pen of a certain width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    /// Radius in pixels at the beginning and at the end of a stroke.
    pub(super) radius: [f64; 2],
    /// Width in pixels of the edge over which ink fades to paper. 1 is plain anti-aliasing.
    pub(super) softness: f64,
    /// Darkness of the ink, at most 1.
    pub(super) ink: f64,
}

impl Pen {
    /// Draws a path given in pixels. The value of a pixel is a function of the distance of its
    /// centre to the path, and where strokes cross the darker one counts.
    pub(super) fn draw(&self, path: &[Point], canvas: &mut Canvas) {
        let pieces = (path.len() - 1) as f64;
        for (i, ends) in path.windows(2).enumerate() {
            let t = i as f64 / pieces;
            let radius = self.radius[0] + (self.radius[1] - self.radius[0]) * t;
            self.segment(ends[0], ends[1], radius, canvas);
        }
    }

    fn segment(&self, a: Point, b: Point, radius: f64, canvas: &mut Canvas) {
        let reach = radius + 0.5 * self.softness;
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length2 = (dx * dx + dy * dy).max(1e-12);
        // Only pixels that the ink can reach: this is what makes a glyph cost microseconds.
        let near = |a: f64, b: f64| {
            let first = (a.min(b) - reach).floor().max(0.0);
            let last = (a.max(b) + reach).ceil().min(SIDE as f64);
            first as usize..(last.max(first) as usize)
        };
        for y in near(a[1], b[1]) {
            for x in near(a[0], b[0]) {
                let (px, py) = (x as f64 + 0.5 - a[0], y as f64 + 0.5 - a[1]);
                let along = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                let (ex, ey) = (px - along * dx, py - along * dy);
                let distance = (ex * ex + ey * ey).sqrt();
                let cover = ((reach - distance) / self.softness).clamp(0.0, 1.0);
                let value = &mut canvas[y * SIDE + x];
                *value = value.max((self.ink * cover) as f32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_wide_as_the_pen() {
        let mut canvas = [0.0; SIDE * SIDE];
        let pen = Pen { radius: [1.5, 1.5], softness: 1.0, ink: 0.9 };
        pen.draw(&[[4.0, 14.0], [24.0, 14.0]], &mut canvas);
        let column: f32 = (0..SIDE).map(|y| canvas[y * SIDE + 14]).sum();
        assert!((column - 3.0 * 0.9).abs() < 1e-5, "{column} of ink across");
        assert_eq!(canvas.iter().copied().fold(0.0, f32::max), 0.9);
        assert_eq!(canvas[14 * SIDE + 1], 0.0);
    }

    #[test]
    fn off_the_paper_is_no_harm() {
        let mut canvas = [0.0; SIDE * SIDE];
        let pen = Pen { radius: [2.0, 0.5], softness: 1.0, ink: 1.0 };
        pen.draw(&[[-50.0, -9.0], [-3.0, -7.0], [60.0, 90.0], [60.0, 90.0]], &mut canvas);
        assert!(canvas.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(canvas.iter().any(|&v| v > 0.0));
    }
}
