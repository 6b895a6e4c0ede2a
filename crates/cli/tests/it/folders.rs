//! The run folder: never one that is in use, never half a run.

use crate::lab::{Lab, MOONS};

#[test]
fn a_folder_with_a_run_in_it_is_left_alone() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --steps 2 --baselines none --out r");
    lab.done(&line);
    let before: Vec<Vec<u8>> =
        lab.names("r").iter().map(|name| lab.read(&format!("r/{name}"))).collect();
    lab.refused(&line, 2, &["r: it holds a finished run; choose another folder"]);
    lab.refused(&format!("{line} --resume --lr 0.5"), 2, &["`lr` was 0.01, is 0.5"]);
    let other = "run fine-tune --source synthetic:moons --target synthetic:moons --shots 2 --out r";
    lab.refused(&format!("{other} --resume"), 2, &["its run is one of \"domain-adversarial\""]);
    let after: Vec<Vec<u8>> =
        lab.names("r").iter().map(|name| lab.read(&format!("r/{name}"))).collect();
    assert!(before == after, "a refused run changed the folder");

    // To go on with a finished run gives its result again.
    let again = lab.done(&format!("{line} --resume"));
    assert!(again.contains("domain-adversarial"), "{again}");
}

#[test]
fn what_is_no_run_is_not_gone_on_with_nor_written_over() {
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --steps 2");
    lab.refused(&format!("{run} --out r --resume"), 2, &["r: there is no run to go on with"]);
    assert!(lab.names("").is_empty());
    lab.write("file", "mine");
    for out in ["file", "file/r"] {
        lab.refused(&format!("{run} --out {out}"), 2, &["it is a file; choose a folder"]);
    }
    std::fs::create_dir(lab.path("kept")).unwrap();
    lab.write("kept/model.safetensors", "mine");
    lab.refused(&format!("{run} --out kept"), 2, &["its `model.safetensors` would be overwritten"]);
    assert_eq!(
        (lab.text("file"), lab.names("kept")),
        ("mine".into(), vec!["model.safetensors".into()])
    );
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    std::fs::create_dir(lab.path("locked")).unwrap();
    let set = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(lab.path("locked"), mode).unwrap();
    };
    set(0o555);
    if std::fs::write(lab.path("locked/probe"), "").is_ok() {
        eprintln!("skipped: this user may write to any folder");
        return;
    }
    let run = format!("run domain-adversarial {MOONS} --steps 2");
    for out in ["locked", "locked/r"] {
        lab.refused(&format!("{run} --out {out}"), 1, &["locked", "Permission denied"]);
    }
    set(0o755);
    assert!(lab.names("locked").is_empty());
}
