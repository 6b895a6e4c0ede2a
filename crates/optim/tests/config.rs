//! What is refused, and how it is said.

use crate::common::{Net, noise, panic_text};
use optim::{
    Adagrad, Adam, AdamW, ConfigError, Cosine, DannAnnealing, Ema, Exponential, Linear, MultiStep,
    OneCycle, Polynomial, RmsProp, Schedule, Sgd, StepDecay,
};

#[test]
fn a_number_out_of_range_is_named_with_its_range() {
    let error = Sgd::new(0.1).momentum(1.5).bind(&Net::small()).unwrap_err();
    let text = "momentum = 1.5: must be in [0, 1); 0.9 is usual, 0 turns it off";
    assert_eq!(error.to_string(), text);
    let error = Adam::new(f64::NAN).check().unwrap_err();
    assert_eq!(error.to_string(), "lr = NaN: must be a finite number ≥ 0; try 0.001");
}

#[test]
fn every_setting_has_its_range() {
    let name = |checked: Result<(), ConfigError>| match checked {
        Err(ConfigError::OutOfRange { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(Sgd::new(-0.1).check()), "lr");
    assert_eq!(name(Sgd::new(0.1).momentum(0.9).dampening(1.1).check()), "dampening");
    assert_eq!(name(Sgd::new(0.1).weight_decay(-1.0).check()), "weight_decay");
    assert_eq!(name(Sgd::new(0.1).group("*", |g| g.lr_scale(f64::INFINITY)).check()), "lr_scale");
    assert_eq!(name(Sgd::new(0.1).group("*", |g| g.weight_decay(-0.1)).check()), "weight_decay");
    assert_eq!(name(Sgd::new(0.1).group("*", |g| g.lr(-1.0)).check()), "lr");
    assert_eq!(name(Adam::new(0.1).betas(1.0, 0.9).check()), "beta1");
    assert_eq!(name(Adam::new(0.1).betas(0.9, -0.1).check()), "beta2");
    assert_eq!(name(AdamW::new(0.1).eps(-1.0).check()), "eps");
    assert_eq!(name(RmsProp::new(0.1).alpha(2.0).check()), "alpha");
    assert_eq!(name(RmsProp::new(0.1).momentum(-0.5).check()), "momentum");
    assert_eq!(name(RmsProp::new(0.1).eps(f64::NAN).check()), "eps");
    assert_eq!(name(Adagrad::new(0.1).lr_decay(-1.0).check()), "lr_decay");
    assert_eq!(name(Adagrad::new(0.1).initial_accumulator(-1.0).check()), "initial_accumulator");
    assert_eq!(name(StepDecay::new(0.1, 0).check()), "period");
    assert_eq!(name(MultiStep::new(0.1, [3]).gamma(0.0).check()), "gamma");
    assert_eq!(name(Exponential::new(0.1, -0.5).check()), "gamma");
    assert_eq!(name(Cosine::new(0.1, 0).check()), "steps");
    assert_eq!(name(Linear::new(0.1, -0.1, 5).check()), "end");
    assert_eq!(name(Polynomial::new(0.1, 5, 0.0).check()), "power");
    assert_eq!(name(DannAnnealing::new(0.01, 10).constants(-1.0, 0.75).check()), "alpha");
    assert_eq!(name(OneCycle::new(0.1, 3).check()), "steps");
    assert_eq!(name(OneCycle::new(0.1, 100).rise(1.0).check()), "rise");
    assert_eq!(name(OneCycle::new(0.1, 100).three_phase().rise(0.6).check()), "rise");
    assert_eq!(name(OneCycle::new(0.1, 100).divisors(0.0, 1e4).check()), "div");
    assert_eq!(name(OneCycle::new(0.1, 100).cycle_momentum(0.8, 1.0).check()), "high momentum");
    assert_eq!(name(0.1.every(0).check()), "every");
    assert_eq!(name(0.1.then(5, Cosine::new(-0.1, 5)).check()), "lr");
    assert_eq!(name(Ema::new(&Net::small(), 1.0).map(drop)), "decay");
}

#[test]
fn settings_that_exclude_each_other_are_refused() {
    let error = Sgd::new(0.1).nesterov().check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "Nesterov's form needs momentum and no dampening: set a momentum such as 0.9 and leave \
         dampening at 0"
    );
    let cycle = || OneCycle::new(0.1, 100).cycle_momentum(0.85, 0.95);
    assert!(matches!(Sgd::new(cycle()).check(), Err(ConfigError::Conflict { .. })));
    assert!(matches!(
        Adagrad::new(0.1.then(9, cycle())).check(),
        Err(ConfigError::Conflict { .. })
    ));
    assert!(Sgd::new(cycle()).momentum(0.9).check().is_ok());
}

#[test]
fn a_group_that_names_nothing_is_an_error_that_lists_the_names() {
    let error =
        Sgd::new(0.1).group("feature.*", |g| g.lr_scale(0.1)).bind(&Net::small()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the group `feature.*` names no parameter; this model has features.0.weight, \
         features.0.bias, features.0.running, head.weight, head.bias, head.running"
    );
}

#[test]
fn an_unchecked_optimiser_panics_with_the_same_words() {
    let mut net = Net::small();
    let before = net.head.bias.value.clone();
    let grads = noise(&net, 0);
    let text = panic_text(|| Sgd::new(-1.0).step(&mut net, &grads));
    assert_eq!(text, "lr = -1: must be a finite number ≥ 0; try 0.001");
    assert_eq!(net.head.bias.value, before);
}
