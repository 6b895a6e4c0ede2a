//! Files that PyTorch wrote (`testdata/small_net.py`) load without a map and give its logits.

use nn_layers::{
    BatchNorm1d, BatchNorm2d, Conv2d, Layer, Linear, LoadMode, MaxPool2d, Sequential, StateDict,
    flatten, load_into, relu, save, seq,
};
use std::path::PathBuf;
use tensor_autograd::{Module, Rng, Tensor, eval, reference};

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata")).join(name)
}

fn small_net() -> Sequential {
    let rng = &mut Rng::seed(0);
    seq![
        Conv2d::new(1, 4, 3, rng),
        BatchNorm2d::new(4),
        relu,
        MaxPool2d::new(2),
        flatten,
        Linear::new(4 * 3 * 3, 8, rng),
        BatchNorm1d::new(8),
        relu,
        Linear::new(8, 3, rng),
    ]
}

fn logits(net: &Sequential, x: &Tensor) -> Tensor {
    eval(|t| net.forward(t.constant(x.clone())).value())
}

#[track_caller]
fn check(file: &str, wanted: &str) {
    let state = StateDict::load(testdata(file)).unwrap();
    assert_eq!(state.metadata["format"], "pt");
    assert_eq!(state.tensors["1.num_batches_tracked"].item(), 3.0);
    let mut net = small_net();
    let report = load_into(&mut net, &state, LoadMode::Strict).unwrap();
    assert_eq!(report.loaded.len(), state.tensors.len());
    let expected = reference::load(&testdata("small_net.txt"));
    reference::assert_close(&logits(&net, &expected["input"]), &expected[wanted], wanted);
}

#[test]
fn weights_at_32_bits_give_the_same_logits() {
    check("small_net.safetensors", "logits");
}

#[test]
fn weights_at_bfloat16_give_the_logits_of_the_rounded_net() {
    check("small_net_bf16.safetensors", "logits_bf16");
}

#[test]
fn what_is_written_has_pytorchs_names_types_and_values() {
    let original = std::fs::read(testdata("small_net.safetensors")).unwrap();
    let theirs = StateDict::load(testdata("small_net.safetensors")).unwrap();
    let mut net = small_net();
    load_into(&mut net, &theirs, LoadMode::Strict).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    save(&net, &path).unwrap();
    assert_eq!(StateDict::load(&path).unwrap().tensors, theirs.tensors);

    let header = |bytes: &[u8]| -> serde_json::Value {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        serde_json::from_slice(&bytes[8..8 + length]).unwrap()
    };
    let (theirs, ours) = (header(&original), header(&std::fs::read(&path).unwrap()));
    for name in net.state_dict().keys() {
        assert_eq!(ours[name]["shape"], theirs[name]["shape"], "{name}");
        if cfg!(not(real_f64)) {
            // The same types at the same places: PyTorch would have written this file.
            assert_eq!(ours[name], theirs[name], "{name}");
        }
    }
}
