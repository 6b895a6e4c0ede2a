//! What frozen first layers make of an example is kept, and changes no bit.

use crate::common::{bits, quiet, small_conv, two_moons, two_papers};
use crate::resume::{Stop, kept};
use datasets::Dataset;
use nn_layers::models::DannNet;
use nn_layers::{BatchNorm1d, Dropout, Linear, layer_fn, relu, seq, sigmoid, tanh};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tensor_autograd::{Module, Path, Rng, Tensor, Var, Visitor, VisitorMut};
use transfer::conservative::Distillation;
use transfer::fit::Observer;
use transfer::{Conservative, FineTune, History, Model, Network, Supervised, Training};

/// The same network in one piece, which cannot be cut: everything is run in every step.
#[derive(Clone)]
struct Whole(DannNet);

impl Module for Whole {
    fn visit<'a>(&'a self, path: &mut Path, f: Visitor<'_, 'a>) {
        self.0.visit(path, f);
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: VisitorMut<'_, 'a>) {
        self.0.visit_mut(path, f);
    }
}

impl Network for Whole {
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.0.features(x)
    }
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        self.0.logits(features)
    }
    fn stages(&self) -> Vec<String> {
        vec!["all".to_owned()]
    }
    fn run_stages<'t>(&self, range: Range<usize>, x: Var<'t>) -> Var<'t> {
        if range.is_empty() { x } else { self.0.forward(x) }
    }
}

/// Every kind of layer that could betray in which batch an example was.
fn mixed() -> DannNet {
    let rng = &mut Rng::seed(0);
    DannNet {
        features: seq![
            Linear::new(2, 37, rng),
            BatchNorm1d::new(37),
            sigmoid,
            Dropout::new(0.3),
            Linear::new(37, 19, rng),
            tanh,
        ],
        label: seq![Linear::new(19, 9, rng), relu, Dropout::new(0.3), Linear::new(9, 2, rng)],
        domain: seq![],
    }
}

fn source(net: DannNet, data: &Dataset) -> Model<DannNet> {
    Supervised::new(net).epochs(2).batch_size(10).fit(data, &mut quiet()).unwrap()
}

/// How a run differs from the plain one.
#[derive(Clone, Debug)]
struct How {
    train_only: &'static str,
    batch_size: usize,
    flip: bool,
    thaws: bool,
    validated: bool,
    distilled: bool,
}

const PLAIN: How = How {
    train_only: "label.*",
    batch_size: 7,
    flip: false,
    thaws: false,
    validated: false,
    distilled: false,
};

fn trained<N: Network>(source: &Model<N>, target: &Dataset, how: &How) -> (String, History) {
    let tuning = FineTune::new(source.clone()).epochs(3).lr(0.05).momentum(0.5).seed(3);
    let mut tuning = tuning.train_only(how.train_only).batch_size(how.batch_size).flip(how.flip);
    if how.thaws {
        tuning = tuning.unfreeze_every(1);
    }
    if how.validated {
        tuning = tuning.validation(target.limit(9));
    }
    let model = match how.distilled {
        true => {
            let held = Conservative::new(tuning).distillation(Distillation { rho: 0.5 });
            held.fit(target, &mut quiet())
        }
        false => tuning.fit(target, &mut quiet()),
    };
    let model = model.unwrap();
    (bits(&model.net), model.history)
}

/// The same training of the network in pieces and in one piece.
fn same_bits(source: &Model<DannNet>, target: &Dataset, how: &How) {
    let Model { net, normalizer, classes, history } = source.clone();
    let whole = Model { net: Whole(net), normalizer, classes, history };
    let ours = trained(source, target, how);
    assert_eq!(ours, trained(&whole, target, how), "{how:?}");
    assert_ne!(ours.0, bits(&source.net), "{how:?}");
}

#[test]
fn it_changes_no_bit_of_vectors() {
    let (data, target) = two_moons(23, 0);
    let source = source(mixed(), &data);
    let batches = [1, 2, 7, 16, 64].map(|batch_size| How { batch_size, ..PLAIN });
    // A batch of one has no variance: nothing of the normalisation is free here.
    batches.iter().for_each(|how| same_bits(&source, &target, how));
    for how in [
        How { train_only: "features.4.*, label.*", ..PLAIN },
        How { train_only: "label.3.*", ..PLAIN },
        How { train_only: "features.1.*", ..PLAIN },
        How { train_only: "features.0.*", ..PLAIN },
        How { train_only: "*.weight", ..PLAIN },
        How { train_only: "*", thaws: true, ..PLAIN },
        How { thaws: true, validated: true, ..PLAIN },
        How { validated: true, ..PLAIN },
        How { distilled: true, ..PLAIN },
        How { train_only: "*", distilled: true, ..PLAIN },
    ] {
        same_bits(&source, &target, &how);
    }
}

#[test]
fn it_changes_no_bit_of_images() {
    let (data, target) = two_papers(30);
    let source = source(small_conv(0), &data);
    for how in [
        PLAIN,
        How { batch_size: 1, ..PLAIN },
        How { train_only: "label.2.*", ..PLAIN },
        How { flip: true, ..PLAIN },
        How { flip: true, distilled: true, ..PLAIN },
        How { distilled: true, validated: true, ..PLAIN },
    ] {
        same_bits(&source, &target, &how);
    }
}

#[test]
fn it_changes_no_bit_of_a_run_that_was_stopped() {
    let (data, target) = two_moons(23, 0);
    let source = source(mixed(), &data);
    let folder = tempfile::tempdir().unwrap();
    let training = Training { epochs: 4, batch_size: 7, ..Training::default() };
    let tuned = |training, observer: &mut dyn Observer| {
        let tuning = FineTune::new(source.clone()).training(training).train_only("label.*");
        tuning.fit(&target, observer)
    };
    let straight = tuned(training.clone(), &mut quiet()).unwrap();
    let training = kept(training, folder.path());
    assert!(tuned(training.clone(), &mut Stop { done: 0, at: 9 }).is_err());
    let resumed = tuned(training, &mut quiet()).unwrap();
    assert_eq!(bits(&resumed.net), bits(&straight.net));
}

#[test]
fn features_that_an_earlier_run_left_change_no_bit_and_are_not_made_again() {
    let (_, target) = two_moons(23, 0);
    let passed = Arc::new(AtomicUsize::new(0));
    let counter = passed.clone();
    let count = layer_fn(move |x| {
        counter.fetch_add(x.shape()[0], Ordering::Relaxed);
        x
    });
    let rng = &mut Rng::seed(0);
    let net = DannNet {
        features: seq![Linear::new(2, 6, rng), count, tanh],
        label: seq![Linear::new(6, 2, rng)],
        domain: seq![],
    };
    let source = source(net, &target);
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let run = |batch: usize, source: &Model<DannNet>, cached: bool| {
        passed.store(0, Ordering::Relaxed);
        let mut tuning = FineTune::new(source.clone()).epochs(2).batch_size(batch);
        if cached {
            tuning = tuning.cache(folder.path());
        }
        let model = tuning.train_only("label.*").fit(&target, &mut quiet()).unwrap();
        (bits(&model.net), passed.load(Ordering::Relaxed))
    };
    for batch in [7, 1] {
        let before = files();
        let (plain, _) = run(batch, &source, false);
        let (first, all) = run(batch, &source, true);
        assert_eq!(files(), before + 1, "one file for batches of {batch}");
        let (second, probes) = run(batch, &source, true);
        assert_eq!((&first, &second), (&plain, &plain));
        assert!(all >= probes + target.len(), "{all} examples, then {probes}");
        assert!(probes < 12, "{probes} examples to see whether it is the same network");
    }
    // Another trunk has features of its own.
    let mut other = source.clone();
    other.net.named_params_mut()[0].1.value = Tensor::full([6, 2], 0.25);
    let (plain, _) = run(7, &other, false);
    assert_eq!(run(7, &other, true).0, plain);
    assert_eq!(files(), 3);
}

#[test]
fn pictures_whose_features_an_earlier_run_left_are_not_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let (pictures, cache) = (folder.path().join("digits"), folder.path().join("cache"));
    datasets::write_images(&datasets::synthetic::digits(30, 0), &pictures).unwrap();
    let spec = format!("images:{}?channels=1", pictures.display()).parse().unwrap();
    let (model, _) = two_papers(30);
    let source = source(small_conv(0), &model);
    type How = fn(FineTune<DannNet>) -> Conservative<DannNet>;
    let run = |target: &Dataset, how: How| {
        let tuning = FineTune::new(source.clone()).epochs(2).batch_size(7).train_only("label.*");
        bits(&how(tuning.cache(&cache)).fit(target, &mut quiet()).unwrap().net)
    };
    let later = || datasets::load_later(&spec).unwrap();
    let (first, second) = (later(), later());
    let plain =
        run(&datasets::load(&spec).unwrap().map_inputs(|x| x.to_owned()), Conservative::new);
    assert_eq!(run(&first, Conservative::new), plain);
    assert_eq!(run(&second, Conservative::new), plain);
    assert_eq!((first.is_ready(), second.is_ready()), (true, false));
    // Layers that are to move later need the pictures, and so does whoever mirrors them, or asks the
    // source model.
    let hows: [How; 3] = [
        |tuning| Conservative::new(tuning.train_only("*").unfreeze_every(1)),
        |tuning| Conservative::new(tuning.flip(true)),
        |tuning| Conservative::new(tuning).distillation(Distillation { rho: 0.5 }),
    ];
    for how in hows {
        let target = later();
        run(&target, how);
        assert!(target.is_ready());
    }
    // What a picture has become since is an error, whoever finds it.
    let changed = later();
    changed.identity().unwrap();
    datasets::write_images(&datasets::synthetic::digits(30, 1), &folder.path().join("others"))
        .unwrap();
    std::fs::rename(&pictures, folder.path().join("before")).unwrap();
    std::fs::rename(folder.path().join("others"), &pictures).unwrap();
    let fitted = FineTune::new(source.clone()).cache(&cache).fit(&changed, &mut quiet());
    let error = fitted.expect_err("its pictures are others").to_string();
    assert!(error.contains("the file was changed while it was in use"), "{error}");
}
