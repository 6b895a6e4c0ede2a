//! The search for a learning rate, from the command line.

use crate::lab::Lab;

#[test]
fn a_rate_is_suggested_and_drawn() {
    let lab = Lab::new();
    let line = "lr-find --data synthetic:digits?n=300 --resize 16x16 --net mlp --batch-size 32";
    let found = lab.json(&format!("{line} --json --picture lr.svg --quiet"));
    assert_eq!(found["schema"], "transfer.lr-find/1");
    assert_eq!(found["net"], "mlp");
    let lr = found["suggestion"].as_f64().unwrap();
    assert!((1e-4..1.0).contains(&lr) && lr < found["lowest"].as_f64().unwrap(), "{lr}");
    assert!(lab.text("lr.svg").contains("Loss while the learning rate grows"));
    assert_eq!(lab.json(&format!("{line} --json --quiet")), found, "the same bits again");
    assert!(
        lab.done(line).contains(&format!("--lr {lr:.1e}: there the loss of `mlp` falls fastest"))
    );
}

#[test]
fn bad_ranges_and_data_are_refused() {
    let lab = Lab::new();
    let line = "lr-find --data synthetic:digits?n=60";
    for (flags, words) in [
        ("--low 0", "--low 0: it must be positive and finite"),
        ("--low -1", "--low -1: it must be positive and finite"),
        ("--low 1 --high 0.5", "--high 0.5: it must be larger than --low"),
        ("--high -2e3", "--high -2000: it must be larger than --low"),
        ("--steps 2", "--steps 2: it must be from 20 to 100000"),
        ("--batch-size 0", "--batch-size 0: it must be from 1 to 65536"),
        ("--momentum -0.5", "--momentum -0.5: it must be in [0, 1)"),
        ("--weight-decay -1", "--weight-decay -1: it must be 0 or positive"),
    ] {
        lab.refused(&format!("{line} {flags}"), 2, &[words]);
    }
    lab.refused(&format!("{line} --net transformer"), 2, &["there is no network `transformer`"]);
    lab.refused("lr-find --data idx:none", 3, &["none"]);
    // One sample has no spread that could be normalised by.
    let one = "--resize 16x16 --net cifar-cnn --batch-size 1";
    let words = ["batch_size", "at least 2: the network normalises by the batch"];
    lab.refused(&format!("lr-find --data synthetic:digits?n=40 {one}"), 2, &words);
}

#[test]
fn a_model_of_other_inputs_is_refused() {
    let lab = Lab::new();
    lab.done(
        "train --source synthetic:digits?n=40 --resize 16x16 --net mlp --epochs 1 --out m --quiet",
    );
    let line = "lr-find --data synthetic:digits?n=40 --init m";
    lab.refused(line, 3, &["the model m has inputs of shape [1, 16, 16]", "--resize"]);
    lab.refused(&format!("{line} --resize 16x16 --picture a.png"), 2, &["FILE.svg"]);
}
