//! `transfer`: transfer learning at the command line.
//!
//! Results go to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 usage,
//! 3 bad input, 4 diverged, 5 interrupted with the checkpoint saved.

#![forbid(unsafe_code)]

mod args;
mod choice;
mod commands;
mod context;
mod data;
mod error;
mod methods;
mod models;
mod out;
mod report;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = match args::parse(std::env::args_os()) {
        Ok(matches) => matches,
        Err(refusal) => return refusal.report(),
    };
    match commands::dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => error::report(&e),
    }
}
