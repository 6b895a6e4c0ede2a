//! The estimator as a whole, on planted data: features are a linear map of the class's signature and
//! noise, so that what is right is known.

use super::*;
use crate::TransferError;
use crate::fit::Progress;
use datasets::Dataset;
use eszsl::Coding;
use ndarray::ArrayD;
use nn_layers::{Linear, relu, seq};
use sae::Direction;
use tensor_autograd::Rng;

fn names(classes: std::ops::Range<usize>) -> Vec<String> {
    classes.map(|c| format!("class{c}")).collect()
}

/// 20 classes with 10 attributes of yes and no.
fn signatures() -> Signatures {
    let bits = |c: usize, m: usize| f64::from(u8::from((c * 0x9E37 + 0x79B9) >> m & 1 == 1));
    let rows = (0..20).map(|c| (0..10).map(|m| bits(c, m)).collect()).collect();
    let attributes = (0..10).map(|m| format!("attribute{m}")).collect();
    Signatures::new(names(0..20), attributes, rows).unwrap()
}

/// 20 samples of 30 features for each of these classes; the classes list has all twenty.
fn data(classes: std::ops::Range<usize>, seed: u64, noise: f32) -> Dataset {
    peculiar_data(classes, seed, noise, 0.0)
}

/// The same with something of each class's own that no attribute explains: what makes a model prefer
/// the classes that it has seen.
fn peculiar_data(classes: std::ops::Range<usize>, seed: u64, noise: f32, own: f32) -> Dataset {
    let rng = &mut Rng::seed(99);
    let map: Vec<f32> = (0..10 * 30).map(|_| f64::from(rng.normal()) as f32).collect();
    let peculiar: Vec<f32> = (0..20 * 30).map(|_| own * f64::from(rng.normal()) as f32).collect();
    let rng = &mut Rng::seed(seed);
    let s = signatures();
    let labels: Vec<usize> = classes.flat_map(|c| [c; 20]).collect();
    let mut values = Vec::new();
    for &label in &labels {
        for j in 0..30 {
            let clean: f32 = (0..10).map(|m| s.values()[(label, m)] as f32 * map[m * 30 + j]).sum();
            values.push(clean + peculiar[label * 30 + j] + noise * f64::from(rng.normal()) as f32);
        }
    }
    let inputs = ArrayD::from_shape_vec(vec![labels.len(), 30], values).unwrap();
    Dataset::new("planted", inputs, Some(labels), names(0..20)).unwrap()
}

fn kinds() -> Vec<(&'static str, Kind)> {
    vec![
        ("dap", Kind::Dap { penalty: 0.1 }),
        ("attributes", Kind::Attributes),
        ("nearest", Kind::Nearest),
        ("eszsl", Kind::Eszsl(Coding::Signs)),
        ("eszsl01", Kind::Eszsl(Coding::ZeroOne)),
        ("sae", Kind::Sae(Direction::ToSignatures)),
        ("sae back", Kind::Sae(Direction::ToFeatures)),
        ("conse", Kind::Conse { top: 15 }),
        ("compatibility", Kind::Compatibility { margin: 1.0, width: 10 }),
        ("regression", Kind::Regression),
    ]
}

fn fitted(kind: Kind, signatures: Signatures) -> ZeroShotModel {
    let zero_shot = ZeroShot::new(kind, signatures).epochs(30).batch_size(20).lr(0.05);
    zero_shot.fit(&data(0..15, 1, 0.5), &mut Progress::silent()).unwrap()
}

#[test]
fn every_method_tells_planted_unseen_classes_and_exchanged_signatures_do_not() {
    for (name, kind) in kinds() {
        let test = data(15..20, 2, 0.5);
        let unseen = fitted(kind, signatures()).evaluate(&test, &names(15..20)).unwrap().unseen;
        // ConSE only mixes what it has seen; the others find the attributes.
        let enough = if name == "conse" { 0.6 } else { 0.85 };
        assert!(unseen > enough, "{name}: {unseen}");
        let exchanged = signatures().permuted(&mut Rng::seed(4));
        let control = fitted(kind, exchanged).evaluate(&test, &names(15..20)).unwrap().unseen;
        assert!(control < unseen - 0.2, "{name}: {unseen}, exchanged signatures {control}");
    }
}

#[test]
fn permuting_the_classes_permutes_the_predictions() {
    let test = data(15..20, 2, 0.5).without_labels();
    for (name, kind) in kinds() {
        let model = fitted(kind, signatures());
        let (one, other) = ([15, 16, 17, 18, 19], [18, 15, 19, 16, 17]);
        let list = |order: [usize; 5]| order.map(|c| format!("class{c}")).to_vec();
        let a = model.predict(&test, &list(one)).unwrap();
        let b = model.predict(&test, &list(other)).unwrap();
        for (a, b) in a.iter().zip(&b) {
            assert_eq!(one[*a], other[*b], "{name}");
        }
    }
}

#[test]
fn gamma_balances_seen_and_unseen() {
    let (train, all) = (peculiar_data(0..15, 1, 2.0, 1.5), peculiar_data(0..20, 3, 2.0, 1.5));
    for (name, kind) in
        kinds().into_iter().filter(|(name, _)| ["dap", "eszsl", "nearest"].contains(name))
    {
        let zero_shot = ZeroShot::new(kind, signatures()).calibrate(true);
        let model = zero_shot.fit(&train, &mut Progress::silent()).unwrap();
        let g = model.evaluate(&all, &names(15..20)).unwrap().generalized.unwrap();
        assert!(g.calibrated.harmonic() > g.raw.harmonic() + 0.03, "{name}: {g:?}");
        let most = g.best.harmonic().max(g.calibrated.harmonic());
        assert!(most - g.best.harmonic() < 1e-9 && g.ausuc <= g.seen_alone, "{name}: {g:?}");
    }
}

#[test]
fn a_network_is_trained_beneath_every_kind() {
    let test = data(15..20, 2, 0.5);
    for (name, kind) in kinds() {
        let features = || seq![Linear::new(30, 40, &mut Rng::seed(7)), relu];
        let zero_shot = ZeroShot::new(kind, signatures()).network(features());
        let zero_shot = zero_shot.epochs(30).batch_size(20).lr(0.05).seed(1);
        let fit = || zero_shot.fit(&data(0..15, 1, 0.5), &mut Progress::silent()).unwrap();
        let (a, b) = (fit(), fit());
        assert_eq!(a.history().len(), 30, "{name}");
        let scores = |m: &ZeroShotModel| m.scores(&test.without_labels(), &names(15..20)).unwrap();
        assert_eq!(scores(&a), scores(&b), "{name}: the same seed, other scores");
        let unseen = a.evaluate(&test, &names(15..20)).unwrap().unseen;
        assert!(unseen > 0.5, "{name}: {unseen}");
    }
}

#[test]
fn unseen_classes_are_read_nowhere() {
    let (kind, train) = (Kind::Eszsl(Coding::Signs), data(0..15, 1, 0.5));
    let rows: Vec<Vec<f64>> = (0..20)
        .map(|c| {
            (0..10)
                .map(|m| signatures().values()[(c, m)] + if c < 15 { 0.0 } else { 7.0 + m as f64 })
                .collect()
        })
        .collect();
    let other = Signatures::new(names(0..20), signatures().attributes().to_vec(), rows).unwrap();
    let fit =
        |s| ZeroShot::new(kind, s).calibrate(true).fit(&train, &mut Progress::silent()).unwrap();
    let (a, b) = (fit(signatures()), fit(other));
    assert_eq!((a.gamma(), a.penalties()), (b.gamma(), b.penalties()));
    let scores = |m: &ZeroShotModel| m.scores(&train.without_labels(), &names(0..15)).unwrap();
    assert_eq!(scores(&a), scores(&b));
}

#[test]
fn what_does_not_fit_is_an_error_that_says_so() {
    let model = fitted(Kind::Nearest, signatures());
    let text = |e: TransferError| e.to_string();
    let test = data(15..20, 2, 0.5);
    let error = text(model.evaluate(&test, &names(14..20)).unwrap_err());
    assert!(error.starts_with("class14 cannot be unseen"), "{error}");
    let error = text(model.evaluate(&test, &["zebra".to_owned()]).unwrap_err());
    assert!(error.starts_with("there is no signature for zebra"), "{error}");
    let error = text(model.evaluate(&test, &names(15..18)).unwrap_err());
    assert!(error.starts_with("planted has examples of class18, which is not among"), "{error}");
    let error = text(model.evaluate(&data(0..2, 0, 0.5), &names(15..18)).unwrap_err());
    assert!(error.contains("unseen classes in the test data"), "{error}");
    assert!(model.predict(&test.without_labels(), &[]).is_err());

    let fit = |kind, data: &Dataset| {
        text(ZeroShot::new(kind, signatures()).fit(data, &mut Progress::silent()).unwrap_err())
    };
    assert!(fit(Kind::Nearest, &data(0..1, 0, 0.5)).contains("1 classes, at least 2"));
    let train = data(0..15, 0, 0.5);
    assert!(fit(Kind::Conse { top: 0 }, &train).starts_with("`top` is 0"));
    assert!(fit(Kind::Dap { penalty: 0.0 }, &train).starts_with("`penalty` is 0"));
    let nan = train.map_inputs(|x| x.mapv(|_| f32::NAN));
    assert!(fit(Kind::Nearest, &nan).contains("not finite"));
}
