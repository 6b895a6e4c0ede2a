use super::*;
use crate::fit::Progress;
use crate::input::{Normalize, Normalizer};
use crate::{History, Training};
use datasets::synthetic::{moons, moons_rotated};
use nn_layers::models::{DannNet, dann_shallow};
use nn_layers::{Layer, Linear};
use tensor_autograd::{Module, Real, Rng, Tape, Tensor, Var, grad, module};

const TOLERANCE: Real = if cfg!(real_f64) { 1e-12 } else { 1e-5 };

fn source() -> Model<DannNet> {
    let data = moons(60, 0);
    let net = dann_shallow(2, 8, 2, &mut Rng::seed(0));
    let training = Training { epochs: 20, batch_size: 10, lr: 0.3, ..Training::default() };
    crate::Supervised::new(net).training(training).fit(&data, &mut Progress::silent()).unwrap()
}

fn tuning(source: &Model<DannNet>) -> FineTune<DannNet> {
    FineTune::new(source.clone()).epochs(8).batch_size(5).lr(0.1).trunk_lr(1.0).seed(3)
}

fn target() -> Dataset {
    moons_rotated(20, 35.0, 1)
}

fn fitted(method: &Conservative<DannNet>, target: &Dataset) -> Model<DannNet> {
    method.fit(target, &mut Progress::silent()).unwrap()
}

fn bits(model: &Model<DannNet>) -> Vec<(String, Vec<u64>)> {
    let bits = |t: Tensor| t.as_slice().iter().map(|&x| f64::from(x).to_bits()).collect();
    model.net.state_dict().into_iter().map(|(name, t)| (name, bits(t))).collect()
}

/// The largest distance of a weight from the source's.
fn drift(model: &Model<DannNet>, source: &Model<DannNet>) -> f64 {
    let before = source.net.state_dict();
    let all = model.net.state_dict().into_iter().flat_map(|(name, after)| {
        let pairs = after.as_slice().iter().zip(before[&name].as_slice());
        pairs.map(|(a, b)| f64::from(a - b).abs()).collect::<Vec<_>>()
    });
    all.fold(0.0, f64::max)
}

fn l2_sp(alpha: f64) -> L2Sp {
    L2Sp { alpha, ..L2Sp::default() }
}

#[test]
fn without_a_hold_it_is_fine_tuning_to_the_bit() {
    let source = source();
    let plain = tuning(&source).fit(&target(), &mut Progress::silent()).unwrap();
    let fisher = Fisher::of_model(&source, &target().without_labels()).unwrap();
    for method in [
        Conservative::new(tuning(&source)),
        Conservative::new(tuning(&source)).l2_sp(l2_sp(0.0)),
        Conservative::new(tuning(&source)).distillation(Distillation { rho: 0.0 }),
        Conservative::new(tuning(&source)).ewc(Ewc { lambda: 0.0, fisher }),
    ] {
        assert_eq!(bits(&fitted(&method, &target())), bits(&plain));
    }
    assert!(drift(&plain, &source) > 0.01);
}

#[test]
fn the_firmer_the_hold_the_nearer_the_start() {
    let source = source();
    let held = |alpha| {
        let method = Conservative::new(tuning(&source)).l2_sp(l2_sp(alpha));
        drift(&fitted(&method, &target()), &source)
    };
    let drifts = [0.0, 0.1, 1.0, 5.0].map(held);
    assert!(drifts.is_sorted_by(|a, b| a > b), "{drifts:?}");
    assert!(drifts[3] < 0.1 * drifts[0], "{drifts:?}");
}

#[test]
fn the_pull_is_the_formula_and_nothing_at_the_start() {
    let source = source();
    let hold = |net: &DannNet| {
        let anchor = Anchor::l2_sp(&source.net, 0.5, 0.25, "label.*");
        grad(&mut Rng::seed(0), |t| anchor.penalty(t, net).unwrap())
    };
    let label: Real = source.net.label.state_dict().values().map(|t| square(t.as_slice())).sum();
    let (at_start, grads) = hold(&source.net);
    assert!((at_start - 0.125 * label).abs() < TOLERANCE * label);
    let flat = |name: &str, p: &tensor_autograd::Param| {
        name.starts_with("label") || grads.get(p).is_none_or(|g| square(g.as_slice()) == 0.0)
    };
    assert!(source.net.named_params().iter().all(|(name, p)| flat(name, p)));

    // The anchor is a copy: moving the net moves it away from the anchor, by 0.1 in each weight.
    let mut moved = source.net.clone();
    let mut count = 0;
    for (_, param) in moved.features.named_params_mut() {
        param.value.make_mut().iter_mut().for_each(|w| *w += 0.1);
        count += param.value.len();
    }
    let want = 0.25 * 0.01 * count as Real + 0.125 * label;
    assert!((hold(&moved).0 - want).abs() < 100.0 * TOLERANCE * want);
}

fn square(x: &[Real]) -> Real {
    x.iter().map(|x| x * x).sum()
}

#[test]
fn at_rho_one_the_labels_do_not_matter_and_between_it_is_a_mixture() {
    let source = source();
    let method = |rho| Conservative::new(tuning(&source)).distillation(Distillation { rho });
    let target = target();
    let flipped: Vec<usize> = target.labels().unwrap().iter().map(|l| 1 - l).collect();
    let inputs = target.inputs().to_owned();
    let other = Dataset::new("flipped", inputs, Some(flipped), target.classes().to_vec()).unwrap();
    let with = |rho, data| bits(&fitted(&method(rho), data));
    assert_eq!(with(1.0, &target), with(1.0, &other));
    assert_ne!(with(0.5, &target), with(0.5, &other));

    // Its value: the cross-entropy against (1 - ρ) one-hot + ρ the source's probabilities.
    let (x, labels) = target.batch(&[0, 1, 2, 3]);
    let x = Tensor::from(x);
    let teacher = Some(Teacher::new(&source.net, Prefix::of(Some(4)), 0.3));
    let mut holds = Holds { anchors: vec![], teacher };
    let word = holds.word(&[0, 1, 2, 3], |rows| Tensor::from(target.batch(rows).0));
    let net = dann_shallow(2, 8, 2, &mut Rng::seed(9));
    let tape = Tape::new();
    let logits = Network::forward(&net, tape.constant(&x));
    let loss = holds.loss(&tape, &net, logits, &labels, word).value().item();
    let word = Network::forward(&source.net, tape.constant(&x)).softmax(1).value();
    let own = logits.log_softmax(1).value();
    let want: Real = (0..8)
        .map(|i| {
            let hot = Real::from(u8::from(labels[i / 2] == i % 2));
            -(0.7 * hot + 0.3 * word.as_slice()[i]) * own.as_slice()[i] / 4.0
        })
        .sum();
    assert!((loss - want).abs() < TOLERANCE, "{loss} {want}");
}

/// Logistic regression: features are the inputs.
#[derive(Clone)]
struct Logistic {
    label: Linear,
}
module!(Logistic: label);

impl Network for Logistic {
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        x
    }
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        self.label.forward(features)
    }
}

#[test]
fn the_fisher_information_of_logistic_regression_has_its_closed_form() {
    let data = moons(12, 0);
    let inputs = data.without_labels();
    let model = Model {
        net: Logistic { label: Linear::new(2, 2, &mut Rng::seed(0)) },
        normalizer: Normalizer::fit(Normalize::None, &inputs),
        classes: data.classes().to_vec(),
        history: History::default(),
    };
    let p = model.probabilities(&inputs).unwrap();
    let x: Vec<Real> = data.inputs().iter().map(|&x| Real::from(x)).collect();
    let fisher = Fisher::of_model(&model, &inputs).unwrap();
    let empirical = Fisher::empirical(&model, &data).unwrap();
    let labels = data.labels().unwrap();
    for class in 0..2 {
        for j in 0..2 {
            // diag(Xᵀ p (1 - p) X) / n, and with (p - y)² at the labels.
            let (mut want, mut at_labels) = (0.0, 0.0);
            for i in 0..12 {
                let (p, x) = (p.as_slice()[2 * i + class], x[2 * i + j]);
                let y = Real::from(u8::from(labels[i] == class));
                want += p * (1.0 - p) * x * x / 12.0;
                at_labels += (p - y) * (p - y) * x * x / 12.0;
            }
            let got = |f: &Fisher| f.of("label.weight").unwrap().as_slice()[2 * class + j];
            assert!((got(&fisher) - want).abs() < TOLERANCE, "{} {want}", got(&fisher));
            assert!((got(&empirical) - at_labels).abs() < TOLERANCE);
        }
    }
}

#[test]
fn ewc_holds_what_mattered_and_lets_go_of_what_did_not() {
    let source = source();
    let mut fisher = Fisher::of_model(&source, &moons(20, 0).without_labels()).unwrap();
    fisher.scale("features.0.weight", 1e4);
    fisher.scale("label.0.weight", 0.0);
    let method = Conservative::new(tuning(&source)).ewc(Ewc { lambda: 1e-3, fisher });
    let (model, plain) =
        (fitted(&method, &target()), fitted(&Conservative::new(tuning(&source)), &target()));
    let moved = |model: &Model<DannNet>, name: &str| {
        let (a, b) = (&model.net.state_dict()[name], &source.net.state_dict()[name]);
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).sum::<Real>()
    };
    let ratio = |name| moved(&model, name) / moved(&plain, name);
    assert!(ratio("features.0.weight") < 0.6 * ratio("label.0.weight"));
}

/// As many classes under other names: the outputs of the source say nothing of them.
#[test]
fn outputs_for_other_classes_are_no_hold() {
    let mut source = source();
    source.classes = ["left", "right"].map(String::from).to_vec();
    let fit = |rho| {
        let method = Conservative::new(tuning(&source)).distillation(Distillation { rho });
        method.fit(&target(), &mut Progress::silent())
    };
    let refused = fit(0.5).expect_err("it was accepted");
    assert!(matches!(refused, TransferError::Mismatch { .. }), "{refused}");
    let text = refused.to_string();
    for words in
        ["the source's 2 classes (left, right)", "moons", "2 classes (upper, lower)", "by L2-SP"]
    {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
    // Without a share of the word there is nothing to refuse.
    assert!(fit(0.0).is_ok());
}

#[test]
fn bad_holds_are_refused_by_name() {
    let source = source();
    let plain = || Conservative::new(tuning(&source));
    let refused = |method: Conservative<DannNet>| {
        method.fit(&target(), &mut Progress::silent()).expect_err("it was accepted").to_string()
    };
    assert!(refused(plain().l2_sp(l2_sp(-1.0))).contains("`alpha` is -1"));
    assert!(refused(plain().distillation(Distillation { rho: 1.5 })).contains("`rho` is 1.5"));
    let fisher = Fisher::of_model(&source, &target().without_labels()).unwrap();
    assert!(refused(plain().ewc(Ewc { lambda: f64::NAN, fisher })).contains("`ewc_lambda`"));
    let decays = Conservative::new(tuning(&source).weight_decay(0.1)).l2_sp(l2_sp(0.1));
    assert!(refused(decays).contains("`weight_decay` is 0.1"));
}
