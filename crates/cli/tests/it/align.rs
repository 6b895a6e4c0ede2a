//! `--align`: the adversary's rivals on the same data.

use crate::lab::{DIGITS, Lab, MOONS};

#[test]
fn every_alignment_runs_and_only_an_adversary_has_a_health_line() {
    let lab = Lab::new();
    for (align, adversary) in
        [("dann", true), ("cdan", true), ("coral", false), ("mmd", false), ("none", false)]
    {
        let run = format!("run domain-adversarial {MOONS} --steps 5 --align {align} --out {align}");
        let text = lab.done(&run);
        assert_eq!(text.contains("domain classifier: "), adversary, "{align}: {text}");
        assert!(text.contains("proxy A-distance of the features"), "{align}: {text}");
        assert!(
            lab.text(&format!("{align}/config.toml")).contains(&format!("align = \"{align}\""))
        );
    }
    let digits = "--source synthetic:digits?n=40 --target synthetic:digits-textured?n=40 \
                  --test synthetic:digits-textured?n=40&seed=1 --net cifar-cnn --steps 3";
    lab.done(&format!("run domain-adversarial {digits} --align adabn --out adabn"));
}

/// Where batches are normalised, the target's passing through is an adaptation of its own: the control
/// that has it too is trained with the others, and only there is it another network.
#[test]
fn at_lambda_zero_only_statistics_tell_of_the_target() {
    let lab = Lab::new();
    let digits = "--source synthetic:digits?n=40 --target synthetic:digits-textured?n=40 \
                  --net cifar-cnn --steps 3 --align coral --json -q";
    let names = |line: &str| {
        let document = lab.json(&format!("run domain-adversarial {line}"));
        document["baselines"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&format!("{digits} --baselines all")), ["lambda_0", "source_only"]);
    assert_eq!(names(&format!("{MOONS} --steps 3 --baselines all --json -q")), ["source_only"]);

    let both = format!("{MOONS} --steps 30 --baselines lambda_0,source_only --json -q");
    let document = lab.json(&format!("run domain-adversarial {both}"));
    let figures = |arm: &str| document["baseline_figures"][arm].clone();
    assert!(figures("lambda_0")["a_distance"].is_object(), "{document}");
    assert_eq!(figures("lambda_0"), figures("source_only"));
    let line = format!("run domain-adversarial {MOONS} --align none --baselines lambda_0 -q");
    lab.refused(&line, 2, &["baseline `lambda_0`", "no loss that lambda could weigh"]);
}

/// The domain classifier's layers too, where it takes part.
#[test]
fn every_layer_tells_how_far_it_moved() {
    let lab = Lab::new();
    for (align, adversary) in [("dann", true), ("coral", false)] {
        let run =
            format!("run domain-adversarial {DIGITS} --steps 5 --align {align} --out {align}");
        let text = lab.done(&run);
        assert!(text.contains("moved from the start, ‖w - w0‖/‖w0‖: "), "{text}");
        let report: serde_json::Value =
            serde_json::from_slice(&lab.read(&format!("{align}/report.json"))).unwrap();
        let moved = report["movement"].as_object().unwrap();
        let far = |layer: &str| moved[layer].as_f64().unwrap() > 0.0;
        assert!(far("features.0") && far("label.0"), "{align}: {moved:?}");
        let domain = moved.keys().any(|layer| layer.starts_with("domain."));
        assert_eq!(domain, adversary, "{align}: {moved:?}");
        let plain = &report["baseline_figures"]["source_only"];
        assert!(plain["moved_features.0"]["mean"].as_f64().unwrap() > 0.0, "{align}: {plain}");
        assert!(plain.get("moved_domain.0").is_none(), "{align}: {plain}");
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --steps 5 --align");
    lab.refused(&format!("{run} none --lambda 1"), 2, &["--lambda 1", "no loss to weigh"]);
    lab.refused(&format!("{run} coral --lambda -1"), 2, &["--lambda -1", "0 or positive"]);
    lab.refused(&format!("{run} adabn"), 3, &["no batch normalisation", "cifar-cnn"]);
    let one = format!("{run} coral --batch-size 1 --out r");
    lab.refused(&one, 2, &["--batch-size 1: it must be at least 2", "a covariance"]);
    assert!(lab.names("r").is_empty(), "{:?}", lab.names("r"));
    lab.refused(&format!("{run} adabm"), 2, &["adabm", "adabn"]);
}
