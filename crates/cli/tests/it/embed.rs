//! `embed` and `doctor`.

use crate::idx;
use crate::lab::{Lab, MOONS, ran};

const MODEL: &str = "embed --model m --data synthetic:moons?n=60&seed=4";

fn lab() -> Lab {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --epochs 5 --baselines none");
    lab.done(&format!("{line} --out m"));
    lab
}

#[test]
fn features_of_two_domains_become_numbers_and_pictures() {
    let lab = lab();
    idx::write(&lab, "bare", "synthetic:moons-rotated?n=30&seed=2");
    let line = format!("{MODEL} --data2 idx:bare.x --points 20 --perplexity 5");
    let said = lab.done(&format!("{line} --out e --threads 1"));
    for words in [
        "first, synthetic:moons?n=60&seed=4: 60 samples, 15 features each\n",
        "proxy A-distance between",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let names = ["features.csv", "pca-class.svg", "pca-domain.svg", "rows.csv"];
    assert_eq!(lab.names("e"), [&names[..], &["tsne-class.svg", "tsne-domain.svg"]].concat());

    let features = lab.text("e/features.csv");
    let lines: Vec<&str> = features.lines().collect();
    assert_eq!(lines.len(), 91);
    assert!(lines[0].starts_with("f0,f1,") && lines.iter().all(|l| l.split(',').count() == 15));
    let rows = lab.text("e/rows.csv");
    let rows: Vec<Vec<&str>> = rows.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows[0], ["domain", "row", "label", "pca_x", "pca_y", "tsne_x", "tsne_y"]);
    assert_eq!((&rows[1][..2], &rows[61][..3]), (&["first", "0"][..], &["second", "0", ""][..]));
    assert!(["upper", "lower"].contains(&rows[60][2]));
    let drawn = |domain| rows.iter().filter(|r| r[0] == domain && !r[6].is_empty()).count();
    assert_eq!((drawn("first"), drawn("second")), (20, 20));
    for words in ["first: upper", "second: without label", "features by class, t-SNE"] {
        assert!(lab.text("e/tsne-class.svg").contains(words), "{words}");
    }

    lab.refused(&format!("{line} --out e"), 2, &["e: its `rows.csv` would be overwritten"]);
    lab.refused(&format!("{line} --out e/rows.csv"), 2, &["e/rows.csv: it is a file"]);
    // Again, on more threads, to the byte.
    lab.done(&format!("{line} --out again --threads 3"));
    for name in lab.names("e") {
        assert!(lab.read(&format!("e/{name}")) == lab.read(&format!("again/{name}")), "{name}");
    }

    // The same numbers for NumPy.
    lab.done(&format!("{MODEL} --points 9 --npy --out n"));
    assert_eq!(lab.names("n"), ["features.npy", "pca-class.svg", "rows.csv", "tsne-class.svg"]);
    let bytes = lab.read("n/features.npy");
    let numbers = &bytes[bytes.len() - 60 * 15 * 4..];
    let first: Vec<String> = numbers[..60]
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()).to_string())
        .collect();
    assert_eq!(first.join(","), lines[1]);
}

#[test]
fn every_kind_of_model_has_features() {
    let lab = Lab::new();
    let tasks = "--task a=synthetic:digits?n=40 --task b=synthetic:letters?n=52&seed=1";
    let tests =
        "--test-task a=synthetic:digits?n=20#test --test-task b=synthetic:letters?n=52#test";
    let letters = "--source synthetic:letters?n=130 --test synthetic:letters?n=130&seed=1 \
                   --signatures synthetic --unseen E,K,P,U,Z --model eszsl";
    let digits = "--source synthetic:letters?n=60 --target synthetic:digits?n=60&seed=1 \
                  --test synthetic:digits?n=60&seed=2 --labels 30 --atoms 20 --patches 500";
    for (line, flags) in [
        (format!("multi-task {tasks} {tests} --steps 2"), "--task a"),
        (format!("progressive {tasks} {tests} --steps 2"), "--task b"),
        (format!("zero-shot {letters} --steps 2"), ""),
        (format!("self-taught {digits}"), ""),
    ] {
        let name = line.split(' ').next().unwrap();
        lab.done(&format!("run {line} --baselines none --out {name}"));
        let data = "--data synthetic:letters?n=12&seed=7 --perplexity 2";
        let said = lab.done(&format!("embed --model {name} {data} {flags} --out {name}/e"));
        assert!(said.contains("12 samples"), "{name}: {said}");
        assert_eq!(lab.text(&format!("{name}/e/features.csv")).lines().count(), 13, "{name}");
    }
    lab.refused(
        "embed --model multi-task --data synthetic:letters?n=9",
        2,
        &["--task is missing: the model has the tasks a, b"],
    );
}

#[test]
fn bad_settings_are_refused_before_anything_is_made() {
    let lab = lab();
    for (flags, words) in [
        ("--points 0", "--points 0: it must be from 1 to 5000"),
        ("--perplexity 0.5", "--perplexity 0.5: it must be 1 or more"),
        ("--perplexity NaN", "--perplexity NaN"),
    ] {
        lab.refused(&format!("{MODEL} {flags}"), 2, &[words]);
    }
    lab.refused("embed --model m --data synthetic:digits?n=5", 3, &["inputs of shape [2]"]);
    assert_eq!(lab.names(""), ["m"]);
}

#[test]
fn the_doctor_checks_every_product_and_says_what_was_chosen() {
    let lab = Lab::new();
    let document = lab.json("doctor --json --threads 2");
    assert_eq!(
        (&document["schema"], &document["threads"]),
        (&"transfer.doctor/1".into(), &2.into())
    );
    assert!(document["gflops"].as_f64().unwrap() > 0.01);
    let checks = document["checks"].as_array().unwrap();
    assert_eq!(checks[0]["instruction_set"], "portable");
    assert!(checks.iter().all(|c| c["deviation"].as_f64().unwrap() < 1e-5));
    let mut command = lab.process("doctor");
    let text = ran(&command.env("TENSOR_ISA", "portable").output().unwrap());
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    let words = ["chosen", "portable, by TENSOR_ISA", "product by portable", "right, at most"];
    assert!(words.iter().all(|word| text.stdout.contains(word)), "{}", text.stdout);
}
