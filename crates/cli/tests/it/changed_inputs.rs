//! A stopped run goes on with the files that it was begun with, and with no others.
#![cfg(unix)]

use crate::interrupt::signalled;
use crate::lab::Lab;

const NET: &str = r#"input = [1, 16, 16]
layers = [
  { kind = "flatten" },
  { name = "hidden", kind = "linear", out_features = 16 },
  { kind = "relu" },
  { name = "label", kind = "linear", out_features = 10 },
]
"#;

#[test]
fn a_run_goes_on_only_with_the_files_that_it_was_begun_with() {
    let lab = Lab::new();
    lab.write("net.toml", NET);
    lab.done("data synthetic:digits?n=40 --export pets");
    let data = "--source synthetic:digits?n=40 --target images:pets?channels=1&size=16 --shots 2";
    let line = format!(
        "run fine-tune {data} --resize 16x16 --net net.toml --source-epochs 2 --epochs 200 \
         --batch-size 4 --threads 1"
    );
    lab.done(&format!("{line} --out whole"));
    let run = format!("{line} --out stopped");
    let stopped = signalled(&lab, &run, "stopped/metrics.jsonl", 3, "-INT");
    assert_eq!(stopped.code, Some(5), "{}", stopped.stderr);
    let resume = format!("{run} --resume");

    lab.write("net.toml", NET.replace("relu", "tanh"));
    let words = ["stopped: `--net net.toml` has changed since its run was begun", "put back what"];
    lab.refused(&resume, 2, &words);
    lab.write("net.toml", NET);

    let (one, two) = ("pets/7/0001.png", "pets/7/0002.png");
    let picture = lab.read(one);
    assert!(picture != lab.read(two));
    lab.write(one, lab.read(two));
    let words = ["stopped: `--target images:pets?channels=1&size=16` has changed since"];
    lab.refused(&resume, 2, &words);
    lab.write(one, picture);

    let resumed = lab.run(&resume);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    for file in ["model.safetensors", "metrics.jsonl", "config.toml"] {
        let [whole, stopped] = ["whole", "stopped"].map(|run| lab.read(&format!("{run}/{file}")));
        assert!(whole == stopped, "{file} differs");
    }

    // A folder of a version that recorded none of this has nothing to be compared with.
    let config = lab.text("stopped/config.toml");
    let (before, _) = config.split_once("[provenance.inputs]").expect("they are recorded");
    lab.write("stopped/config.toml", before);
    lab.write("net.toml", NET.replace("relu", "tanh"));
    assert_eq!(lab.run(&resume).code, Some(0));
}

#[test]
fn a_source_model_that_was_replaced_is_named() {
    let lab = Lab::new();
    let source = "train --source synthetic:digits?n=40 --resize 16x16 --steps 2 --threads 1";
    lab.done(&format!("{source} --out a"));
    lab.done(&format!("{source} --seed 1 --out b"));
    let target = "--target synthetic:digits?n=40&seed=1 --shots 1 --resize 16x16 --steps 2";
    let line = format!("run fine-tune --init a/model.safetensors {target} --out m --threads 1");
    lab.done(&line);
    assert_eq!(lab.run(&format!("{line} --resume")).code, Some(0));
    lab.write("a/model.safetensors", lab.read("b/model.safetensors"));
    lab.refused(
        &format!("{line} --resume"),
        2,
        &["m: `--init a/model.safetensors` has changed since its run was begun"],
    );
}

#[test]
fn sparse_counts_that_changed_are_named() {
    let lab = Lab::new();
    let words = "0 0:3 1:1\n1 2:2 3:4\n0 0:2 1:2\n1 2:1 3:3\n";
    lab.write("words.svmlight", words);
    let of = "svmlight:words.svmlight?base=0";
    let line = format!(
        "run self-taught-clustering --source {of} --target {of} --clusters 2 --source-clusters 2 \
         --feature-clusters 2 --lambda 1 --threads 1 --out m"
    );
    lab.done(&line);
    assert_eq!(lab.run(&format!("{line} --resume")).code, Some(0));
    lab.write("words.svmlight", words.replace("3:4", "3:5"));
    let refusal =
        format!("m: `--source {of}` and `--target {of}` have changed since its run was begun");
    lab.refused(&format!("{line} --resume"), 2, &[&refusal]);
}
