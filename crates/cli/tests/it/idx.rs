//! idx files for the tests: the generated domains, written down.

use crate::lab::Lab;
use datasets::Dataset;
use datasets::readers::idx::{Elements, Idx};

/// The bytes of an idx file of `f32`.
pub(crate) fn reals(shape: &[usize], values: Vec<f32>) -> Vec<u8> {
    Idx { shape: shape.to_vec(), elements: Elements::F32(values) }.to_bytes()
}

/// The bytes of an idx file of labels.
pub(crate) fn labels(labels: &[usize]) -> Vec<u8> {
    let bytes = labels.iter().map(|&l| u8::try_from(l).unwrap()).collect();
    Idx { shape: vec![labels.len()], elements: Elements::U8(bytes) }.to_bytes()
}

/// The bytes of an idx file of grey images, all of one shade.
pub(crate) fn images(n: usize, side: usize) -> Vec<u8> {
    Idx { shape: vec![n, side, side], elements: Elements::U8(vec![99; n * side * side]) }.to_bytes()
}

/// Writes the generated data set `spec` to `NAME.x` and `NAME.y`; grey images without their channel.
pub(crate) fn write(lab: &Lab, name: &str, spec: &str) -> Dataset {
    let data = datasets::load(&spec.parse().unwrap()).unwrap();
    let values = data.inputs().iter().copied().collect();
    let shape = match *data.shape() {
        [n, 1, height, width] => vec![n, height, width],
        ref shape => shape.to_vec(),
    };
    lab.write(&format!("{name}.x"), reals(&shape, values));
    lab.write(&format!("{name}.y"), labels(data.labels().unwrap()));
    data
}
