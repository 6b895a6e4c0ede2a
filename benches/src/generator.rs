//! Parameters and batches, the same in every engine that is compared.
//!
//! SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014)
//! as a hash of `(seed, index)`: element `i` depends on no other, so that any language can make the
//! same arrays in any order.

use std::ops::Range;
use tensor_autograd::{Module, Real, Shape, Tensor};

/// How many batches a training workload goes round.
pub const BATCHES: usize = 4;

/// Element `index` of stream `seed`: uniform in [0, 1) in steps of 2⁻²⁴, which `f32` holds exactly.
fn unit(seed: u64, index: u64) -> f32 {
    let mut z = seed
        .wrapping_mul(0xD1B5_4A32_D192_ED03)
        .wrapping_add((index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 40) as f32 / (1 << 24) as f32
}

/// `f(u)` of uniform `u` in [0, 1), in `f32` whatever [`Real`] is: the arrays are the definition.
fn array(seed: u64, shape: impl Into<Shape>, f: impl Fn(f32) -> f32) -> Tensor {
    Tensor::from_fn(shape, |i| Real::from(f(unit(seed, i as u64))))
}

/// Uniform in [0, 1).
pub fn uniform(seed: u64, shape: impl Into<Shape>) -> Tensor {
    array(seed, shape, |u| u)
}

/// Uniform with mean 0 and variance 1.
pub fn centred(seed: u64, shape: impl Into<Shape>) -> Tensor {
    let width = 12f32.sqrt();
    array(seed, shape, |u| (u - 0.5) * width)
}

/// Uniform in [-bound, bound).
fn symmetric(seed: u64, shape: impl Into<Shape>, bound: f64) -> Tensor {
    let bound = bound as f32;
    array(seed, shape, |u| (2.0 * u - 1.0) * bound)
}

/// `n` classes out of `classes`.
pub fn labels(seed: u64, n: usize, classes: usize) -> Vec<usize> {
    (0..n as u64).map(|i| (unit(seed, i) * classes as f32) as usize).collect()
}

/// The seed of the inputs of batch `i`.
pub fn input_seed(i: usize) -> u64 {
    10 * i as u64 + 1
}

/// The seed of the labels of batch `i`.
pub fn label_seed(i: usize) -> u64 {
    10 * i as u64 + 2
}

/// Gives every weight matrix and convolution kernel of `module` its starting value, uniform in
/// ±√(6 / fan-in), and the bias that follows it one in ±√(1 / fan-in). Each takes the next seed
/// from 1001 on. Normalisation layers keep their ones and zeros.
pub fn start(module: &mut impl Module) {
    start_with(module, false);
}

/// As [`start`], and normalisation layers have statistics too, as if they had been trained: means
/// uniform in ±0.1, variances in [0.5, 1.5), each by the next seed.
pub fn start_trained(module: &mut impl Module) {
    start_with(module, true);
}

fn start_with(module: &mut impl Module, statistics: bool) {
    const SEEDS: Range<u64> = 1001..u64::MAX;
    let mut seeds = SEEDS;
    let mut next = || seeds.next().expect("fewer parameters than seeds");
    // Of the last matrix or kernel that was visited, while its own bias may follow.
    let mut fan_in = None;
    for (name, param) in module.named_params_mut() {
        let shape = param.value.shape();
        if shape.len() > 1 {
            let fan = shape[1..].iter().product::<usize>() as f64;
            param.value = symmetric(next(), shape, (6.0 / fan).sqrt());
            fan_in = Some(fan);
        } else if let (true, Some(fan)) = (name.ends_with("bias"), fan_in.take()) {
            param.value = symmetric(next(), shape, (1.0 / fan).sqrt());
        } else if statistics && name.ends_with("running_mean") {
            param.value = array(next(), shape, |u| (u - 0.5) * 0.2);
        } else if statistics && name.ends_with("running_var") {
            param.value = array(next(), shape, |u| 0.5 + u);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_layers::{BatchNorm2d, Conv2d, Linear, seq};
    use tensor_autograd::Rng;

    #[test]
    fn streams_are_uniform_and_differ_by_seed() {
        let x = centred(1, [20_000]);
        let mean = x.as_slice().iter().map(|&x| f64::from(x)).sum::<f64>() / 2e4;
        let square = x.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / 2e4;
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.02, "{mean} {square}");
        assert_ne!(uniform(1, [4]).as_slice(), uniform(2, [4]).as_slice());
        assert!(labels(3, 1000, 10).iter().all(|&y| y < 10));
    }

    #[test]
    fn a_normalisation_takes_no_seed() {
        let rng = &mut Rng::seed(0);
        let conv = || Conv2d::new(2, 3, 3, &mut Rng::seed(1));
        let mut net = seq![conv().no_bias(), BatchNorm2d::new(3), Linear::new(3, 2, rng)];
        start(&mut net);
        let params = net.state_dict();
        assert_eq!(params["1.weight"].as_slice(), [1.0; 3]);
        assert_eq!(params["1.bias"].as_slice(), [0.0; 3]);
        let second = symmetric(1002, [2, 3], (6.0f64 / 3.0).sqrt());
        assert_eq!(params["2.weight"].as_slice(), second.as_slice());
        let third = symmetric(1003, [2], (1.0f64 / 3.0).sqrt());
        assert_eq!(params["2.bias"].as_slice(), third.as_slice());
    }
}
