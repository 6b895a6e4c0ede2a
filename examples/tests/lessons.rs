//! Every lesson runs, in order, and its figure is within its bounds: a lesson cannot rot.

#![forbid(unsafe_code)]
// The 64-bit build is for checks of numbers; it does not make the lessons' binaries.
#![cfg(not(real_f64))]

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each lesson, the name of its figure, and the bounds at `--quick`.
const LESSONS: &[(&str, &str, RangeInclusive<f64>)] = &[
    ("01_tape", "largest_error", 0.0..=1e-4),
    ("02_line", "distance_to_least_squares", 0.0..=1e-3),
    ("03_mlp", "accuracy", 0.97..=1.0),
    ("04_digits", "accuracy", 0.85..=1.0),
    ("05_checkpoint", "gain", 0.03..=1.0),
    ("06_fine_tuning", "gain", 0.02..=1.0),
    ("07_layer_transfer", "gain", 0.01..=1.0),
    ("08_multi_task", "delta_m_of_the_sum", -0.05..=1.0),
    ("09_progressive", "kept", 0.2..=1.0),
    ("10_domain_adversarial", "gain", 0.02..=1.0),
    ("11_zero_shot", "gain", 0.4..=1.0),
    ("12_self_taught", "gain", 0.02..=1.0),
    ("13_self_taught_clustering", "gain", 0.3..=1.0),
    ("14_matmul_ladder", "engine_over_naive", 1.5..=1e4),
];

/// The lessons' binaries lie beside the folder of the tests' own.
fn binary(lesson: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let profile = test.ancestors().nth(2).expect("in target/PROFILE/deps");
    profile.join("examples").join(format!("{lesson}{}", std::env::consts::EXE_SUFFIX))
}

fn source(lesson: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(format!("{lesson}.rs"))
}

#[track_caller]
fn modified(file: &Path) -> std::time::SystemTime {
    let time = fs::metadata(file).and_then(|m| m.modified());
    time.unwrap_or_else(|e| panic!("{}: {e}; `cargo test -p examples` builds it", file.display()))
}

#[test]
fn every_lesson_runs_and_shows_its_figure() {
    for (lesson, name, bounds) in LESSONS {
        let program = binary(lesson);
        let fresh = modified(&program) >= modified(&source(lesson));
        assert!(fresh, "{lesson} is older than its source; `cargo test -p examples` builds it");
        let output = Command::new(&program).arg("--quick").output().expect("a lesson can be run");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{lesson} failed:\n{text}\n{errors}");
        let last = text.lines().last().unwrap_or_default();
        let value = last.strip_prefix(&format!("figure {name} ")).and_then(|v| v.parse().ok());
        let value: f64 = value.unwrap_or_else(|| panic!("{lesson} ends with: {last}"));
        assert!(bounds.contains(&value), "{lesson}: {name} is {value}, not in {bounds:?}");
        println!("{lesson}: {name} {value}");
    }
}

#[test]
fn every_lesson_has_its_parts() {
    let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"));
    let mut lessons: Vec<PathBuf> =
        folder.expect("the lessons' folder").map(|e| e.expect("its entries").path()).collect();
    lessons.sort();
    let names: Vec<String> = lessons
        .iter()
        .map(|l| l.file_stem().expect("a file").to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, LESSONS.iter().map(|(lesson, ..)| *lesson).collect::<Vec<_>>());
    for lesson in lessons {
        let text = fs::read_to_string(&lesson).expect("a lesson is UTF-8");
        let name = lesson.display();
        assert!(text.lines().count() < 150, "{name} has {} lines", text.lines().count());
        for part in [
            "//! **You will learn**",
            "//! **The idea.**",
            "//! **Run it**",
            "//! **You should see**",
        ] {
            assert!(text.contains(part), "{name} lacks {part}");
        }
        let exercises = text.split("// Exercises\n").nth(1).unwrap_or_default();
        assert!(exercises.contains("// 1. ") && exercises.contains("// 2. "), "{name}: exercises");
    }
}
