//! Clustering on counts and on what an autoencoder makes of images.

use crate::lab::Lab;

const IMAGES: &str = "--source synthetic:letters?n=80 --target synthetic:digits?n=60&only=0,1 \
    --clusters 2 --feature-clusters 4 --lambda 1 --restarts 2";

#[test]
fn hidden_units_of_images_are_clustered_by_every_arm() {
    let lab = Lab::new();
    let own = "--features autoencoder --units 12 --epochs 2 --baselines all";
    let line = format!("run self-taught-clustering {IMAGES} {own} --json");
    let document = lab.json(&format!("{line} --out a"));
    assert!(document["score"]["mean"].as_f64().unwrap() >= 0.5, "{document}");
    let baselines = document["baselines"].as_object().unwrap();
    assert_eq!(baselines.len(), 3, "{document}");
    let features = lab.text("a/feature-clusters.csv");
    assert_eq!(features.lines().count(), 1 + 12, "{features}");
    let again = lab.json(&format!("{line} --out b"));
    assert_eq!(again["score"], document["score"]);
    assert_eq!(lab.text("a/clusters.csv"), lab.text("b/clusters.csv"));
    let config = lab.text("a/config.toml");
    for line in ["features = \"autoencoder\"", "units = 12", "epochs = 2"] {
        assert!(config.contains(line), "{line}: {config}");
    }
}

#[test]
fn settings_of_the_network_are_refused_where_there_is_none() {
    let lab = Lab::new();
    let run = |own: &str| format!("run self-taught-clustering {IMAGES} {own} --out r");
    lab.refused(&run("--epochs 3"), 2, &["--epochs has no meaning"]);
    lab.refused(&run("--units 3"), 2, &["--units 3", "--features autoencoder"]);
    lab.refused(&run("--features autoencoder --units 0"), 2, &["--units 0"]);
    lab.refused(&run("--features autoencoder --lr 0.1"), 2, &["--lr has no meaning"]);
    let few = run("--features autoencoder --units 3");
    lab.refused(&few, 2, &["--feature-clusters 4", "number of features"]);
    let moons = "--source synthetic:moons --target synthetic:moons-rotated --clusters 2 --out r";
    let counts = format!("run self-taught-clustering {moons} --feature-clusters 2");
    lab.refused(&counts, 3, &["is no count"]);
    assert!(!lab.path("r").exists());
}

#[test]
fn each_seed_draws_examples_of_its_own() {
    let lab = Lab::new();
    let run = |own: &str| {
        format!(
            "run self-taught-clustering --source synthetic:documents-auxiliary --target \
             synthetic:documents --clusters 2 --feature-clusters 4 --lambda 1 --restarts 2 {own}"
        )
    };
    let rows = |seed: u64| {
        lab.done(&run(&format!("--examples 9 --seed {seed} --out s{seed}")));
        let text = lab.text(&format!("s{seed}/clusters.csv"));
        let row = |line: &str| line.split(',').next().unwrap().parse::<usize>().unwrap();
        text.lines().skip(1).map(row).collect::<Vec<_>>()
    };
    let (a, b) = (rows(0), rows(1));
    assert!(a.len() == 9 && b.len() == 9 && a != b, "{a:?} {b:?}");
    assert!(a.is_sorted() && *a.last().unwrap() > 9, "of all rows: {a:?}");
    lab.refused(&run("--examples 1 --out r"), 2, &["--clusters 2", "number of examples"]);
    lab.refused(&run("--examples 9999 --out r"), 2, &["--examples 9999", "number of examples"]);
}
