//! Every schedule against the curve of PyTorch's.

use crate::common::reference;
use optim::{
    Cosine, DannAnnealing, Exponential, FromFn, Linear, MultiStep, OneCycle, Polynomial, Schedule,
    StepDecay,
};
use std::sync::Arc;

#[track_caller]
fn close(what: &str, step: usize, got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-5 * want + 1e-12, "{what}[{step}]: {got}, PyTorch has {want}");
}

/// Compares 40 steps of the rate, and of the momentum if PyTorch moves it.
#[track_caller]
fn follow(name: &str, schedule: impl Schedule) {
    schedule.check().unwrap();
    let curves = reference("schedules");
    for (step, &want) in curves[name].as_slice().iter().enumerate() {
        close(name, step, schedule.lr(step as u64), f64::from(want));
    }
    assert_eq!(schedule.sets_momentum(), schedule.momentum(0).is_some());
    if let Some(momenta) = curves.get(&format!("{name} momentum")) {
        for (step, &want) in momenta.as_slice().iter().enumerate() {
            let got = schedule.momentum(step as u64).expect("a momentum");
            close(&format!("{name} momentum"), step, got, f64::from(want));
        }
    }
}

#[test]
fn constant_and_steps() {
    follow("constant", 0.1);
    follow("step", StepDecay::new(0.1, 7));
    follow("step_gamma", StepDecay::new(0.1, 7).gamma(0.5));
    follow("multi_step", MultiStep::new(0.1, [5, 12, 12, 30]).gamma(0.3));
    follow("exponential", Exponential::new(0.1, 0.9));
}

#[test]
fn smooth_curves() {
    follow("cosine", Cosine::new(0.1, 25));
    follow("cosine_end", Cosine::new(0.1, 39).end(0.01));
    follow("linear", Linear::new(0.01, 0.08, 12));
    follow("polynomial", Polynomial::new(0.1, 30, 0.9));
    follow("dann", DannAnnealing::new(0.01, 39));
}

#[test]
fn one_cycle() {
    follow("one_cycle", OneCycle::new(0.5, 40).cycle_momentum(0.85, 0.95));
    let linear = OneCycle::new(0.5, 40).rise(0.4).linear().divisors(10.0, 100.0);
    follow("one_cycle_linear", linear.cycle_momentum(0.8, 0.9));
    let three = OneCycle::new(0.5, 40).three_phase().cycle_momentum(0.85, 0.95);
    follow("one_cycle_three_phase", three);
    let cycle = OneCycle::new(0.5, 40);
    assert_eq!(cycle.momentum(3), None);
    assert_eq!(cycle.lr(1000), cycle.lr(39));
}

#[test]
fn combinations() {
    follow("warmup_cosine", Cosine::new(0.1, 35).warmup(5));
    follow("sequential", 0.1.then(10, Exponential::new(0.1, 0.8)));
    follow("chained", Exponential::new(0.1, 0.95).times(Linear::new(0.2, 1.0, 10)));
    let epochs = Exponential::new(0.1, 0.5).every(10);
    assert_eq!([0, 9, 10, 25].map(|t| epochs.lr(t)), [0.1, 0.1, 0.05, 0.025]);
    let late = 0.1.then(10, OneCycle::new(0.5, 40).cycle_momentum(0.8, 0.9));
    assert!(late.sets_momentum() && late.momentum(0).is_none() && late.momentum(10) == Some(0.9));
    let chosen: Arc<dyn Schedule> = Arc::new(Cosine::new(0.1, 35));
    follow("warmup_cosine", chosen.warmup(5));
    assert_eq!(FromFn(|t| 1.0 / (1.0 + t as f64)).lr(3), 0.25);
}

/// Golden values of the paper's formula with μ₀ = 0.01.
#[test]
fn dann_annealing_has_the_papers_values() {
    let golden = [
        (0, 0.01),
        (5, 0.0073779),
        (10, 0.0059460),
        (25, 0.0039079),
        (50, 0.0026085),
        (75, 0.0020088),
        (100, 0.0016556),
        (500, 0.0016556),
    ];
    let schedule = DannAnnealing::new(0.01, 100);
    for (step, want) in golden {
        assert!((schedule.lr(step) - want).abs() < 5e-8, "p = {step} %: {}", schedule.lr(step));
    }
}
