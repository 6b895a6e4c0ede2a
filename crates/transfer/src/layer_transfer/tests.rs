use super::study::CURVES;
use super::*;
use crate::fit::{Checkpoints, Progress};
use crate::input::Normalize;
use crate::{Supervised, Training};
use datasets::synthetic::{moons, moons_rotated};
use nn_layers::models::DannNet;
use nn_layers::{BatchNorm1d, Dropout, Linear, layer_fn, relu, seq};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tensor_autograd::{Module, Real, Rng};

fn net(classes: usize, rng: &mut Rng) -> DannNet {
    DannNet {
        features: seq![
            Linear::new(2, 8, rng),
            BatchNorm1d::new(8),
            relu,
            Dropout::new(0.2),
            Linear::new(8, 6, rng),
            relu,
        ],
        label: seq![Linear::new(6, classes, rng)],
        domain: seq![Linear::new(6, 1, rng)],
    }
}

fn fresh() -> DannNet {
    net(2, &mut Rng::seed(5))
}

fn source() -> Model<DannNet> {
    let training = Training { epochs: 10, batch_size: 10, lr: 0.1, ..Training::default() };
    let method = Supervised::new(net(2, &mut Rng::seed(0))).training(training);
    method.fit(&moons(60, 0), &mut Progress::silent()).unwrap()
}

/// Sixteen steps in four epochs.
fn tuning(source: Model<DannNet>) -> FineTune<DannNet> {
    FineTune::new(source).epochs(4).batch_size(5).lr(0.05).trunk_lr(0.5).seed(3).weight_decay(0.01)
}

fn target() -> Dataset {
    moons_rotated(20, 35.0, 1)
}

/// The same moons under three names.
fn three() -> Dataset {
    let (data, names) = (target(), ["a", "b", "c"].map(String::from).to_vec());
    let labels = (0..data.len()).map(|i| i % 3).collect();
    Dataset::new("three", data.inputs().to_owned(), Some(labels), names).unwrap()
}

fn fitted(method: &LayerTransfer<DannNet>) -> Model<DannNet> {
    method.fit(&target(), &mut Progress::silent()).unwrap()
}

/// The names in `net` whose bits are those in `of`.
fn equal(net: &impl Module, of: &impl Module) -> Vec<String> {
    let bits = |t: &tensor_autograd::Tensor| {
        t.as_slice().iter().map(|&x| f64::from(x).to_bits()).collect::<Vec<_>>()
    };
    let of = of.state_dict();
    let same = net.state_dict().into_iter().filter(|(name, t)| bits(t) == bits(&of[name]));
    same.map(|(name, _)| name).collect()
}

fn all(net: &impl Module) -> Vec<String> {
    net.state_dict().into_keys().collect()
}

fn named(net: &impl Module, pattern: &str) -> Vec<String> {
    let pattern = Pattern::new(pattern);
    all(net).into_iter().filter(|name| pattern.matches(name)).collect()
}

#[test]
fn all_copied_and_trained_is_fine_tuning_to_the_bit() {
    let source = source();
    for tuning in [
        tuning(source.clone()),
        tuning(source.clone()).unfreeze_every(1),
        tuning(source.clone()).lr_decay_by_depth(2.6),
    ] {
        let plain = tuning.clone().fit(&target(), &mut Progress::silent()).unwrap();
        let copied = LayerTransfer::new(tuning, fresh()).copy("*").copied(Copied::Trained);
        let copied = fitted(&copied);
        assert_eq!(equal(&copied.net, &plain.net), all(&plain.net));
        assert_eq!((copied.normalizer, copied.history), (plain.normalizer, plain.history));
    }
}

#[test]
fn frozen_layers_keep_every_byte_and_the_others_start_fresh() {
    let source = source();
    for pattern in ["features.*", "features.0.*, features.1.*", "label.*", "features.4.weight"] {
        let method = LayerTransfer::new(tuning(source.clone()), fresh()).copy(pattern);
        let copied = named(&source.net, pattern);
        let (start, report) = method.start(&target()).unwrap();
        let rest: Vec<String> =
            all(&source.net).into_iter().filter(|name| !copied.contains(name)).collect();
        let mut names = report.copied.clone();
        names.sort();
        assert_eq!((names, report.skipped.len()), (copied.clone(), 0));
        assert!(copied.iter().all(|name| equal(&start.net, &source.net).contains(name)));
        assert!(rest.iter().all(|name| equal(&start.net, &fresh()).contains(name)), "{pattern}");

        let after = fitted(&method);
        let stays = equal(&after.net, &start.net);
        assert!(copied.iter().all(|name| stays.contains(name)), "{pattern}: {stays:?}");
        let moves = |name: &&String| !name.starts_with("domain") && !copied.contains(name);
        assert!(rest.iter().filter(moves).all(|name| !stays.contains(name)), "{stays:?}");
        assert!(after.net.named_params().iter().all(|(_, param)| !param.frozen));
        // The first layer has learnt to expect inputs of the source's scale.
        let own = Normalizer::fit(Normalize::Standard, &target().without_labels());
        let first = pattern.contains("features.*") || pattern.contains("features.0");
        assert_eq!(after.normalizer, if first { source.normalizer.clone() } else { own });
    }
}

#[test]
fn nothing_is_computed_backward_below_the_cut() {
    // Armed in training alone: which layers there are is read off a tape of its own.
    let tripwire = layer_fn(|x| {
        let armed = x.tape().is_training();
        let recorder = x.tape().record("tripwire", x.value());
        let rule = move |dy| if armed { panic!("a gradient has passed") } else { dy };
        recorder.wrt(x, rule).var()
    });
    let wired = |mut net: DannNet| {
        net.features.push(tripwire);
        net
    };
    let source = source();
    let source = Model { net: wired(source.net.clone()), ..source };
    let method = LayerTransfer::new(tuning(source), wired(fresh())).copy("features.*");
    fitted(&method);
    let trained = method.copied(Copied::Trained);
    assert!(catch_unwind(AssertUnwindSafe(|| fitted(&trained))).is_err(), "the wire is cut");
}

#[test]
fn what_cannot_be_copied_is_told_with_the_reason() {
    let source = source();
    let method = |pattern: &str| LayerTransfer::new(tuning(source.clone()), fresh()).copy(pattern);
    for pattern in ["feature.*", ""] {
        let error = method(pattern).fit(&target(), &mut Progress::silent()).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, TransferError::Pattern { .. }), "{text}");
        assert!(text.contains("names no parameter; the names are features.0.weight, "), "{text}");
    }
    let error = method("*").fit(&target(), &mut Progress::silent()).unwrap_err().to_string();
    assert!(error.contains("`copy` is *: it must be a pattern that leaves a layer"), "{error}");

    // For other classes the output layer is never copied, and alone it is nothing to copy.
    let three_classes = || net(3, &mut Rng::seed(5));
    let other = |pattern: &str| {
        let method = LayerTransfer::new(tuning(source.clone()), three_classes()).copy(pattern);
        method.start(&three()).map(|(_, report)| report)
    };
    let skipped = other("features.0.*, label.*").unwrap().skipped;
    let head = ["label.0.weight", "label.0.bias"].map(|name| (name.into(), Skipped::Classes));
    assert_eq!(skipped, head);
    let error = other("label.*").unwrap_err().to_string();
    assert!(error.contains("nothing that can be copied (copied nothing; skipped label"), "{error}");

    // Another shape, and names that only one of the two has.
    let rng = &mut Rng::seed(0);
    let small = seq![Linear::new(2, 3, rng), relu, Linear::new(3, 2, rng)];
    let mut large = seq![Linear::new(2, 4, rng), BatchNorm1d::new(4), Linear::new(3, 2, rng)];
    let report = copy_layers(&small, &mut large, "?.weight", &Pattern::new("")).unwrap();
    assert_eq!(report.copied, ["2.weight"]);
    let text = "copied 2.weight; skipped 0.weight (shape [3, 2], not [4, 2]), \
                1.weight (missing in the source model)";
    assert_eq!(report.to_string(), text);
    let back = copy_layers(&large, &mut small.clone(), "1.*, 2.*", &Pattern::new("")).unwrap();
    assert_eq!(back.skipped.len(), 5);
    assert!(back.skipped.iter().all(|(_, why)| *why == Skipped::Extra), "{back}");
}

#[test]
fn layers_frozen_for_a_while_move_from_then_on() {
    let source = source();
    let run = |copied| {
        let method = LayerTransfer::new(tuning(source.clone()), fresh()).copied(copied);
        let model = fitted(&method);
        (model.history.trace("loss"), equal(&model.net, &source.net))
    };
    let (frozen, stays) = run(Copied::Frozen);
    let (thawed, moved) = run(Copied::FrozenFor(2));
    assert!(stays.contains(&"features.1.running_mean".to_owned()), "{stays:?}");
    assert!(moved.iter().all(|name| name.starts_with("domain")), "{moved:?}");
    assert_eq!(frozen[..2], thawed[..2]);
    assert!(frozen[2] != thawed[2]);
    let refused = |epochs| {
        let method = LayerTransfer::new(tuning(source.clone()), fresh());
        let method = method.copied(Copied::FrozenFor(epochs));
        method.fit(&target(), &mut Progress::silent()).unwrap_err().to_string()
    };
    assert!(refused(0).contains("`unfreeze_after` is 0: it must be at least 1"));
    assert!(refused(4).contains("`frozen_for` is 4: it must be fewer epochs than the run has"));
}

#[test]
fn layers_are_unfrozen_from_the_top() {
    let source = source();
    let moved = |epochs, settings: fn(FineTune<DannNet>) -> FineTune<DannNet>| {
        let tuning = settings(tuning(source.clone()).epochs(epochs));
        let after = tuning.fit(&target(), &mut Progress::silent()).unwrap().net;
        let stays = equal(&after, &source.net);
        let moved = all(&after).into_iter().filter(|name| !stays.contains(name));
        let mut layers: Vec<String> = moved.map(|n| n.rsplit_once('.').unwrap().0.into()).collect();
        layers.dedup();
        layers.join(" ")
    };
    let every = |tuning: FineTune<DannNet>| tuning.unfreeze_every(2);
    assert_eq!(moved(1, every), "label.0");
    assert_eq!(moved(2, every), "label.0");
    assert_eq!(moved(3, every), "features.4 label.0");
    assert_eq!(moved(4, every), "features.4 label.0");
    assert_eq!(moved(5, every), "features.0 features.1 features.4 label.0");
    // Only what may move at all is counted.
    assert_eq!(
        moved(3, |t| t.unfreeze_every(2).train_only("features.*")),
        "features.0 features.1 features.4"
    );
    let error = tuning(source.clone()).unfreeze_every(0).fit(&target(), &mut Progress::silent());
    assert!(error.unwrap_err().to_string().contains("`unfreeze_every` is 0"));
    let alone = tuning(source.clone()).batch_size(1).epochs(5).unfreeze_every(2);
    let error = alone.fit(&target(), &mut Progress::silent()).unwrap_err().to_string();
    assert!(error.contains("`batch_size` is 1"), "{error}");
}

#[test]
fn each_layer_moves_by_the_rate_of_its_depth() {
    let source = source();
    let step = |settings: fn(FineTune<DannNet>) -> FineTune<DannNet>| {
        let tuning = tuning(source.clone()).momentum(0.0).weight_decay(0.0).steps(1).trunk_lr(1.0);
        settings(tuning).fit(&target(), &mut Progress::silent()).unwrap().net
    };
    let (plain, falling) = (step(|t| t), step(|t| t.lr_decay_by_depth(4.0)));
    let moved = |net: &DannNet, name: &str| {
        let (a, b) = (&net.state_dict()[name], &source.net.state_dict()[name]);
        let pairs = a.as_slice().iter().zip(b.as_slice());
        pairs.map(|(a, b)| (a - b).abs()).sum::<Real>()
    };
    for (name, part) in [
        ("label.0.weight", 1.0),
        ("features.4.weight", 0.25),
        ("features.1.weight", 0.0625),
        ("features.0.bias", 0.0625),
        ("features.0.weight", 0.0625),
    ] {
        let ratio = moved(&falling, name) / moved(&plain, name);
        // The bias before a normalisation has next to no gradient to measure by.
        assert!((ratio - part).abs() < 1e-3 || name == "features.0.bias", "{name}: {ratio}");
    }
    let error =
        tuning(source.clone()).lr_decay_by_depth(0.5).fit(&target(), &mut Progress::silent());
    assert!(error.unwrap_err().to_string().contains("`lr_decay_by_depth` is 0.5"));
}

#[test]
fn an_interrupted_thaw_goes_on_to_the_bit() {
    struct Stop(usize, usize);
    impl Observer for Stop {
        fn step(&mut self, done: usize) {
            self.0 = done;
        }
        fn interrupted(&self) -> bool {
            self.0 == self.1
        }
    }
    let source = source();
    let method = |training: Training| {
        let tuning = tuning(source.clone()).training(training).unfreeze_every(1);
        LayerTransfer::new(tuning, fresh()).copied(Copied::FrozenFor(1))
    };
    let plain = Training { epochs: 4, batch_size: 5, lr: 0.05, ..Training::default() };
    let whole = fitted(&method(plain.clone()));
    for stop in [1, 4, 6, 9] {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Some(Checkpoints::new(folder.path(), "test"));
        let method = method(Training { checkpoints, ..plain.clone() });
        assert!(method.fit(&target(), &mut Stop(0, stop)).is_err());
        let resumed = fitted(&method);
        assert_eq!(equal(&resumed.net, &whole.net), all(&whole.net), "from {stop}");
        assert_eq!(resumed.history, whole.history);
    }
}

type Tuning = Result<FineTune<DannNet>, TransferError>;

struct Moons {
    source: Model<DannNet>,
    target: Dataset,
}

impl LayerTask<DannNet> for Moons {
    fn source_classes(&self) -> &[String] {
        &self.source.classes
    }
    fn source(&self, _: u64) -> Result<Model<DannNet>, TransferError> {
        Ok(self.source.clone())
    }
    fn net(&self, rng: &mut Rng) -> Result<DannNet, TransferError> {
        Ok(net(self.target.classes().len(), rng))
    }
    fn draw(&self, _: u64) -> Result<(Dataset, Dataset), TransferError> {
        Ok((self.target.clone(), self.target.clone()))
    }
    fn tuning(&self, _: &str, seed: u64, start: Model<DannNet>) -> Tuning {
        Ok(tuning(start).seed(seed))
    }
}

#[test]
fn the_ends_of_the_curves_are_scratch_and_fine_tuning() {
    let task = Moons { source: source(), target: target() };
    let [anb, anb_plus, bnb, _] = CURVES;
    for from in [CopyFrom::First, CopyFrom::Last] {
        let study = LayerStudy::new(&task, from).unwrap();
        let point =
            |curve, n| study.model(curve, n, 3, &task.target, &mut Progress::silent()).unwrap();
        let scratch = Supervised::new(net(2, &mut Rng::seed(3).fork("init")))
            .training(tuning(source()).shared_settings().clone())
            .fit(&task.target, &mut Progress::silent())
            .unwrap();
        let none = point(anb, 0);
        assert_eq!(equal(&none.net, &scratch.net), all(&scratch.net));
        assert_eq!((none.history, none.normalizer), (scratch.history, scratch.normalizer));

        let tuned = tuning(source()).fit(&task.target, &mut Progress::silent()).unwrap();
        let every = point(anb_plus, 3);
        assert_eq!(equal(&every.net, &tuned.net).len(), all(&tuned.net).len() - 2);
        assert!(!equal(&every.net, &tuned.net).contains(&"domain.0.weight".to_owned()));
        assert_eq!(every.history, tuned.history);
        // All frozen: the model as it is.
        let as_it_is = point(anb, 3);
        let layers = named(&as_it_is.net, "features.*, label.*");
        assert!(layers.iter().all(|name| equal(&as_it_is.net, &task.source.net).contains(name)));
        // Its own net starts elsewhere: its copy is not what the fresh net would have become.
        assert_ne!(equal(&point(bnb, 3).net, &none.net).len(), all(&none.net).len());
        let copied = equal(&point(anb, 1).net, &task.source.net);
        let end = if from == CopyFrom::First { "features.0.weight" } else { "label.0.weight" };
        assert_eq!(copied.iter().find(|name| name.ends_with("weight")).unwrap(), end);
    }
}

#[test]
fn a_study_has_a_point_for_every_layer_but_an_output_for_other_classes() {
    struct Quiet;
    impl crate::Watch for Quiet {
        fn observer(&mut self, _: &str, _: u64) -> Box<dyn Observer> {
            Box::new(Progress::silent())
        }
    }
    let task = Moons { source: source(), target: three() };
    let curves = LayerStudy::new(&task, CopyFrom::Last).unwrap().run(&[0, 1], &mut Quiet).unwrap();
    assert_eq!(
        (curves.layers.join(" "), curves.output_copied),
        ("features.4 features.0".into(), false)
    );
    assert!(curves.curves.iter().all(|curve| curve.points.len() == 3));
    let starts = curves.curves.iter().map(|curve| &curve.points[0]).collect::<Vec<_>>();
    assert!(starts.iter().all(|start| *start == starts[0]));
    let rows = curves.rows();
    assert_eq!(rows[0], ["n", "copied up to", "AnB", "AnB+", "BnB", "BnB+"]);
    assert_eq!(rows[2][..2], ["1", "features.4"]);
    assert!(rows[1][2].contains('['), "{rows:?}");
    let svg = curves.picture("moons");
    assert!(svg.contains("the last n layers are copied") && svg.contains("BnB+"), "{svg:.500}");
    let json = serde_json::to_value(&curves).unwrap();
    assert_eq!(json["curves"][1]["points"][2]["accuracy"]["per_seed"].as_array().unwrap().len(), 2);
    let same = Moons { source: source(), target: target() };
    assert_eq!(
        LayerStudy::new(&same, CopyFrom::First)
            .unwrap()
            .study()
            .run(&[0], &[], &mut Quiet)
            .unwrap()
            .baselines
            .len(),
        12
    );
}

#[test]
fn cuts_are_scored_by_what_the_source_makes_of_the_target() {
    let task = Moons { source: source(), target: target() };
    let scores = LayerStudy::new(&task, CopyFrom::First).unwrap().scores(&[0, 1]).unwrap();
    assert_eq!(scores.cuts.iter().map(|cut| cut.n).collect::<Vec<_>>(), [1, 2, 3]);
    let (inputs, labels) = (task.target.without_labels(), task.target.labels().unwrap());
    let features = task.source.embed(&inputs).unwrap();
    assert!((scores.cuts[1].log_me - crate::measures::log_me(&features, labels)).abs() < 1e-9);
    let logits = task.source.logits(&inputs).unwrap();
    assert!((scores.cuts[2].log_me - crate::measures::log_me(&logits, labels)).abs() < 1e-9);
    assert!(scores.leep < 0.0 && scores.cuts[2].h_score.is_some());
    let last = LayerStudy::new(&task, CopyFrom::Last).unwrap().scores(&[0]).unwrap();
    assert!(last.cuts.is_empty() && last.leep == scores.leep);
}
