//! What every estimator owes its user, whichever it is.

use crate::common::{BAD_TRAININGS, bits, quiet, shallow, two_moons, two_papers};
use crate::estimators::{ESTIMATORS, Task, short, source_model};
use datasets::{DataError, Dataset};
use ndarray::ArrayD;
use nn_layers::models::{DannNet, dann_shallow};
use tensor_autograd::Rng;
use transfer::{
    Alignment, Architecture, DomainAdversarial, FineTune, Model, Training, TransferError,
};

#[track_caller]
fn assert_refused(result: Result<Model<DannNet>, TransferError>, setting: &str) {
    match result {
        Err(TransferError::Setting { name, .. }) => assert_eq!(name, setting),
        other => panic!("`{setting}`: {:?}", other.map(|model| model.history)),
    }
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    for estimator in ESTIMATORS {
        for (name, spoil) in BAD_TRAININGS {
            let mut training = short();
            spoil(&mut training);
            assert_refused((estimator.fit)(training, &Task::moons(), &mut quiet()), name);
        }
        assert!((estimator.fit)(short(), &Task::moons(), &mut quiet()).is_ok());
    }
}

#[test]
fn a_bad_setting_of_one_method_is_refused_by_its_name() {
    let (source, target) = two_moons(20, 0);
    for lambda in [-1.0, f64::NAN, f64::INFINITY] {
        let dann = DomainAdversarial::new(shallow(0)).lambda(lambda);
        assert_refused(dann.fit(&source, &target.without_labels(), &mut quiet()), "lambda");
    }
    // A covariance takes two samples; the other distances make do with one.
    let of_one = |alignment, training: Training| {
        let method = DomainAdversarial::new(shallow(0)).align(alignment).training(training);
        method.fit(&source, &target.without_labels(), &mut quiet())
    };
    let one = || Training { batch_size: 1, ..short() };
    assert_refused(of_one(Alignment::Coral, one()), "batch_size");
    assert_refused(
        of_one(Alignment::Coral, Training { overfit: Some(1), ..short() }),
        "batch_size",
    );
    for alignment in [Alignment::Dann, Alignment::Cdan, Alignment::Mmd, Alignment::None] {
        assert!(of_one(alignment, one()).is_ok(), "{alignment:?}");
    }
    let tune = || FineTune::new(source_model(shallow(0)));
    for factor in [2.0, -0.1, f64::NAN] {
        assert_refused(tune().trunk_lr(factor).fit(&target, &mut quiet()), "trunk_lr");
    }
    let misspelt = tune().train_only("lable.*").fit(&target, &mut quiet());
    assert_refused(misspelt, "train_only");
}

fn without_labels(data: &Dataset) -> Dataset {
    let classes = data.classes().to_vec();
    Dataset::new("bare", data.inputs().to_owned(), None, classes).unwrap()
}

#[test]
fn data_without_labels_is_refused() {
    for estimator in ESTIMATORS {
        let mut task = Task::moons();
        task.labelled = without_labels(&task.labelled);
        let result = (estimator.fit)(short(), &task, &mut quiet());
        let bare = matches!(result, Err(TransferError::Data(DataError::NoLabels { .. })));
        assert!(bare, "{}", estimator.name);

        task = Task::moons();
        task.validation = Some(without_labels(&task.labelled));
        let result = (estimator.fit)(short(), &task, &mut quiet());
        let bare = matches!(result, Err(TransferError::Data(DataError::NoLabels { .. })));
        assert!(bare || !estimator.validates, "{}", estimator.name);
    }
}

/// What the error says does not fit.
#[track_caller]
fn mismatch(result: Result<Model<DannNet>, TransferError>) -> &'static str {
    match result {
        Err(TransferError::Mismatch { what, .. }) => what,
        other => panic!("{:?}", other.map(|model| model.history)),
    }
}

#[test]
fn data_of_other_shapes_or_classes_is_refused() {
    let three = |n: usize| {
        let classes = ["a", "b", "c"].map(String::from).to_vec();
        let inputs = ArrayD::zeros(vec![n, 2]);
        Dataset::new("three", inputs, Some((0..n).map(|i| i % 3).collect()), classes).unwrap()
    };
    let shape = "the samples have another shape than those of the training";
    let classes = "the data has another number of classes than the network";
    let outputs = "outputs can be held only where the classes are the same";
    for estimator in ESTIMATORS {
        let mut task = Task::moons();
        task.labelled = three(9);
        let what = mismatch((estimator.fit)(short(), &task, &mut quiet()));
        // Who holds outputs says it of them.
        assert!(what == classes || what == outputs, "{}: {what}", estimator.name);
        if estimator.validates {
            for (data, why) in [(two_papers(4).0, shape), (three(9), classes)] {
                let task = Task { validation: Some(data), ..Task::moons() };
                assert_eq!(mismatch((estimator.fit)(short(), &task, &mut quiet())), why);
            }
        }
    }
    let (moons, papers) = (two_moons(20, 0).0, two_papers(4).0);
    let tuned = FineTune::new(source_model(shallow(0))).fit(&papers, &mut quiet());
    assert_eq!(mismatch(tuned), shape);
    // As many channels, but other sizes.
    let small = papers.map_inputs(|x| x.slice_axis(ndarray::Axis(2), (0..20).into()).to_owned());
    let tuned = FineTune::new(source_model(crate::common::small_conv(0))).fit(&small, &mut quiet());
    assert_eq!(mismatch(tuned), shape);
    let dann = DomainAdversarial::new(shallow(0));
    let apart = dann.fit(&moons, &papers.without_labels(), &mut quiet());
    assert_eq!(mismatch(apart), "source and target samples have different shapes");
    // A trained model holds its user to the same.
    let model = source_model(shallow(0));
    assert!(model.predict(&moons.without_labels()).is_ok());
    assert!(matches!(model.accuracy(&papers), Err(TransferError::Mismatch { .. })));
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    for estimator in ESTIMATORS {
        let train = |seed| {
            let training = Training { seed, ..short() };
            let model = (estimator.fit)(training, &Task::moons(), &mut quiet()).unwrap();
            (bits(&model.net), model.history)
        };
        assert_eq!(train(1), train(1), "{}", estimator.name);
        assert_ne!(train(1).0, train(2).0, "{}", estimator.name);
    }
}

#[test]
fn a_saved_model_predicts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let architecture = Architecture::default_for(&[2], 2);
    let (_, target) = two_moons(50, 9);
    for estimator in ESTIMATORS {
        let model = (estimator.fit)(short(), &Task::moons(), &mut quiet()).unwrap();
        model.save(&architecture, &path).unwrap();
        let (loaded, described) = Model::load(&path).unwrap();
        assert_eq!(described, architecture);
        assert_eq!(bits(&loaded.net), bits(&model.net), "{}", estimator.name);
        assert_eq!(loaded.normalizer, model.normalizer);
        assert_eq!(loaded.classes, model.classes);
        let logits = |model: &Model<DannNet>| model.logits(&target.without_labels()).unwrap();
        assert_eq!(logits(&loaded), logits(&model));
    }
}

/// The type sees to it, as long as no one finds a way around: two targets that differ in their
/// labels alone are one.
#[test]
fn labels_of_the_target_cannot_matter() {
    let (source, target) = two_moons(60, 3);
    let flipped = target.labels().unwrap().iter().map(|label| 1 - label).collect();
    let inputs = target.inputs().to_owned();
    let wrong = Dataset::new("wrong", inputs, Some(flipped), target.classes().to_vec()).unwrap();
    for estimator in ESTIMATORS {
        let train = |target: &Dataset| {
            let unlabelled = target.without_labels();
            let task = Task { labelled: source.clone(), unlabelled, ..Task::moons() };
            (estimator.fit)(short(), &task, &mut quiet()).unwrap()
        };
        let (right, wrong) = (train(&target), train(&wrong));
        assert_eq!(bits(&right.net), bits(&wrong.net), "{}", estimator.name);
        assert_eq!(right.history, wrong.history);
    }
}

/// Were both domains walked in the order of one shuffle, two of equal size would always pair the
/// same samples; then a target in another order could not change anything but which pairs.
#[test]
fn the_domains_are_shuffled_apart() {
    let (source, _) = two_moons(40, 0);
    // Source and target are one: paired by one shuffle, each sample meets itself, and at λ_d = 0
    // the domain losses of both halves would be each other's mirror image in every batch.
    let net = dann_shallow(2, 15, 2, &mut Rng::seed(0));
    let dann = DomainAdversarial::new(net).batch_size(1).epochs(1).lambda(0.0).lr(0.1);
    let history = dann.fit(&source, &source.without_labels(), &mut quiet()).unwrap().history;
    // A sample against itself has a loss of ln (1 + e^z) + ln (1 + e^-z) >= 2 ln 2, and only other
    // pairs teach the classifier anything.
    let norm = history.last("domain_grad_norm").unwrap();
    assert!(norm > 0.1, "each sample meets itself: {norm}");
}
