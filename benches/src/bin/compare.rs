//! Runs our workloads and those of other engines in turns, and prints a table.

#![forbid(unsafe_code)]

use anyhow::{Context, Result, ensure};
use benches::race::{Line, Race};
use benches::workloads::{WORKLOADS, Workload};
use clap::Parser;
use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs our workloads and those of other engines in turns: in every round, each engine runs each
/// workload once, in a process of its own. Prints a table; lines as they come go to --out.
#[derive(Parser)]
struct Args {
    /// Workloads by name; all of them if none is given.
    workloads: Vec<String>,
    /// The folder of the peers' scripts (`torch_peer.py`).
    #[arg(long)]
    peers: Option<PathBuf>,
    /// A Python that has torch; without it, PyTorch does not run.
    #[arg(long)]
    python: Option<PathBuf>,
    /// The folder of the Rust peers' binaries (`candle-peer`, `burn-peer`).
    #[arg(long)]
    bin: Option<PathBuf>,
    /// Numbers of threads.
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    threads: Vec<u64>,
    /// Rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that the timed steps of a workload add up to, at least.
    #[arg(long, default_value_t = 1.0)]
    secs: f64,
    /// A file that every line is appended to.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// An engine and how it is called; workload, threads and seconds follow.
struct Engine {
    name: &'static str,
    program: PathBuf,
    before: Vec<PathBuf>,
    after: &'static [&'static str],
}

fn main() -> Result<()> {
    let args = Args::parse();
    let engines = engines(&args)?;
    for name in &args.workloads {
        ensure!(Workload::named(name).is_some(), "no workload `{name}`");
    }
    let all = || WORKLOADS.iter().map(|(name, ..)| name.to_string()).collect();
    let workloads = if args.workloads.is_empty() { all() } else { args.workloads.clone() };
    let mut race = Race::default();
    for round in 1..=args.rounds {
        for workload in &workloads {
            for &threads in &args.threads {
                for engine in &engines {
                    eprintln!("round {round}: {workload}, {threads} threads, {}", engine.name);
                    let text = run(engine, workload, threads, args.secs)?;
                    let lines: Vec<Line> = text.lines().filter_map(Line::parse).collect();
                    race.add(engine.name, workload, threads, lines.first());
                    keep(args.out.as_deref(), &text)?;
                }
            }
        }
    }
    print!("{}", race.table());
    Ok(())
}

/// The engines that are there: ours first.
fn engines(args: &Args) -> Result<Vec<Engine>> {
    let ours = env::current_exe()?.with_file_name(format!("workloads{}", env::consts::EXE_SUFFIX));
    ensure!(
        ours.exists(),
        "{} is missing: build it with `cargo build --profile bench -p benches --bins`",
        ours.display()
    );
    let mut engines = vec![Engine { name: "ours", program: ours, before: vec![], after: &[] }];
    if let (Some(python), Some(peers)) = (&args.python, &args.peers) {
        let script = peers.join("torch_peer.py");
        ensure!(script.exists(), "{} is missing", script.display());
        engines.push(Engine {
            name: "torch-eager",
            program: python.clone(),
            before: vec![script],
            after: &["--mode", "eager"],
        });
    }
    if let Some(bin) = &args.bin {
        let rust: [(&str, &str, &[&str]); 2] =
            [("candle", "candle-peer", &[]), ("burn-flex", "burn-peer", &["--backend", "flex"])];
        for (name, file, after) in rust {
            let program = bin.join(file);
            ensure!(program.exists(), "{} is missing", program.display());
            engines.push(Engine { name, program, before: vec![], after });
        }
    }
    Ok(engines)
}

/// What the engine prints. An engine that fails at a workload has an empty place in the table.
fn run(engine: &Engine, workload: &str, threads: u64, secs: f64) -> Result<String> {
    let output = Command::new(&engine.program)
        .args(&engine.before)
        .args([workload, "--threads", &threads.to_string(), "--secs", &secs.to_string()])
        .args(engine.after)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", engine.program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn keep(file: Option<&Path>, text: &str) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let mut out = opened.with_context(|| file.display().to_string())?;
    out.write_all(text.as_bytes()).with_context(|| file.display().to_string())
}
