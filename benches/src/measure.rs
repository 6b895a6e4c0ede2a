//! How a step is timed: the same protocol in every engine that is compared.

use crate::workloads::Workload;
use std::fs;
use std::time::{Duration, Instant};

/// The most steps that are timed, so that their times fit into memory.
const MAX_STEPS: usize = 2_000_000;

/// What was measured of one workload.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Median wall time of a step, in seconds.
    pub median_s: f64,
    /// Wall time of the fastest step, in seconds.
    pub min_s: f64,
    /// Mean processor time of a step over all threads, in seconds, where the system tells it. On a
    /// busy machine it says more than the wall time.
    pub cpu_s: Option<f64>,
    /// Steps that were timed.
    pub steps: usize,
    /// Loss of the first step; of a product, the mean magnitude of its elements.
    pub loss0: f64,
    /// Loss of the eleventh step.
    pub loss10: f64,
}

/// The losses of the first and of the eleventh step. They say whether two engines run the same
/// workload.
pub fn losses(workload: &mut Workload) -> (f64, f64) {
    let first = workload.loss_of_step(0);
    (1..10).for_each(|i| workload.step(i));
    (first, workload.loss_of_step(10))
}

/// Warms up for eleven steps and more until 0.2 s have passed and a quarter of `time` (at most
/// 0.5 s) after the eleven, then times steps until their times add up to `time` and there are at
/// least five.
pub fn measure(workload: &mut Workload, time: Duration) -> Measurement {
    let begin = Instant::now();
    let (loss0, loss10) = losses(workload);
    let after = Instant::now();
    let rest = (time / 4).min(Duration::from_millis(500));
    let mut i = 11;
    while begin.elapsed() < Duration::from_millis(200) || after.elapsed() < rest {
        workload.step(i);
        i += 1;
    }
    let (mut times, mut total) = (Vec::new(), Duration::ZERO);
    let cpu = cpu_time();
    while (total < time || times.len() < 5) && times.len() < MAX_STEPS {
        let start = Instant::now();
        workload.step(i);
        let elapsed = start.elapsed();
        total += elapsed;
        times.push(elapsed);
        i += 1;
    }
    let steps = times.len();
    let spent = cpu_time().zip(cpu).map(|(end, start)| end.saturating_sub(start).as_secs_f64());
    times.sort_unstable();
    Measurement {
        median_s: times[steps / 2].as_secs_f64(),
        min_s: times[0].as_secs_f64(),
        cpu_s: spent.map(|s| s / steps as f64),
        steps,
        loss0,
        loss10,
    }
}

/// Processor time that the living threads of this process have used. The pool's threads live as
/// long as the process, so a difference of two readings misses nothing. Linux tells it to the
/// nanosecond.
fn cpu_time() -> Option<Duration> {
    let mut total = 0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let Ok(text) = fs::read_to_string(task.ok()?.path().join("schedstat")) else { continue };
        total += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_and_timed() {
        let mut workload = Workload::named("mlp_tiny").expect("a workload");
        let m = measure(&mut workload, Duration::from_millis(20));
        assert!(m.steps >= 5 && m.min_s > 0.0 && m.min_s <= m.median_s, "{m:?}");
        assert!(m.cpu_s.is_none_or(|cpu| cpu > 0.0), "{m:?}");
    }
}
