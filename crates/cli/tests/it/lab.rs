//! A folder to work in, and the command run in it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::time::Duration;
use tempfile::TempDir;

/// Two generated domains that train in milliseconds.
pub(crate) const MOONS: &str = "--source synthetic:moons?n=100 \
    --target synthetic:moons-rotated?n=100&seed=1 --test synthetic:moons-rotated?n=60&seed=2";
/// Two of images, small enough for a test.
pub(crate) const DIGITS: &str = "--source synthetic:digits?n=60 \
    --target synthetic:digits-textured?n=60&seed=1 --resize 16x16 --batch-size 16";

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A temporary folder in which commands run.
pub(crate) struct Lab(TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        Lab(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// The names in a folder, sorted; none if there is no such folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs the command with the words of `line`.
    pub(crate) fn run(&self, line: &str) -> Ran {
        ran(&self.command(line).output().unwrap())
    }

    /// As [`run`](Lab::run), for a command that must succeed; its standard output.
    pub(crate) fn done(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(0), "{line}\n{}", ran.stderr);
        ran.stdout
    }

    /// As [`done`](Lab::done), for one that prints one JSON document.
    pub(crate) fn json(&self, line: &str) -> Value {
        let text = self.done(line);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{line}: {e}\n{text}"))
    }

    /// Runs a command that must be refused with `code`, in one error that says all of `words`.
    pub(crate) fn refused(&self, line: &str, code: i32, words: &[&str]) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(code), "{line}\n{}", ran.stderr);
        assert_eq!(ran.stdout, "", "{line}");
        let errors = ran.stderr.lines().filter(|l| l.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{line}\n{}", ran.stderr);
        for trace in ["panicked", "RUST_BACKTRACE", "stack backtrace"] {
            assert!(!ran.stderr.contains(trace), "{line}\n{}", ran.stderr);
        }
        for word in words {
            assert!(ran.stderr.contains(word), "{line}: `{word}` is not in\n{}", ran.stderr);
        }
        ran
    }

    /// The command with the words of `line`, to be run in this folder.
    pub(crate) fn command(&self, line: &str) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(BINARY);
        command.args(line.split_whitespace()).current_dir(self.0.path());
        command.timeout(Duration::from_secs(120));
        command
    }

    /// The same as a child process that a test can signal.
    pub(crate) fn process(&self, line: &str) -> std::process::Command {
        let mut command = std::process::Command::new(BINARY);
        command.args(line.split_whitespace()).current_dir(self.0.path());
        command
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }
}

/// Ends the child when a test fails before it has.
pub(crate) struct Reaped(pub(crate) Option<Child>);

impl Drop for Reaped {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

const BINARY: &str = env!("CARGO_BIN_EXE_transfer");

pub(crate) fn ran(output: &Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Ran { code: output.status.code(), stdout, stderr }
}

/// Says that a test was skipped, past the harness, which shows only what failed tests print.
pub(crate) fn skipped(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
