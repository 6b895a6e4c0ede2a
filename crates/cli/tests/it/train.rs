//! Plain training, and starting from what it leaves.

use crate::lab::Lab;

#[test]
fn a_trained_network_is_tested_saved_and_started_from() {
    let lab = Lab::new();
    let line = "train --source synthetic:digits?n=300 --resize 16x16 --net cifar-cnn --epochs 4 --batch-size 16";
    let report = lab.json(&format!("{line} --out t --json --quiet"));
    assert_eq!(report["method"], "train");
    let score = report["score"]["mean"].as_f64().unwrap();
    assert!(score > 0.3, "chance is 0.1: {score}");
    let predicted = lab.json(
        "predict --model t/model.safetensors --data synthetic:digits?n=40&seed=5 --resize --json",
    );
    assert!(predicted["accuracy"].as_f64().unwrap() > 0.3, "{predicted}");
    let page = lab.text("t/report.html");
    for part in ["The data", "Learning curves", "Class by class", "Predictions", "What was run"] {
        assert!(page.contains(&format!("<h3>{part}</h3>")), "{part}");
    }
    assert!(lab.text("t/classes-train.csv").starts_with("class,members,recall"));
    let text = lab.done(&format!("{line} --out u --test synthetic:digits?n=50&seed=9"));
    assert!(text.contains("train: synthetic:digits?n=300, 1 seed"), "{text}");
    assert!(text.contains("start from it by --init u/model.safetensors"), "{text}");
    lab.done(
        "run fine-tune --init t/model.safetensors --target synthetic:digits?n=60&seed=4 \
         --resize 16x16 --shots 2 --epochs 1 --quiet",
    );
    assert_eq!(lab.json(&format!("{line} --out v --json --quiet"))["score"], report["score"]);
}

#[test]
fn what_plain_training_has_no_use_for_is_refused() {
    let lab = Lab::new();
    lab.refused("train", 2, &["--source is missing"]);
    let line = "train --source synthetic:digits?n=60";
    lab.refused(
        &format!("{line} --target synthetic:digits"),
        2,
        &["--target has no meaning for train"],
    );
    lab.refused(&format!("{line} --baselines all"), 2, &["--baselines has no meaning"]);
    lab.refused("train --source synthetic:moons?n=60 --flip", 2, &["--flip mirrors images"]);
    lab.refused(&format!("{line} --hold-out 1"), 2, &["--hold-out 1", "between 0 and 1"]);
    let both = format!("{line} --hold-out 0.2 --test synthetic:digits?n=20");
    lab.refused(&both, 2, &["--test or --hold-out"]);
    lab.refused(&format!("{line} --test synthetic:letters?n=52"), 3, &["--test"]);
}
