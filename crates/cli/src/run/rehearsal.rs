//! A run in small: every training for a few steps, and what it says of itself on the way.

use super::{Shared, Small};
use crate::out;
use std::cell::RefCell;
use std::fmt::Write;
use std::time::{Duration, Instant};
use transfer::fit::Outline;

/// Steps of each training: the first warms up, the others are timed.
const STEPS: usize = 3;

/// Notes of a rehearsal.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal(RefCell<Notes>);

#[derive(Debug, Default)]
struct Notes {
    seeds: usize,
    settings: String,
    trainings: Vec<Training>,
}

#[derive(Debug)]
struct Training {
    label: String,
    steps: usize,
    outline: Option<Outline>,
    /// How long each step took.
    took: Vec<Duration>,
    last: Instant,
}

impl Training {
    /// A step once all is warm.
    fn step(&self) -> Duration {
        let warm = &self.took[self.took.len().min(1)..];
        let steps = if warm.is_empty() { &self.took[..] } else { warm };
        steps.iter().sum::<Duration>() / steps.len().max(1) as u32
    }

    /// The whole training.
    fn whole(&self) -> f64 {
        self.step().as_secs_f64() * self.steps as f64
    }
}

impl Small for Rehearsal {
    fn opened(&self, shared: &Shared, settings: String) {
        let mut notes = self.0.borrow_mut();
        (notes.seeds, notes.settings) = (shared.seeds().len(), settings);
    }

    fn baselines(&self) -> bool {
        true
    }

    fn begin(&self, label: &str, steps: usize) {
        let (label, last) = (label.to_owned(), Instant::now());
        let training = Training { label, steps, outline: None, took: Vec::new(), last };
        self.0.borrow_mut().trainings.push(training);
    }

    fn outline(&self, outline: &Outline) {
        if let Some(training) = self.0.borrow_mut().trainings.last_mut() {
            training.outline = Some(outline.clone());
        }
    }

    fn step(&self) {
        if let Some(training) = self.0.borrow_mut().trainings.last_mut() {
            training.took.push(training.last.elapsed());
            training.last = Instant::now();
        }
    }

    fn enough(&self) -> bool {
        self.0.borrow().trainings.last().is_some_and(|training| training.took.len() >= STEPS)
    }

    /// The plan of the run.
    fn text(&self, method: &'static str, took: Duration) -> anyhow::Result<String> {
        let notes = self.0.borrow();
        let mut text = format!("{method}, rehearsed: nothing is kept\n\nsettings\n");
        for line in notes.settings.lines().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "  {line}");
        }
        let own = |t: &&Training| t.outline.is_some() && t.label.starts_with(method);
        let shown = notes.trainings.iter().rfind(own);
        let shown = shown.or_else(|| notes.trainings.iter().rfind(|t| t.outline.is_some()));
        if let Some(Training { label, outline: Some(outline), .. }) = shown {
            let _ = write!(text, "\nweights in the first step of `{label}`\n{}", weights(outline));
        }
        let mut rows =
            vec![["training", "steps", "ms a step", "s in all"].map(str::to_owned).to_vec()];
        for t in &notes.trainings {
            let numbers = [1e3 * t.step().as_secs_f64(), t.whole()];
            let [step, whole] = numbers.map(|x| format!("{x:.2}"));
            rows.push(vec![t.label.clone(), t.steps.to_string(), step, whole]);
        }
        let _ = write!(text, "\ntrainings, {STEPS} steps of each tried\n{}", out::table(&rows, 1));
        let trained: f64 = notes.trainings.iter().map(Training::whole).sum();
        let tried: Duration = notes.trainings.iter().flat_map(|t| &t.took).sum();
        // Reading, measuring and drawing are done as often in the rehearsal as in a seed's run.
        let beside = took.saturating_sub(tried).as_secs_f64();
        let seeds = notes.seeds.max(1);
        let whole = (trained + beside) * seeds as f64;
        let _ = writeln!(
            text,
            "\nabout {} for {seeds} seed{}, of which {:.1} s a seed are not training",
            spoken(whole),
            if seeds == 1 { "" } else { "s" },
            beside
        );
        if let Some(bytes) = peak_memory() {
            let _ = writeln!(text, "{:.0} MB of memory at most, as rehearsed", bytes as f64 / 1e6);
        }
        Ok(text)
    }
}

/// Every weight, and how many numbers of them are trained.
fn weights(outline: &Outline) -> String {
    let mut rows = vec![["name", "shape", "numbers", "lr"].map(str::to_owned).to_vec()];
    let (mut all, mut trained) = (0, 0);
    for w in &outline.weights {
        let numbers: usize = w.shape.iter().product();
        all += numbers;
        trained += w.lr.map_or(0, |_| numbers);
        let lr = w.lr.map_or("frozen".to_owned(), |lr| format!("{lr:.2e}"));
        rows.push(vec![w.name.clone(), format!("{:?}", w.shape), numbers.to_string(), lr]);
    }
    format!("{}{trained} of {all} numbers are trained\n", out::table(&rows, 2))
}

/// Seconds, minutes or hours.
fn spoken(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// The most memory that this process has had; none where the system does not say.
fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * line.split_whitespace().next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use transfer::fit::OutlinedWeight;

    #[test]
    fn the_plan_says_what_is_trained_and_how_long_it_will_take() {
        let rehearsal = Rehearsal::default();
        let shared = Shared { seeds: Some(3), ..Shared::default() };
        rehearsal.opened(&shared, "lr = 0.1\n".into());
        rehearsal.begin("m", 100);
        let weight = |name: &str, lr| OutlinedWeight { name: name.into(), shape: vec![2, 3], lr };
        let weights = vec![weight("a", None), weight("b", Some(0.05))];
        rehearsal.outline(&Outline { steps: 100, steps_per_epoch: 10, weights });
        {
            let mut notes = rehearsal.0.borrow_mut();
            notes.trainings[0].took = [900, 100, 100].map(Duration::from_millis).to_vec();
        }
        assert!(rehearsal.enough());
        // Ten seconds of training and two of everything else, three times.
        let text = rehearsal.text("m", Duration::from_millis(3100)).unwrap();
        for words in [
            "settings\n  lr = 0.1\n",
            "a     [2, 3]        6   frozen\nb     [2, 3]        6  5.00e-2\n6 of 12 numbers are trained",
            "m           100     100.00     10.00\n",
            "about 36 s for 3 seeds, of which 2.0 s a seed are not training",
        ] {
            assert!(text.contains(words), "`{words}` is not in\n{text}");
        }
        assert_eq!([119.0, 600.0, 9000.0].map(spoken), ["119 s", "10 min", "2.5 h"]);
    }
}
