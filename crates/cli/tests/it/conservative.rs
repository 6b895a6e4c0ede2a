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
