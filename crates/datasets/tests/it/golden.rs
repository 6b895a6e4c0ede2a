//! Generated data are the same on every machine, and stay the same.

use datasets::{Dataset, load};

/// Sums over bytes of the values and the labels: a sum shows a change, and needs no other crate.
/// Values are counted in steps of 2⁻²⁴, in which sums of integers are exact, and weighted by place
/// so that a permutation shows too.
fn fingerprint(data: &Dataset) -> (u64, usize) {
    let steps = |value: f32| (f64::from(value) * f64::from(1 << 24)) as i64 as u64;
    let values = data.inputs().iter().enumerate().fold(0u64, |sum, (i, &value)| {
        sum.wrapping_add(steps(value).wrapping_mul(2 * i as u64 + 1))
    });
    let labels = data.labels().unwrap().iter().enumerate().map(|(i, label)| (i + 1) * label).sum();
    (values, labels)
}

const GOLDEN: [(&str, (u64, usize)); 9] = [
    ("synthetic:digits?n=200", (51_073_435_674_158_899, 90_619)),
    ("synthetic:digits?n=200&seed=1&writer=5#test", (40_957_289_508_990_033, 90_396)),
    ("synthetic:digits-textured?n=200", (1_269_061_858_438_477_067, 90_619)),
    ("synthetic:letters?n=200", (51_035_528_628_615_232, 248_983)),
    ("synthetic:letters-textured?n=200&seed=2", (1_239_114_226_929_511_100, 251_453)),
    ("synthetic:moons", (18_446_743_847_727_310_114, 22_067)),
    ("synthetic:moons-rotated?angle=35", (91_050_033_760, 22_146)),
    ("synthetic:documents?words=10", (80_464_735_895_552, 420)),
    ("synthetic:documents-auxiliary?n=80&seed=1#test", (644_271_266_856_960, 11_760)),
];

#[test]
fn generated_data_never_change() {
    let fingerprint = |spec: &str| fingerprint(&load(&spec.parse().unwrap()).unwrap());
    let found = GOLDEN.map(|(spec, _)| (spec, fingerprint(spec)));
    assert_eq!(found, GOLDEN, "a change of the generators changes every result made with them");
}

/// A linear look at the two domains: each test image goes to the class whose mean training image
/// is the most like it (by correlation).
fn nearest_mean(train: &Dataset, test: &Dataset) -> f64 {
    let grey = |data: &Dataset| data.inputs().mean_axis(ndarray::Axis(1)).unwrap();
    let (train_images, test_images) = (grey(train), grey(test));
    let classes = train.classes().len();
    let mut means = vec![vec![0.0f64; 784]; classes];
    for (image, &label) in train_images.outer_iter().zip(train.labels().unwrap()) {
        means[label].iter_mut().zip(&image).for_each(|(m, &x)| *m += f64::from(x));
    }
    let normed = |mut values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / 784.0;
        values.iter_mut().for_each(|v| *v -= mean);
        let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        values.iter_mut().for_each(|v| *v /= norm);
        values
    };
    let means: Vec<Vec<f64>> = means.into_iter().map(normed).collect();
    let right = test_images.outer_iter().zip(test.labels().unwrap()).filter(|(image, label)| {
        let image = normed(image.iter().map(|&x| f64::from(x)).collect());
        let like = |mean: &Vec<f64>| mean.iter().zip(&image).map(|(m, x)| m * x).sum::<f64>();
        let best = (0..classes).max_by(|&a, &b| like(&means[a]).total_cmp(&like(&means[b])));
        best == Some(**label)
    });
    right.count() as f64 / test.len() as f64
}

#[test]
fn there_is_a_gap_between_the_domains() {
    let load = |text: &str| load(&text.parse().unwrap()).unwrap();
    let train = load("synthetic:digits?n=1000");
    let plain = nearest_mean(&train, &load("synthetic:digits?n=500#test"));
    let textured = nearest_mean(&train, &load("synthetic:digits-textured?n=500#test"));
    assert!(plain > 0.8, "plain digits are recognised, {plain}");
    assert!((0.15..0.65).contains(&textured), "textured ones are not, nor hopeless: {textured}");
    let letters = load("synthetic:letters?n=2600");
    let found = nearest_mean(&letters, &load("synthetic:letters?n=520#test"));
    assert!(found > 0.6, "letters are recognised, {found}");
}
