//! `evaluate` on a saved model.

use crate::idx;
use crate::lab::{Lab, MOONS};

fn lab() -> Lab {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {MOONS} --epochs 20 --lr 0.3 --baselines none");
    lab.done(&format!("{line} --out m"));
    lab
}

#[test]
fn the_document_agrees_with_the_predictions_and_the_text_with_the_document() {
    let lab = lab();
    let data = "--model m --data synthetic:moons-rotated?n=60&seed=5";
    let document = lab.json(&format!("evaluate {data} --json"));
    let rows = lab.json(&format!("predict {data} --json --top 2"));
    assert_eq!(document["schema"], "transfer.evaluate/1");
    assert_eq!(document["accuracy"], rows["accuracy"]);
    assert_eq!(document["samples"], 60);

    // From the predictions, by the definitions.
    let rows = rows["predictions"].as_array().unwrap();
    let (mut counts, mut loss) = ([[0_u64; 2]; 2], 0.0);
    let place = |name: &serde_json::Value| usize::from(name == "lower");
    for row in rows {
        let (label, guess) = (place(&row["label"]), place(&row["top"][0]["class"]));
        counts[label][guess] += 1;
        let top = row["top"].as_array().unwrap();
        let own = top.iter().find(|t| t["class"] == row["label"]).unwrap();
        loss -= own["probability"].as_f64().unwrap().ln() / 60.0;
    }
    assert_eq!(document["confusion"], serde_json::json!(counts));
    assert!((document["log_loss"].as_f64().unwrap() - loss).abs() < 1e-5);
    let error = document["calibration_error"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&error));
    for (c, class) in document["classes"].as_array().unwrap().iter().enumerate() {
        let (right, of) = (counts[c][c] as f64, (counts[c][0] + counts[c][1]) as f64);
        let said = (counts[0][c] + counts[1][c]) as f64;
        let near = |name: &str, want: f64| {
            let found = class[name].as_f64().unwrap();
            assert!((found - want).abs() < 1e-12, "{name} {found}, not {want}");
        };
        near("samples", of);
        near("recall", right / of);
        near("precision", right / said);
        near("f1", 2.0 * right / (of + said));
    }

    let text = lab.done(&format!("evaluate {data}"));
    let accuracy = 100.0 * document["accuracy"].as_f64().unwrap();
    for words in [
        format!("m on synthetic:moons-rotated?n=60&seed=5, 60 samples\n\naccuracy {accuracy:.1} %"),
        format!("log loss {:.4} (chance 0.6931)", document["log_loss"].as_f64().unwrap()),
        "\nclass  samples  precision  recall     F1\nupper ".into(),
        format!("\nlower{:>7}{:>7}\n", counts[1][0], counts[1][1]),
    ] {
        assert!(text.contains(&words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn data_without_labels_or_with_those_of_others_is_refused() {
    let lab = lab();
    idx::write(&lab, "new", "synthetic:moons?n=12");
    let refused = |data: &str, words: &[&str]| {
        lab.refused(&format!("evaluate --model m --data {data}"), 3, words);
    };
    refused("idx:new.x", &["new.x", "no labels"]);
    lab.write("other.csv", "a,b,y\n1,2,cat\n2,1,dog\n0,1,emu\n");
    let words = ["the model m has the classes upper, lower", "other.csv", "cat, dog, emu"];
    refused("csv:other.csv#label=y", &words);
    refused("synthetic:digits?n=5", &["m has inputs of shape [2]"]);
}

#[test]
fn data_with_some_of_the_classes_are_matched_by_name() {
    let lab = Lab::new();
    lab.done("train --source synthetic:digits?n=200 --resize 16x16 --epochs 2 --out m --quiet");
    let data = |spec: &str| format!("--model m --resize --json --data {spec}");
    let document =
        lab.json(&format!("evaluate {}", data("synthetic:digits?n=100&seed=1&only=7,2")));
    let classes = document["classes"].as_array().unwrap();
    let there: Vec<&str> = classes
        .iter()
        .filter(|class| class["samples"].as_u64().unwrap() > 0)
        .map(|class| class["class"].as_str().unwrap())
        .collect();
    assert_eq!((classes.len(), there), (10, vec!["2", "7"]));
    // Of all samples those of these classes were predicted so before.
    let all = lab.json(&format!("evaluate {}", data("synthetic:digits?n=100&seed=1")));
    for class in [2, 7] {
        assert_eq!(document["confusion"][class], all["confusion"][class]);
    }
    let letters = format!("evaluate {}", data("synthetic:letters?n=52&only=A,B"));
    lab.refused(&letters, 3, &["the model m has the classes 0, 1", "the classes A, B"]);
}
