//! What the estimators of [`OTHERS`] owe their users: the same as all others.
//!
//! None can predict before it is fitted: `predict` is a method of what `fit` gives.

use crate::common::{BAD_TRAININGS, bits, bits_of, quiet};
use crate::others::{OTHERS, brief, columns};
use datasets::Unlabelled;
use ndarray::ArrayD;
use tensor_autograd::Module;
use tensor_autograd::kernels::parallel::with_num_threads;
use transfer::multi_task::{MultiTaskArchitecture, Task, Weighting};
use transfer::self_taught::{Autoencoder, Learner, PatchFeatures, Pca, SparseCoding};
use transfer::zero_shot::Kind;
use transfer::{
    CoClustering, Counts, MultiTask, SelfTaughtClustering, Signatures, Training, TransferError,
    ZeroShot,
};

#[track_caller]
fn assert_refused<T>(what: &str, result: Result<T, TransferError>, setting: &str) {
    match result {
        Err(TransferError::Setting { name, .. }) => assert_eq!(name, setting, "{what}"),
        Err(other) => panic!("{what}, `{setting}`: {other}"),
        Ok(_) => panic!("{what} takes a bad `{setting}`"),
    }
}

#[test]
fn a_bad_setting_of_the_training_is_refused_by_its_name() {
    for other in OTHERS.iter().filter(|other| other.trains) {
        for (name, spoil) in BAD_TRAININGS {
            let mut training = brief(0);
            spoil(&mut training);
            assert_refused(other.name, (other.fit)(training, &mut quiet()), name);
        }
    }
}

fn digits() -> datasets::Dataset {
    datasets::synthetic::digits(40, 0)
}

#[test]
fn a_bad_setting_of_multi_task_or_zero_shot_is_refused_by_its_name() {
    let tasks = [Task::classification("a", &digits()).unwrap()];
    let net =
        MultiTaskArchitecture::of(Some("lenet"), &tasks).build(&tensor_autograd::Rng::seed(0));
    let method = || MultiTask::new(net.as_ref().unwrap().clone()).epochs(1);
    let fit = |method: MultiTask| method.fit(&tasks, &mut quiet());
    for bad in [f64::NAN, -0.1, 1.1] {
        assert_refused("multi-task", fit(method().trunk_lr(bad)), "trunk_lr");
    }
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        let given = Weighting::Given([("a".to_owned(), bad)].into());
        assert_refused("given", fit(method().weighting(given)), "weights");
        let norm = |alpha, lr| fit(method().weighting(Weighting::GradNorm { alpha, lr }));
        assert_refused("grad-norm", norm(bad, 0.1), "alpha");
        assert_refused("grad-norm", norm(1.0, bad), "weight_lr");
        let task = [tasks[0].clone().loss_factor(bad)];
        assert_refused("task", method().fit(&task, &mut quiet()), "loss_factor");
    }
    assert_refused("multi-task", method().fit(&[], &mut quiet()), "tasks");

    let rows = (0..10).map(|c| vec![f64::from(c), 1.0]).collect();
    let names = ["x", "y"].map(String::from).to_vec();
    let signatures = Signatures::new(digits().classes().to_vec(), names, rows).unwrap();
    let fit = |kind| ZeroShot::new(kind, signatures.clone()).epochs(1).fit(&digits(), &mut quiet());
    for bad in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
        assert_refused("dap", fit(Kind::Dap { penalty: bad }), "penalty");
        assert_refused("margin", fit(Kind::Compatibility { margin: bad, width: 2 }), "margin");
    }
    assert_refused("width", fit(Kind::Compatibility { margin: 1.0, width: 0 }), "width");
    assert_refused("conse", fit(Kind::Conse { top: 0 }), "top");
}

#[test]
fn a_bad_setting_of_a_learner_is_refused_by_its_name() {
    let source = digits().without_labels();
    let refused = |learner: &dyn Learner, name: &str| {
        assert_refused(&format!("{learner:?}"), learner.learn(&source, &mut quiet()), name);
    };
    for bad in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
        refused(&PatchFeatures::k_means(5).patches(50).whitening(bad), "whitening");
        refused(&PatchFeatures::sparse_coding(5, bad).patches(50), "beta");
        refused(&SparseCoding::new(5, bad).components(5), "beta");
        refused(&Autoencoder::sparse(5).rho(bad), "rho");
    }
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        refused(&Autoencoder::sparse(5).beta(bad), "beta");
        refused(&Autoencoder::denoising(5).corruption(bad), "corruption");
    }
    for learner in
        [Autoencoder::sparse(0), Autoencoder::denoising(0), Autoencoder::convolutional(0)]
    {
        refused(&learner, "units");
    }
    refused(&Pca::new(0), "components");
    refused(&SparseCoding::new(0, 1.0).components(5), "atoms");
    refused(&SparseCoding::new(5, 1.0).components(0), "components");
    refused(&SparseCoding::new(5, 1.0).components(5).rounds(0), "rounds");
    for learner in [PatchFeatures::k_means(5), PatchFeatures::random(5)] {
        let learner = learner.patches(50);
        refused(&learner.clone().patches(0), "atoms");
        refused(&learner.clone().rounds(0), "rounds");
        refused(&learner.clone().pool(0), "pool");
        refused(&learner.patch(0), "patch");
    }
    refused(&PatchFeatures::random(0), "atoms");
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    for other in &OTHERS {
        let fit = |seed| (other.fit)(brief(seed), &mut quiet()).unwrap().bits;
        let one = with_num_threads(1, || fit(1));
        for threads in [2, 3, 4] {
            assert_eq!(one, with_num_threads(threads, || fit(1)), "{}, {threads}", other.name);
        }
        // What draws nothing has its examples drawn by the seed in one case, and is then no test.
        if other.random {
            assert_ne!(one, fit(2), "{} ignores its seed", other.name);
        }
    }
}

#[test]
fn a_saved_model_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for other in &OTHERS {
        let fitted = (other.fit)(brief(0), &mut quiet()).unwrap();
        assert_eq!((fitted.reload)(&path), fitted.bits, "{}", other.name);
    }
}

/// Columns of older tasks, running statistics included, keep every byte.
#[test]
fn an_older_column_is_frozen() {
    let (first, second) =
        columns(&Training { weight_decay: 0.1, ..brief(0) }, &mut quiet()).unwrap();
    assert_eq!(bits(first.net()), bits_of(second.net(), "columns.0.*"));
    let statistics = second.net().named_params().into_iter();
    assert!(statistics.filter(|(name, _)| name.contains("running_mean")).count() > 2);
}

fn counts(seed: u64) -> Counts {
    let mut rng = tensor_autograd::Rng::seed(seed);
    let values = (0..30 * 12).map(|i| {
        let topic = (i / 12 % 3 == i % 12 / 4) as u8;
        (4.0 * f64::from(rng.uniform()) as f32 + 5.0 * f32::from(topic)).floor()
    });
    let array = ArrayD::from_shape_vec(vec![30, 12], values.collect()).unwrap();
    Counts::from_dense(&Unlabelled::new("counts", array).unwrap()).unwrap()
}

#[test]
fn clustering_owes_the_same() {
    let (target, source) = (counts(0), counts(1));
    let method = || SelfTaughtClustering::new(3, 3, 3);
    let fit = |method: SelfTaughtClustering| method.fit(&target, &source, &mut quiet());
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        assert_refused("clustering", fit(method().lambda(bad)), "lambda");
        assert_refused("clustering", fit(method().automatic_lambda(&[1.0, bad])), "lambda");
    }
    assert_refused("clustering", fit(method().automatic_lambda(&[])), "lambda");
    assert_refused("clustering", fit(method().restarts(0)), "restarts");
    assert_refused("clustering", fit(method().iterations(0)), "iterations");
    for (sizes, name) in [
        ([0, 3, 3], "target_clusters"),
        ([3, 31, 3], "source_clusters"),
        ([3, 3, 0], "feature_clusters"),
    ] {
        let [a, b, c] = sizes;
        assert_refused("clustering", fit(SelfTaughtClustering::new(a, b, c)), name);
    }
    assert_refused("co", CoClustering::new(0, 3).fit(&target, &mut quiet()), "clusters");
    let run = |seed| {
        let clusters = fit(method().lambda(3.0).restarts(2).seed(seed)).unwrap();
        let bits = |all: &[f64]| all.iter().map(|j| j.to_bits()).collect::<Vec<_>>();
        let ends = (bits(clusters.objective()), bits(clusters.restarts()));
        (clusters.target().clone(), clusters.source().cloned(), clusters.features().clone(), ends)
    };
    let one = with_num_threads(1, || run(0));
    for threads in [1, 2, 3, 4] {
        assert_eq!(with_num_threads(threads, || run(0)), one);
    }
    assert_ne!(run(1).3, one.3);
}
