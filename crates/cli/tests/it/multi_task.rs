//! Multi-task learning from the command line.

use crate::lab::Lab;
use std::fmt::Write;

const DIGITS: &str = "--task left=multi:synthetic:digits?n=60#left \
                      --task right=multi:synthetic:digits?n=60#right --net lenet --batch-size 8";

#[test]
fn each_task_stands_beside_its_training_alone() {
    let lab = Lab::new();
    let run = |flags: &str| lab.json(&format!("run multi-task {DIGITS} --epochs 2 --json {flags}"));
    let equal = run("--seeds 2 --out a");
    assert_eq!((&equal["method"], &equal["weighting"]), (&"multi-task".into(), &"equal".into()));
    assert_eq!(equal["score"]["name"], "mean_accuracy");
    assert_eq!(equal["delta_m"]["per_seed"].as_array().unwrap().len(), 2);
    // 45 of 60 rows are left to train on, 12 steps of 8.
    assert_eq!(equal["figures"]["epochs_of_left"]["mean"], 96.0 / 45.0);
    let alone = &equal["baseline_figures"]["single_task"];
    let mean = |figure: &str| alone[figure]["mean"].as_f64().unwrap();
    let both = (mean("accuracy_of_left") + mean("accuracy_of_right")) / 2.0;
    assert!((both - equal["baselines"]["single_task"]["mean"].as_f64().unwrap()).abs() < 1e-9);

    let rules =
        ["given --weights left=0.5", "uncertainty", "grad-norm --alpha 1", "pc-grad", "mgda"];
    let loss = |rule: &str| {
        let run = run(&format!("--weighting {rule} --baselines all"));
        assert_eq!(run["baselines"].as_object().unwrap().len(), 2, "{rule}");
        run["traces"]["loss_left"].to_string()
    };
    let losses = rules.map(loss);
    for (i, one) in losses.iter().enumerate() {
        assert!(losses[..i].iter().all(|other| other != one), "{losses:?}");
    }
    lab.done("run multi-task --config a/config.toml --out b");
    assert_eq!(lab.read("a/model.safetensors"), lab.read("b/model.safetensors"));
    let inspected = lab.done("inspect a/model.safetensors");
    assert!(inspected.contains("heads.left.0.weight"), "{inspected}");
}

#[test]
fn a_table_is_as_many_tasks_as_its_column_has_values() {
    let lab = Lab::new();
    let mut table = String::new();
    for i in 0..90 {
        let (task, x, y) = (i % 3, i % 7, i % 5);
        let _ = writeln!(table, "{task},{},{x},{y}", 2 * x - y + 10 * task);
    }
    lab.write("t.csv", table);
    let run = "run multi-task --task t=csv:t.csv#target=2,task=1 --epochs 60 --lr 0.05 \
               --batches proportional --batch-size 4 --json";
    let report = lab.json(run);
    assert_eq!(report["score"]["name"], "explained_variance");
    assert!(report["score"]["mean"].as_f64().unwrap() > 0.9, "{report}");
    assert!(report["figures"]["rmse_of_t"]["mean"].as_f64().unwrap() < 4.0);
    assert!(report["traces"]["loss_t/0"].is_array(), "{report}");
    lab.refused(
        "run multi-task --task t=csv:t.csv#target=2,task=1[..2]",
        3,
        &["task `t/2`: it has no examples"],
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let lab = Lab::new();
    for (flags, code, words) in [
        ("--task left", 2, "`left` is no task; write NAME=SPEC"),
        ("--task a=synthetic:moons --task a=synthetic:moons", 2, "two --task have one name"),
        ("--task a=synthetic:moons --source synthetic:moons", 2, "--source has no meaning"),
        ("--task a=synthetic:moons --test-share 1", 2, "--test-share 1: it must be above 0"),
        ("--task a=synthetic:moons --trunk-lr 2", 2, "--trunk-lr 2: it must be in [0, 1]"),
        ("--task a=synthetic:moons --weighting given", 2, "--weights goes with"),
        ("--task a=synthetic:moons --alpha 1", 2, "--alpha goes with --weighting grad-norm"),
        ("--task a=synthetic:moons --test-task b=synthetic:moons", 2, "a name that no --task has"),
        (
            "--task a=synthetic:moons --test-task a=synthetic:digits",
            3,
            "--test-task a has classes 0, 1, 2",
        ),
        ("--task a=idx:nowhere.gz", 3, "--task idx:nowhere.gz"),
    ] {
        lab.refused(&format!("run multi-task {flags} --out r"), code, &[words]);
    }
}
