//! Measures, against what is known of the data without them.

use crate::common::{quiet, shallow, two_moons};
use datasets::{Dataset, synthetic};
use tensor_autograd::{Real, Tensor};
use transfer::measures::{Summary, principal_plane, proxy_a_distance};
use transfer::{Decay, DomainAdversarial, LambdaSchedule, Normalize, Supervised};

fn points(data: &Dataset) -> Tensor {
    Tensor::new([data.len(), 2], data.inputs().iter().map(|&x| Real::from(x)).collect())
}

#[test]
fn the_a_distance_is_that_of_the_best_plane() {
    // One coordinate; a share of the target lies among the source, and no plane tells it apart.
    let line = |from: usize, n: usize| Tensor::from_fn([n, 1], |i| (from + i) as Real / 100.0);
    for (overlap, error) in [(0, 0.0), (100, 0.125), (200, 0.25)] {
        let distance = proxy_a_distance(&line(0, 400), &line(400 - overlap, 400), 0);
        // The overlap is half source, half target: a threshold in it is wrong on half of it.
        let expected = 2.0 * (1.0 - 2.0 * error);
        assert!((distance - expected).abs() < 0.2, "{overlap}: {distance}, expected {expected}");
    }
    let (moons, turned) = two_moons(300, 0);
    assert!(proxy_a_distance(&points(&moons), &points(&moons), 0) < 0.2);
    let (there, back) = ([&moons, &turned], [&turned, &moons]);
    let of = |[a, b]: [&Dataset; 2]| proxy_a_distance(&points(a), &points(b), 0);
    assert!((of(there) - of(back)).abs() < 0.2);
    assert_eq!(of(there), of(there), "a seed decides the halves");
}

/// The adversary pushes the domains of the features together: here, moons and moons moved aside.
#[test]
fn the_adversary_lowers_the_a_distance_of_the_features() {
    let run = |seed: u64, lambda: f64| {
        let moved = synthetic::moons(300, seed + 100);
        let (source, target) =
            (synthetic::moons(300, seed), moved.map_inputs(|x| x.mapv(|v| v + 0.7)));
        let dann = DomainAdversarial::new(shallow(seed)).seed(seed).lambda(lambda);
        let dann = dann.lambda_schedule(LambdaSchedule::Constant).decay(Decay::Constant);
        let dann = dann.normalize(Normalize::None).lr(0.1).batch_size(20).epochs(150);
        let model = dann.fit(&source, &target.without_labels(), &mut quiet()).unwrap();
        let [s, t] = [source, target].map(|data| model.embed(&data.without_labels()).unwrap());
        proxy_a_distance(&s, &t, 0)
    };
    let over_seeds = |lambda| Summary::of((0..4).map(|seed| run(seed, lambda)).collect());
    let fall = over_seeds(0.0).minus(&over_seeds(1.0));
    assert!(fall.mean > 0.05, "{fall:?}");
}

#[test]
fn the_principal_plane_of_the_plane_is_a_rotation() {
    // Three times as far along the first diagonal as across it.
    let features = Tensor::from_fn([8, 2], |i| {
        let angle = (i / 2) as Real * std::f64::consts::FRAC_PI_4 as Real;
        let (along, across) = (3.0 * angle.cos(), angle.sin());
        let h = (0.5 as Real).sqrt();
        if i % 2 == 0 { h * (along - across) + 7.0 } else { h * (along + across) - 2.0 }
    });
    let plane = principal_plane(&features);
    for (i, point) in plane.as_slice().chunks_exact(2).enumerate() {
        let angle = i as Real * std::f64::consts::FRAC_PI_4 as Real;
        assert!((point[0] - 3.0 * angle.cos()).abs() < 1e-4, "{i}: {point:?}");
        assert!((point[1].abs() - angle.sin().abs()).abs() < 1e-4, "{i}: {point:?}");
    }
}

/// A prediction of a model is its largest logit, and its accuracy what the confusion matrix says.
#[test]
fn what_a_model_says_of_data_fits_together() {
    let (source, target) = two_moons(300, 0);
    let model = Supervised::new(shallow(0)).lr(0.5).epochs(30).fit(&source, &mut quiet()).unwrap();
    let accuracy = model.accuracy(&target).unwrap();
    assert!((0.6..0.99).contains(&accuracy), "{accuracy}");
    let confusion = model.confusion(&target).unwrap();
    let right = (confusion.count(0, 0) + confusion.count(1, 1)) as f64;
    assert_eq!(accuracy, right / 300.0);
    let inputs = target.without_labels();
    let probabilities = model.probabilities(&inputs).unwrap();
    for (row, class) in
        probabilities.as_slice().chunks_exact(2).zip(model.predict(&inputs).unwrap())
    {
        assert!((row[0] + row[1] - 1.0).abs() < 1e-6 && row[class] >= 0.5, "{row:?}");
    }
    assert_eq!(model.embed(&inputs).unwrap().shape(), [300, 15].into());
}
