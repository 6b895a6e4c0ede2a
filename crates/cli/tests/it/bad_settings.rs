//! Settings out of range, and training that diverges.

use crate::lab::{DIGITS, Lab, MOONS};

#[test]
fn values_out_of_range_are_refused_before_anything_is_made() {
    let lab = Lab::new();
    for (flags, words) in [
        ("--lr 0", "--lr 0: it must be positive"),
        ("--lr -1", "--lr -1: it must be positive"),
        ("--lr nan", "--lr NaN: it must be positive"),
        ("--lr inf", "--lr inf: it must be positive and finite"),
        ("--momentum 1", "--momentum 1: it must be in [0, 1)"),
        ("--weight-decay -0.1", "--weight-decay -0.1: it must be 0 or positive"),
        ("--epochs 0", "--epochs 0: it must be from 1 to 10^12"),
        ("--steps 0", "--steps 0: it must be from 1 to 10^12"),
        ("--steps 18446744073709551615", "--steps 18446744073709551615: it must be from 1"),
        ("--batch-size 0", "--batch-size 0: it must be from 1 to 65536"),
        ("--batch-size 99999999999999", "--batch-size 99999999999999: it must be"),
        ("--seeds 0", "--seeds 0: it must be from 1 to 10000"),
        ("--seeds 10001", "--seeds 10001: it must be from 1 to 10000"),
        ("--seed 18446744073709551615", "--seed 18446744073709551615: it must be below 2^63"),
        ("--lambda -1", "--lambda -1: it must be 0 or positive"),
        ("--lambda inf", "--lambda inf: it must be 0 or positive"),
        ("--threads 0", "--threads"),
        ("--epochs many", "'many'"),
        ("--epochs -1", "'-1' for '--epochs"),
        ("--resize 28", "HxW"),
        ("--epochs 1 --steps 1", "'--epochs"),
    ] {
        let line = format!("run domain-adversarial {MOONS} --out r {flags}");
        lab.refused(&line, 2, &[words]);
        assert!(lab.names("").is_empty(), "{flags} left {:?}", lab.names(""));
    }
    let fine_tune =
        "run fine-tune --out r --source synthetic:moons --target synthetic:moons-rotated";
    for (flags, code, words) in [
        ("--shots 0", 2, "--shots 0: it must be at least 1"),
        ("--shots 18446744073709551615", 2, "2^63"),
        ("--shots 2 --trunk-lr 2", 2, "--trunk-lr 2: it must be in [0, 1]"),
        ("--shots 2 --source-epochs 0", 2, "--source-epochs 0: it must be at least 1"),
        ("--shots 2 --source-lr -1", 2, "--source-lr -1: it must be positive"),
        ("--shots 2 --train-only head.*", 2, "--train-only head.*: it must be a pattern"),
        ("--shots 9999999", 3, "9999999 are needed"),
        ("--shots 1 --init x", 2, "'--init"),
    ] {
        lab.refused(&format!("{fine_tune} {flags}"), code, &[words]);
        assert!(lab.names("").is_empty(), "{flags} left {:?}", lab.names(""));
    }
}

#[test]
fn shots_that_leave_no_test_data_are_refused_before_anything_is_made() {
    let lab = Lab::new();
    let data = "--source synthetic:moons?n=40 --target synthetic:moons-rotated?n=40";
    let line = format!("run fine-tune {data} --shots 20 --out r");
    lab.refused(&line, 3, &["leave nothing of the target", "give --test, or fewer shots"]);
    assert!(lab.names("").is_empty());
}

#[test]
fn divergence_is_told_with_the_place_and_leaves_no_model() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {DIGITS} --lr 1e6 --out r");
    let diverged =
        lab.refused(&line, 4, &["diverged at step ", " of 60", "the loss is ", "at lr "]);
    assert!(diverged.stderr.contains("lower the learning rate"), "{}", diverged.stderr);
    for file in ["model.safetensors", "report.json", "report.html", "results.jsonl"] {
        assert!(!lab.path(&format!("r/{file}")).exists(), "{file}");
    }
}

#[test]
fn weights_that_overflow_in_the_last_step_are_divergence_too() {
    let lab = Lab::new();
    for (net, lr) in [(MOONS, "1e60"), (DIGITS, "1e60")] {
        let line = format!("run domain-adversarial {net} --steps 1 --lr {lr} --out r");
        lab.refused(&line, 4, &["diverged by step 1 of 1: `", "is not finite at lr "]);
        assert!(!lab.path("r/model.safetensors").exists());
        std::fs::remove_dir_all(lab.path("r")).unwrap();
    }
}
