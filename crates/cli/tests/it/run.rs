//! The document of a run, and the baselines beside it.

use crate::lab::{Lab, MOONS};
use serde_json::Value;

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_document_has_the_score_and_every_baseline_seed_by_seed() {
    let lab = Lab::new();
    let all = "--oracle synthetic:moons-rotated?n=100&seed=1 --baselines all --epochs 2";
    let line =
        format!("run domain-adversarial {MOONS} {all} --seeds 3 --seed 5 --threads 2 --json");
    let document = lab.json(&line);
    assert_eq!(document["schema"], "transfer.run/1");
    assert_eq!(document["method"], "domain-adversarial");
    assert_eq!(document["threads"], 2);
    assert!(document["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(document["seeds"], serde_json::json!([5, 6, 7]));
    assert_eq!(document["score"]["name"], "target_accuracy");
    assert_eq!(names(&document["baselines"]), ["source_only", "train_on_target"]);
    for summary in [
        &document["score"],
        &document["baselines"]["source_only"],
        &document["baselines"]["train_on_target"],
    ] {
        let scores: Vec<f64> =
            summary["per_seed"].as_array().unwrap().iter().map(|s| s.as_f64().unwrap()).collect();
        assert_eq!(scores.len(), 3);
        // The test set has 60 samples.
        assert!(scores.iter().all(|s| (s * 60.0 - (s * 60.0).round()).abs() < 1e-9), "{scores:?}");
        let mean = scores.iter().sum::<f64>() / 3.0;
        assert!((summary["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
        assert!(summary["std"].as_f64().unwrap() >= 0.0);
    }
    let gain = document["comparisons"]["source_only"]["gain"]["mean"].as_f64().unwrap();
    let mean = |summary: &Value| summary["mean"].as_f64().unwrap();
    let difference = mean(&document["score"]) - mean(&document["baselines"]["source_only"]);
    assert!((gain - difference).abs() < 1e-12);

    // Without --out the folders are numbered, and the report is the document.
    assert_eq!(document["folder"], "runs/domain-adversarial-1");
    let report: Value =
        serde_json::from_str(&lab.text("runs/domain-adversarial-1/report.json")).unwrap();
    assert_eq!(report, document);
    let again = lab.json(&format!("run domain-adversarial {MOONS} --steps 1 --json -q"));
    assert_eq!(again["folder"], "runs/domain-adversarial-2");
}

#[test]
fn baselines_are_those_that_were_asked_for() {
    let lab = Lab::new();
    let oracle = "--oracle synthetic:moons-rotated?n=100&seed=1";
    for (flags, expected) in [
        (String::new(), vec!["source_only"]),
        ("--baselines all".into(), vec!["source_only"]),
        (format!("--baselines all {oracle}"), vec!["source_only", "train_on_target"]),
        ("--baselines none".into(), vec![]),
        (format!("--baselines train_on_target {oracle}"), vec!["train_on_target"]),
    ] {
        let line = format!("run domain-adversarial {MOONS} {flags} --steps 2 --json -q");
        assert_eq!(names(&lab.json(&line)["baselines"]), expected, "{flags}");
    }
    let target = "--source synthetic:moons?n=60 --target synthetic:moons-rotated?n=60 --shots 2";
    let line =
        format!("run fine-tune {target} --epochs 2 --source-epochs 1 --baselines all --json");
    let document = lab.json(&line);
    assert_eq!(names(&document["baselines"]), ["scratch", "source_only"]);
    assert_eq!(document["score"]["name"], "target_accuracy");
}

#[test]
fn every_epoch_of_every_training_leaves_a_line() {
    let lab = Lab::new();
    lab.done(&format!("run domain-adversarial {MOONS} --epochs 3 --out r"));
    let lines: Vec<Value> =
        lab.text("r/metrics.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |arm: &str| lines.iter().filter(|l| l["arm"] == arm).count();
    assert_eq!((lines.len(), of("domain-adversarial"), of("source_only")), (6, 3, 3));
    assert_eq!((&lines[2]["epoch"], &lines[2]["step"]), (&3.into(), &6.into()));
    let lambda = |i: usize| lines[i]["lambda"].as_f64().unwrap();
    assert!(lambda(0) < lambda(1) && lambda(1) < lambda(2) && lambda(2) > 0.9 * 0.5);
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let ran = Lab::new().run(&format!("run domain-adversarial {MOONS} --steps 2 --quiet"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("target accuracy, %"), "{}", ran.stdout);
}

#[test]
fn without_labelled_target_data_the_report_says_so() {
    let lab = Lab::new();
    let data = "--source synthetic:moons?n=60 --target synthetic:moons-rotated?n=60";
    let text = lab.done(&format!("run domain-adversarial {data} --steps 2"));
    assert!(text.contains("source accuracy, %"), "{text}");
    assert!(text.contains("The accuracy on the target was not measured"), "{text}");
}

#[test]
#[cfg(unix)]
fn nobody_listening_is_no_failure() {
    use std::process::Stdio;
    let lab = Lab::new();
    let mut run = lab.process(&format!("run domain-adversarial {MOONS} --epochs 2 --out r"));
    // Both ends of the talk are closed before the first word is said.
    let mut child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(lab.path("r/report.json").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let lab = Lab::new();
    let output = lab.process("cases").stdout(full).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with("error: cannot write to standard output: No space"), "{error}");
}
