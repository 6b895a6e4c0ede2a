//! `run --overfit N`: whether a network can learn a few examples by heart, and nothing kept.

use crate::lab::{Lab, MOONS};

#[test]
fn a_network_that_can_learn_says_so_and_nothing_is_kept() {
    let lab = Lab::new();
    let line = "train --source synthetic:digits?n=200 --net lenet --overfit 8 --seeds 3";
    let text = lab.done(line);
    assert!(text.starts_with("train on 8 examples of the source, nothing is kept\n"), "{text}");
    let row = text.lines().find(|l| l.starts_with("train  ")).unwrap();
    assert!(row.ends_with(" 100.0"), "{text}");
    let steps: usize = row.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((5..1000).contains(&steps), "it ends when there is nothing left to learn: {text}");
    assert!(text.contains("\nthe network can fit 8 examples; the loss is near zero\n"), "{text}");
    assert!(lab.names("").is_empty(), "{:?}", lab.names(""));
    assert_eq!(lab.done(line), text, "the same examples each time");
    for other in ["--dry-run", "--json", "--resume --out r"] {
        lab.refused(&format!("{line} {other}"), 2, &[]);
    }
}

#[test]
fn every_training_on_labels_is_tried_and_no_baseline() {
    let lab = Lab::new();
    let tasks = "--task a=synthetic:digits?n=40 --task b=synthetic:letters?n=52&seed=1 --test-task \
                 a=synthetic:digits?n=20#test --test-task b=synthetic:letters?n=52#test";
    let few = "--source synthetic:moons?n=100 --target synthetic:moons-rotated?n=80 --shots 6";
    let letters = "--source synthetic:letters?n=130 --test synthetic:letters?n=130&seed=1 \
                   --signatures synthetic --unseen E,K,P,U,Z";
    for (line, trainings) in [
        (format!("fine-tune {few} --lr 0.1 --steps 4000"), vec!["source", "fine-tune"]),
        (format!("multi-task {tasks}"), vec!["multi-task"]),
        // Of half of its units none is dropped here.
        (format!("progressive {tasks} --dropout 0.5"), vec!["a", "b"]),
        (format!("domain-adversarial {MOONS} --steps 4000 --lr 0.1"), vec!["domain-adversarial"]),
        (format!("zero-shot {letters}"), vec!["zero-shot"]),
    ] {
        let text = lab.done(&format!("run {line} --overfit 6 --baselines all"));
        let rows = text.split("\n\n").nth(1).unwrap().lines().skip(1);
        let names: Vec<&str> = rows.map(|row| row.split_whitespace().next().unwrap()).collect();
        assert!(names.len() == trainings.len(), "{line}\n{text}");
        assert!(trainings.iter().zip(&names).all(|(a, b)| b.contains(a)), "{line}\n{text}");
        assert!(text.contains("\nthe network can fit 6 examples"), "{line}\n{text}");
        assert!(lab.names("").is_empty(), "{line}");
    }
}

#[test]
fn a_network_that_cannot_says_where_to_look_and_fails() {
    let lab = Lab::new();
    // Two of the examples differ in their labels alone.
    lab.write("same.csv", "x,y,kind\n1,2,a\n1,2,b\n3,4,a\n5,1,b\n2,2,a\n1,5,b\n7,3,a\n4,4,b\n");
    let line = "train --source csv:same.csv#label=kind --hold-out 0.25 --steps 200";
    let ran = lab.run(&format!("{line} --overfit 6 --seed 1"));
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("error: `train` cannot fit 6 examples in 200 steps"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("\n`train` does not know its examples:\n"), "{}", ran.stdout);
    lab.refused(&format!("{line} --overfit 7"), 3, &["it has 6 examples to train on, and 7"]);

    let few = "--source synthetic:moons?n=100 --target synthetic:moons-rotated?n=80 --shots 6";
    let frozen = lab.run(&format!(
        "run fine-tune {few} --overfit 12 --train-only label.0.bias --steps 300 --lr 1e-6"
    ));
    assert_eq!(frozen.code, Some(1), "{}", frozen.stderr);
    assert!(frozen.stdout.contains("its loss did not fall"), "{}", frozen.stdout);
    assert!(frozen.stdout.contains("2 of 93 numbers are trained"), "{}", frozen.stdout);
}

#[test]
fn what_fits_no_labels_with_a_network_refuses() {
    let lab = Lab::new();
    let domains = "--source synthetic:letters?n=60 --target synthetic:digits?n=60&seed=1 --labels 30 \
                   --atoms 20";
    lab.refused(&format!("run self-taught {domains} --overfit 4"), 2, &["without labels"]);
    let documents = "--source synthetic:documents-auxiliary --target synthetic:documents \
                     --clusters 2 --source-clusters 8 --feature-clusters 8 --lambda 10";
    let line = format!("run self-taught-clustering {documents} --overfit 4");
    lab.refused(&line, 2, &["learns no labels"]);
    let raw = "--source synthetic:letters?n=130 --signatures synthetic --unseen E,K --features raw";
    lab.refused(&format!("run zero-shot {raw} --overfit 4"), 2, &["none is trained"]);
    lab.refused("train --source synthetic:digits --overfit 1", 2, &[]);
    let swept = "sweep multi-task --task a=synthetic:digits --grid lr=0.1 --overfit 4";
    lab.refused(swept, 2, &["a sweep is not tried in small"]);
}
