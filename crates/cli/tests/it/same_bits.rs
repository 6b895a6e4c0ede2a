//! The same seed gives the same bits, on any number of threads.

use crate::lab::{DIGITS, Lab};
use serde_json::Value;

/// The report without what may differ between two runs: time, threads and the folder.
fn report(lab: &Lab, folder: &str) -> Value {
    let mut report: Value =
        serde_json::from_str(&lab.text(&format!("{folder}/report.json"))).unwrap();
    for field in ["seconds", "threads", "folder"] {
        report.as_object_mut().unwrap().shift_remove(field).unwrap();
    }
    report
}

#[test]
fn two_runs_and_any_threads_give_the_same_report_and_model() {
    let lab = Lab::new();
    let run = |flags: &str, out: &str| {
        let test = "--test synthetic:digits-textured?n=40&seed=2";
        lab.done(&format!("run domain-adversarial {DIGITS} {test} --epochs 2 {flags} --out {out}"));
        (report(&lab, out), lab.read(&format!("{out}/model.safetensors")))
    };
    let first = run("", "first");
    assert_eq!(run("", "second"), first);
    for threads in 1..=4 {
        assert_eq!(run(&format!("--threads {threads}"), &threads.to_string()), first, "{threads}");
    }
    assert_ne!(run("--seed 1", "other").1, first.1, "another seed gave the same model");
}

#[test]
fn fine_tuning_too_gives_the_same_bits() {
    let lab = Lab::new();
    let run = |threads: usize| {
        let data = "--source synthetic:moons?n=100 --target synthetic:moons-rotated?n=80 --shots 3";
        let flags = format!("--source-epochs 2 --epochs 3 --baselines all --threads {threads}");
        lab.done(&format!("run fine-tune {data} {flags} --out {threads}"));
        let folder = threads.to_string();
        (report(&lab, &folder), lab.read(&format!("{folder}/model.safetensors")))
    };
    assert_eq!(run(1), run(3));
}
