//! Whose labels are read: never the target's, the oracle's by one baseline alone.

use crate::idx;
use crate::lab::Lab;
use serde_json::Value;

/// The source, with the target and the test set to be named.
const RUN: &str = "run domain-adversarial --source synthetic:moons?n=100 --test idx:test.x,test.y \
    --epochs 4 --json --quiet";

fn lab() -> Lab {
    let lab = Lab::new();
    let target = idx::write(&lab, "target", "synthetic:moons-rotated?n=100&seed=1");
    idx::write(&lab, "test", "synthetic:moons-rotated?n=60&seed=2");
    let mut labels = target.labels().unwrap().to_vec();
    labels.iter_mut().step_by(2).for_each(|l| *l = 1 - *l);
    lab.write("other.y", idx::labels(&labels));
    lab
}

/// What must not depend on labels that are not read.
fn results(document: &Value) -> [Value; 5] {
    let own = ["score", "figures", "traces", "domain_classifier"].map(|f| document[f].clone());
    let [score, figures, traces, classifier] = own;
    [score, figures, traces, classifier, document["baselines"]["source_only"].clone()]
}

#[test]
fn the_target_needs_no_labels_and_any_it_has_are_not_read() {
    let lab = lab();
    let run = |target: &str, out: &str| {
        let document = lab.json(&format!("{RUN} --target {target} --out {out}"));
        (results(&document), lab.read(&format!("{out}/model.safetensors")))
    };
    let without = run("idx:target.x", "without");
    assert_eq!(run("idx:target.x,target.y", "with"), without);
    assert_eq!(run("idx:target.x,other.y", "wrong"), without);
}

#[test]
fn the_oracle_is_read_by_train_on_target_alone() {
    let lab = lab();
    let run = |oracle: &str, out: &str| {
        let flags = format!("--target idx:target.x --oracle {oracle} --baselines all --out {out}");
        let document = lab.json(&format!("{RUN} {flags}"));
        let bound = document["baselines"]["train_on_target"].clone();
        let curve = lab.text(&format!("{out}/metrics.jsonl"));
        let last = curve.lines().rfind(|l| l.contains("train_on_target")).unwrap().to_owned();
        ((results(&document), lab.read(&format!("{out}/model.safetensors"))), (bound, last))
    };
    let (own, bound) = run("idx:target.x,target.y", "right");
    let (with_other, other_bound) = run("idx:target.x,other.y", "other");
    assert_eq!(with_other, own);
    // Half of its labels are wrong: the bound that does read them must notice.
    assert_ne!(other_bound, bound);
}

/// A method, its arguments, the data whose labels it must not see (a name, and what is generated), and
/// the files that hold what it learnt.
type Blind = (&'static str, &'static str, Hidden, &'static [&'static str]);
type Hidden = &'static [(&'static str, &'static str)];

const MODEL: &[&str] = &["model.safetensors"];
const CLUSTERS: &[&str] = &["clusters.csv", "feature-clusters.csv"];
const MOONS: Hidden = &[
    ("--target", "synthetic:moons-rotated?n=60&seed=1"),
    ("--test", "synthetic:moons-rotated?n=60&seed=2"),
];
const LETTERS: Hidden =
    &[("--source", "synthetic:letters?n=80"), ("--test", "synthetic:digits?n=60&seed=2")];
const DOCUMENTS: Hidden = &[
    ("--target", "synthetic:documents?n=40"),
    ("--source", "synthetic:documents-auxiliary?n=60&seed=1"),
];
/// Seen and unseen classes, whose labels give the score and nothing else.
const DIGITS: Hidden = &[("--test", "synthetic:digits?n=60&seed=2")];

/// Every method that reads data without its labels; to check another one, add it here.
const BLIND: [Blind; 15] = [
    ("domain-adversarial", "--source synthetic:moons?n=60 --epochs 3", MOONS, MODEL),
    ("domain-adversarial", "--source synthetic:moons?n=60 --epochs 3 --align cdan", MOONS, MODEL),
    ("domain-adversarial", "--source synthetic:moons?n=60 --epochs 3 --align coral", MOONS, MODEL),
    ("domain-adversarial", "--source synthetic:moons?n=60 --epochs 3 --align mmd", MOONS, MODEL),
    (
        "self-taught",
        "--target synthetic:digits?n=60&seed=1 --shots 2 --atoms 12 --patches 400",
        LETTERS,
        MODEL,
    ),
    (
        "self-taught",
        "--target synthetic:digits?n=60&seed=1 --shots 2 --atoms 12 --features denoising --epochs 1",
        LETTERS,
        MODEL,
    ),
    (
        "self-taught",
        "--target synthetic:digits?n=60&seed=1 --shots 2 --atoms 12 --features sparse-coding-whole \
         --components 12",
        LETTERS,
        MODEL,
    ),
    (
        "domain-adversarial",
        "--source synthetic:digits?n=40 --net cifar-cnn --align adabn --epochs 1 --batch-size 16",
        &[("--target", "synthetic:digits?n=40&seed=1"), ("--test", "synthetic:digits?n=40&seed=2")],
        MODEL,
    ),
    (
        "domain-adversarial",
        "--source synthetic:moons?n=60 --epochs 3 --select reverse-validation --select-lambda 0.1,1",
        MOONS,
        MODEL,
    ),
    (
        "domain-adversarial",
        "--source synthetic:moons?n=60 --epochs 3 --select entropy --select-lr 0.01,0.1",
        MOONS,
        MODEL,
    ),
    (
        "self-taught-clustering",
        "--clusters 2 --source-clusters 3 --feature-clusters 8 --lambda 3",
        DOCUMENTS,
        CLUSTERS,
    ),
    (
        "self-taught-clustering",
        "--clusters 2 --source-clusters 3 --feature-clusters 8 --lambda auto",
        DOCUMENTS,
        CLUSTERS,
    ),
    (
        "self-taught-clustering",
        "--features autoencoder --units 12 --epochs 1 --clusters 2 --feature-clusters 4 --lambda 1 \
         --restarts 2",
        &[
            ("--target", "synthetic:digits?n=40&only=0,1"),
            ("--source", "synthetic:letters?n=60&seed=1"),
        ],
        CLUSTERS,
    ),
    (
        "zero-shot",
        "--source synthetic:digits?n=60 --signatures digits.tsv --unseen 7,8,9 --epochs 1",
        DIGITS,
        MODEL,
    ),
    (
        "zero-shot",
        "--source synthetic:digits?n=60 --signatures digits.tsv --unseen 7,8,9 --epochs 1 \
         --model compatibility --generalized",
        DIGITS,
        MODEL,
    ),
];

/// Two runs on files whose labels alone differ, where they must not be seen, leave the same bytes.
#[test]
fn labels_that_must_not_be_seen_change_no_bit_of_what_is_learnt() {
    for (i, (method, flags, hidden, files)) in BLIND.iter().enumerate() {
        let lab = Lab::new();
        let signature = |c: u32| format!("{c}\t{}\t{}\t{}\n", c % 2, c / 2 % 3, c * c % 7);
        lab.write("digits.tsv", (0..10).map(signature).collect::<String>());
        let mut learnt = Vec::new();
        for shuffled in [false, true] {
            let mut line =
                format!("run {method} {flags} --baselines none --quiet --out {shuffled}");
            for (flag, spec) in *hidden {
                let name = &flag[2..];
                let data = idx::write(&lab, name, spec);
                let mut labels = data.labels().unwrap().to_vec();
                if shuffled {
                    let third = labels.len() / 3 + 1;
                    labels.rotate_left(third);
                    labels.reverse();
                    assert_ne!(labels, data.labels().unwrap());
                    lab.write(&format!("{name}.y"), idx::labels(&labels));
                }
                line += &format!(" {flag} idx:{name}.x,{name}.y");
            }
            lab.done(&line);
            let read = |file: &&str| lab.read(&format!("{shuffled}/{file}"));
            learnt.push(files.iter().map(read).collect::<Vec<_>>());
        }
        assert!(learnt[0] == learnt[1], "{method} {flags} ({i}) reads labels");
    }
}
