//! `predict` and `inspect` on the models of every method that has one of its own kind.

use crate::lab::Lab;
use serde_json::Value;

/// The accuracy in the report of a run, and that of `predict` on the same data.
fn accuracy(lab: &Lab, predict: &str) -> f64 {
    lab.json(&format!("{predict} --json"))["accuracy"].as_f64().unwrap()
}

const DIGITS: &str = "--task left=multi:synthetic:digits?n=60#left \
                      --task right=multi:synthetic:digits?n=60#right --net lenet --batch-size 8";

#[test]
fn a_model_of_several_tasks_answers_for_the_one_that_is_named() {
    let lab = Lab::new();
    lab.done(&format!("run multi-task {DIGITS} --epochs 2 --baselines none --out m"));
    let predict = "predict --model m/model.safetensors --data";
    let left = "multi:synthetic:digits?n=60#left";
    let said = |task: &str| lab.json(&format!("{predict} {left} --task {task} --top 10 --json"));
    let (one, other) = (said("left"), said("right"));
    assert_eq!((&one["task"], &other["task"]), (&"left".into(), &"right".into()));
    assert_ne!(one["predictions"], other["predictions"]);
    for row in one["predictions"].as_array().unwrap() {
        let top = row["top"].as_array().unwrap();
        let sum: f64 = top.iter().map(|t| t["probability"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
    lab.refused(&format!("{predict} {left}"), 2, &["--task is missing", "left, right"]);
    let words = ["no task `lift`, did you mean `left`?"];
    lab.refused(&format!("{predict} {left} --task lift"), 2, &words);
    lab.refused(&format!("{predict} {left} --task left --candidates 1"), 2, &["--candidates"]);
    lab.refused(
        &format!("{predict} synthetic:moons?n=9 --task left"),
        3,
        &["samples of shape [2]"],
    );
    let text = lab.done("inspect m/model.safetensors");
    for words in ["a model of `transfer`: lenet for 2 tasks", "--task right: 10 classes (0, 1"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_task_of_numbers_answers_in_their_units() {
    let lab = Lab::new();
    let mut table = String::new();
    for i in 0..60 {
        let (x, y) = (i % 7, i % 5);
        table += &format!("{x},{y},{}\n", 100 + 2 * x - y);
    }
    lab.write("t.csv", table);
    lab.done("run multi-task --task t=csv:t.csv#target=3 --epochs 60 --lr 0.05 --batch-size 4 --baselines none --out m");
    lab.write("new.csv", "3,2\n6,0\n0,4\n");
    let predict = "predict --model m/model.safetensors --data csv:new.csv";
    let document = lab.json(&format!("{predict} --json"));
    let numbers: Vec<f64> = document["predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["number"].as_f64().unwrap())
        .collect();
    for (found, want) in numbers.iter().zip([104.0, 112.0, 96.0]) {
        assert!((found - want).abs() < 2.0, "{numbers:?}");
    }
    let csv = lab.done(&format!("{predict} --csv"));
    assert!(csv.starts_with("row,number\n0,10") && csv.lines().count() == 4, "{csv}");
    assert!(lab.done(predict).starts_with("row  prediction\n"));
    assert!(lab.done("inspect m/model.safetensors").contains("--task t: a number"));
}

#[test]
fn a_progressive_model_answers_for_every_column() {
    let lab = Lab::new();
    let tests = ["synthetic:digits?n=30&seed=2", "synthetic:letters?n=30&seed=2"];
    let tasks = format!(
        "--task a=synthetic:digits?n=60 --task b=synthetic:letters?n=60&seed=1 \
         --test-task a={} --test-task b={} --resize 12x12 --epochs 2 --baselines none",
        tests[0], tests[1]
    );
    let report = lab.json(&format!("run progressive {tasks} --out r --json"));
    for (task, test) in ["a", "b"].iter().zip(tests) {
        let line = format!("predict --model r/model.safetensors --data {test} --task {task}");
        let reported = report["figures"][format!("accuracy_{task}")]["mean"].as_f64().unwrap();
        assert_eq!(accuracy(&lab, &format!("{line} --resize")), reported, "{task}");
        lab.refused(&line, 3, &["to 12x12 by --resize"]);
    }
    let text = lab.done("inspect r/model.safetensors");
    assert!(text.contains("a progressive network of 2 columns"), "{text}");
    assert!(text.contains("--task b: 26 classes (A, B"), "{text}");
}

#[test]
fn a_self_taught_model_says_what_its_report_says() {
    let lab = Lab::new();
    let test = "synthetic:digits?n=80&seed=2";
    for (features, flags) in [
        ("k-means", "--atoms 20 --patches 800"),
        ("sparse-coding-whole", "--atoms 20 --components 20"),
        ("convolutional", "--atoms 4 --epochs 1"),
    ] {
        let run = format!(
            "run self-taught --source synthetic:letters?n=80 --target synthetic:digits?n=60&seed=1 \
             --test {test} --shots 2 --features {features} {flags} --baselines none --json"
        );
        let report: Value = lab.json(&format!("{run} --out {features}"));
        let model = format!("{features}/model.safetensors");
        let found = accuracy(&lab, &format!("predict --model {model} --data {test}"));
        assert_eq!(found, report["score"]["mean"].as_f64().unwrap(), "{features}");
        let text = lab.done(&format!("inspect {model}"));
        assert!(text.contains("a linear classifier with C ="), "{text}");
        let refused = format!("predict --model {model} --data {test} --task a");
        lab.refused(&refused, 2, &["--task has no meaning for a model of one task"]);
    }
}

#[test]
fn a_zero_shot_model_chooses_among_the_candidates() {
    let lab = Lab::new();
    let test = "synthetic:letters?n=260&seed=1";
    for (folder, flags) in [
        ("raw", "--features raw"),
        ("net", "--features net --epochs 1"),
        ("attributes", "--model attributes --features raw --epochs 5"),
    ] {
        let run = format!(
            "run zero-shot --source synthetic:letters?n=260 --test {test} --signatures synthetic \
             --unseen E,K,P,U,Z --baselines none --quiet {flags} --out {folder}"
        );
        lab.done(&run);
        let predict = format!("predict --model {folder}/model.safetensors --data {test}");
        let unseen = lab.json(&format!("{predict} --json"));
        assert_eq!(unseen["classes"], serde_json::json!(["E", "K", "P", "U", "Z"]));
        // Samples of other letters: nothing to compare with.
        assert!(unseen["accuracy"].is_null());
        let all: Vec<String> = ('A'..='Z').map(String::from).collect();
        let all = lab.json(&format!("{predict} --candidates {} --json", all.join(",")));
        assert!(all["accuracy"].as_f64().unwrap() > 1.0 / 26.0, "{}", all["accuracy"]);
        assert!(all["predictions"][0]["top"][0]["score"].is_number());
        lab.refused(&format!("{predict} --candidates E,Q,ae"), 3, &["no signature for ae"]);
        let text = lab.done(&format!("inspect {folder}/model.safetensors"));
        assert!(text.contains("a zero-shot model by"), "{text}");
    }
}
