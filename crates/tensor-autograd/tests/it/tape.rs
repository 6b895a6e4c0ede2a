//! What the tape promises: no recursion, no work for what is frozen, no memory for what is unused.

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};
use tensor_autograd::{Param, Real, Rng, Tape, Tensor, Var, eval, grad};

/// The identity with a rule that counts its calls and holds `saved`.
fn probe<'t>(x: Var<'t>, calls: &Rc<Cell<usize>>, saved: Rc<()>) -> Var<'t> {
    let calls = Rc::clone(calls);
    x.tape()
        .record("probe", x.value())
        .wrt(x, move |dy| {
            calls.set(calls.get() + 1);
            drop(saved);
            dy
        })
        .var()
}

/// A [`probe`] of `x`, its call counter, and whether its rule is still there.
fn watched<'t>(x: Var<'t>) -> (Var<'t>, Rc<Cell<usize>>, Weak<()>) {
    let (calls, saved) = (Rc::default(), Rc::new(()));
    let weak = Rc::downgrade(&saved);
    (probe(x, &calls, saved), calls, weak)
}

fn number(x: Real) -> Param {
    Param::weight(Tensor::scalar(x))
}

/// Runs `f` on a stack that holds no recursion worth the name.
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 << 10).spawn(f).unwrap().join().unwrap();
}

fn differentiate_chain(ops: usize) -> Duration {
    let begin = Instant::now();
    let w = number(2.0);
    let tape = Tape::new();
    let mut x = tape.param(&w);
    for _ in 0..ops / 2 {
        x = -(x + 1.0);
    }
    assert_eq!(tape.len(), 1 + ops);
    let sign = if (ops / 2).is_multiple_of(2) { 1.0 } else { -1.0 };
    assert_eq!(x.backward().get(&w).unwrap().item(), sign);
    begin.elapsed()
}

#[test]
fn a_chain_of_a_hundred_thousand_ops_differentiates_quickly() {
    on_a_small_stack(|| {
        // Seconds would mean that the time grows with the square of the length.
        let time = differentiate_chain(100_000);
        assert!(time < Duration::from_secs(5), "it took {time:?}");
    });
}

#[test]
fn a_chain_of_a_million_ops_differentiates() {
    on_a_small_stack(|| {
        differentiate_chain(1_000_000);
    });
}

#[test]
fn a_tape_that_is_never_differentiated_is_dropped_without_recursion() {
    on_a_small_stack(|| {
        let w = number(1.0);
        let tape = Tape::new();
        (0..200_000).fold(tape.param(&w), |x, _| x + 1.0);
    });
}

#[test]
fn all_uses_of_a_parameter_add_up() {
    let (w, v) = (number(3.0), number(5.0));
    let (loss, grads) = grad(&mut Rng::seed(0), |t| {
        let product = t.param(&w) * t.param(&v);
        product + t.param(&w) * 2.0 + t.param(&w)
    });
    assert_eq!(loss, 24.0);
    assert_eq!(grads.get(&w).unwrap().item(), 8.0);
    assert_eq!(grads.get(&v).unwrap().item(), 3.0);
}

#[test]
fn a_value_used_by_many_ops_gets_every_gradient_once() {
    let w = number(1.0);
    let tape = Tape::new();
    let x = tape.param(&w) * 2.0;
    let (y, calls, _) = watched(x);
    let loss = (0..10).fold(y, |sum, _| sum + y);
    assert_eq!(loss.backward().get(&w).unwrap().item(), 22.0);
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_frozen_parameter_has_no_gradient_and_its_rules_go_at_once() {
    let mut frozen = number(3.0);
    frozen.frozen = true;
    let trained = number(2.0);
    let tape = Tape::new();
    let (y, calls, rule) = watched(tape.param(&frozen));
    assert!(rule.upgrade().is_none(), "the rule of a frozen parent was kept");
    let grads = (y * tape.param(&trained)).backward();
    assert_eq!(calls.get(), 0);
    assert!(grads.get(&frozen).is_none());
    assert_eq!(grads.get(&trained).unwrap().item(), 3.0);
    assert_eq!(grads.len(), 1);
}

#[test]
fn a_rule_lives_until_it_has_run() {
    let w = number(3.0);
    let tape = Tape::new();
    let (y, calls, rule) = watched(tape.param(&w));
    assert!(rule.upgrade().is_some());
    y.backward();
    assert_eq!(calls.get(), 1);
    assert!(rule.upgrade().is_none(), "the rule outlives the backward pass");
}

#[test]
fn a_branch_of_constants_costs_no_backward() {
    let w = number(3.0);
    let tape = Tape::new();
    let (branch, calls, rule) = watched(tape.constant(Tensor::scalar(2.0)).exp());
    let branch = branch * branch + 1.0;
    assert!(rule.upgrade().is_none());
    let loss = branch * tape.param(&w);
    assert!(!branch.needs_grad() && loss.needs_grad());
    assert_eq!(loss.backward().len(), 1);
    assert_eq!(calls.get(), 0);
}

#[test]
fn a_branch_that_the_loss_does_not_use_is_dropped_unrun() {
    let w = number(3.0);
    let tape = Tape::new();
    let x = tape.param(&w);
    let (_, unused, rule) = watched(x);
    let loss = x * x;
    let (_, later, _) = watched(loss);
    assert_eq!(loss.backward().get(&w).unwrap().item(), 6.0);
    assert_eq!((unused.get(), later.get()), (0, 0));
    assert!(rule.upgrade().is_none());
}

#[test]
fn nothing_flows_through_a_detached_value() {
    let w = number(3.0);
    let tape = Tape::new();
    let (y, calls, _) = watched(tape.param(&w));
    let grads = (y.detach() * tape.param(&w)).backward();
    assert_eq!(calls.get(), 0);
    assert_eq!(grads.get(&w).unwrap().item(), 3.0);
}

#[test]
fn inference_keeps_no_rules() {
    let w = number(3.0);
    let kept = eval(|t| {
        let (y, _, rule) = watched(t.param(&w));
        assert!(!y.needs_grad() && !t.is_training());
        assert_eq!(y.value().item(), 3.0);
        rule.upgrade().is_some()
    });
    assert!(!kept);
}

#[test]
#[should_panic(expected = "backward starts from one number, the loss has shape [2]")]
fn a_gradient_starts_from_one_number() {
    Tape::new().constant(Tensor::ones([2])).backward();
}

#[test]
#[should_panic(expected = "`backward` has consumed the tape")]
fn a_consumed_tape_says_so() {
    let w = number(1.0);
    let tape = Tape::new();
    let x = tape.param(&w);
    x.backward();
    x.value();
}
