//! Times workloads and prints one JSON line for each.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use benches::measure::measure;
use benches::workloads::{WORKLOADS, Workload};
use clap::Parser;
use serde_json::{Value, json};
use std::time::Duration;
use tensor_autograd::kernels::parallel::set_num_threads;

/// Times workloads and prints one JSON line for each.
#[derive(Parser)]
struct Args {
    /// Workloads by name; `matmul` for all products, `all` for everything.
    #[arg(required = true)]
    names: Vec<String>,
    /// Threads, the main one included.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Seconds that the timed steps of a workload add up to, at least.
    #[arg(long, default_value_t = 2.0)]
    secs: f64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.threads > 0, "--threads: at least one");
    let time = Duration::try_from_secs_f64(args.secs)?;
    let names = selected(&args.names)?;
    ensure!(set_num_threads(args.threads), "the pool of threads existed before");
    for name in names {
        let mut workload = Workload::named(name).expect("selected from the list");
        let m = measure(&mut workload, time);
        let (per_s, unit) = match workload.flops {
            Some(flops) => (flops / m.median_s / 1e9, "GFLOPS"),
            None => (1.0 / m.median_s, "steps"),
        };
        let line = json!({
            "peer": "ours",
            "version": concat!("tensor-autograd ", env!("CARGO_PKG_VERSION")),
            "workload": name,
            "threads": args.threads,
            "median_s": round(m.median_s, 1e9),
            "min_s": round(m.min_s, 1e9),
            "cpu_s": m.cpu_s.map(|s| round(s, 1e9)),
            "per_s": round(per_s, 1e4),
            "unit": unit,
            "steps": m.steps,
            "loss0": seven_digits(m.loss0),
            "loss10": seven_digits(m.loss10),
        });
        println!("{line}");
    }
    Ok(())
}

/// The workloads that the names stand for.
fn selected(names: &[String]) -> Result<Vec<&'static str>> {
    let mut chosen = Vec::new();
    for name in names {
        let fits = |known: &str| match name.as_str() {
            "all" => true,
            "matmul" => known.starts_with("matmul_"),
            _ => known == name,
        };
        let before = chosen.len();
        chosen.extend(WORKLOADS.iter().map(|(known, ..)| *known).filter(|known| fits(known)));
        let known: Vec<&str> = WORKLOADS.iter().map(|(known, ..)| *known).collect();
        ensure!(
            chosen.len() > before,
            "no workload `{name}`; there are: all matmul {}",
            known.join(" ")
        );
    }
    Ok(chosen)
}

fn round(x: f64, scale: f64) -> f64 {
    (x * scale).round() / scale
}

fn seven_digits(x: f64) -> Value {
    format!("{x:.6e}").parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_workloads() {
        let select = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| n.to_string()).collect();
            selected(&names)
        };
        assert_eq!(select(&["all"]).unwrap().len(), WORKLOADS.len());
        assert_eq!(select(&["mlp_tiny", "matmul"]).unwrap().len(), 5);
        let error = select(&["mlp_tiny", "resnet"]).unwrap_err().to_string();
        assert!(error.starts_with("no workload `resnet`; there are: all matmul matmul_128"));
    }

    #[test]
    fn figures_are_rounded() {
        assert_eq!(seven_digits(0.115_775_412_3).to_string(), "0.1157754");
        assert_eq!(seven_digits(f64::NAN), Value::Null);
        assert_eq!(round(1.234_56, 1e4), 1.2346);
    }
}
