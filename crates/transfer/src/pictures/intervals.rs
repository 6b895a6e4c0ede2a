//! Means and their intervals over a whole number.

use super::COLOURS;
use super::axes::{self, Axes, legend, range};
use plotters::prelude::*;

/// A named line of means.
#[derive(Clone, Debug)]
pub struct Interval {
    /// Its name in the legend.
    pub name: String,
    /// x, the mean, and the ends of its interval where there is one.
    pub points: Vec<(f64, f64, Option<[f64; 2]>)>,
}

/// Lines of means with a bar for each interval, and a legend. Lines stand a little apart, so that
/// bars at the same x can be told from each other.
pub fn intervals(title: &str, labels: (&str, &str), lines: &[Interval]) -> String {
    let all = || lines.iter().flat_map(|line| line.points.iter());
    let ends = |p: &(f64, f64, Option<[f64; 2]>)| p.2.unwrap_or([p.1, p.1]);
    let mut x = range(all().map(|p| p.0));
    x.end += 0.3 * (x.end - x.start); // room for the legend beside the lines
    let y = range(all().flat_map(ends).chain(all().map(|p| p.1)));
    let apart = 0.012 * (x.end - x.start);
    let axes = Axes { title, labels, x, y, size: (640, 400) };
    axes.draw(|chart| {
        for (i, (line, &(r, g, b))) in lines.iter().zip(COLOURS.iter().cycle()).enumerate() {
            let colour = RGBColor(r, g, b);
            let shift = apart * (i as f64 - 0.5 * (lines.len() as f64 - 1.0));
            let points = || line.points.iter().map(|p| (p.0 + shift, p.1));
            axes::line(chart, &line.name, points(), colour);
            let bars = line.points.iter().filter_map(|p| Some((p.0 + shift, p.2?)));
            let bars = bars.map(|(x, [low, high])| {
                PathElement::new([(x, low), (x, high)], colour.stroke_width(1))
            });
            chart.draw_series(bars).expect("a String takes all");
            let dots = points().map(|p| Circle::new(p, 3, colour.filled()));
            chart.draw_series(dots).expect("a String takes all");
        }
        legend(chart);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_is_a_bar() {
        let line = |name: &str, interval| Interval {
            name: name.into(),
            points: (0..3).map(|n| (f64::from(n), 0.5, interval)).collect(),
        };
        let lines = [line("with", Some([0.4, 0.7])), line("without", None)];
        let svg = intervals("t", ("n", "accuracy"), &lines);
        let drawn = |colour: &str| svg.matches(&format!("stroke=\"{colour}\"")).count();
        assert_eq!(drawn("#0072B2"), drawn("#D55E00") + 3, "{svg}");
        assert_eq!(svg.matches("<circle").count(), 6);
        assert!(svg.contains("with\n") && svg.contains("without\n"));
    }
}
