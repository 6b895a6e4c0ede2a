//! A rate that stays, and a rate given by a function.

use super::Schedule;
use std::fmt;

impl Schedule for f64 {
    fn lr(&self, _: u64) -> f64 {
        *self
    }
}

impl Schedule for f32 {
    fn lr(&self, _: u64) -> f64 {
        f64::from(*self)
    }
}

/// Any function of the step: `FromFn(|step| 0.1 / (1.0 + step as f64))`.
#[derive(Clone, Copy)]
pub struct FromFn<F>(pub F);

impl<F: Fn(u64) -> f64 + Send + Sync> Schedule for FromFn<F> {
    fn lr(&self, step: u64) -> f64 {
        (self.0)(step)
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn(..)")
    }
}
