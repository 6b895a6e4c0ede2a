//! A run that is stopped, by Ctrl-C or by force, goes on to the same bits.
#![cfg(unix)]

use crate::lab::{DIGITS, Lab, MOONS, Ran, Reaped, ran};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Enough on a machine that is busy with other tests.
const A_FEW_SECONDS: Duration = Duration::from_secs(10);

/// Starts a run, and gives it a signal once it has recorded `epochs`.
pub(crate) fn signalled(lab: &Lab, line: &str, metrics: &str, epochs: usize, signal: &str) -> Ran {
    let mut command = lab.process(line);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = Reaped(Some(child));
    let begun = Instant::now();
    let recorded = || std::fs::read_to_string(lab.path(metrics)).unwrap_or_default();
    while recorded().lines().count() < epochs {
        assert!(begun.elapsed() < Duration::from_secs(60), "no epoch was recorded");
        std::thread::sleep(Duration::from_millis(3));
    }
    let child = child.0.take().unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    let asked = Instant::now();
    let ended = ran(&child.wait_with_output().unwrap());
    assert!(asked.elapsed() < A_FEW_SECONDS, "it took {:?} to stop", asked.elapsed());
    ended
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bits() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {DIGITS} --epochs 14");
    lab.done(&format!("{line} --out whole"));
    for (signal, out) in [("-INT", "asked"), ("-TERM", "told"), ("-KILL", "killed")] {
        let run = format!("{line} --out {out}");
        let stopped = signalled(&lab, &run, &format!("{out}/metrics.jsonl"), 3, signal);
        assert_eq!(stopped.stdout, "");
        if signal == "-KILL" {
            assert_eq!(stopped.code, None);
        } else {
            assert_eq!(stopped.code, Some(5), "{}", stopped.stderr);
            let words =
                ["stopping: ", "error: interrupted at step ", "the state is saved in ", "--resume"];
            for word in words {
                assert!(stopped.stderr.contains(word), "{}", stopped.stderr);
            }
        }
        assert!(!lab.path(&format!("{out}/model.safetensors")).exists());
        lab.refused(&run, 2, &["it holds an unfinished run; go on with it by --resume"]);

        // What a process leaves that is killed while it writes.
        lab.write(&format!("{out}/.model.safetensors.9-9.tmp"), "half of it");
        let resumed = lab.run(&format!("{run} --resume"));
        assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
        // From the start it would come to the same bits.
        let first = "domain-adversarial, seed 0 step 4/";
        assert!(!resumed.stderr.contains(first), "{signal}: begun anew\n{}", resumed.stderr);
        let hidden = lab.names(out).into_iter().filter(|name| name.starts_with('.'));
        assert_eq!(hidden.count(), 0);
        for file in ["model.safetensors", "metrics.jsonl", "config.toml"] {
            let (whole, resumed) = (format!("whole/{file}"), format!("{out}/{file}"));
            assert!(lab.read(&whole) == lab.read(&resumed), "{signal}: {file} differs");
        }
        assert!(!lab.path(&format!("{out}/checkpoint")).exists());
    }
}

#[test]
fn the_command_line_that_goes_on_is_printed_and_works() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {DIGITS} --epochs 20 --baselines none");
    let metrics = "runs/domain-adversarial-1/metrics.jsonl";
    let stopped = signalled(&lab, &line, metrics, 2, "-INT");
    let go_on = stopped.stderr.lines().find_map(|l| l.strip_prefix("go on with: "));
    let go_on = go_on.unwrap_or_else(|| panic!("{}", stopped.stderr));
    assert!(go_on.ends_with("--out runs/domain-adversarial-1 --resume"), "{go_on}");
    let shell = Command::new("sh").args(["-c", go_on]).current_dir(lab.root()).output().unwrap();
    let shell = ran(&shell);
    assert_eq!(shell.code, Some(0), "{go_on}\n{}", shell.stderr);
    assert!(shell.stdout.contains("domain-adversarial"), "{}", shell.stdout);
}

#[test]
fn ctrl_c_ends_a_prediction_at_once() {
    if interrupts_are_ignored() {
        eprintln!("skipped: a shell started the tests in the background, where SIGINT is ignored");
        return;
    }
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --steps 2 --baselines none --out m");
    lab.done(&run);
    let mut command =
        lab.process("predict --model m/model.safetensors --data synthetic:moons?n=1000000");
    let mut child = Reaped(Some(command.stdout(Stdio::null()).spawn().unwrap()));
    std::thread::sleep(Duration::from_millis(300));
    let child = child.0.as_mut().unwrap();
    assert!(
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
    );
    let asked = Instant::now();
    let ended = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(2), "{ended}");
    assert!(asked.elapsed() < A_FEW_SECONDS, "it took {:?}", asked.elapsed());
}

/// A command leaves a signal alone that whoever started it ignores, as it should.
fn interrupts_are_ignored() -> bool {
    const SIGINT: u64 = 1 << 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|m| m & SIGINT != 0)
}

#[test]
fn a_stopped_tour_goes_on_where_it_was() {
    let lab = Lab::new();
    let metrics = "t/domain-adversarial/metrics.jsonl";
    let stopped = signalled(&lab, "tour --quick --out t", metrics, 1, "-INT");
    assert_eq!(stopped.code, Some(5), "{}", stopped.stderr);
    let go_on = stopped.stderr.lines().find_map(|l| l.strip_prefix("go on with: ")).unwrap();
    assert!(go_on.ends_with("tour --quick --out t"), "{go_on}");
    let fine_tuned = lab.read("t/fine-tune/model.safetensors");
    let ran = lab.run("tour --quick --out t");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("fine-tune, seed 0 step"), "it was trained anew: {}", ran.stderr);
    assert_eq!(lab.read("t/fine-tune/model.safetensors"), fine_tuned);
    assert!(lab.path("t/report.html").exists());
}

#[test]
fn a_fine_tuning_that_is_stopped_goes_on_too() {
    let lab = Lab::new();
    let data = "--source synthetic:digits?n=60 --target synthetic:digits-textured?n=60&seed=1";
    let length = "--resize 16x16 --shots 2 --source-epochs 3 --epochs 16 --batch-size 10";
    let line = format!("run fine-tune {data} {length}");
    lab.done(&format!("{line} --out whole"));
    // In the source's training, and in the method's.
    for (epochs, out) in [(1, "early"), (6, "late")] {
        let run = format!("{line} --out {out}");
        let stopped = signalled(&lab, &run, &format!("{out}/metrics.jsonl"), epochs, "-INT");
        assert_eq!(stopped.code, Some(5), "{}", stopped.stderr);
        let resumed = lab.run(&format!("{run} --resume"));
        assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
        assert!(!resumed.stderr.contains("source, seed 0 step 1/"), "{}", resumed.stderr);
        assert!(
            lab.read("whole/model.safetensors") == lab.read(&format!("{out}/model.safetensors")),
            "{out}"
        );
    }
}
