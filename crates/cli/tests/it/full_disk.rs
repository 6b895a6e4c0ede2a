//! A disk that fills up while a checkpoint is saved.
#![cfg(target_os = "linux")]

use crate::lab::{DIGITS, Lab, skipped};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of its own, gone when the test is.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(path);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Disk(path.to_owned())),
            Ok(output) => {
                skipped(String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(e) => {
                skipped(&format!("mount: {e}"));
                None
            }
        }
    }

    fn grow(&self, size: &str) {
        let size = format!("remount,{size}");
        let status = Command::new("mount").args(["-o", &size]).arg(&self.0).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn what_was_saved_before_stays_whole_and_the_run_goes_on_once_there_is_room() {
    let lab = Lab::new();
    let line = format!("run domain-adversarial {DIGITS} --epochs 4 --baselines none --quiet");
    lab.done(&format!("{line} --out whole"));
    // Room for the folder's beginning and one checkpoint of half a megabyte.
    let Some(disk) = Disk::mount(&lab.path("disk"), "size=1m") else { return };
    let full = format!("{line} --out disk/r");
    let refused = lab.refused(&full, 1, &["cannot write disk/r/", "No space left on device"]);
    assert!(refused.stderr.contains("checkpoint/"), "{}", refused.stderr);

    let folder = "disk/r/checkpoint/domain-adversarial-seed-0";
    assert_eq!(lab.names(folder), ["step-0000000004.safetensors"]);
    nn_layers::load(lab.path(&format!("{folder}/step-0000000004.safetensors"))).unwrap();
    for file in ["model.safetensors", "report.json", "report.html", "results.jsonl"] {
        assert!(!lab.path(&format!("disk/r/{file}")).exists(), "{file}");
    }
    let hidden = lab.names("disk/r").into_iter().filter(|name| name.starts_with('.'));
    assert_eq!(hidden.count(), 0);

    disk.grow("size=16m");
    lab.done(&format!("{full} --resume"));
    assert_eq!(lab.read("disk/r/model.safetensors"), lab.read("whole/model.safetensors"));
    assert_eq!(lab.read("disk/r/metrics.jsonl"), lab.read("whole/metrics.jsonl"));
}
