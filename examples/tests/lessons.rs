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

/// Those that are about no data.
const WITHOUT_DATA: [&str; 2] = ["01_tape", "14_matmul_ladder"];

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
        let takes = text.contains(": Spec,") || text.contains(": Option<Spec>,");
        let needs = !WITHOUT_DATA.iter().any(|lesson| name.to_string().contains(lesson));
        assert_eq!(takes, needs, "{name}: a flag for data of one's own");
        let exercises = text.split("// Exercises\n").nth(1).unwrap_or_default();
        assert!(exercises.contains("// 1. ") && exercises.contains("// 2. "), "{name}: exercises");
    }
}

/// What a lesson prints with these flags.
#[track_caller]
fn printed(lesson: &str, flags: &[&str]) -> String {
    let output = Command::new(binary(lesson)).arg("--quick").args(flags).output();
    let output = output.expect("a lesson can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lesson} {flags:?}: {errors}");
    String::from_utf8(output.stdout).expect("a lesson prints UTF-8")
}

#[test]
fn data_of_ones_own_take_the_place_of_the_generated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    // The same letters and what they are made of, now from a file.
    let letters = datasets::synthetic::letter_signatures();
    let mut table = format!("\t{}\n", letters.attributes.join("\t"));
    for (class, row) in letters.classes.iter().zip(letters.values.outer_iter()) {
        let cells: Vec<String> = row.iter().map(f32::to_string).collect();
        table += &format!("{class}\t{}\n", cells.join("\t"));
    }
    let file = path("strokes.tsv");
    fs::write(&file, table).expect("a file");
    let of_file = printed("11_zero_shot", &["--signatures", &file]);
    assert_eq!(of_file, printed("11_zero_shot", &[]));
    let few = ["--source", "synthetic:letters?n=520&seed=7", "--signatures", &file];
    assert_ne!(of_file, printed("11_zero_shot", &few));

    // y = 5 - 3 x: both of deviation 1, the slope is -1 and the intercept 0.
    let rows: String = (0..40).map(|x| format!("{x},{}\n", 5 - 3 * x)).collect();
    fs::write(path("line.csv"), format!("x,y\n{rows}")).expect("a file");
    let line = printed("02_line", &["--data", &format!("csv:{}#target=y", path("line.csv"))]);
    assert!(line.contains("slope -1.00000, intercept"), "{line}");
    let last = line.lines().last().and_then(|l| l.rsplit(' ').next()).unwrap_or_default();
    assert!(last.parse::<f64>().is_ok_and(|off| off < 1e-3), "{line}");

    let moons = ["--train", "synthetic:moons-rotated?n=200", "--test", "synthetic:moons?n=200"];
    assert_ne!(printed("03_mlp", &moons), printed("03_mlp", &[]));
    let few = ["--few", "synthetic:digits-textured?n=99", "--test", "synthetic:digits?n=99"];
    let refused = Command::new(binary("05_checkpoint")).args(few).output().expect("it runs");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("images of one size"));
}
