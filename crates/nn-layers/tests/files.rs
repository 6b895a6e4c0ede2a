//! State dicts to disk and back, and into models that differ.

use nn_layers::{
    BatchNorm1d, Linear, LoadError, LoadMode, Sequential, StateDict, load, load_into, models, relu,
    save, seq,
};
use tensor_autograd::{Module, Real, Rng, Shape, Tensor};

fn net(seed: u64) -> Sequential {
    let rng = &mut Rng::seed(seed);
    seq![Linear::new(3, 5, rng), BatchNorm1d::new(5), relu, Linear::new(5, 2, rng)]
}

#[test]
fn a_round_trip_keeps_every_bit_and_the_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    let mut original = net(0);
    let extremes = [Real::MIN_POSITIVE, Real::MAX, -0.0, 1e-40, 0.1];
    original[0].named_params_mut()[1].1.value = Tensor::new([5], extremes.to_vec());
    let state = StateDict::of(&original)
        .with_metadata("source", "a \"quoted\" path\\with\nlines, é, \u{1}")
        .with_metadata("epoch", "7");
    state.save(&path).unwrap();
    let read = load(&path).unwrap();
    assert_eq!(read, state);
    let bits = |s: &StateDict| -> Vec<u64> {
        s.tensors
            .values()
            .flat_map(|t| t.as_slice().iter().map(|x| f64::from(*x).to_bits()))
            .collect()
    };
    assert_eq!(bits(&read), bits(&state));

    let mut copy = net(1);
    let report = load_into(&mut copy, &read, LoadMode::Strict).unwrap();
    assert!(report.is_complete());
    assert_eq!(copy.state_dict(), original.state_dict());

    // The same model gives the same file.
    let bytes = std::fs::read(&path).unwrap();
    state.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn saving_replaces_the_old_file_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    save(&net(0), &path).unwrap();
    save(&net(1), &path).unwrap();
    assert_eq!(load(&path).unwrap().tensors, net(1).state_dict());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let error = save(&net(0), folder.path().join("no/such/folder/net")).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("cannot create a temporary file beside ") && text.contains("no/such"));
}

#[test]
fn a_strict_failure_lists_everything_and_changes_nothing() {
    let mut state = StateDict::of(&net(1));
    let bias = state.tensors.remove("0.bias").unwrap();
    state.tensors.insert("0.bais".into(), bias);
    state.tensors.insert("3.weight".into(), Tensor::zeros([7, 5]));
    state.tensors.insert("classifier.gain".into(), Tensor::zeros([1]));
    state.tensors.remove("1.running_var");
    let mut model = net(0);
    let error = load_into(&mut model, &state, LoadMode::Strict).unwrap_err();
    let want = "\
the state dict does not fit the model, nothing was loaded
6 tensors fit
  missing 0.bias [5] (is it 0.bais?)
  missing 1.running_var [5]
  unexpected 0.bais [5] (is it 0.bias?)
  unexpected classifier.gain [1]
  3.weight: expected [2, 5], found [7, 5]";
    assert_eq!(error.to_string(), want);
    assert_eq!(model.state_dict(), net(0).state_dict());
}

#[test]
fn a_partial_load_takes_what_fits() {
    let pretrained = models::mlp(&[4, 8, 8, 10], &mut Rng::seed(1));
    let mut model = models::mlp(&[4, 8, 8, 3], &mut Rng::seed(2));
    let before = model.state_dict();
    let report = load_into(&mut model, &StateDict::of(&pretrained), LoadMode::Partial).unwrap();
    assert_eq!(report.loaded, ["0.weight", "0.bias", "2.weight", "2.bias"]);
    let shapes = |a: &[usize], b: &[usize]| (Shape::new(a), Shape::new(b));
    let (expected, found) = shapes(&[3, 8], &[10, 8]);
    assert_eq!(report.misshaped[0], ("4.weight".to_owned(), expected, found));
    let after = model.state_dict();
    assert_eq!(after["2.weight"], pretrained.state_dict()["2.weight"]);
    assert_eq!(after["4.weight"], before["4.weight"]);

    let other = StateDict::of(&pretrained).rename_prefix("", "encoder.");
    let nothing = load_into(&mut model, &other, LoadMode::Partial);
    assert!(matches!(nothing, Err(LoadError::NothingFits(_))));
    assert_eq!(model.state_dict(), after);
}

#[test]
fn layers_are_chosen_by_pattern_and_prefixes_renamed() {
    let wrapped = StateDict::of(&net(0)).rename_prefix("", "module.");
    let chosen = wrapped.select("module.0.*").rename_prefix("module.", "");
    let names: Vec<&String> = chosen.tensors.keys().collect();
    assert_eq!(names, ["0.bias", "0.weight"]);
}

#[test]
fn an_old_file_without_batch_counts_loads() {
    let mut state = StateDict::of(&net(1));
    state.tensors.retain(|name, _| !name.ends_with("num_batches_tracked"));
    let mut model = net(0);
    model[1].named_params_mut()[4].1.value = Tensor::scalar(9.0);
    assert!(load_into(&mut model, &state, LoadMode::Strict).unwrap().is_complete());
    assert_eq!(model.state_dict()["1.num_batches_tracked"].item(), 9.0);
}

#[test]
fn a_tensor_that_is_not_finite_is_refused_by_its_name() {
    for value in [Real::NAN, Real::INFINITY, Real::NEG_INFINITY] {
        let mut model = models::mlp(&[2, 3, 2], &mut Rng::seed(0));
        let mut state = StateDict::of(&models::mlp(&[2, 3, 2], &mut Rng::seed(1)));
        state.tensors.get_mut("2.bias").unwrap().make_mut()[1] = value;
        let before = StateDict::of(&model);
        for mode in [LoadMode::Strict, LoadMode::Partial] {
            let error = load_into(&mut model, &state, mode).unwrap_err();
            assert!(matches!(&error, LoadError::NotFinite { name } if name == "2.bias"), "{error}");
            assert_eq!(StateDict::of(&model), before);
        }
        // What is not loaded may be anything.
        let first = load_into(&mut model, &state.select("0.*"), LoadMode::Partial).unwrap();
        assert_eq!(first.loaded, ["0.weight", "0.bias"]);
    }
}
