//! The run folder: never one that is in use, never half a run.

use crate::lab::{Lab, MOONS, ran, skipped};

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

/// What nobody may do, root may: then the command is run as a user of no rights.
#[test]
#[cfg(unix)]
fn a_path_without_rights_is_named() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let lab = Lab::new();
    let set = |name: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(lab.path(name), mode).unwrap();
    };
    lab.done(&format!("run domain-adversarial {MOONS} --steps 2 --baselines none --out m"));
    std::fs::create_dir(lab.path("locked")).unwrap();
    lab.write("table.csv", "a,b,y\n1,2,0\n2,1,1\n");
    for (name, mode) in
        [("", 0o755), ("locked", 0o555), ("m/model.safetensors", 0), ("table.csv", 0)]
    {
        set(name, mode);
    }
    let root = std::fs::write(lab.path("locked/probe"), "").is_ok();
    if root {
        std::fs::remove_file(lab.path("locked/probe")).unwrap();
    }
    let run = format!("run domain-adversarial {MOONS} --steps 2");
    for (line, code, words) in [
        (format!("{run} --out locked"), 1, "locked"),
        (format!("{run} --out locked/r"), 1, "locked/r"),
        ("predict --model m --data synthetic:moons?n=9".into(), 3, "m/model.safetensors"),
        ("predict --model m --data csv:table.csv#label=y".into(), 3, "table.csv"),
        ("inspect m/model.safetensors".into(), 3, "m/model.safetensors"),
    ] {
        let mut command = lab.process(&line);
        if root {
            command.uid(65534).gid(65534);
        }
        let Ok(output) = command.output() else {
            return skipped("the program is not where a user of no rights finds it");
        };
        let ran = ran(&output);
        assert_eq!(ran.code, Some(code), "{line}\n{}", ran.stderr);
        for word in [words, "Permission denied"] {
            assert!(ran.stderr.contains(word), "{line}\n{}", ran.stderr);
        }
        // The table's turn is with a model that can be read.
        set("m/model.safetensors", if line.contains("?n=9") { 0o644 } else { 0 });
    }
    assert!(lab.names("locked").is_empty());
    set("locked", 0o755);
}

/// Holds the folder as a run of another process would.
fn held(lab: &Lab, folder: &str, pid: &str) -> std::fs::File {
    lab.write(&format!("{folder}/lock"), pid);
    let file = std::fs::File::open(lab.path(&format!("{folder}/lock"))).unwrap();
    file.try_lock().unwrap();
    file
}

#[test]
fn two_runs_in_one_folder_are_one_too_many() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --steps 2 --baselines none --out r");
    // While the other one makes its folder, while it runs, and when it is to be gone on with.
    std::fs::create_dir(lab.path("r")).unwrap();
    let words = ["r: process 4321 is at work in it; wait until it has ended"];
    let other = held(&lab, "r", "4321\n");
    lab.refused(&line, 2, &words);
    assert_eq!(lab.names("r"), ["lock"]);
    drop(other);
    // What a killed run leaves holds nobody up, whatever process has its number now.
    lab.write("r/lock", "1\n");
    lab.done(&line);
    assert!(!lab.path("r/lock").exists());
    let _other = held(&lab, "r", "4321\n");
    lab.refused(&line, 2, &words);
    lab.refused(&format!("{line} --resume"), 2, &words);
}

#[test]
fn a_folder_of_another_version_is_left_to_it() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --steps 2 --baselines none --out r");
    lab.done(&line);
    let config = lab.text("r/config.toml");
    let ours = env!("CARGO_PKG_VERSION");
    for (version, words) in [
        (
            "99.10.0",
            format!("r: its run was made by the newer version 99.10.0, this is {ours}; go on"),
        ),
        ("0.0.9", format!("r: its run was made by version 0.0.9, this is {ours}; go on")),
    ] {
        let other =
            config.replace(&format!("version = \"{ours}\""), &format!("version = \"{version}\""));
        // It may have settings that nobody knows here yet.
        lab.write("r/config.toml", format!("warp = 9\n{other}"));
        lab.refused(&format!("{line} --resume"), 2, &[&words]);
    }
    lab.write("r/config.toml", "[provenance");
    lab.refused(&format!("{line} --resume"), 3, &["r/config.toml: not a configuration"]);
    lab.write("r/config.toml", &config);
    lab.done(&format!("{line} --resume"));
    let report = lab.text("r/report.json").replace("transfer.run/1", "transfer.run/2");
    lab.write("r/report.json", report);
    let words = ["r/report.json: its schema is `transfer.run/2`, and this program reads"];
    lab.refused("compare r r", 3, &words);
}

#[test]
fn a_run_leaves_its_model_with_a_description_that_people_can_read() {
    let lab = Lab::new();
    let flags = "--steps 2 --seed 3 --baselines none --out r";
    lab.done(&format!("run domain-adversarial {MOONS} {flags}"));
    let card: toml::Table = toml::from_str(&lab.text("r/model.toml")).unwrap();
    assert_eq!(card["kind"].as_str(), Some("transfer.model/1"));
    assert_eq!(card["architecture"]["name"].as_str(), Some("shallow"));
    assert_eq!(card["classes"].as_array().map(Vec::len), Some(2));
    assert!(card["normalizer"].is_table(), "{card}");
    let made = &card["provenance"];
    assert_eq!(made["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert!(made["command"].as_str().unwrap().ends_with(flags), "{made}");
    assert_eq!(made["settings"]["seed"].as_integer(), Some(3));
    assert_eq!(made["settings"]["source"].as_str(), Some("synthetic:moons?n=100"));
    // The folder is the model, at the command line and in a program.
    let data = "--data synthetic:moons?n=30 --json";
    let by_folder = lab.json(&format!("predict --model r {data}"));
    let by_file = lab.json(&format!("predict --model r/model.safetensors {data}"));
    assert_eq!(by_folder["predictions"], by_file["predictions"]);
    let (model, architecture) = transfer::Model::load(&lab.path("r")).unwrap();
    assert_eq!((model.classes.len(), &*architecture.name), (2, "shallow"));
    assert!(lab.done("inspect r").contains("a model of `transfer`: shallow"));
}

#[test]
fn checkpoints_are_kept_and_written_as_the_flags_say() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --steps 2 --out r");
    for (flags, words) in [
        ("--keep 0", "0 is not in 1.."),
        ("--checkpoint-every 0", "`0` is no interval"),
        ("--checkpoint-every 3d", "write steps, as 500, a time, as 30s, 5m or 2h, or `epoch`"),
    ] {
        let ran = lab.run(&format!("{line} {flags}"));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    assert!(lab.names("").is_empty());
}
