//! Quantities over the steps of a run.

use super::COLOURS;
use super::axes::{self, Axes, legend, range};
use plotters::prelude::*;

/// A named line.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Its points, x and y.
    pub points: Vec<(f64, f64)>,
}

/// Lines over a common x-axis, with a legend.
pub fn curves(title: &str, labels: (&str, &str), lines: &[Curve]) -> String {
    let all = || lines.iter().flat_map(|c| c.points.iter());
    let mut x = range(all().map(|p| p.0));
    if lines.len() > 1 {
        x.end += 0.3 * (x.end - x.start); // room for the legend beside the lines
    }
    let axes = Axes { title, labels, x, y: range(all().map(|p| p.1)), size: (640, 400) };
    axes.draw(|chart| {
        for (line, &(r, g, b)) in lines.iter().zip(COLOURS.iter().cycle()) {
            let points = line.points.iter().copied();
            axes::line(chart, &line.name, points, RGBColor(r, g, b));
        }
        if lines.len() > 1 {
            legend(chart);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_drawn_and_named_and_bad_numbers_do_no_harm() {
        let line = |name: &str, ys: [f64; 3]| Curve {
            name: name.into(),
            points: ys.into_iter().enumerate().map(|(i, y)| (i as f64, y)).collect(),
        };
        let svg = curves("t", ("step", "loss"), &[line("a", [1.0, 0.5, 0.2]), line("b", [0.0; 3])]);
        // Each line, and its sample in the legend.
        for colour in ["#0072B2", "#D55E00"] {
            assert!(svg.matches(&format!("stroke=\"{colour}\"")).count() >= 2, "{svg}");
        }
        assert!(svg.contains("a\n") && svg.contains("b\n") && svg.trim_end().ends_with("</svg>"));
        assert!(curves("t", ("", ""), &[line("n", [f64::NAN; 3])]).contains("</svg>"));
        assert!(curves("t", ("", ""), &[]).contains("</svg>"));
    }
}
