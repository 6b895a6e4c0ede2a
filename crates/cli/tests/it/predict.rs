//! `predict` and `inspect` on a saved model.

use crate::idx;
use crate::lab::{Lab, MOONS};
use serde_json::Value;

fn lab() -> Lab {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --epochs 20 --lr 0.3 --baselines none");
    lab.done(&format!("{line} --out m"));
    lab
}

const PREDICT: &str = "predict --model m/model.safetensors --data";

#[test]
fn the_document_the_table_and_the_values_agree() {
    let lab = lab();
    let data = "synthetic:moons?n=50&seed=9";
    let document = lab.json(&format!("{PREDICT} {data} --top 2 --json"));
    assert_eq!(document["schema"], "transfer.predict/1");
    assert_eq!(document["model"], "m/model.safetensors");
    assert_eq!(document["data"], data);
    assert_eq!(document["classes"], serde_json::json!(["upper", "lower"]));
    let rows = document["predictions"].as_array().unwrap();
    assert_eq!(rows.len(), 50);
    let probability = |row: &Value, k: usize| row["top"][k]["probability"].as_f64().unwrap();
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row["row"], i);
        let (first, second) = (probability(row, 0), probability(row, 1));
        assert!(first >= second && (first + second - 1.0).abs() < 1e-5);
    }
    let right = rows.iter().filter(|row| row["top"][0]["class"] == row["label"]).count();
    assert_eq!(document["accuracy"].as_f64().unwrap(), right as f64 / 50.0);
    assert!(right > 25, "the model learnt nothing: {right} of 50");

    let csv = lab.done(&format!("{PREDICT} {data} --csv"));
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines[0], lines.len()), ("row,class_1,probability_1,label", 51));
    let table = lab.done(&format!("{PREDICT} {data}"));
    assert!(table.ends_with(&format!("accuracy {:.1} %\n", 2.0 * right as f64)), "{table}");
    for (i, row) in rows.iter().enumerate() {
        let class = row["top"][0]["class"].as_str().unwrap();
        assert!(lines[i + 1].starts_with(&format!("{i},{class},")), "{}", lines[i + 1]);
        let line = table.lines().nth(i + 1).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(class), "{line}");
    }
}

#[test]
fn unlabelled_data_has_predictions_and_no_accuracy() {
    let lab = lab();
    idx::write(&lab, "new", "synthetic:moons?n=12");
    let document = lab.json(&format!("{PREDICT} idx:new.x --json"));
    assert!(document["accuracy"].is_null());
    assert!(document["predictions"][0].get("label").is_none());
    assert_eq!(document["predictions"][0]["top"].as_array().unwrap().len(), 1);
    let csv = lab.done(&format!("{PREDICT} idx:new.x --csv --top 9"));
    assert!(csv.starts_with("row,class_1,probability_1,class_2,probability_2\n0,"), "{csv}");
    assert!(!lab.done(&format!("{PREDICT} idx:new.x")).contains("accuracy"));
    // Plain numbers stand for the classes in their order.
    let labelled = lab.json(&format!("{PREDICT} idx:new.x,new.y --json"));
    assert!(labelled["accuracy"].as_f64().unwrap() > 0.5, "{labelled}");
}

#[test]
fn labels_of_other_classes_are_left_out_aloud() {
    let lab = lab();
    idx::write(&lab, "new", "synthetic:moons?n=12");
    let ran = lab.run(&format!("{PREDICT} idx:new.x,new.y?classes=3 --json"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("not classes of the model"), "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(document["accuracy"].is_null());
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let lab = lab();
    let line = format!("{PREDICT} synthetic:moons?n=9");
    lab.refused(&format!("{line} --top 0"), 2, &["--top 0: it must be at least 1"]);
    lab.refused(&format!("{line} --json --csv"), 2, &["--json", "--csv"]);
    lab.refused(&format!("{PREDICT} idx:no"), 3, &["--data idx:no: no: no such file"]);
}

#[test]
fn a_closed_pipe_ends_the_output_without_a_word() {
    use std::process::Stdio;
    let lab = lab();
    // Far more than a pipe holds, so that the write meets the closed end.
    for format in ["--csv", "--json", "--quiet"] {
        let mut command = lab.process(&format!("{PREDICT} synthetic:moons?n=20000 {format}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{format}");
        assert_eq!(output.status.code(), Some(0), "{format}");
    }
}

#[test]
fn images_are_resized_where_that_is_asked_for() {
    let lab = Lab::new();
    let data = "--source synthetic:digits?n=20 --target synthetic:digits-textured?n=20";
    let short = "--resize 16x16 --steps 1 --batch-size 4 --baselines none --out m";
    lab.done(&format!("run domain-adversarial {data} {short}"));
    let line = format!("{PREDICT} synthetic:digits?n=5");
    lab.refused(&line, 3, &["[1, 28, 28]", "[3, 16, 16]", "to 16x16 by --resize\n"]);
    let table = lab.done(&format!("{line} --resize"));
    assert_eq!(table.lines().filter(|l| l.contains(" %  ")).count(), 5, "{table}");
}

#[test]
fn inspect_lists_every_tensor_and_the_model_it_makes() {
    let lab = lab();
    let text = lab.done("inspect m/model.safetensors");
    for word in [
        "features.0.weight  F32   [15, 2]       30    120",
        "6 tensors",
        "transfer.model/1: {",
        "a model of `transfer`: shallow, 2 classes (upper, lower)",
        "Linear(2 -> 15)",
    ] {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    let document = lab.json("inspect m/model.safetensors --json");
    assert_eq!(document["schema"], "transfer.inspect/1");
    let tensors = document["tensors"].as_array().unwrap();
    let names: Vec<&str> = tensors.iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 6);
    assert!(names.contains(&"label.0.bias"));
    assert_eq!(
        tensors[names.iter().position(|n| *n == "features.0.weight").unwrap()]["bytes"],
        120
    );
    let description = document["metadata"]["transfer.model/1"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(description).unwrap()["classes"].is_array());
}
