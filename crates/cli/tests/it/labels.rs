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
