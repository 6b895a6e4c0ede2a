//! `--hold-out` and `--select`: settings chosen without a label of the target.

use crate::lab::{Lab, MOONS};

const SELECT: &str = "--select-lambda 0.1,1 --select-lr 0.05,0.000000001 --net shallow:20 \
                      --batch-size 8 --epochs 12";

#[test]
fn each_candidate_is_reported_and_a_useless_one_is_not_taken() {
    let lab = Lab::new();
    for criterion in ["reverse-validation", "entropy", "source-risk"] {
        let run = format!("run domain-adversarial {MOONS} {SELECT} --seeds 2 --select {criterion}");
        let text = lab.done(&format!("{run} --out {criterion}"));
        assert!(text.contains(&format!("chosen by {criterion}")), "{text}");
        let report: serde_json::Value =
            serde_json::from_slice(&lab.read(&format!("{criterion}/report.json"))).unwrap();
        let candidates = report["selection"]["candidates"].as_array().unwrap();
        let taken = |lr: f64| -> u64 {
            let of = candidates.iter().filter(|c| c["lr"] == lr);
            of.map(|c| c["taken"].as_u64().unwrap()).sum()
        };
        assert_eq!((candidates.len(), taken(0.05), taken(1e-9)), (4, 2, 0), "{criterion}");
        // The distance between the domains is a figure of both nets, seed by seed.
        for figures in [&report["figures"], &report["baseline_figures"]["source_only"]] {
            assert_eq!(figures["a_distance"]["per_seed"].as_array().unwrap().len(), 2);
            assert_eq!(figures["selected_lr"]["per_seed"], serde_json::json!([0.05, 0.05]));
        }
    }
}

#[test]
fn the_targets_labels_change_nothing_that_is_chosen() {
    let lab = Lab::new();
    let rows = |flip: usize| -> String {
        let row = |i: usize| format!("{} 1:{} 2:{}\n", (i + flip) % 2 * 2, i % 7, i * i % 11);
        (0..40).map(row).collect::<String>().replace("0 1:", "-1 1:").replace("2 1:", "+1 1:")
    };
    lab.write("source", rows(0));
    lab.write("true", rows(0));
    lab.write("false", rows(1));
    let run = |target: &str| {
        lab.done(&format!(
            "run domain-adversarial --source svmlight:source --target svmlight:{target} \
             --test svmlight:source --net shallow:5 --steps 20 --select reverse-validation \
             --select-lambda 0.1,1 --out {target}-out"
        ));
        lab.read(&format!("{target}-out/model.safetensors"))
    };
    assert_eq!(run("true"), run("false"));
}

#[test]
fn the_source_held_out_chooses_the_epoch() {
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --net shallow:20 --epochs 200 --lr 0.1");
    lab.done(&format!("{run} --hold-out 0.2 --patience 2 --out r"));
    let metrics = lab.text("r/metrics.jsonl");
    for arm in ["domain-adversarial", "source_only"] {
        let mine = |line: &&str| line.contains(&format!("\"arm\":\"{arm}\""));
        let lines: Vec<&str> = metrics.lines().filter(mine).collect();
        assert!(lines.iter().all(|line| line.contains("minus_validation_loss")), "{arm}");
        assert!((3..200).contains(&lines.len()), "{arm}: {}", lines.len());
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --steps 5 --out r");
    for (flags, code, words) in [
        ("--patience 3", 2, "--patience needs --hold-out"),
        ("--hold-out 1", 2, "--hold-out 1: it must be between 0 and 1"),
        ("--hold-out 0.1 --patience 0", 2, "--patience 0: it must be at least 1"),
        ("--select-lambda 1,2", 2, "--select"),
        ("--select entropy --select-lambda 1,-2", 2, "--select-lambda -2: it must be 0 or"),
        ("--select entropy --select-lr 0", 2, "--select-lr 0: it must be positive"),
        ("--select entropy --select-lambda 1 --lambda 1", 2, "--lambda"),
        ("--select labels", 2, "reverse-validation"),
        ("--net shallow:0", 3, "no usable number of hidden units"),
        ("--net mlp:3", 3, "comes in one size"),
        ("--net shalow:3", 2, "did you mean `shallow`"),
    ] {
        lab.refused(&format!("{run} {flags}"), code, &[words]);
        assert!(lab.names("").is_empty(), "{flags} left {:?}", lab.names(""));
    }
}
