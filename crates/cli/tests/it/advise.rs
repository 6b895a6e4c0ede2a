//! What is advised for data of every case, and that the advised command lines run.

use crate::lab::Lab;
use serde_json::{Value, json};

const MOONS: &str = "--source synthetic:moons?n=200 --target synthetic:moons-rotated?n=200&seed=1";
const DOCUMENTS: &str =
    "--source synthetic:documents-auxiliary?n=200 --target synthetic:documents?n=60";

fn advised(lab: &Lab, flags: &str) -> Value {
    let advice = lab.json(&format!("advise {flags} --json"));
    assert_eq!(advice["schema"], "transfer.advise/1");
    assert_eq!(advice["proposals"].as_array().unwrap().len(), 2, "{advice}");
    advice
}

fn methods(advice: &Value) -> [&str; 2] {
    [0, 1].map(|i| advice["proposals"][i]["method"].as_str().unwrap())
}

fn kinds(advice: &Value) -> Vec<&str> {
    let cautions = advice["cautions"].as_array().unwrap();
    cautions.iter().map(|c| c["kind"].as_str().unwrap()).collect()
}

/// Runs the command line of a proposal that needs nothing more. None of its words has a space.
fn runs(lab: &Lab, advice: &Value, proposal: usize, more: &str) -> Value {
    let proposal = &advice["proposals"][proposal];
    assert_eq!(proposal["needs"], json!([]), "{proposal}");
    let line = proposal["command"].as_str().unwrap().replace('\'', "");
    let line = line.strip_prefix("transfer ").unwrap();
    lab.json(&format!("{line} {more} --json --quiet"))
}

#[test]
fn moons_whose_target_labels_are_not_read_are_for_the_adversary() {
    let lab = Lab::new();
    let advice = advised(&lab, &format!("{MOONS} --unlabelled target"));
    assert_eq!((&advice["case"], &advice["classes"]), (&json!("source"), &json!("same")));
    assert_eq!(advice["target"]["examples"], Value::Null);
    assert_eq!(methods(&advice), ["domain-adversarial", "domain-adversarial"]);
    assert_eq!(kinds(&advice), [""; 0]);
    // Turned by 35 degrees, they still lie over each other.
    let distance = advice["a_distance"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&distance), "{distance}");
    assert_eq!(advice["a_distance_samples"], json!([200, 200]));
    let command = "transfer run domain-adversarial --source 'synthetic:moons?n=200' \
                   --target 'synthetic:moons-rotated?n=200&seed=1'";
    assert_eq!(advice["proposals"][0]["command"], command);
    let coral = advice["proposals"][1]["command"].as_str().unwrap();
    assert_eq!(coral, format!("{command} --align coral"));
    runs(&lab, &advice, 0, "--epochs 1");
    runs(&lab, &advice, 1, "--epochs 1");
}

#[test]
fn labels_decide_the_case_and_a_flag_the_labels() {
    let lab = Lab::new();
    for (flag, case, first) in [
        ("", "both", "fine-tune"),
        ("--unlabelled source", "target", "self-taught"),
        ("--unlabelled target", "source", "domain-adversarial"),
        ("--unlabelled both", "neither", "self-taught"),
    ] {
        let advice = advised(&lab, &format!("{MOONS} {flag}"));
        assert_eq!((advice["case"].as_str(), methods(&advice)[0]), (Some(case), first), "{flag}");
    }
    let many = "--source synthetic:moons?n=600 --target synthetic:moons-rotated?n=400&seed=1";
    let advice = advised(&lab, many);
    assert_eq!(kinds(&advice), ["enough_labels"]);
    let command = advice["proposals"][0]["command"].as_str().unwrap();
    assert!(command.ends_with("--shots 150 --baselines scratch"), "{command}");
}

#[test]
fn textured_digits_are_far_and_few_labels_of_them_risky() {
    let lab = Lab::new();
    let flags = "--source synthetic:digits?n=200 --target synthetic:digits-textured?n=100&seed=1";
    let advice = advised(&lab, flags);
    assert_eq!((&advice["case"], &advice["classes"]), (&json!("both"), &json!("same")));
    assert_eq!(methods(&advice), ["fine-tune", "layer-transfer"]);
    assert_eq!(kinds(&advice), ["far_and_few"]);
    assert!(advice["a_distance"].as_f64().unwrap() >= 1.8, "{advice}");

    let advice =
        advised(&lab, &format!("{flags} --unlabelled target --test synthetic:digits#test"));
    assert_eq!(methods(&advice)[0], "domain-adversarial");
    let command = advice["proposals"][0]["command"].as_str().unwrap();
    assert!(command.ends_with(" --test 'synthetic:digits#test'"), "{command}");
    assert_eq!(kinds(&advice), [""; 0]);
}

#[test]
fn letters_lend_their_layers_to_few_digits() {
    let lab = Lab::new();
    let letters = "--source synthetic:letters?n=260 --target synthetic:digits?n=40&seed=1";
    let advice = advised(&lab, letters);
    assert_eq!((&advice["case"], &advice["classes"]), (&json!("both"), &json!("disjoint")));
    assert_eq!(methods(&advice), ["layer-transfer", "fine-tune"]);
    let command = advice["proposals"][0]["command"].as_str().unwrap();
    assert!(command.ends_with(" --shots 3"), "{command}");
    let quick = "--epochs 1 --source-epochs 1";
    assert_eq!(runs(&lab, &advice, 0, quick)["method"], "layer-transfer");

    let advice = advised(&lab, &format!("{letters} --unlabelled target"));
    assert_eq!(methods(&advice), ["zero-shot", "self-taught"]);
    assert_eq!(kinds(&advice), ["other_classes"]);
    let command = advice["proposals"][0]["command"].as_str().unwrap();
    let ending = "--signatures SIGNATURES.tsv --unseen 0,1,2,3,4,5,6,7,8,9";
    assert!(command.ends_with(ending), "{command}");
    assert!(advice["proposals"][0]["needs"][0].as_str().unwrap().contains("signatures"));

    let text = lab.done(&format!("advise {letters} --unlabelled target"));
    for words in [
        "its labels are not read",
        "disjoint: none of the target's",
        "first choice: zero-shot: ",
        "  transfer run zero-shot --source 'synthetic:letters?n=260'",
        "  needs signatures",
        "transfer may hurt here, or add nothing:\n  other classes: the classes differ",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn documents_without_labels_are_clustered() {
    let lab = Lab::new();
    let advice = advised(&lab, &format!("{DOCUMENTS} --unlabelled both"));
    assert_eq!(advice["case"], "neither");
    assert_eq!(methods(&advice), ["self-taught-clustering", "self-taught"]);
    let command = advice["proposals"][0]["command"].as_str().unwrap();
    assert!(command.ends_with(" --clusters 2"), "{command}");
    runs(&lab, &advice, 0, "--lambda 1");
    let needs = advice["proposals"][1]["needs"].to_string();
    assert!(needs.contains("labelled examples of the target"), "{needs}");

    let advice = advised(&lab, &format!("{DOCUMENTS} --unlabelled source"));
    assert_eq!(methods(&advice), ["self-taught", "self-taught"]);
    runs(&lab, &advice, 0, "--atoms 8 --components 10");
    runs(&lab, &advice, 1, "--atoms 8 --epochs 1");
}

#[test]
fn small_data_of_one_class_or_other_shapes_is_named() {
    let lab = Lab::new();
    lab.write("one.csv", "x,y,class\n1,2,a\n2,1,a\n3,0,a\n");
    let flags = "--source csv:one.csv#label=class --target synthetic:moons-rotated";
    let advice = advised(&lab, flags);
    assert_eq!(kinds(&advice), ["one_class", "tiny_source"]);
    assert_eq!((&advice["case"], &advice["source"]["labelled"]), (&json!("target"), &json!(false)));

    lab.write(
        "skewed.csv",
        "x,y,class\n".to_owned() + &"1,2,0\n".repeat(105) + &"2,1,1\n".repeat(20),
    );
    let flags = "--source synthetic:moons --target csv:skewed.csv#label=class";
    assert_eq!(kinds(&advised(&lab, flags)), ["proportions"]);

    let never = "advise --source synthetic:digits?n=200 --target synthetic:moons";
    let advice = lab.json(&format!("{never} --json"));
    assert_eq!((kinds(&advice), &advice["proposals"]), (vec!["shapes"], &json!([])));
    assert_eq!(advice["a_distance"], Value::Null);
    assert!(lab.done(never).contains("not measured: the samples have different shapes"));
}

#[test]
fn the_same_seed_gives_the_same_advice_and_slips_are_named() {
    let lab = Lab::new();
    let line = format!("advise {MOONS} --json");
    assert_eq!(lab.done(&line), lab.done(&line));
    lab.refused("advise --source synthetic:moons", 2, &["--target"]);
    lab.refused(
        "advise --source synthetic:mons --target synthetic:moons",
        3,
        &["--source", "moons"],
    );
    lab.refused(&format!("advise {MOONS} --unlabelled neither"), 2, &["source, target, both"]);
    lab.refused(&format!("advise {MOONS} --test synthetic:mons"), 3, &["--test", "moons"]);
    lab.refused("advise --source csv:none.csv --target synthetic:moons", 3, &["none.csv"]);
}
