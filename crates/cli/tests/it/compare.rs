//! Runs side by side.

use crate::lab::{Lab, MOONS};
use serde_json::Value;

/// Two short runs at each of two settings.
fn lab() -> Lab {
    let lab = Lab::new();
    for (name, lambda, seed) in [("a", 0.1, 0), ("b", 0.1, 7), ("c", 2.0, 0), ("d", 2.0, 7)] {
        let own = format!("--lambda {lambda} --seed {seed} --seeds 2 --steps 40 --out {name}");
        lab.done(&format!("run domain-adversarial {MOONS} {own}"));
    }
    lab
}

fn scores(lab: &Lab, run: &str, arm: &str) -> Vec<f64> {
    let report: Value = serde_json::from_slice(&lab.read(&format!("{run}/report.json"))).unwrap();
    let arm = match arm {
        "domain-adversarial" => &report["score"]["per_seed"],
        other => &report["baselines"][other]["per_seed"],
    };
    arm.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn runs_of_one_setting_share_a_column_and_pairs_are_of_one_run_and_seed() {
    let lab = lab();
    let document = lab.json("compare c d a b --by lambda --picture lambda.svg --json");
    let columns = document["columns"].as_array().unwrap();
    let headings: Vec<&str> = columns.iter().map(|c| c["column"].as_str().unwrap()).collect();
    assert_eq!(headings, ["0.1", "2.0"]);
    for (column, runs) in columns.iter().zip([["a", "b"], ["c", "d"]]) {
        let own = runs.map(|run| scores(&lab, run, "domain-adversarial")).concat();
        let other = runs.map(|run| scores(&lab, run, "source_only")).concat();
        let result = &column["result"];
        let found = &result["scores"]["domain-adversarial"]["per_seed"];
        assert_eq!(*found, serde_json::json!(own));
        let gain = own.iter().zip(&other).map(|(a, b)| a - b).sum::<f64>() / 4.0;
        let found = result["gains"]["source_only"]["gain"]["mean"].as_f64().unwrap();
        assert!((found - gain).abs() < 1e-12, "{found} against {gain}");
    }
    assert_eq!(document["all"]["scores"]["source_only"]["per_seed"].as_array().unwrap().len(), 8);
    let svg = lab.text("lambda.svg");
    assert!(svg.contains("lambda") && svg.contains("source_only"), "{svg}");

    let text = lab.done("compare a b c d --by lambda");
    for words in ["lambda 0.1", "lambda 2.0", "all", "over source_only"] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
    let text = lab.done("compare a c");
    assert!(text.lines().next().unwrap().split_whitespace().any(|word| word == "c"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let lab = lab();
    lab.done("run fine-tune --source synthetic:moons --target synthetic:moons-rotated --shots 2 --epochs 1 --out f");
    lab.refused("compare a f", 2, &["f has the target_accuracy of fine-tune", "of one method"]);
    let none = "--by: `shots` has no value in a; settings that have one: align, ";
    lab.refused("compare a b --by shots", 2, &[none, "lambda"]);
    lab.refused("compare a b --by lamda", 2, &["in a, did you mean `lambda`?"]);
    lab.refused("compare a c --by net --picture p.svg", 2, &["numbers"]);
    lab.refused("compare a c --by lambda --picture p.png", 2, &["name a file FILE.svg"]);
    assert!(!lab.path("p.png").exists());
    lab.refused("compare a none", 3, &["none/report.json", "finished run"]);
    lab.refused("compare", 2, &["RUN"]);
    let newer = lab.text("a/report.json").replace("transfer.run/1", "transfer.run/2");
    lab.write("a/report.json", newer);
    lab.refused("compare a b", 3, &["`transfer.run/2`", "`transfer.run/1`"]);
    lab.write("a/report.json", "{");
    lab.refused("compare a b", 3, &["a/report.json"]);
}

#[test]
fn a_run_that_is_named_twice_is_refused() {
    let lab = Lab::new();
    lab.done(&format!("run domain-adversarial {MOONS} --steps 5 --out a"));
    lab.refused("compare a ./a", 2, &["a run is named twice"]);
}
