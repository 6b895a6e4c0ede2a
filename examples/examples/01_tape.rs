//! # Lesson 1: the tape
//!
//! **You will learn** what a gradient is, how a tape finds it, and how to see what the tape holds.
//!
//! **The idea.** Every operation writes its result and one small rule onto a tape: how much its
//! inputs matter to it. Read from the end, these rules multiply and add up (the chain rule), until
//! each parameter knows how much the final number moves when the parameter does. That is the
//! gradient, and everything that learns in this course learns from it.
//!
//! **Run it** with `cargo run --release -p examples --example 01_tape`, and add
//! `-- --dot tape.dot` for a drawing (`dot -Tsvg tape.dot -o tape.svg`, if you have Graphviz).
//!
//! **You should see** two gradients from one backward pass, each equal to what a tiny push of its
//! parameter shows, and the list of what was on the tape.

#![forbid(unsafe_code)]

use anyhow::Result;
use clap::Parser;
use std::path::PathBuf;
use tensor_autograd::{Param, Real, Rng, Tape, Tensor, Var, grad};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test (this one always is).
    #[arg(long)]
    quick: bool,
    /// Writes the drawing of the tape to this file.
    #[arg(long)]
    dot: Option<PathBuf>,
}

/// The function of this lesson: y = (a·b + a)². Arithmetic on variables looks like arithmetic.
fn square_of_sum<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    let sum = a * b + a;
    sum * sum
}

/// The same in plain numbers, for comparison.
fn plain(a: Real, b: Real) -> Real {
    (a * b + a) * (a * b + a)
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (a, b) = (2.0, 3.0);

    // Parameters are plain values outside of any tape. `grad` makes a tape, hands it to the closure,
    // and reads it backwards from the value that the closure returns.
    let (pa, pb) = (Param::weight(Tensor::scalar(a)), Param::weight(Tensor::scalar(b)));
    let (y, grads) =
        grad(&mut Rng::seed(0), |tape| square_of_sum(tape.param(&pa), tape.param(&pb)));
    println!("y = (a·b + a)² at a = {a}, b = {b} is {y}\n");

    // By hand: dy/da = 2(ab + a)(b + 1) and dy/db = 2(ab + a)·a. A push shows the same without any
    // calculus: how much does y move if one parameter moves a little?
    let by_hand = [2.0 * (a * b + a) * (b + 1.0), 2.0 * (a * b + a) * a];
    let e = 1e-2;
    let by_push = [
        (plain(a + e, b) - plain(a - e, b)) / (2.0 * e),
        (plain(a, b + e) - plain(a, b - e)) / (2.0 * e),
    ];
    println!("{:8} {:>9} {:>9} {:>9}", "", "tape", "by hand", "by push");
    let mut worst: f64 = 0.0;
    for (i, (name, param)) in [("dy/da", &pa), ("dy/db", &pb)].into_iter().enumerate() {
        let found = grads.get(param).expect("y depends on both").item();
        println!("{name:8} {found:9.3} {:9.3} {:9.3}", by_hand[i], by_push[i]);
        worst = worst.max(f64::from((found - by_hand[i]).abs()));
    }

    // A tape can also be looked at. Each line: an operation, the shape of its result, and which
    // earlier lines it came from. Notice that `a` and `sum` are used twice: their gradients arrive
    // in two parts, and the tape adds them up.
    let tape = Tape::new();
    square_of_sum(tape.param(&pa), tape.param(&pb));
    println!("\nOn the tape:");
    for (i, (op, shape, _, parents)) in tape.describe().into_iter().enumerate() {
        println!("  {i}: {op:6} {shape:<6} from {parents:?}");
    }
    if let Some(file) = args.dot {
        std::fs::write(&file, tape.dot())?;
        println!("\nDrawn in {}", file.display());
    }

    examples::figure("largest_error", worst);
    Ok(())
}

// Exercises
//
// 1. Let y be `a.maximum(b)`. What are the two gradients? Push `a` and `b` to explain them, then try
//    a = b. (What would you answer there? Look up what `maximum` promises in its documentation.)
// 2. Chain `x = x * 1.0 + 0.1` a hundred thousand times in a loop before squaring. How long is the
//    tape, and how long does its gradient take? What would a recursive backward pass do here?
