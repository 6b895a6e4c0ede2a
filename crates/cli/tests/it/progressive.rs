//! `run progressive`.

use crate::lab::Lab;
use serde_json::Value;

/// Two small tasks of images, of 10 and of 26 classes.
const TASKS: &str = "--task a=synthetic:digits?n=60 --task b=synthetic:letters?n=60&seed=1 \
    --test-task b=synthetic:letters?n=30&seed=1#test --test-task a=synthetic:digits?n=30#test \
    --resize 12x12 --epochs 2 --baselines all";

/// The report without what may differ between two runs.
fn report(lab: &Lab, folder: &str) -> Value {
    let text = lab.text(&format!("{folder}/report.json"));
    let mut report: Value = serde_json::from_str(&text).unwrap();
    for field in ["seconds", "threads", "folder"] {
        report.as_object_mut().unwrap().shift_remove(field).unwrap();
    }
    report
}

#[test]
fn the_report_sets_every_control_beside_it_and_shows_that_nothing_is_forgotten() {
    let lab = Lab::new();
    let text = lab.done(&format!("run progressive {TASKS} --seeds 2 --out r"));
    for words in ["SHA-256 of each task's outputs: the same before and after", "transfer score"] {
        assert!(text.contains(words), "{text}");
    }
    let r = report(&lab, "r");
    assert_eq!(
        (&r["outputs_unchanged"], &r["score"]["name"]),
        (&Value::Bool(true), &Value::from("learning_curve_area"))
    );
    assert_eq!(r["transfer_scores"]["single_column"]["b"], 1.0);
    for arm in ["single_column", "random_column", "fine_tune", "output_only"] {
        assert!(r["baselines"][arm]["per_seed"][1].is_number(), "{arm}");
        assert!(r["transfer_scores"][arm]["b"].is_number(), "{arm}");
    }
    let figures = &r["figures"];
    assert_eq!(figures["accuracy_a"]["per_seed"], figures["accuracy_a_after"]["per_seed"]);
    let outputs = &r["outputs"]["1"][0];
    assert_eq!(outputs["before"].as_str().unwrap().len(), 64);
    let own = &r["sensitivity"][0]["measured"]["fisher"];
    assert_eq!(own.as_array().unwrap().len(), 2, "a row for each column");
    for picture in ["perturbation", "fisher"] {
        assert!(lab.text(&format!("r/sensitivity-2-{picture}.svg")).contains("layer 2"));
    }
    assert!(lab.text("r/report.html").contains("sensitivity (APS)"));
    assert!(lab.done("inspect r/model.safetensors").contains("columns.1.layers.1.lateral.alpha"));

    // The configuration repeats the run, on any number of threads.
    lab.done("run progressive --config r/config.toml --threads 3 --out again");
    assert_eq!(report(&lab, "again"), r);
    assert_eq!(lab.read("again/model.safetensors"), lab.read("r/model.safetensors"));
}

#[test]
fn the_random_control_has_as_many_parameters_as_the_method_at_every_task() {
    let lab = Lab::new();
    let third =
        "--task c=synthetic:digits?n=60&seed=2 --test-task c=synthetic:digits?n=30&seed=2#test";
    for laterals in ["adapter", "linear"] {
        for (tasks, out) in [(TASKS.to_owned(), "two"), (format!("{TASKS} {third}"), "three")] {
            let out = format!("{laterals}-{out}");
            lab.done(&format!("run progressive {tasks} --laterals {laterals} --out {out}"));
            let r = report(&lab, &out);
            let own = r["figures"]["parameters"]["mean"].as_f64().unwrap();
            let of = |arm: &str| r["baseline_figures"][arm]["parameters"]["mean"].as_f64().unwrap();
            assert_eq!(of("random_column"), own, "{out}");
            assert!(of("single_column") < own, "{out}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let lab = Lab::new();
    lab.refused("run progressive", 2, &["--task is missing", "NAME=SPEC"]);
    lab.refused("run progressive --task a=synthetic:digits", 2, &["at least two tasks"]);
    lab.refused("run progressive --task synthetic", 2, &["NAME=SPEC"]);
    let two = "--task a=synthetic:digits?n=20 --task b=synthetic:moons?n=20";
    lab.refused(&format!("run progressive {two}"), 2, &["--test-task is missing"]);
    let tests = "--test-task a=synthetic:digits?n=20 --test-task b=synthetic:moons?n=20";
    lab.refused(&format!("run progressive {two} {tests}"), 2, &["learnt by heart"]);
    let tests = tests.replace("?n=20", "?n=20#test");
    lab.refused(&format!("run progressive {two} {tests}"), 3, &["[1, 28, 28]", "[2]"]);
    lab.refused(&format!("run progressive {TASKS} --source x"), 2, &["--source has no meaning"]);
    lab.refused(&format!("run progressive {TASKS} --net cnn"), 2, &["no network `cnn`"]);
    lab.refused(&format!("run progressive {TASKS} --dropout 1"), 2, &["--dropout 1", "[0, 1)"]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn grey_tasks_beside_coloured_ones_are_repeated_and_it_is_said() {
    let lab = Lab::new();
    let coloured = TASKS.replace("synthetic:letters", "synthetic:letters-textured");
    let ran = lab.run(&format!("run progressive {coloured} --baselines none --out r"));
    assert_eq!(ran.code, Some(2), "a flag given twice is refused");
    let coloured = coloured.replace("--baselines all", "--baselines none");
    let ran = lab.run(&format!("run progressive {coloured} --out r"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("grey is repeated as three channels"), "{}", ran.stderr);
}
