//! Who watches a run.

use super::{EpochRecord, Outline};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// Told what a run does, and asked whether it should stop.
pub trait Observer {
    /// A run of `steps` steps begins, of which `done` were done before.
    fn begin(&mut self, _steps: usize, _done: usize) {}
    /// `done` steps are done.
    fn step(&mut self, _done: usize) {}
    /// An epoch has ended.
    fn epoch(&mut self, _record: &EpochRecord) {}
    /// Something that the user may want to know, and that needs nothing done.
    fn note(&mut self, _text: &str) {}
    /// The run has ended.
    fn end(&mut self) {}
    /// What the training that has begun is going to do, before its first step. Methods that do not
    /// go by gradients say nothing.
    fn outline(&mut self, _outline: &Outline) {}
    /// Whether the training should end now as if it had been to its end: a rehearsal has seen enough.
    fn enough(&self) -> bool {
        false
    }
    /// Whether the run should save and stop now.
    fn interrupted(&self) -> bool {
        false
    }
}

/// The usual observers: none, a line an epoch, or a bar. All talk goes to standard error.
pub struct Progress {
    label: String,
    shown: Shown,
}

enum Shown {
    Nothing,
    Lines { steps: usize },
    Bar(ProgressBar),
}

impl Progress {
    /// Says nothing.
    pub fn silent() -> Self {
        Progress { label: String::new(), shown: Shown::Nothing }
    }

    /// One line an epoch.
    pub fn lines() -> Self {
        Progress { label: String::new(), shown: Shown::Lines { steps: 0 } }
    }

    /// A bar with rate and remaining time on a terminal, one line an epoch elsewhere.
    pub fn bar() -> Self {
        if !io::stderr().is_terminal() {
            return Progress::lines();
        }
        let bar = ProgressBar::new(0);
        let style = "{prefix} [{bar:30}] {pos}/{len} steps  {per_sec}  {eta} left  {msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("a fixed template"));
        Progress { label: String::new(), shown: Shown::Bar(bar) }
    }

    /// Begins each line with `label`.
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// `lr 1.00e-2  loss 0.2312  domain_accuracy 0.7100`; methods without a learning rate record none.
fn summary(record: &EpochRecord) -> String {
    let means = record.means.iter().map(|(name, value)| format!("{name} {value:.4}"));
    let criterion = record.criterion.iter().map(|(name, value)| format!("{name} {value:.4}"));
    let lr = (record.lr > 0.0).then(|| format!("lr {:.2e}", record.lr));
    lr.into_iter().chain(means).chain(criterion).collect::<Vec<_>>().join("  ")
}

impl Observer for Progress {
    fn begin(&mut self, total: usize, done: usize) {
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Lines { steps } => *steps = total,
            Shown::Bar(bar) => {
                bar.reset();
                bar.set_length(total as u64);
                bar.set_position(done as u64);
                bar.set_prefix(self.label.clone());
            }
        }
    }

    fn step(&mut self, done: usize) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_position(done as u64);
        }
    }

    fn epoch(&mut self, record: &EpochRecord) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Lines { steps } => {
                let label = if self.label.is_empty() { "" } else { " " };
                let (step, summary) = (record.step, summary(record));
                // Whoever closed standard error does not want to hear; `eprintln` would panic.
                let _ =
                    writeln!(io::stderr(), "{}{label}step {step}/{steps}  {summary}", self.label);
            }
            Shown::Bar(bar) => bar.set_message(summary(record)),
        }
    }

    fn note(&mut self, text: &str) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Lines { .. } => {
                let _ = writeln!(io::stderr(), "{text}");
            }
            Shown::Bar(bar) => bar.suspend(|| {
                let _ = writeln!(io::stderr(), "{text}");
            }),
        }
    }

    fn end(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
