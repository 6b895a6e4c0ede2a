//! Clustering on counts and on what an autoencoder makes of images.

use crate::lab::{Lab, ran};

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

/// Two topics of six words each, and a word that all documents have: one label, then the words that
/// occur and how often.
fn documents(n: usize) -> Vec<(usize, Vec<(usize, usize)>)> {
    let document = |i: usize| {
        let topic = i % 2;
        let words = (0..3).map(|w| (6 * topic + (i / 2 + 2 * w) % 6, 1 + (i + w) % 4));
        let mut words: Vec<_> = words.chain([(12, 2)]).collect();
        words.sort_unstable();
        (topic, words)
    };
    (0..n).map(document).collect()
}

#[test]
fn sparse_files_are_clustered_as_tables_of_the_same_counts() {
    let lab = Lab::new();
    let documents = documents(60);
    // Two more features than occur, and a zero that is written out.
    let (mut sparse, mut table) = (String::new(), String::from("label"));
    (0..15).for_each(|word| table += &format!(",w{word}"));
    for (topic, words) in &documents {
        let entries: Vec<String> = words.iter().map(|(w, n)| format!("{w}:{n}")).collect();
        sparse += &format!("{topic} {} 13:0\n", entries.join(" "));
        let mut row = [0; 15];
        words.iter().for_each(|&(w, n)| row[w] = n);
        let cells: Vec<String> = row.iter().map(usize::to_string).collect();
        table += &format!("\nt{topic},{}", cells.join(","));
    }
    lab.write("words.svmlight", sparse);
    lab.write("words.csv", table);
    let run = |file: &str, end: &str, own: &str, out: &str| {
        let data = format!("--source {file}[..24]{end} --target {file}[24..]{end}");
        let line = format!(
            "run self-taught-clustering {data} --clusters 2 --source-clusters 4 --feature-clusters 4 \
             --lambda 1 --restarts 3 --baselines all --seeds 2 {own} --json --out {out}"
        );
        let document = lab.json(&line);
        let parts =
            ["score", "baselines", "baseline_figures", "figures"].map(|p| document[p].clone());
        let lists =
            ["clusters.csv", "feature-clusters.csv"].map(|f| lab.text(&format!("{out}/{f}")));
        (parts, lists)
    };
    let of = "svmlight:words.svmlight?features=15&base=0";
    for own in ["", "--examples 20"] {
        let name = |kind: &str| format!("{kind}{}", own.len());
        let sparse = run(of, "", own, &name("sparse"));
        assert_eq!(sparse, run("csv:words.csv", "#label=label", own, &name("dense")), "{own}");
        assert!(sparse.0[0]["mean"].as_f64().unwrap() > 0.6, "{:?}", sparse.0[0]);
    }
    let line = "run self-taught-clustering --clusters 2 --out no --source";
    let narrow = format!("{line} {of} --target svmlight:words.svmlight?base=0");
    lab.refused(&narrow, 3, &["15 features", "14 features", "one vocabulary"]);
    lab.write("below.svmlight", "0 1:1\n1 2:-3\n");
    let below = "svmlight:below.svmlight";
    let below = format!("{line} {below} --target {below} --source-clusters 2");
    lab.refused(&below, 3, &["row 1: -3 is no count"]);
    assert!(!lab.path("no").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_sparse_file_takes_memory_for_its_entries_alone() {
    let lab = Lab::new();
    let row = |(i, (topic, words)): (usize, (usize, Vec<(usize, usize)>))| {
        let entries: Vec<String> = words.iter().map(|(w, n)| format!("{}:{n}", 1 + w)).collect();
        format!("{topic} {} {}:1\n", entries.join(" "), 20 + 97 * i)
    };
    lab.write("wide", documents(2000).into_iter().enumerate().map(row).collect::<String>());
    // As an array it would be 1.6 GB in 32 bits; all that there is to address is 1.
    let data = "svmlight:wide?features=200000";
    let script = format!(
        "ulimit -v 1000000; exec \"$0\" run self-taught-clustering --source '{data}' --target '{data}' \
         --clusters 2 --source-clusters 2 --feature-clusters 2 --lambda 1 --restarts 2 \
         --iterations 3 --baselines all --threads 1 --json --out r"
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_transfer")]).current_dir(lab.root());
    let ran = ran(&shell.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(lab.text("r/clusters.csv").lines().count(), 1 + 2000);
    // What reads arrays still says why it cannot.
    let images = format!("--source {data} --target {data} --clusters 2 --features autoencoder");
    let words = ["2000 rows of 200000 features", "a method for sparse data"];
    lab.refused(&format!("run self-taught-clustering {images} --out no"), 3, &words);
}
