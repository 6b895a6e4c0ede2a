//! `kill -9` at random moments: what was saved is whole, and the run ends with the same bits.
//! `TRANSFER_KILLS=200` tries as many moments; without it, ten.
#![cfg(unix)]

use crate::lab::{Lab, MOONS};
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tensor_autograd::Rng;

/// How a run that was to be killed came out.
#[derive(PartialEq)]
enum End {
    Killed,
    Done,
}

/// Begins a run, or goes on with it, and kills it after that time.
fn kill_after(lab: &Lab, line: &str, out: &str, time: Duration) -> End {
    let begun = lab.path(&format!("{out}/config.toml")).exists();
    let resume = if begun { "--resume" } else { "" };
    let mut command = lab.process(&format!("{line} --out {out} {resume}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(time);
    let _ = child.kill(); // it may have ended
    let status = child.wait().unwrap();
    match status.code() {
        None => End::Killed,
        code => {
            assert_eq!(code, Some(0), "{line}");
            End::Done
        }
    }
}

/// Every training's newest checkpoint, read back.
fn newest_are_whole(lab: &Lab, out: &str) {
    for training in lab.names(&format!("{out}/checkpoint")) {
        let folder = format!("{out}/checkpoint/{training}");
        let mut files = lab.names(&folder).into_iter().filter(|name| name.starts_with("step-"));
        if let Some(newest) = files.next_back() {
            nn_layers::load(lab.path(&format!("{folder}/{newest}"))).unwrap();
        }
    }
}

/// The results of all trainings, without the time that they took.
fn results(lab: &Lab, out: &str) -> Vec<Value> {
    let line = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().shift_remove("seconds").unwrap();
        value
    };
    lab.text(&format!("{out}/results.jsonl")).lines().map(line).collect()
}

#[track_caller]
fn assert_same(lab: &Lab, line: &str, out: &str) {
    for file in ["model.safetensors", "metrics.jsonl"] {
        let read = |folder: &str| std::fs::read(lab.path(&format!("{folder}/{file}"))).ok();
        assert!(read("whole") == read(out), "{line}: {out}/{file} differs");
    }
    assert!(results(lab, "whole") == results(lab, out), "{line}: {out}/results.jsonl differs");
    let left = lab.names(out).into_iter().filter(|n| n == "lock" || n.ends_with(".tmp"));
    assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
    assert!(!lab.path(&format!("{out}/checkpoint")).exists());
}

/// Goes on to the end, without a word of damage.
#[track_caller]
fn finish(lab: &Lab, line: &str, out: &str) {
    let begun = lab.path(&format!("{out}/config.toml")).exists();
    let resume = if begun { "--resume" } else { "" };
    let ran = lab.run(&format!("{line} --out {out} {resume}"));
    assert_eq!(ran.code, Some(0), "{line}\n{}", ran.stderr);
    assert!(!ran.stderr.contains("passed over"), "{}", ran.stderr);
    assert_same(lab, line, out);
}

/// The uninterrupted run in `whole`, and how long it took.
fn whole(lab: &Lab, line: &str) -> Duration {
    let begun = Instant::now();
    lab.done(&format!("{line} --out whole"));
    begun.elapsed()
}

/// A moment of a run of that length.
fn moment(length: Duration, rng: &mut Rng) -> Duration {
    length.mul_f64(f64::from(rng.uniform()))
}

#[test]
fn a_run_killed_at_random_moments_ends_as_if_it_had_not_been() {
    let kills = std::env::var("TRANSFER_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let (lab, mut rng) = (Lab::new(), Rng::seed(9));
    // Every step is saved, so that many of the moments are those of saving.
    let line = format!("run domain-adversarial {MOONS} --epochs 25 --checkpoint-every 1 --quiet");
    let length = whole(&lab, &line);
    let (mut killed, mut runs) = (0, 0);
    while killed < kills {
        let out = format!("run-{runs}");
        match kill_after(&lab, &line, &out, moment(length, &mut rng)) {
            End::Killed => {
                killed += 1;
                newest_are_whole(&lab, &out);
            }
            End::Done => {
                assert_same(&lab, &line, &out);
                std::fs::remove_dir_all(lab.path(&out)).unwrap();
                runs += 1;
            }
        }
    }
    finish(&lab, &line, &format!("run-{runs}"));
    println!("{killed} kills in {} runs of {length:?}", runs + 1);
}

#[test]
fn every_method_survives_being_killed() {
    let moons = "--source synthetic:moons?n=100 --target synthetic:moons-rotated?n=80&seed=1 \
                 --shots 3 --source-epochs 3 --epochs 12 --baselines all --checkpoint-every 2";
    let tasks =
        "--task a=multi:synthetic:digits?n=60#left --task b=multi:synthetic:digits?n=60#right";
    let columns = "--task a=synthetic:digits?n=40 --task b=synthetic:letters?n=52&seed=1 \
                   --test-task a=synthetic:digits?n=20#test --test-task b=synthetic:letters?n=52#test";
    let letters = "--source synthetic:letters?n=260 --test synthetic:letters?n=130&seed=1 \
                   --signatures synthetic --unseen E,K,P,U,Z --model conse";
    let digits = "--source synthetic:letters?n=100 --target synthetic:digits?n=100&seed=1 \
                  --test synthetic:digits?n=60&seed=2 --labels 30 --atoms 20 --seeds 2";
    let documents = "--source synthetic:documents-auxiliary --target synthetic:documents \
                     --clusters 2 --source-clusters 8 --feature-clusters 8 --lambda 10";
    let lines = [
        format!("fine-tune {moons}"),
        format!("conservative {moons}"),
        format!("layer-transfer {moons} --study"),
        format!("multi-task {tasks} --net lenet --weighting grad-norm --epochs 2 --baselines all"),
        format!("progressive {columns} --epochs 2 --baselines all --checkpoint-every 1"),
        format!("domain-adversarial {MOONS} --seeds 2 --epochs 9 --checkpoint-every 1"),
        format!("zero-shot {letters} --epochs 1 --checkpoint-every 1"),
        format!("self-taught {digits} --features autoencoder --epochs 6 --baselines all"),
        format!("self-taught {digits} --features k-means --patches 1000"),
        format!("self-taught-clustering {documents} --baselines all"),
    ];
    let mut rng = Rng::seed(10);
    for line in lines {
        let (lab, line) = (Lab::new(), format!("run {line}"));
        let length = whole(&lab, &line);
        for _ in 0..2 {
            if kill_after(&lab, &line, "killed", moment(length, &mut rng)) == End::Done {
                break;
            }
            newest_are_whole(&lab, "killed");
        }
        finish(&lab, &line, "killed");
        println!("{length:?} {line}");
    }
}
