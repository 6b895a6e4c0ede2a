//! A titled pair of axes that everything else is drawn on.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// The drawing area inside the axes.
pub(super) type Area<'a> =
    ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// How the axes look.
pub(super) struct Axes<'a> {
    pub(super) title: &'a str,
    pub(super) labels: (&'a str, &'a str),
    pub(super) x: std::ops::Range<f64>,
    pub(super) y: std::ops::Range<f64>,
    pub(super) size: (u32, u32),
}

impl Axes<'_> {
    /// Draws the axes and lets `draw` fill them; gives the SVG text.
    pub(super) fn draw(&self, draw: impl FnOnce(&mut Area<'_>)) -> String {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, self.size).into_drawing_area();
            root.fill(&WHITE).expect("a String takes all");
            let mut chart = ChartBuilder::on(&root)
                .caption(self.title, ("sans-serif", 18))
                .margin(10)
                .x_label_area_size(if self.labels.0.is_empty() { 24 } else { 40 })
                .y_label_area_size(if self.labels.1.is_empty() { 40 } else { 56 })
                .build_cartesian_2d(self.x.clone(), self.y.clone())
                .expect("a String takes all");
            chart
                .configure_mesh()
                .light_line_style(WHITE)
                .bold_line_style(RGBColor(230, 230, 230))
                .x_desc(self.labels.0)
                .y_desc(self.labels.1)
                .draw()
                .expect("a String takes all");
            draw(&mut chart);
            root.present().expect("a String takes all");
        }
        svg
    }
}

/// Draws a line and puts its name into the legend.
pub(super) fn line(
    chart: &mut Area<'_>,
    name: &str,
    points: impl IntoIterator<Item = (f64, f64)>,
    colour: RGBColor,
) {
    chart
        .draw_series(LineSeries::new(points, colour.stroke_width(2)))
        .expect("a String takes all")
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
}

/// Draws the legend of all that has a name.
pub(super) fn legend(chart: &mut Area<'_>) {
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .draw()
        .expect("a String takes all");
}

/// The range of the values with a little air, never empty.
pub(super) fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let finite = values.filter(|v| v.is_finite());
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let air = if high > low { 0.05 * (high - low) } else { 0.5 };
    low - air..high + air
}
