//! Points in the plane, by domain and class, and where a classifier draws its line.

use super::COLOURS;
use super::axes::{Axes, legend, range};
use plotters::prelude::*;
use tensor_autograd::Tensor;

/// A group of points that look alike.
#[derive(Clone, Debug)]
pub struct Points {
    /// Its name in the legend.
    pub name: String,
    /// Index into [`COLOURS`].
    pub colour: usize,
    /// Drawn as crosses rather than discs.
    pub crosses: bool,
    /// The points, x and y.
    pub points: Vec<(f64, f64)>,
}

impl Points {
    /// The rows of a tensor `[n, 2]` that `choose` chooses.
    ///
    /// # Panics
    /// If the tensor has another width.
    #[track_caller]
    pub fn of(
        name: impl Into<String>,
        colour: usize,
        crosses: bool,
        plane: &Tensor,
        choose: impl Fn(usize) -> bool,
    ) -> Self {
        assert_eq!(plane.shape()[1], 2, "points of the plane, got {}", plane.shape());
        let rows = plane.as_slice().chunks_exact(2).enumerate().filter(|(i, _)| choose(*i));
        let points = rows.map(|(_, p)| (f64::from(p[0]), f64::from(p[1]))).collect();
        Points { name: name.into(), colour, crosses, points }
    }
}

/// The class of each of the points.
pub type Decide<'a> = dyn Fn(&[(f64, f64)]) -> Vec<usize> + 'a;

/// Groups of points with a legend.
pub fn scatter(title: &str, groups: &[Points]) -> String {
    draw(title, groups, None)
}

/// Groups of points over the regions in which `class` of a point is the same, and the border
/// between them.
pub fn decision_plane(title: &str, groups: &[Points], class: &Decide<'_>) -> String {
    draw(title, groups, Some(class))
}

/// Cells of the grid on which a decision is drawn, along each axis.
const GRID: usize = 120;

fn draw(title: &str, groups: &[Points], class: Option<&Decide<'_>>) -> String {
    let all = || groups.iter().flat_map(|g| g.points.iter());
    let (mut x, y) = (range(all().map(|p| p.0)), range(all().map(|p| p.1)));
    if groups.len() > 1 {
        x.end += 0.4 * (x.end - x.start); // room for the legend beside the points
    }
    let axes = Axes { title, labels: ("", ""), x: x.clone(), y: y.clone(), size: (560, 420) };
    axes.draw(|chart| {
        if let Some(class) = class {
            let at =
                |r: &std::ops::Range<f64>, i: f64| r.start + (r.end - r.start) * i / GRID as f64;
            let centres: Vec<(f64, f64)> = (0..GRID * GRID)
                .map(|c| (at(&x, (c % GRID) as f64 + 0.5), at(&y, (c / GRID) as f64 + 0.5)))
                .collect();
            let classes = class(&centres);
            // Runs of equal cells along x, so that the picture stays small.
            let mut start = 0;
            for c in 1..=classes.len() {
                if c == classes.len() || c % GRID == 0 || classes[c] != classes[start] {
                    let (r, g, b) = COLOURS[classes[start] % COLOURS.len()];
                    let (row, left, right) = (start / GRID, start % GRID, (c - 1) % GRID + 1);
                    let corners = [
                        (at(&x, left as f64), at(&y, row as f64)),
                        (at(&x, right as f64), at(&y, row as f64 + 1.0)),
                    ];
                    let fill = RGBColor(r, g, b).mix(0.18).filled();
                    chart
                        .draw_series(std::iter::once(Rectangle::new(corners, fill)))
                        .expect("a String takes all");
                    start = c;
                }
            }
        }
        for group in groups {
            let (r, g, b) = COLOURS[group.colour % COLOURS.len()];
            let colour = RGBColor(r, g, b).mix(0.8);
            let points =
                group.points.iter().copied().filter(|p| p.0.is_finite() && p.1.is_finite());
            let series = match group.crosses {
                true => chart.draw_series(
                    points.map(|p| Cross::new(p, 3, colour.stroke_width(1)).into_dyn()),
                ),
                false => {
                    chart.draw_series(points.map(|p| Circle::new(p, 3, colour.filled()).into_dyn()))
                }
            };
            let crosses = group.crosses;
            series.expect("a String takes all").label(group.name.clone()).legend(move |(x, y)| {
                match crosses {
                    true => Cross::new((x + 8, y), 3, colour.stroke_width(1)).into_dyn(),
                    false => Circle::new((x + 8, y), 3, colour.filled()).into_dyn(),
                }
            });
        }
        if groups.len() > 1 {
            legend(chart);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_regions_are_drawn() {
        let plane = Tensor::from_fn([4, 2], |i| i as tensor_autograd::Real);
        let left = Points::of("left", 0, false, &plane, |i| i < 2);
        let right = Points::of("right", 1, true, &plane, |i| i >= 2);
        assert_eq!((left.points.len(), right.points.len()), (2, 2));
        let svg = decision_plane("moons", &[left, right], &|points| {
            points.iter().map(|p| usize::from(p.0 > 3.0)).collect()
        });
        assert!(svg.matches("<circle").count() >= 3 && svg.contains("left"), "{svg:.300}");
        assert!(svg.matches("<rect").count() > 2 * GRID, "each row has two regions");
    }
}
