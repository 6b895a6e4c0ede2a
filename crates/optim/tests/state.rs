//! Saving and resuming.

use crate::common::{Net, noise};
use optim::{
    Adagrad, Adam, AdamW, Cosine, OneCycle, Optimizer, OptimizerState, RmsProp, Rule, Sgd,
    StateError,
};
use tensor_autograd::{Module, Shape, Tensor};

fn train<R: Rule>(net: &mut Net, opt: &mut Optimizer<R>, steps: std::ops::Range<u64>) {
    for step in steps {
        let grads = noise(net, step);
        opt.step(net, &grads);
    }
}

/// Ten steps at once, and six and four with everything rebuilt between them.
fn resumes<R: Rule>(make: impl Fn() -> Optimizer<R>) {
    let mut whole = Net::small();
    let mut opt = make();
    train(&mut whole, &mut opt, 0..10);

    let mut first = Net::small();
    let mut before = make();
    train(&mut first, &mut before, 0..6);
    let (weights, state) = (first.state_dict(), before.state());
    train(&mut first, &mut before, 6..8); // a saved state does not change with the optimiser

    let mut second = Net::small();
    second.visit_mut(&mut Default::default(), &mut |n, p| p.value = weights[n].clone());
    let mut after = make();
    after.load_state(state, &second).unwrap();
    assert_eq!(after.steps(), 6);
    train(&mut second, &mut after, 6..10);
    assert_eq!(second.state_dict(), whole.state_dict());
    assert_eq!(after.state(), opt.state());
}

#[test]
fn a_resumed_run_has_the_same_bits() {
    resumes(|| Sgd::new(0.1));
    resumes(|| Sgd::new(Cosine::new(0.1, 10)).momentum(0.9).dampening(0.5));
    resumes(|| Sgd::new(OneCycle::new(0.1, 10).cycle_momentum(0.8, 0.9)).momentum(0.9).nesterov());
    resumes(|| Adam::new(0.1).group("*.bias", |g| g.lr_scale(0.1)));
    resumes(|| AdamW::new(0.1).amsgrad());
    resumes(|| RmsProp::new(0.1).momentum(0.9).centered());
    resumes(|| Adagrad::new(0.1).lr_decay(0.1).initial_accumulator(0.1));
}

/// A weight that was frozen has had fewer updates, and that is remembered too.
#[test]
fn a_run_with_frozen_layers_resumes() {
    let mut net = Net::small();
    net.freeze("features.*");
    let mut opt = Adam::new(0.1);
    train(&mut net, &mut opt, 0..3);
    net.unfreeze("features.0.bias");
    train(&mut net, &mut opt, 3..5);
    let state = opt.state();
    let updates: Vec<u64> = state.updates.values().copied().collect();
    assert_eq!(updates, [2, 0, 5, 5]); // features.0.bias, features.0.weight, head.bias, head.weight
    let mut copy = Adam::new(0.1);
    copy.load_state(state.clone(), &net).unwrap();
    assert_eq!(copy.state(), state);
}

#[test]
fn a_state_from_before_the_first_step_fits() {
    let net = Net::small();
    let empty = Adam::new(0.1).state();
    assert_eq!((empty.step, empty.updates.len()), (0, 0));
    Adam::new(0.1).load_state(empty, &net).unwrap();
    let bound = Adam::new(0.1).bind(&net).unwrap().state();
    assert_eq!(bound.updates.len(), 4);
    Adam::new(0.1).load_state(bound, &net).unwrap();
}

fn saved() -> OptimizerState {
    let mut net = Net::small();
    let mut opt = Adam::new(0.1);
    train(&mut net, &mut opt, 0..2);
    opt.state()
}

#[test]
fn every_difference_is_listed_and_nothing_changed() {
    let mut state = saved();
    state.updates.remove("head.weight");
    state.updates.insert("tail.weight".into(), 2);
    state.tensors.remove("head.bias.exp_avg");
    state.tensors.insert("features.0.bias.exp_avg".into(), Tensor::zeros([9]));
    state.tensors.insert("head.bias.max_exp_avg_sq".into(), Tensor::zeros([2]));
    let net = Net::small();
    let mut opt = Adam::new(0.1);
    let error = opt.load_state(state, &net).unwrap_err();
    let StateError::Mismatch(differs) = &error else { panic!("{error}") };
    assert_eq!(differs.missing, ["head.weight", "head.bias.exp_avg"]);
    let unexpected = [
        "head.bias.max_exp_avg_sq",
        "head.weight.exp_avg",
        "head.weight.exp_avg_sq",
        "tail.weight",
    ];
    assert_eq!(differs.unexpected, unexpected);
    let (expected, found) = (Shape::from([4]), Shape::from([9]));
    assert_eq!(differs.misshapen, [("features.0.bias.exp_avg".to_owned(), expected, found)]);
    assert_eq!(
        error.to_string(),
        "the saved state does not fit the model: 2 missing (head.weight, head.bias.exp_avg), \
         4 unexpected (head.bias.max_exp_avg_sq, head.weight.exp_avg, head.weight.exp_avg_sq, \
         tail.weight), 1 of another shape (features.0.bias.exp_avg: expected [4], found [9]); load \
         the model that it was saved with"
    );
    assert_eq!(opt.state(), Adam::new(0.1).state());
}

#[test]
fn another_rule_is_refused() {
    let error = Sgd::new(0.1).load_state(saved(), &Net::small()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the state was saved by `adam`, this optimiser is `sgd`: continue with `adam`, or start \
         without the saved state"
    );
}
