//! The real files, where there are some: `TRANSFER_DATA`, or `../shared/data` beside the workspace.

use std::path::PathBuf;

use datasets::{Dataset, describe, load};

pub(crate) fn data() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var_os("TRANSFER_DATA").map_or_else(|| beside.into(), PathBuf::from);
    if !folder.is_dir() {
        eprintln!("skipped: no folder {}; set TRANSFER_DATA to have it read", folder.display());
        return None;
    }
    Some(folder)
}

pub(crate) fn read(folder: &std::path::Path, spec: &str) -> Dataset {
    let spec = spec.replace("DATA", &folder.display().to_string());
    load(&spec.parse().unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn mnist() {
    let Some(folder) = data() else { return };
    let train = read(&folder, "mnist:DATA/mnist");
    assert_eq!(train.shape(), [60000, 1, 28, 28]);
    assert_eq!(&train.labels().unwrap()[..8], [5, 0, 4, 1, 9, 2, 1, 3]);
    assert_eq!(train.class_counts(), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    // The mean and standard deviation that every tutorial quotes.
    let found = describe(&train);
    assert!((found.mean - 0.1307).abs() < 5e-5 && (found.std - 0.3081).abs() < 5e-5, "{found}");
    assert_eq!((found.min, found.max), (0.0, 1.0));
    assert_eq!(read(&folder, "mnist:DATA/mnist#test").shape(), [10000, 1, 28, 28]);
}

#[test]
fn mnist_m() {
    let Some(folder) = data() else { return };
    let train = read(&folder, "mnist:DATA/mnist-m?limit=2000");
    assert_eq!(train.shape(), [2000, 3, 28, 28]);
    let whole = read(
        &folder,
        "idx:DATA/mnist-m/train-images-idx4-ubyte.gz,DATA/mnist-m/train-labels-idx1-ubyte.gz",
    );
    assert_eq!(whole.shape(), [15000, 3, 28, 28]);
    assert_eq!(train.inputs(), whole.limit(2000).inputs());
    // Its digits are MNIST's first; where there is no ink, a patch shows, in colour.
    let plain = read(&folder, "mnist:DATA/mnist?limit=2000");
    assert_eq!(train.labels(), plain.labels());
    let colours = (0..3).map(|c| train.inputs().index_axis(ndarray::Axis(1), c).sum());
    let colours: Vec<f32> = colours.collect();
    assert!(colours[0] != colours[1] && colours[1] != colours[2]);
    assert_eq!(read(&folder, "mnist:DATA/mnist-m#test[9990..]").len(), 10);
}

#[test]
fn cifar10() {
    let Some(folder) = data() else { return };
    for (file, each) in [("test_2000", 200), ("train_6000", 600)] {
        let data = read(&folder, &format!("cifar10:DATA/cifar10/{file}.bin.gz"));
        assert_eq!(data.sample_shape(), [3, 32, 32]);
        assert_eq!(data.class_counts(), [each; 10]);
        let mean = describe(&data).mean;
        assert!((mean - 0.473).abs() < 0.01, "CIFAR-10's mean is 0.473, not {mean}");
    }
}

#[test]
fn omniglot_labels_of_sixteen_bits() {
    let Some(folder) = data() else { return };
    let data = read(
        &folder,
        "idx:DATA/omniglot/images28-idx3-ubyte.gz,DATA/omniglot/labels-idx1-short.gz",
    );
    assert_eq!(data.shape(), [4840, 1, 28, 28]);
    assert_eq!(data.class_counts(), [20; 242]);
    assert_eq!(data.shots(5, 0).unwrap().len(), 5 * 242);
}
