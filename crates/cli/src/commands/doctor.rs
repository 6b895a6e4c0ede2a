//! `doctor`: what this machine has, what was chosen of it, and whether the arithmetic is right.

use crate::args::Talk;
use crate::context::start_threads;
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;
use tensor_autograd::kernels::gemm::{Epilogue, MatRef, gemm_with, matmul};
use tensor_autograd::kernels::isa::{self, Isa};
use tensor_autograd::kernels::parallel;
use tensor_autograd::{Real, Rng};

#[derive(Args)]
pub(super) struct Flags {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    talk: Talk,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    start_threads(&flags.talk);
    let checks: Vec<(Isa, f64)> = Isa::available().into_iter().map(|i| (i, deviation(i))).collect();
    let wrong: Vec<&str> = checks
        .iter()
        .filter(|(_, d)| d.is_nan() || *d > TOLERANCE)
        .map(|(i, _)| i.name())
        .collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (free, memory) = (free_bytes("."), memory_bytes());
    let speed = speed();
    if flags.json {
        let check = |(i, d): &(Isa, f64)| json!({ "instruction_set": i.name(), "deviation": d });
        out::result(
            &json!({
                "schema": "transfer.doctor/1",
                "version": env!("CARGO_PKG_VERSION"),
                "machine": std::env::consts::ARCH,
                "system": std::env::consts::OS,
                "cores": cores,
                "threads": parallel::num_threads(),
                "instruction_set": isa::isa().name(),
                "checks": checks.iter().map(check).collect::<Vec<Value>>(),
                "gflops": speed,
                "memory_bytes": memory,
                "free_bytes": free,
            })
            .to_string(),
        )?;
    } else {
        let names: Vec<&str> = checks.iter().map(|(i, _)| i.name()).collect();
        let gigabytes = |bytes: Option<u64>| {
            bytes.map_or("unknown".to_owned(), |b| format!("{:.1} GB", b as f64 / 1e9))
        };
        let mut rows: Vec<Vec<String>> = [
            ("version", format!("transfer {}", env!("CARGO_PKG_VERSION"))),
            ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            ("cores", cores.to_string()),
            ("threads of the arithmetic", parallel::num_threads().to_string()),
            ("instruction sets", names.join(", ")),
            ("chosen", chosen()),
            ("memory", gigabytes(memory)),
            ("free on this disk", gigabytes(free)),
        ]
        .into_iter()
        .map(|(what, is)| vec![what.to_owned(), is])
        .collect();
        for (isa, deviation) in &checks {
            let verdict = if wrong.contains(&isa.name()) { "WRONG" } else { "right" };
            let said = format!("{verdict}, at most {deviation:.1e} off");
            rows.push(vec![format!("product by {}", isa.name()), said]);
        }
        let said = format!("{speed:.0} GFLOP/s ({SIDE} x {SIDE})");
        rows.push(vec!["speed of a product".to_owned(), said]);
        out::result(&out::table(&rows, 2))?;
    }
    anyhow::ensure!(
        wrong.is_empty(),
        "the arithmetic of {} is wrong on this machine: force another by TENSOR_ISA, as \
         TENSOR_ISA=portable",
        wrong.join(", ")
    );
    Ok(())
}

/// The instruction set in use, and who chose it.
fn chosen() -> String {
    let name = isa::isa().name();
    match std::env::var("TENSOR_ISA") {
        Ok(wanted) if wanted == name => format!("{name}, by TENSOR_ISA"),
        Ok(wanted) => format!("{name}; TENSOR_ISA={wanted} is not one of this machine's"),
        Err(_) => format!("{name}, the widest"),
    }
}

/// Largest relative deviation of a right product: sums of 200 numbers, in any order.
const TOLERANCE: f64 = 1e-4;

/// The largest deviation of a product from the same in 64 bits, in parts of the largest element.
fn deviation(isa: Isa) -> f64 {
    // Sizes that no block divides, so that the edges are tried too.
    let (m, k, n) = (67, 201, 83);
    let mut rng = Rng::seed(0);
    let mut random = |len: usize| (0..len).map(|_| rng.normal()).collect::<Vec<Real>>();
    let (a, b) = (random(m * k), random(k * n));
    let mut c = vec![0.0; m * n];
    let sides = (MatRef::row_major(&a, m, k), MatRef::row_major(&b, k, n));
    gemm_with(isa, &mut c, sides.0, sides.1, Epilogue::OVERWRITE);
    let exact = |ij: usize| {
        (0..k).map(|l| f64::from(a[ij / n * k + l]) * f64::from(b[l * n + ij % n])).sum::<f64>()
    };
    let (mut off, mut largest) = (0.0, 0.0);
    for (ij, c) in c.iter().enumerate() {
        let exact = exact(ij);
        // A maximum would pass over what is not a number.
        let difference = (f64::from(*c) - exact).abs();
        off = if difference.is_nan() || difference > off { difference } else { off };
        largest = f64::max(largest, exact.abs());
    }
    off / largest
}

/// Rows and columns of the product that is timed.
const SIDE: usize = 768;

/// Billions of additions and multiplications a second in a product, the best of a few.
fn speed() -> f64 {
    let a = vec![1.0; SIDE * SIDE];
    let mut c = vec![0.0; SIDE * SIDE];
    let mut once = || {
        let begun = Instant::now();
        matmul(&mut c, SIDE, SIDE, SIDE, &a, &a);
        begun.elapsed().as_secs_f64()
    };
    let best = (0..6).map(|_| once()).fold(f64::INFINITY, f64::min);
    2.0 * (SIDE * SIDE * SIDE) as f64 / best / 1e9
}

/// Room on the disk that holds `path`, by the system's own word; none where it says nothing.
fn free_bytes(path: &str) -> Option<u64> {
    let output = Command::new("df").args(["-Pk", path]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(1024 * kilobytes)
}

/// The machine's memory; none where the system does not say.
fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(1024 * line.split_whitespace().next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_of_this_machine_multiplies_right() {
        for isa in Isa::available() {
            let off = deviation(isa);
            assert!(off > 0.0 || cfg!(real_f64), "{}", isa.name());
            assert!(off < 1e-5, "{}: {off}", isa.name());
        }
    }
}
