//! `--hold-out` and `--patience` of the methods that learn from few labelled target examples.

use crate::idx;
use crate::lab::Lab;
use serde_json::Value;
use std::collections::BTreeMap;

const DATA: &str = "--source synthetic:moons?n=100 --target synthetic:moons-rotated --shots 5 \
                    --source-epochs 5 --lr 0.1";

#[test]
fn every_training_on_the_target_stops_by_the_examples_held_out() {
    let lab = Lab::new();
    for method in ["fine-tune", "conservative", "layer-transfer --study"] {
        let name = method.split(' ').next().unwrap();
        let stop = "--hold-out 0.4 --patience 2 --epochs 100 --baselines all";
        let text = lab.done(&format!("run {method} {DATA} {stop} --out {name}"));
        let told = "5 labelled target examples a class, 40 % of them held out to choose the epoch";
        assert!(text.contains(told), "{text}");
        let metrics = lab.text(&format!("{name}/metrics.jsonl"));
        let (mut arms, mut early) = (BTreeMap::<String, Vec<f64>>::new(), 0);
        for line in metrics.lines() {
            let epoch: Value = serde_json::from_str(line).unwrap();
            let arm = epoch["arm"].as_str().unwrap();
            let criterion = epoch["minus_validation_loss"].as_f64();
            assert_eq!(criterion.is_none(), arm == "source", "{name}: {line}");
            arms.entry(arm.to_owned()).or_default().extend(criterion);
        }
        assert!(arms.contains_key(name) && arms.contains_key("scratch"), "{:?}", arms.keys());
        for (arm, values) in arms.iter().filter(|(arm, _)| *arm != "source") {
            // The second epoch in a row without a better one is the last.
            let (mut best, mut stale) = (f64::NEG_INFINITY, 0);
            for (epoch, value) in values.iter().enumerate() {
                stale = if *value > best { 0 } else { stale + 1 };
                best = best.max(*value);
                let last = epoch + 1 == values.len();
                assert_eq!(last, stale == 2 || epoch + 1 == 100, "{name}, {arm}: {values:?}");
            }
            early += usize::from(values.len() < 100);
        }
        assert!(early > 0, "{name}: {arms:?}");
        let config = lab.text(&format!("{name}/config.toml"));
        assert!(config.contains("hold-out = 0.4") && config.contains("patience = 2"), "{config}");
        lab.done(&format!("run {name} --config {name}/config.toml --out {name}-again"));
        let model = |folder: &str| lab.read(&format!("{folder}/model.safetensors"));
        assert_eq!(model(name), model(&format!("{name}-again")));
    }
}

#[test]
fn the_test_data_choose_no_epoch() {
    let lab = Lab::new();
    let test = idx::write(&lab, "test", "synthetic:moons-rotated?n=60&seed=2");
    let wrong: Vec<usize> = test.labels().unwrap().iter().map(|label| 1 - label).collect();
    lab.write("wrong.y", idx::labels(&wrong));
    let run = |labels: &str, own: &str, out: &str| {
        let test = format!("--test idx:test.x,{labels} --epochs 20 {own} --out {out}");
        lab.done(&format!("run fine-tune {DATA} {test}"));
        lab.read(&format!("{out}/model.safetensors"))
    };
    let right = run("test.y", "--hold-out 0.4", "right");
    assert_eq!(run("wrong.y", "--hold-out 0.4", "wrong"), right);
    assert_ne!(run("test.y", "", "all"), right);
}

#[test]
fn what_cannot_be_held_out_is_refused_before_anything_is_made() {
    let lab = Lab::new();
    for (flags, code, words) in [
        ("--hold-out 1", 2, "--hold-out 1: it must be between 0 and 1"),
        ("--hold-out 0", 2, "--hold-out 0: it must be between 0 and 1"),
        ("--hold-out 0.2 --patience 0", 2, "--patience 0: it must be at least 1"),
        ("--patience 3", 2, "--patience needs --hold-out"),
    ] {
        for method in ["fine-tune", "conservative", "layer-transfer"] {
            lab.refused(&format!("run {method} {DATA} {flags} --out r"), code, &[words]);
        }
    }
    let one = DATA.replace("--shots 5", "--shots 1 --hold-out 0.5");
    let words = ["there is 1 labelled example", "by --shots 2, or leave out --hold-out"];
    lab.refused(&format!("run conservative {one} --out r"), 3, &words);
    assert!(lab.names("").is_empty(), "{:?}", lab.names(""));
}

/// Whether a network can learn is asked of its examples alone.
#[test]
fn few_examples_are_learnt_by_heart_whatever_is_held_out() {
    let lab = Lab::new();
    let stop = "--hold-out 0.4 --patience 1 --baselines none --steps 4000";
    let text = lab.done(&format!("run fine-tune {DATA} {stop} --overfit 4"));
    assert!(text.contains("the network can fit 4 examples"), "{text}");
}
