use super::super::eszsl::Coding;
use super::super::{Kind, Scaling, ZeroShot};
use super::*;
use crate::fit::Progress;
use datasets::{Dataset, synthetic};

const KINDS: [Kind; 9] = [
    Kind::Dap { penalty: 1.0 },
    Kind::Attributes,
    Kind::Nearest,
    Kind::Eszsl(Coding::Signs),
    Kind::Sae(Direction::ToSignatures),
    Kind::Sae(Direction::ToFeatures),
    Kind::Conse { top: 3 },
    Kind::Compatibility { margin: 1.0, width: 6 },
    Kind::Regression,
];

/// Digits 0 to 6, with 7 to 9 left out, and signatures of all.
fn data() -> (Dataset, Signatures) {
    let digits = synthetic::digits(160, 0);
    let labels = digits.labels().unwrap();
    let seen: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] < 7).collect();
    let rows = (0..10).map(|c| {
        (0..4).map(|j| f64::from((c * 7 + j * j) % 5) / 3.0 + 0.01 * f64::from(c)).collect()
    });
    let names = (0..4).map(|j| format!("a{j}")).collect();
    let signatures = Signatures::new(digits.classes().to_vec(), names, rows.collect()).unwrap();
    (digits.select(&seen), signatures)
}

fn fitted(kind: Kind, network: Option<&Architecture>) -> ZeroShotModel {
    let (seen, signatures) = data();
    let method = ZeroShot::new(kind, signatures).epochs(1).scaling(Scaling::CentredUnit);
    let method = match network {
        Some(network) => method.network(network.build(&mut Rng::seed(0)).unwrap().features),
        None => method.calibrate(true),
    };
    method.fit(&seen, &mut Progress::silent()).unwrap()
}

fn cnn() -> Architecture {
    Architecture::named("cifar-cnn", &[1, 28, 28], 7)
}

#[test]
fn every_kind_says_the_same_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let test = synthetic::digits(30, 1);
    let (inputs, classes) = (test.without_labels(), test.classes());
    let cnn = cnn();
    for (kind, network) in KINDS.iter().flat_map(|kind| [(*kind, None), (*kind, Some(&cnn))]) {
        let model = fitted(kind, network);
        model.save(network, &path).unwrap();
        let loaded = ZeroShotModel::load(&path).unwrap();
        let [own, read] = [&model, &loaded].map(|m| m.calibrated(&inputs, classes).unwrap());
        assert_eq!(own, read, "{kind:?}");
        assert_eq!((loaded.seen(), loaded.gamma()), (model.seen(), model.gamma()));
        assert_eq!(loaded.penalties(), model.penalties());
        assert_eq!(loaded.signatures().values(), model.signatures().values());
    }
}

#[test]
fn three_terms_are_the_number() {
    let numbers = [1.0 / 3.0, -1e-9 / 7.0, 12345.678901234567, 0.0, std::f64::consts::PI];
    let m = Mat::from_fn(1, 5, |_, j| numbers[j]);
    let mut parts = Parts::new([("m".to_owned(), terms(&m))].into());
    assert_eq!(row(&mut parts, "m", 5).unwrap(), numbers);
}

#[test]
fn a_file_that_claims_what_it_does_not_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let cnn = cnn();
    let (form, conse) = (Kind::Eszsl(Coding::Signs), Kind::Conse { top: 3 });
    for (kind, network, from, to, why) in [
        (form, None, "\"bilinear\"", "\"nearst\"", "cannot be read"),
        (form, None, "\"bilinear\"", "\"dap\"", "no tensor `map.threshold`"),
        (form, None, "\"bilinear\"", "\"cosine\"", "no tensor `image.weight`"),
        (form, None, "\"bilinear\"", "{\"sae\":{\"to_features\":true}}", "`map` has shape"),
        (form, None, "\"a3\"", "\"a3\",\"a4\"", "`signatures` has shape"),
        (form, None, "\"seen\":[\"0\"", "\"seen\":[\"zero\"", "no signature for zero"),
        (form, None, "[1,28,28]", "[1,999999,999999]", "it claims samples"),
        (form, None, "[1,28,28]", "[1,28,27]", "`centring.mean` has 784 numbers"),
        (form, Some(&cnn), "\"input\":[1,28,28]", "\"input\":[1,28,29]", "contradicts itself"),
        (form, Some(&cnn), "cifar-cnn", "lenet", "`centring.mean` has"),
        (form, Some(&cnn), "cifar-cnn", "nothing", "there is no such network"),
        (conse, None, "\"top\":3", "\"top\":0", "contradicts itself"),
        (Kind::Regression, None, "\"cosine\"", "\"product\"", "no tensor `signature.weight`"),
        (Kind::Regression, None, "\"cosine\"", "\"attributes\"", "no tensor `map.threshold`"),
    ] {
        fitted(kind, network).save(network, &path).unwrap();
        let mut state = StateDict::load(&path).unwrap();
        let text = state.metadata.get_mut(KEY).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        *text = text.replacen(from, to, 1);
        state.save(&path).unwrap();
        match ZeroShotModel::load(&path) {
            Err(TransferError::Unusable { why: found, .. }) => {
                assert!(found.contains(why), "{from} -> {to}: {found}");
            }
            other => panic!("{from} -> {to}: {:?}", other.map(|_| ())),
        }
    }
}

#[test]
fn weights_that_are_not_finite_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for (kind, name) in [(Kind::Nearest, "map"), (Kind::Regression, "image.weight")] {
        fitted(kind, None).save(None, &path).unwrap();
        let mut state = StateDict::load(&path).unwrap();
        state.tensors.get_mut(name).unwrap().make_mut()[2] = Real::NAN;
        state.save(&path).unwrap();
        let error = ZeroShotModel::load(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("tensor `{name}` holds a value that is not")), "{error}");
    }
}
