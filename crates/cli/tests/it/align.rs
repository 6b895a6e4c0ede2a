//! `--align`: the adversary's rivals on the same data.

use crate::lab::{Lab, MOONS};

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

#[test]
fn what_does_not_go_together_is_refused() {
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --steps 5 --align");
    lab.refused(&format!("{run} none --lambda 1"), 2, &["--lambda 1", "no loss to weigh"]);
    lab.refused(&format!("{run} coral --lambda -1"), 2, &["--lambda -1", "0 or positive"]);
    lab.refused(&format!("{run} adabn"), 3, &["no batch normalisation", "cifar-cnn"]);
    let one = format!("{run} coral --batch-size 1 --out r");
    lab.refused(&one, 2, &["--batch-size 1: it must be at least 2", "a covariance"]);
    assert!(lab.names("").is_empty(), "{:?}", lab.names(""));
    lab.refused(&format!("{run} adabm"), 2, &["adabm", "adabn"]);
}
