//! One rise and one long fall (Smith and Topin 2019).

use super::Schedule;
use crate::ConfigError;
use std::f64::consts::PI;

/// The rate rises from `max / 25` to `max` over the first 30 % of the run and falls to a
/// ten-thousandth of where it began (PyTorch's `OneCycleLR` with its defaults). After the run it
/// stays at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycle {
    max: f64,
    steps: u64,
    rise: f64,
    div: f64,
    final_div: f64,
    linear: bool,
    three_phase: bool,
    momentum: Option<(f64, f64)>,
}

impl OneCycle {
    /// A cycle of `steps` steps with peak `max`.
    pub fn new(max: f64, steps: u64) -> Self {
        OneCycle {
            max,
            steps,
            rise: 0.3,
            div: 25.0,
            final_div: 1e4,
            linear: false,
            three_phase: false,
            momentum: None,
        }
    }

    /// The part of the run in which the rate rises, in (0, 1). Default 0.3.
    pub fn rise(self, rise: f64) -> Self {
        OneCycle { rise, ..self }
    }

    /// It begins at `max / div` and ends at `max / div / final_div`. Default 25 and 1e4.
    pub fn divisors(self, div: f64, final_div: f64) -> Self {
        OneCycle { div, final_div, ..self }
    }

    /// Straight lines in place of cosines.
    pub fn linear(self) -> Self {
        OneCycle { linear: true, ..self }
    }

    /// Falls in as many steps as it rose to where it began, and only then to the end.
    pub fn three_phase(self) -> Self {
        OneCycle { three_phase: true, ..self }
    }

    /// Moves the momentum (β₁ for Adam) against the rate: `high` where the rate is low and `low` at
    /// its peak. 0.85 and 0.95 are usual.
    pub fn cycle_momentum(self, low: f64, high: f64) -> Self {
        OneCycle { momentum: Some((low, high)), ..self }
    }

    /// The value at `step` of a curve through `points`: the first at step 0, the others where the
    /// phases end.
    fn curve(&self, step: u64, points: [f64; 4]) -> f64 {
        let (last, peak) = (self.steps as f64 - 1.0, self.rise * self.steps as f64 - 1.0);
        let ends = if self.three_phase {
            [(peak, points[1]), (2.0 * peak, points[2]), (last, points[3])]
        } else {
            [(peak, points[1]), (last, points[3]), (last, points[3])]
        };
        let t = (step as f64).min(last);
        let mut from = (0.0, points[0]);
        for to in ends {
            if t <= to.0 {
                let part = (t - from.0) / (to.0 - from.0);
                let bend = if self.linear { part } else { (1.0 - (PI * part).cos()) / 2.0 };
                return from.1 + (to.1 - from.1) * bend;
            }
            from = to;
        }
        points[3]
    }
}

impl Schedule for OneCycle {
    fn lr(&self, step: u64) -> f64 {
        let start = self.max / self.div;
        self.curve(step, [start, self.max, start, start / self.final_div])
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        let (low, high) = self.momentum?;
        Some(self.curve(step, [high, low, high, high]))
    }

    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::lr("max", self.max)?;
        let positive = |name, value: f64| {
            let fits = value > 0.0 && value.is_finite();
            ConfigError::unless(fits, name, value, "a finite number > 0", "25 and 1e4 are usual")
        };
        positive("div", self.div)?;
        positive("final_div", self.final_div)?;
        if let Some((low, high)) = self.momentum {
            ConfigError::averaging("low momentum", low, "0.85 is usual")?;
            ConfigError::averaging("high momentum", high, "0.95 is usual")?;
        }
        let top = if self.three_phase { 0.5 } else { 1.0 };
        let range = if self.three_phase { "in (0, 0.5)" } else { "in (0, 1)" };
        let fits = self.rise > 0.0 && self.rise < top;
        ConfigError::unless(fits, "rise", self.rise, range, "0.3 is usual")?;
        let peak = self.rise * self.steps as f64;
        let hint = "the rise needs more than one step: give more steps, or a larger `rise`";
        ConfigError::unless(peak > 1.0, "steps", self.steps as f64, "more than 1 / rise", hint)
    }
}
