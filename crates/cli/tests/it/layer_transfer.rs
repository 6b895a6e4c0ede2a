//! Layer transfer from the command line.

use crate::lab::Lab;

const DATA: &str = "--source synthetic:moons --target synthetic:moons-rotated --shots 5 \
                    --source-epochs 5 --epochs 6 --lr 0.1 --json";

#[test]
fn everything_copied_and_trained_is_fine_tuning() {
    let lab = Lab::new();
    let run = |flags: &str| lab.json(&format!("run layer-transfer {DATA} {flags}"));
    let all = run("--copy * --train-copied --baselines all");
    assert_eq!(all["method"], "layer-transfer");
    assert_eq!(all["score"]["per_seed"], all["baselines"]["fine_tune"]["per_seed"]);
    let arms: Vec<&String> = all["baselines"].as_object().unwrap().keys().collect();
    assert_eq!(arms, ["fine_tune", "linear_probe", "scratch", "source_only"]);

    let moved = |run: &serde_json::Value, layer: &str| run["movement"][layer].as_f64().unwrap();
    let frozen = run("");
    assert_eq!(moved(&frozen, "features.0"), 0.0);
    assert!(moved(&frozen, "label.0") > 0.0 && moved(&all, "features.0") > 0.0);
    assert_eq!(frozen["copying"]["copied"][0], "features.0.weight");
    assert!(moved(&run("--unfreeze-after 3"), "features.0") > 0.0);
    assert_eq!(moved(&run("--copy label.*"), "label.0"), 0.0);
}

#[test]
fn every_method_from_a_source_tells_what_it_forgets_and_how_it_moves() {
    let lab = Lab::new();
    for method in ["fine-tune", "conservative", "layer-transfer"] {
        let run = lab.json(&format!("run {method} {DATA} --baselines none"));
        let before = run["forgetting"]["before"].as_f64().unwrap();
        let after = run["forgetting"]["after"].as_f64().unwrap();
        assert_eq!(run["figures"]["source_accuracy"]["mean"], after, "{method}");
        assert!(before > 0.5 && after > 0.0, "{method}: {before} {after}");
        assert!(run["movement"]["label.0"].as_f64().unwrap() > 0.0, "{method}");
        assert!(run["movement"].get("domain.0").is_none(), "{method}");
        let cka = |layer: &str| run["cka"][layer].as_f64().unwrap();
        let frozen = method == "layer-transfer";
        assert_eq!((cka("features.0") - 1.0).abs() < 1e-6, frozen, "{method}: {}", run["cka"]);
        assert!(cka("label.0") > 0.0 && run["cka"].get("domain.0").is_none(), "{method}");
    }
    let other = "--source synthetic:letters?n=52 --target synthetic:digits?n=60 --resize 16x16 \
                 --shots 1 --source-epochs 1 --epochs 1";
    let run = lab.done(&format!("run fine-tune {other} --baselines none --out r"));
    assert!(run.contains("source accuracy: not comparable: the head is for other"), "{run}");
    assert!(run.contains("‖w - w0‖/‖w0‖: features.0 0."), "{run}");
}

#[test]
fn layers_move_one_after_the_other_and_by_their_depth() {
    let lab = Lab::new();
    for method in ["fine-tune", "conservative", "layer-transfer --copy * --train-copied"] {
        let run = |flags: &str| {
            let run = lab.json(&format!("run {method} {DATA} {flags} --baselines none"));
            run["movement"]["features.0"].as_f64().unwrap()
        };
        assert_eq!(run("--unfreeze-every 6"), 0.0, "{method}");
        let (late, early) = (run("--unfreeze-every 5"), run("--unfreeze-every 1"));
        assert!(0.0 < late && late < early, "{method}: {late} {early}");
        let (slow, fast) = (run("--lr-decay-by-depth 50"), run("--lr-decay-by-depth 1"));
        assert!(0.0 < slow && slow < 0.2 * fast, "{method}: {slow} {fast}");
    }
}

#[test]
fn a_study_draws_its_curves_and_is_repeated_by_its_configuration() {
    let lab = Lab::new();
    let run = lab.json(&format!("run layer-transfer {DATA} --seeds 2 --study --from last --out a"));
    let layers = &run["layers"];
    assert_eq!(layers["layers"], serde_json::json!(["label.0", "features.0"]));
    assert_eq!((&layers["from"], &layers["output_copied"]), (&"last".into(), &true.into()));
    for curve in layers["curves"].as_array().unwrap() {
        let points = curve["points"].as_array().unwrap();
        assert_eq!(points.len(), 3);
        assert!(points.iter().all(|p| p["accuracy"]["per_seed"].as_array().unwrap().len() == 2));
    }
    // Features of fresh first layers foretell nothing.
    assert!(run["scores"]["leep"].as_f64().unwrap() < 0.0);
    assert_eq!(run["scores"]["cuts"], serde_json::json!([]));
    assert!(lab.text("a/layers.svg").contains("the last n layers are copied"));
    assert!(lab.text("a/report.html").contains("AnB+"));
    let config = lab.text("a/config.toml");
    for line in ["copy = \"features.*\"", "train-copied = false", "study = true", "from = \"last\""]
    {
        assert!(config.contains(line), "{config}");
    }
    assert!(!config.contains("train-only"), "{config}");
    lab.done("run layer-transfer --config a/config.toml --unfreeze-after 2 --epochs 4 --out b");
    lab.done("run layer-transfer --config a/config.toml --out c");
    assert_eq!(lab.read("a/model.safetensors"), lab.read("c/model.safetensors"));
    assert_eq!(lab.read("a/layers.svg"), lab.read("c/layers.svg"));
}

#[test]
fn patterns_and_times_that_cannot_be_are_refused_before_anything_is_made() {
    let lab = Lab::new();
    for (flags, words) in [
        ("--copy feature.*", "`feature.*` names no parameter; the names are features.0.weight"),
        ("--copy *", "--copy *: it must be a pattern that leaves a layer to train"),
        ("--unfreeze-after 0", "--unfreeze-after 0: it must be at least 1"),
        ("--unfreeze-after 6", "--unfreeze-after 6: it must be fewer epochs"),
        ("--unfreeze-after 2 --train-copied", "cannot be used with"),
        ("--unfreeze-every 0", "--unfreeze-every 0: it must be at least 1"),
        ("--lr-decay-by-depth 0.5", "--lr-decay-by-depth 0.5: it must be 1 or larger"),
        ("--lr-decay-by-depth 2 --trunk-lr 1", "cannot be used with"),
        ("--train-only label.*", "--train-only has no meaning for layer-transfer"),
        ("--from last", "--study"),
        ("--study --from middle", "'middle'"),
        ("--baselines probe", "fine_tune, linear_probe, source_only, scratch"),
    ] {
        lab.refused(&format!("run layer-transfer {DATA} {flags} --out r"), 2, &[words]);
        assert!(lab.names("").is_empty(), "{flags} left {:?}", lab.names(""));
    }
    // The output layer alone, for other classes.
    let other = "--source synthetic:letters?n=52 --target synthetic:digits?n=60 --shots 1";
    let line = format!("run layer-transfer {other} --copy label.4.* --out r");
    lab.refused(&line, 2, &["nothing that can be copied", "the output layer is for other classes"]);
    assert!(lab.names("").is_empty());
}
