//! What was learnt by heart gives no score, and what is read is not written into.

use crate::lab::Lab;

const TARGET: &str = "synthetic:digits?n=60&seed=1";

#[test]
fn a_target_that_is_its_own_test_is_refused_or_tested_on_the_rest() {
    let lab = Lab::new();
    let short = "--resize 16x16 --steps 2 --source-epochs 1 --threads 1";
    let run = format!("run fine-tune --source synthetic:digits?n=60 --target {TARGET} {short}");
    // The same data, however they are written.
    let test = "--test synthetic:digits?seed=1&n=60";
    lab.refused(&format!("{run} {test}"), 2, &["--test names what --target names", "--shots K"]);
    lab.write("c.toml", format!("target = \"{TARGET}\"\n"));
    let filed = run.replace(&format!("--target {TARGET}"), "--config c.toml");
    lab.refused(&format!("{filed} {test}"), 2, &["--test names what --target names"]);
    assert!(lab.names("runs").is_empty(), "nothing is begun");

    lab.done(&format!("{run} --shots 2 --out rest"));
    lab.done(&format!("{run} --shots 2 {test} --out same"));
    for file in ["model.safetensors", "metrics.jsonl", "config.toml"] {
        let [rest, same] = ["rest", "same"].map(|run| lab.read(&format!("{run}/{file}")));
        assert!(rest == same, "{file} differs");
    }

    let taught =
        format!("run self-taught --source synthetic:letters?n=52 --target {TARGET} {test}");
    lab.refused(&taught, 2, &["--test names what --target names"]);
    let train = format!("train --source {TARGET} {test}");
    lab.refused(&train, 2, &["--test names what --source names", "held out"]);
}

#[test]
fn a_sweep_finds_its_target_in_the_file_of_its_settings() {
    let lab = Lab::new();
    lab.write("c.toml", format!("source = \"synthetic:digits?n=60\"\ntarget = \"{TARGET}\"\n"));
    let sweep = "sweep fine-tune --config c.toml --grid lr=0.1 --validate";
    let words = ["--validate names what --target names"];
    lab.refused(&format!("{sweep} synthetic:digits?seed=1&n=60"), 2, &words);
}

#[test]
fn a_run_folder_among_the_pictures_is_refused() {
    let lab = Lab::new();
    lab.done("data synthetic:digits?n=40 --export pets");
    let data = "--source synthetic:digits?n=40 --target images:pets?channels=1 --shots 2";
    let run = format!("run fine-tune {data} --resize 16x16 --steps 2 --source-epochs 1");
    for out in ["pets", "pets/run", "./pets/a/../run"] {
        let words = ["it lies in pets, all of which is read as data", "--out"];
        lab.refused(&format!("{run} --out {out}"), 2, &words);
    }
    let known = |name: &String| name.len() == 1;
    assert!(lab.names("pets").iter().all(known), "nothing is written there");
    lab.done(&format!("{run} --out pets-run"));
}
