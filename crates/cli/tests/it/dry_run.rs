//! `run --dry-run`: the plan, and nothing kept.

use crate::lab::{Lab, MOONS};

#[test]
fn the_plan_says_what_is_trained_at_which_rate_and_nothing_is_kept() {
    let lab = Lab::new();
    let line = "run fine-tune --source synthetic:moons?n=100 --target synthetic:moons-rotated?n=80 \
                --shots 3 --source-epochs 4 --steps 5000 --trunk-lr 0.1 --lr 0.02 --seeds 3 --dry-run";
    let plan = lab.done(line);
    for words in [
        "fine-tune, rehearsed: nothing is kept",
        "\n  source = \"synthetic:moons?n=100\"\n",
        "\n  seeds = 3\n",
        "weights in the first step of `fine-tune`",
        "\nfeatures.0.weight  [15, 2]       30  2.00e-3\n",
        "\nlabel.0.weight     [2, 15]       30  2.00e-2\n",
        "numbers are trained",
        "\nsource ",
        "\nfine-tune   5000 ",
        " for 3 seeds, of which ",
        "MB of memory at most",
    ] {
        assert!(plan.contains(words), "`{words}` is not in\n{plan}");
    }
    assert!(lab.names("").is_empty(), "{:?}", lab.names(""));
    let frozen = lab.done(&format!("{line} --train-only label.*").replace("--trunk-lr 0.1", ""));
    assert!(frozen.contains("\nfeatures.0.weight  [15, 2]       30   frozen\n"), "{frozen}");
    let refused = lab.run(&format!("{line} --json"));
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

#[test]
fn every_method_can_be_rehearsed() {
    let lab = Lab::new();
    let tasks = "--task a=synthetic:digits?n=40 --task b=synthetic:letters?n=52&seed=1 --test-task \
                 a=synthetic:digits?n=20#test --test-task b=synthetic:letters?n=52#test";
    let few = "--source synthetic:moons?n=100 --target synthetic:moons-rotated?n=80 --shots 3";
    let letters = "--source synthetic:letters?n=130 --test synthetic:letters?n=130&seed=1 \
                   --signatures synthetic --unseen E,K,P,U,Z";
    let digits = "--source synthetic:letters?n=60 --target synthetic:digits?n=60&seed=1 \
                  --test synthetic:digits?n=60&seed=2 --labels 30 --atoms 20";
    let documents = "--source synthetic:documents-auxiliary --target synthetic:documents \
                     --clusters 2 --source-clusters 8 --feature-clusters 8 --lambda 10";
    for line in [
        format!("conservative {few}"),
        format!("layer-transfer {few}"),
        format!("multi-task {tasks} --epochs 40"),
        format!("progressive {tasks} --epochs 40 --baselines all"),
        format!("domain-adversarial {MOONS} --epochs 4000"),
        format!("zero-shot {letters} --epochs 40"),
        format!("self-taught {digits} --features k-means --patches 500"),
        format!("self-taught {digits} --features autoencoder --epochs 400"),
        format!("self-taught-clustering {documents}"),
    ] {
        let plan = lab.done(&format!("run {line} --dry-run"));
        let method = line.split(' ').next().unwrap();
        assert!(plan.starts_with(&format!("{method}, rehearsed: nothing is kept\n")), "{plan}");
        assert!(plan.contains("\ntraining ") && plan.contains("\nabout "), "{line}\n{plan}");
        assert!(lab.names("").is_empty(), "{line}");
    }
}
