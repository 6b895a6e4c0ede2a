//! Sweeps: what they try, what they choose by, how they go on.

use crate::lab::Lab;

const DIGITS: &str = "--source synthetic:digits?n=60 --target synthetic:digits-textured?n=60&seed=1 \
    --resize 16x16 --source-epochs 1 --epochs 2 --batch-size 16";
const VALIDATE: &str = "--validate synthetic:digits-textured?n=60&seed=3";

#[test]
fn every_combination_is_tried_and_the_best_named() {
    let lab = Lab::new();
    let line = format!("sweep fine-tune {DIGITS} {VALIDATE} --grid lr=1e-9,0.02 --grid shots=1,3");
    let sweep = lab.json(&format!("{line} --out s --json --quiet"));
    assert_eq!(sweep["schema"], "transfer.sweep/1");
    let ranked = sweep["ranked"].as_array().unwrap();
    assert_eq!(ranked.len(), 4);
    let values: Vec<f64> = ranked.iter().map(|t| t["value"].as_f64().unwrap()).collect();
    assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
    // A trial is the run of its settings, with the validation data as its test.
    let first = &ranked[0];
    let settings = first["settings"].as_array().unwrap();
    let flags: Vec<String> = settings
        .iter()
        .map(|s| format!("--{} {}", s[0].as_str().unwrap(), s[1].as_str().unwrap()))
        .collect();
    let alone = format!(
        "run fine-tune {DIGITS} {} --baselines none --test synthetic:digits-textured?n=60&seed=3",
        flags.join(" ")
    );
    assert_eq!(lab.json(&format!("{alone} --json --quiet"))["score"]["mean"], first["value"]);
    let command = sweep["command"].as_str().unwrap();
    assert!(
        command.starts_with("transfer run fine-tune") && !command.contains("--test"),
        "{command}"
    );
    assert!(command.contains(&flags[0]) && command.contains(&flags[1]), "{command}");
}

#[test]
fn a_sweep_goes_on_where_it_was_and_with_nothing_else() {
    let lab = Lab::new();
    let line = format!(
        "sweep fine-tune {DIGITS} {VALIDATE} --shots 1 --grid lr=0.001,0.02,0.01 --json --quiet"
    );
    let whole = lab.json(&format!("{line} --out s"));
    // As if it had been killed in the second trial, and while it wrote its line.
    let first = lab.text("s/trials.jsonl").lines().next().unwrap().to_owned();
    lab.write("s/trials.jsonl", format!("{first}\n{{\"trial\":1,"));
    std::fs::remove_dir_all(lab.path("s/trial-2")).unwrap();
    // The result is the same on any number of threads, so another one is no other sweep.
    let again = lab.json(&format!("{line} --threads 1 --out s --resume"));
    let values = |sweep: &serde_json::Value| {
        let ranked = sweep["ranked"].as_array().unwrap();
        ranked.iter().map(|t| (t["trial"].clone(), t["value"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&whole));
    assert!(lab.text("s/trials.jsonl").starts_with(&first));

    lab.refused(&format!("{line} --out s"), 2, &["it holds a sweep", "--resume"]);
    let other = line.replace("0.02", "0.03");
    lab.refused(&format!("{other} --out s --resume"), 2, &["asked for other trials"]);
    lab.refused(&format!("{line} --out empty --resume"), 2, &["there is no sweep to go on with"]);
}

#[test]
fn halving_trains_many_shortly_and_few_for_long() {
    let lab = Lab::new();
    let data = DIGITS.replace("--epochs 2", "--epochs 4");
    let sweep = lab.json(&format!(
        "sweep fine-tune {data} {VALIDATE} --shots 1 --log-range lr=1e-6..0.05 --random 4 --halving 2 \
         --json --quiet"
    ));
    let trials = sweep["trials"].as_array().unwrap();
    let of = |rung: u64| trials.iter().filter(|t| t["rung"] == rung).count();
    assert_eq!([of(0), of(1), of(2)], [4, 2, 1]);
    let folder = trials[0]["folder"].as_str().unwrap();
    assert_eq!(folder, "trial-0-epochs-1");
    let config = lab.text(&format!("runs/sweep-1/{folder}/config.toml"));
    assert!(config.contains("epochs = 1\n"), "{config}");
    assert_eq!(sweep["ranked"].as_array().unwrap().len(), 1);

    // The full length may stand in a file, too; a flag wins.
    lab.write("c.toml", "epochs = 2\nshots = 1\n");
    let data = DIGITS.replace("--epochs 2", "");
    let line = format!("sweep fine-tune {data} {VALIDATE} --config c.toml --grid lr=0.01,0.02");
    let folders = |flags: &str| {
        let sweep = lab.json(&format!("{line} --halving 2 {flags} --json --quiet"));
        let trials = sweep["trials"].as_array().unwrap().clone();
        trials.iter().map(|t| t["folder"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_file = folders("");
    assert_eq!(of_file[..2], ["trial-0-epochs-1", "trial-1-epochs-1"]);
    assert!(of_file.len() == 3 && of_file[2].ends_with("-epochs-2"), "{of_file:?}");
    assert!(folders("--epochs 4")[2].ends_with("-epochs-4"));
    lab.write("c.toml", "steps = 9\nshots = 1\n");
    lab.refused(&format!("{line} --halving 2"), 2, &["--epochs is missing", "--config"]);
}

#[test]
fn an_unlabelled_target_is_chosen_for_without_its_labels() {
    let lab = Lab::new();
    let data = "--source synthetic:moons?n=100 --target synthetic:moons-rotated?n=100&seed=1";
    let line =
        format!("sweep domain-adversarial {data} --steps 200 --grid lr=1e-9,0.1 --by source-risk");
    let sweep = lab.json(&format!("{line} --grid select-lambda=0.1 --json --quiet"));
    let ranked = sweep["ranked"].as_array().unwrap();
    assert_eq!(ranked.len(), 2);
    assert!(ranked[0]["value"].as_f64().unwrap() <= 0.0, "minus a risk");
    assert_eq!(ranked[0]["settings"][0][1], "0.1");
    // The criterion of the sweep chooses among the values of one flag, too.
    let one = line.replace("--grid lr=1e-9,0.1", "--grid hold-out=0.2 --select-lambda 0.1,0.3");
    assert_eq!(lab.json(&format!("{one} --json --quiet"))["ranked"].as_array().unwrap().len(), 1);
    lab.refused(&format!("{one} --select entropy"), 2, &["name it by --by"]);
    let run = format!("run domain-adversarial {data} --select-lambda 0.1,0.3");
    lab.refused(&run, 2, &["--select-lambda and --select-lr need --select"]);
    let test = "--test synthetic:moons-rotated?n=60&seed=2";
    lab.refused(&format!("{line} {test}"), 2, &["a sweep reads no test data"]);
    lab.refused(
        &format!("{line} {VALIDATE}"),
        2,
        &["--validate has no meaning for domain-adversarial"],
    );
}

#[test]
fn what_no_trial_could_be_is_said_before_any_runs() {
    let lab = Lab::new();
    let line = format!("sweep fine-tune {DIGITS} {VALIDATE} --shots 1 --out s");
    for (flags, words) in [
        ("", vec!["--grid is missing"]),
        ("--grid lr", vec!["--grid `lr`", "lr=0.01,0.03"]),
        ("--grid lr=0.1,fast", vec!["a trial would be refused", "fast"]),
        (
            "--grid epoch=1",
            vec!["there is no setting `epoch` of fine-tune", "did you mean `epochs`?"],
        ),
        ("--range lr=0.1..0.2", vec!["--random N"]),
        ("--grid epochs=1,2 --halving 2", vec!["--halving"]),
        ("--grid lr=0.1 --by entropy", vec!["--by"]),
    ] {
        lab.refused(&format!("{line} {flags}"), 2, &words);
        assert!(!lab.path("s").exists(), "{flags}");
    }
    let without = format!("sweep fine-tune {DIGITS} --shots 1 --grid lr=0.1");
    lab.refused(&without, 2, &["--validate is missing", "apart from --target"]);
    let zero_shot = "sweep zero-shot --source synthetic:letters --grid epochs=1,2";
    lab.refused(zero_shot, 2, &["zero-shot has no examples"]);
}

#[test]
fn test_data_is_refused_wherever_it_is_named() {
    let lab = Lab::new();
    lab.write("c.toml", "test = \"synthetic:digits?n=20\"\n");
    let line = format!("sweep fine-tune {DIGITS} --shots 1 --out s");
    let sealed = "a sweep reads no test data";
    let grid = "--grid lr=0.1";
    lab.refused(&format!("{line} {VALIDATE} {grid} --config c.toml"), 2, &[sealed]);
    lab.refused(&format!("{line} {VALIDATE} --grid test=a,b"), 2, &["no setting `test`"]);
    let target = "--validate synthetic:digits-textured?n=60&seed=1";
    lab.refused(&format!("{line} {target} {grid}"), 2, &["--validate names what --target names"]);
    let steps = format!("{line} {VALIDATE} {grid} --halving 2").replace("--epochs 2", "--steps 2");
    lab.refused(&steps, 2, &["--halving"]);
    // What fails before anything is trained leaves nothing in the way.
    lab.refused(&format!("{line} --validate idx:none {grid}"), 3, &["none"]);
    lab.done(&format!("{line} {VALIDATE} {grid} --quiet"));
}

#[test]
fn a_sweep_of_which_every_trial_diverged_ends_as_a_run_that_did() {
    let lab = Lab::new();
    let data = DIGITS.replace("--epochs 2", "--epochs 20");
    let line = format!("sweep fine-tune {data} {VALIDATE} --shots 3 --trunk-lr 1");
    let ran = lab.run(&format!("{line} --grid lr=1e30,1e20 --quiet"));
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("diverged").count(), 2, "{}", ran.stdout);
    let words = "error: every trial diverged, 2 of 2: lower the learning rates";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    let ran = lab.run(&format!("{line} --grid lr=1e30,1e-5 --quiet"));
    assert_eq!(ran.code, Some(0), "one did not: {}", ran.stderr);
}
