//! What a progressive network promises.

use super::*;
use crate::fit::Progress;
use crate::{Network, Training};
use datasets::{Dataset, synthetic, transforms};
use tensor_autograd::kernels::parallel;
use tensor_autograd::{Kind, Module, Real, Rng, Tape, Tensor, eval, grad};

fn quiet() -> Progress {
    Progress::silent()
}

/// Three tasks of small grey images with 10, 10 and 26 classes.
fn tasks(n: usize) -> [(&'static str, Dataset); 3] {
    let small = |data: Dataset| data.map_inputs(|x| transforms::resize(x, 12, 12));
    let negative = synthetic::digits(n, 1).map_inputs(|x| x.mapv(|v| 1.0 - v));
    [
        ("digits", small(synthetic::digits(n, 0))),
        ("negative", small(negative)),
        ("letters", small(synthetic::letters(n, 2))),
    ]
}

/// Everything at once: a convolution, batch normalisation, dropout.
fn plan() -> Plan {
    let conv = Hidden::Conv { channels: 4, kernel: 3, pool: 2 };
    Plan::new([1, 12, 12], [conv, Hidden::Linear { units: 12 }]).batch_norm(true).dropout(0.2)
}

fn short() -> Training {
    Training { epochs: 2, batch_size: 16, weight_decay: 0.1, ..Training::default() }
}

fn trained(plan: Plan, columns: usize) -> ProgressiveModel {
    let mut model = ProgressiveModel::new(plan).unwrap();
    for (name, data) in &tasks(64)[..columns] {
        model = Progressive::new(model).training(short()).fit(name, data, &mut quiet()).unwrap();
    }
    model
}

#[test]
fn the_older_tasks_outputs_keep_their_bits() {
    for laterals in [Laterals::Adapter, Laterals::Linear] {
        let all = tasks(64);
        let inputs = |task: usize| all[task].1.without_labels();
        let mut model = trained(plan().laterals(laterals), 1);
        let mut before = vec![model.digest(0, &inputs(0)).unwrap()];
        let values = model.net().state_dict();
        for (task, (name, data)) in all.iter().enumerate().skip(1) {
            // Weight decay would move whatever an optimiser still held.
            model =
                Progressive::new(model).training(short()).fit(name, data, &mut quiet()).unwrap();
            before.push(model.digest(task, &inputs(task)).unwrap());
        }
        let after: Vec<String> = (0..3).map(|k| model.digest(k, &inputs(k)).unwrap()).collect();
        assert_eq!(after, before);
        assert_ne!(before[0], model.digest(1, &inputs(0)).unwrap());
        let now = model.net().state_dict();
        assert!(values.iter().all(|(name, value)| now[name] == *value));
        assert!(values.keys().any(|name| name.ends_with("norm2d.running_mean")));
    }
}

#[test]
fn nothing_of_the_older_columns_is_on_the_tape_or_in_the_optimiser() {
    let model = trained(plan(), 2);
    let new = model.net().grow(26, &Rng::seed(3));
    let names: Vec<String> = new.named_params().into_iter().map(|(name, _)| name).collect();
    assert!(names.iter().all(|name| name.starts_with("column.layers.")), "{names:?}");
    let x = Tensor::uniform([8, 1, 12, 12], 0.0..1.0, &mut Rng::seed(4));
    let (_, grads) = grad(&mut Rng::seed(5), |t| {
        let loss = new.forward(t.constant(&x)).cross_entropy(&[0, 1, 2, 3, 4, 5, 6, 7]);
        let ops = t.describe();
        let weights = new.named_params().iter().filter(|(_, p)| p.kind == Kind::Weight).count();
        assert_eq!(ops.iter().filter(|(op, ..)| *op == "param").count(), weights);
        // One convolution of its own, the adapters' 1x1; none of an older column.
        assert_eq!(ops.iter().filter(|(op, ..)| *op == "conv2d").count(), 2);
        loss
    });
    assert!(model.net().named_params().iter().all(|(_, p)| grads.get(p).is_none()));
    for (name, param) in new.named_params() {
        let weight = param.kind == Kind::Weight;
        assert_eq!(grads.get(param).is_some(), weight, "{name}");
        assert_eq!(grads.buffer(param).is_some(), !weight, "{name}");
    }
}

#[test]
fn the_older_columns_are_in_inference_while_a_column_is_trained() {
    let model = trained(plan(), 1);
    let x = Tensor::uniform([8, 1, 12, 12], 0.0..1.0, &mut Rng::seed(4));
    let inference = eval(|t| {
        let hidden = model.net().hidden(1, t.constant(&x), &mut |_, _, h| h);
        hidden[0].iter().map(|h| h.value()).collect::<Vec<_>>()
    });
    let tape = Tape::new();
    model.net().grow(3, &Rng::seed(0)).forward(tape.constant(&x));
    let constants = tape.describe().iter().filter(|(op, ..)| *op == "constant").count();
    assert_eq!(constants, 1 + inference.len(), "the sample, and the older activations");
    // A frozen column has no dropout even where there is randomness.
    grad(&mut Rng::seed(0), |t| {
        let hidden = model.net().hidden(1, t.constant(&x), &mut |_, _, h| h);
        assert!(hidden[0].iter().zip(&inference).all(|(h, want)| h.value() == *want));
        hidden[0][0].sum(..)
    });
}

#[test]
fn without_u_a_column_is_a_net_of_its_own_to_the_bit() {
    for laterals in [Laterals::Adapter, Laterals::Linear] {
        let plan = plan().laterals(laterals);
        let older = trained(plan.clone(), 2);
        let rng = Rng::seed(9);
        let mut beside = older.net().grow(26, &rng);
        let alone = ProgressiveNet::new(plan).unwrap().grow(26, &rng);
        let x = Tensor::uniform([5, 1, 12, 12], -1.0..1.0, &mut Rng::seed(4));
        let logits = |net: &NewColumn| eval(|t| net.forward(t.constant(&x)).value());
        assert_ne!(logits(&beside), logits(&alone));
        let mut zeroed = 0;
        for (name, p) in beside.named_params_mut() {
            if name.ends_with("lateral.u.weight") {
                p.value = Tensor::zeros(p.shape());
                zeroed += 1;
            }
        }
        assert_eq!(zeroed, 2, "laterals into the second layer and the head, none into the first");
        assert_eq!(logits(&beside), logits(&alone));
    }
}

#[test]
fn the_parameters_are_as_many_as_the_formula_says() {
    let conv = |channels| Hidden::Conv { channels, kernel: 3, pool: 1 };
    let linear = |units| Hidden::Linear { units };
    for laterals in [Laterals::Adapter, Laterals::Linear] {
        for batch_norm in [false, true] {
            for plan in [
                Plan::mlp([7], &[5, 4, 3]),
                Plan::new([2, 9, 8], [conv(3), conv(4), linear(6), linear(5)]),
            ] {
                let plan = plan.laterals(laterals).batch_norm(batch_norm);
                let mut net = ProgressiveNet::new(plan.clone()).unwrap();
                for (column, classes) in [10, 3, 26, 2].into_iter().enumerate() {
                    let new = net.grow(classes, &Rng::seed(0));
                    let want = plan.column_parameters(column, classes).unwrap();
                    assert_eq!(new.num_parameters(), want, "{plan:?}, column {column}");
                    net = new.join();
                }
            }
        }
    }
}

#[test]
fn columns_of_random_weights_are_as_large_as_trained_ones_and_no_two_are_alike() {
    let mut random = ProgressiveModel::new(plan()).unwrap();
    for (column, (_, data)) in tasks(64)[..2].iter().enumerate() {
        random = Progressive::new(random).untrained(&format!("random {column}"), data).unwrap();
    }
    assert_eq!(random.net().num_parameters(), trained(plan(), 2).net().num_parameters());
    assert!(random.net().named_params().iter().all(|(_, p)| p.frozen));
    let values = random.net().state_dict();
    for layer in ["layers.0", "layers.1"] {
        let of = |column: usize| &values[&format!("columns.{column}.{layer}.own.weight")];
        assert_ne!(of(0), of(1), "{layer}");
    }
}

/// Rows of `weight` times `x`.
fn times(weight: &Tensor, x: &[Real]) -> Vec<Real> {
    let rows = weight.as_slice().chunks_exact(x.len());
    rows.map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
}

#[test]
fn a_column_is_the_papers_formula() {
    let relu = |x: Vec<Real>| x.into_iter().map(|x| x.max(0.0)).collect::<Vec<Real>>();
    let sum = |a: &[Real], b: &[Real]| a.iter().zip(b).map(|(a, b)| a + b).collect::<Vec<Real>>();
    let mut net = ProgressiveNet::new(Plan::mlp([3], &[4, 2])).unwrap();
    for (k, classes) in [2, 3, 2].into_iter().enumerate() {
        net = net.grow(classes, &Rng::seed(k as u64)).join();
    }
    for (_, p) in net.named_params_mut() {
        // Biases and scales that cannot be overlooked.
        p.value = p.value.map(|v| v + 0.3);
    }
    let values = net.state_dict();
    let x = [0.5, -1.0, 2.0];
    let own = |k: usize, i: usize, input: &[Real]| {
        let name = format!("columns.{k}.layers.{i}.own");
        let bias = values[&format!("{name}.bias")].as_slice();
        sum(&times(&values[&format!("{name}.weight")], input), bias)
    };
    let lateral = |k: usize, i: usize, older: Vec<Real>| {
        let name = format!("columns.{k}.layers.{i}.lateral");
        let alpha = values[&format!("{name}.alpha")].item();
        let scaled: Vec<Real> = older.iter().map(|h| alpha * h).collect();
        let inner = relu(times(&values[&format!("{name}.v.weight")], &scaled));
        times(&values[&format!("{name}.u.weight")], &inner)
    };
    let mut hidden: Vec<[Vec<Real>; 2]> = Vec::new();
    for k in 0..3 {
        let layer = |i: usize, input: &[Real]| match k {
            0 => own(k, i, input),
            _ => {
                let older = hidden.iter().flat_map(|h| h[i - 1].clone()).collect();
                sum(&own(k, i, input), &lateral(k, i, older))
            }
        };
        let first = relu(own(k, 0, &x));
        let second = relu(layer(1, &first));
        let want = layer(2, &second);
        let input = Tensor::new([1, 3], x.to_vec());
        let got = eval(|t| net.first(k + 1).forward(t.constant(input)).value());
        for (got, want) in got.as_slice().iter().zip(want) {
            assert!((got - want).abs() < 1e-4 * (1.0 + want.abs()), "column {k}: {got}, {want}");
        }
        hidden.push([first, second]);
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let train =
        |threads| parallel::with_num_threads(threads, || trained(plan(), 2).net().state_dict());
    let first = train(1);
    assert!(train(2) == first && train(3) == first);
    let data = &tasks(64)[0].1;
    let other = Progressive::new(ProgressiveModel::new(plan()).unwrap()).training(short());
    let other = other.seed(1).fit("digits", data, &mut quiet()).unwrap();
    assert_ne!(
        other.net().state_dict()["columns.0.layers.0.own.weight"],
        first["columns.0.layers.0.own.weight"]
    );
}

#[test]
fn a_saved_model_predicts_the_same_and_a_false_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let model = trained(plan(), 3);
    model.save(&path).unwrap();
    let loaded = ProgressiveModel::load(&path).unwrap();
    for (task, (name, data)) in tasks(64).iter().enumerate() {
        let inputs = data.without_labels();
        assert_eq!(loaded.digest(task, &inputs).unwrap(), model.digest(task, &inputs).unwrap());
        assert_eq!(
            (&*loaded.tasks()[task].name, loaded.tasks()[task].classes.len()),
            (*name, data.classes().len())
        );
    }
    assert!(loaded.net().named_params().iter().all(|(_, p)| p.frozen));

    let mut state = nn_layers::StateDict::load(&path).unwrap();
    let json = state.metadata[ProgressiveModel::METADATA_KEY].clone();
    for (from, to) in [
        ("\"units\":12", "\"units\":67108864"),
        ("\"units\":12", "\"units\":13"),
        ("\"kernel\":3", "\"kernel\":13"),
        ("\"dropout\":0.2", "\"dropout\":2.0"),
        ("\"input\":[1,", "\"input\":[2,"),
        ("\"plan\"", "\"plane\""),
    ] {
        let false_one = json.replace(from, to);
        assert_ne!(false_one, json, "{from}");
        state.metadata.insert(ProgressiveModel::METADATA_KEY.into(), false_one);
        state.save(&path).unwrap();
        let error = ProgressiveModel::load(&path).unwrap_err().to_string();
        assert!(error.contains("m.safetensors"), "{from}: {error}");
    }
}

#[test]
fn a_column_goes_on_with_its_head_or_as_a_whole() {
    let [(first, digits), _, (name, letters)] = tasks(64);
    let one = trained(plan(), 1);
    let go_on = |head_only| {
        let model = Continue::new(one.clone()).training(short()).head_only(head_only);
        model.fit(name, &letters, &mut quiet()).unwrap()
    };
    let was = one.score(0, &digits).unwrap();
    let (head, whole) = (go_on(true), go_on(false));
    assert_eq!(head.accuracy_under_the_head_of(&one, &digits).unwrap(), was);
    assert_ne!(whole.accuracy_under_the_head_of(&one, &digits).unwrap(), was);
    assert_eq!(head.tasks()[0].classes.len(), 26);
    let two = Progressive::new(one.clone()).training(short());
    let two = two.fit("letters", &letters, &mut quiet()).unwrap();
    assert!(Continue::new(two.clone()).fit(first, &digits, &mut quiet()).is_err());
    assert!(two.accuracy_under_the_head_of(&one, &digits).is_err());
}

#[test]
fn no_layer_of_a_column_that_is_not_read_is_sensitive() {
    let all = tasks(200);
    let mut model = ProgressiveModel::new(Plan::mlp([1, 12, 12], &[16, 12])).unwrap();
    for (name, data) in &all[..2] {
        model = Progressive::new(model).epochs(8).fit(name, data, &mut quiet()).unwrap();
    }
    let data = &all[1].1;
    let measured = Sensitivity::measure(&model, 1, data, 0).unwrap();
    assert!(measured.accuracy > 0.4, "{measured:?}");
    for table in [&measured.perturbation, &measured.fisher] {
        for layer in 0..2 {
            let sum: f64 = table.iter().map(|column| column[layer]).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{table:?}");
        }
        assert!(table[1][1] > 0.5, "{table:?}");
    }
    for (name, p) in model.net.columns[1].named_params_mut() {
        if name.ends_with("u.weight") {
            p.value = Tensor::zeros(p.shape());
        }
    }
    let unread = Sensitivity::measure(&model, 1, data, 0).unwrap();
    for (table, own) in [
        (&unread.drop, None),
        (&unread.precision, None),
        (&unread.perturbation, Some(1.0)),
        (&unread.fisher, Some(1.0)),
    ] {
        assert_eq!(table[0], [0.0, 0.0], "{unread:?}");
        assert!(table[1].iter().all(|&x| own.map_or(x > 0.0, |own| x == own)), "{unread:?}");
    }
    // The first task's column reads no other.
    assert_eq!(Sensitivity::measure(&model, 0, data, 0).unwrap().fisher, [[1.0, 1.0]]);
}

#[test]
fn the_area_is_that_of_trapezoids() {
    let data = &tasks(64)[0].1;
    let fit = |progressive: Progressive| {
        progressive.training(short()).fit("digits", data, &mut quiet()).unwrap()
    };
    let new = || Progressive::new(ProgressiveModel::new(plan()).unwrap());
    let with = fit(new().curve_on(data.clone()));
    let curve = with.tasks()[0].history.trace("held_out_accuracy");
    assert_eq!(curve.len(), 2, "one at the beginning of each epoch");
    let area = curve_area(&with.tasks()[0].history, 1.0).unwrap();
    assert!((area - (curve[0] + 2.0 * curve[1] + 1.0) / 4.0).abs() < 1e-12);
    let without = fit(new());
    assert!(curve_area(&without.tasks()[0].history, 1.0).is_err());
    // Looking at it changes nothing.
    assert_eq!(without.net().state_dict(), with.net().state_dict());
}

#[test]
fn what_does_not_fit_is_refused() {
    let [(name, digits), ..] = tasks(32);
    let empty = || ProgressiveModel::new(plan()).unwrap();
    let large = synthetic::digits(8, 0);
    let error = Progressive::new(empty()).fit(name, &large, &mut quiet()).unwrap_err().to_string();
    assert!(error.contains("[1, 28, 28]") && error.contains("[1, 12, 12]"), "{error}");
    let fit =
        |training| Progressive::new(empty()).training(training).fit(name, &digits, &mut quiet());
    assert!(fit(Training { lr: -1.0, ..short() }).is_err());
    assert!(fit(Training { patience: Some(1), ..short() }).is_err());
    assert!(fit(short()).is_ok());
    let random = Progressive::new(empty()).untrained("random", &digits).unwrap();
    assert!(random.tasks()[0].history.is_empty());
    assert!(ProgressiveModel::new(Plan::mlp([3], &[])).is_err());
}
