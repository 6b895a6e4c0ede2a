//! Conservative training from the command line.

use crate::lab::Lab;

const DATA: &str = "--source synthetic:moons --target synthetic:moons-rotated --shots 5 \
                    --source-epochs 5 --epochs 5 --lr 0.1 --json";

#[test]
fn without_a_pull_it_is_fine_tuning_and_with_one_it_is_not() {
    let lab = Lab::new();
    let run = |hold: &str| lab.json(&format!("run conservative {DATA} {hold} --baselines all"));
    let free = run("--l2-sp 0");
    assert_eq!(free["method"], "conservative");
    assert_eq!(free["score"]["per_seed"], free["baselines"]["fine_tune"]["per_seed"]);
    let arms: Vec<&String> = free["baselines"].as_object().unwrap().keys().collect();
    assert_eq!(arms, ["fine_tune", "scratch", "source_only"]);
    let loss = |hold: &str| run(hold)["traces"]["loss"].to_string();
    let losses =
        ["--l2-sp 0", "--l2-sp 1", "--distill 0.5", "--ewc 10 --fisher-samples 20"].map(loss);
    for (i, one) in losses.iter().enumerate() {
        assert!(losses[..i].iter().all(|other| other != one), "{losses:?}");
    }
    assert_eq!(losses[0], run("--distill 0")["traces"]["loss"].to_string());
}

#[test]
fn its_settings_are_recorded_and_repeat_the_run() {
    let lab = Lab::new();
    let flags = "--distill 0.25 --ewc 2 --fisher empirical";
    lab.json(&format!("run conservative {DATA} {flags} --out a"));
    let config = lab.text("a/config.toml");
    for line in ["distill = 0.25", "ewc = 2.0", "fisher = \"empirical\"", "fisher-samples = 200"] {
        assert!(config.contains(line), "{config}");
    }
    assert!(!config.contains("l2-sp"), "{config}");
    lab.done("run conservative --config a/config.toml --out b");
    assert_eq!(lab.read("a/model.safetensors"), lab.read("b/model.safetensors"));
}

#[test]
fn holds_out_of_range_are_refused() {
    let lab = Lab::new();
    for (hold, words) in [
        ("--l2-sp -1", "--l2-sp -1: it must be 0 or positive"),
        ("--distill 1.5", "--distill 1.5: it must be in [0, 1]"),
        ("--ewc 1 --fisher-samples 0", "--fisher-samples 0: it must be at least 1"),
        ("--l2-sp 0.1 --weight-decay 0.1", "--weight-decay 0.1: it must be 0"),
    ] {
        lab.refused(&format!("run conservative {DATA} {hold} --out r-{}", hold.len()), 2, &[words]);
    }
}

/// Letters to digits: the last layer is a fresh one.
const OTHER: &str = "--source synthetic:letters?n=52 --target synthetic:digits?n=60&seed=1 \
                     --resize 12x12 --net mlp --shots 2 --source-epochs 1 --epochs 20";

#[test]
fn outputs_for_other_classes_are_not_held() {
    let lab = Lab::new();
    let words = ["--distill 0.5: it must be left out, or 0", "other classes", "--l2-sp or --ewc"];
    lab.refused(&format!("run conservative {OTHER} --distill 0.5 --out r"), 2, &words);
    // As many under other names.
    let names = "--source csv:shapes.csv#label=kind --target csv:colours.csv#label=kind --shots 2";
    let rows = |words: [&str; 2]| {
        let row = |i: usize| format!("{}.{i},{}\n", i % 2, words[i % 2]);
        format!("x,kind\n{}", (0..12).map(row).collect::<String>())
    };
    lab.write("shapes.csv", rows(["disc", "star"]));
    lab.write("colours.csv", rows(["blue", "red"]));
    lab.refused(&format!("run conservative {names} --distill 0.5 --out r"), 2, &words);
    assert!(!lab.path("r").exists());
    let run = lab.json(&format!("run conservative {names} --distill 0 --epochs 1 --json"));
    assert_eq!(run["same_classes"], false);
}

/// What a fresh last layer starts from is random, and nothing to stay near.
#[test]
fn a_fresh_last_layer_is_held_by_no_hold_of_the_weights() {
    let lab = Lab::new();
    let moved = |hold: &str| {
        let run = lab.json(&format!("run conservative {OTHER} {hold} --baselines none --json"));
        ["features.1", "label.0"].map(|layer| run["movement"][layer].as_f64().unwrap())
    };
    let [trunk, head] = moved("--l2-sp 0 --l2-sp-fresh 0");
    for hold in ["--l2-sp 30 --l2-sp-fresh 0", "--ewc 1000 --fisher-samples 20"] {
        let held = moved(hold);
        assert!(held[0] < trunk, "{hold}: {held:?}, {trunk} without");
        assert!(held[1] > 0.8 * head, "{hold}: {held:?}, {head} without");
    }
}
