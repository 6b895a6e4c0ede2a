//! torchvision's networks give torchvision's logits (`testdata/torchvision_logits.py`).

use nn_layers::Layer;
use nn_layers::models::{Backbone, mobilenet_v2, resnet18, resnet34, resnet50, vgg11_bn};
use std::path::Path;
use tensor_autograd::{Module, Real, Rng, Shape, Tensor, eval, reference};

/// Uniform in [0, 1) in steps of 2⁻²⁴: SplitMix64 of the index, seeded by FNV-1a of the name. `f` is
/// applied at 64 bits and its value rounded to 32: the arrays are the definition.
fn array(name: &str, shape: Shape, f: impl Fn(f64) -> f64) -> Tensor {
    let fnv = |seed: u64, byte| (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325, fnv);
    Tensor::from_fn(shape, |i| {
        let mut z = seed.wrapping_add((i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        Real::from(f((z >> 40) as f64 / f64::from(1 << 24)) as f32)
    })
}

/// The value of a parameter, as the script has it.
fn value(name: &str, shape: Shape) -> Tensor {
    if shape.rank() > 1 {
        let bound = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
        array(name, shape, |u| (2.0 * u - 1.0) * bound)
    } else if name.ends_with(".weight") || name.ends_with(".running_var") {
        array(name, shape, |u| 0.5 + u)
    } else {
        array(name, shape, |u| 0.2 * (u - 0.5))
    }
}

/// Fills the net by name and compares its logits for 1 and for 8 pictures to 1e-4.
fn check(name: &str, make: fn(usize, &mut Rng) -> Backbone) {
    let mut net = make(10, &mut Rng::seed(0));
    for (name, param) in net.named_params_mut() {
        if !name.ends_with("num_batches_tracked") {
            param.value = value(&name, param.shape());
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/torchvision_logits.txt");
    let expected = reference::load(Path::new(file));
    for (n, side) in [(1, 224), (8, 64)] {
        let width = 12f64.sqrt();
        let x = array("pictures", [n, 3, side, side].into(), |u| (u - 0.5) * width);
        let got = eval(|t| net.forward(t.constant(x)).value());
        let want = &expected[&format!("{name} {n}")];
        assert_eq!(got.shape(), want.shape(), "{name} {n}");
        let mean = want.as_slice().iter().map(|w| w.abs()).sum::<Real>() / want.len() as Real;
        let worst = (got.as_slice().iter().zip(want.as_slice()))
            .map(|(g, w)| (g - w).abs() / w.abs().max(mean))
            .fold(0.0, Real::max);
        assert!(worst <= 1e-4, "{name}, {n} pictures: {worst:e} off: {got:?}, not {want:?}");
    }
}

#[test]
fn resnet18_gives_torchvisions_logits() {
    check("resnet18", resnet18);
}

#[test]
fn resnet34_gives_torchvisions_logits() {
    check("resnet34", resnet34);
}

#[test]
fn resnet50_gives_torchvisions_logits() {
    check("resnet50", resnet50);
}

#[test]
fn mobilenet_v2_gives_torchvisions_logits() {
    check("mobilenet_v2", mobilenet_v2);
}

#[test]
fn vgg11_bn_gives_torchvisions_logits() {
    check("vgg11_bn", vgg11_bn);
}
