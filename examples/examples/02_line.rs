//! # Lesson 2: a line
//!
//! **You will learn** what training is: a model, a loss, and steps against the gradient, all of it
//! written out here.
//!
//! **The idea.** A model is a formula with numbers in it that we may choose; the loss says in one
//! number how badly it fits the data. The gradient of the loss points uphill, so a small step the
//! other way makes the fit a little better. Repeating that is training, for a line as for the
//! largest net.
//!
//! **Run it** with `cargo run --release -p examples --example 02_line`, on a table with `-- --data
//! 'csv:FILE#target=COLUMN'`, which fits its first other column of numbers.
//!
//! **You should see** the loss fall to the level of the noise, and slope and intercept arrive at
//! what the textbook's formula for least squares gives.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Spec, readers::csv};
use tensor_autograd::{Param, Real, Reduction, Rng, Tensor, grad};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test (this one always is).
    #[arg(long)]
    quick: bool,
    /// A table of your own in place of generated points.
    #[arg(long)]
    data: Option<Spec>,
}

fn main() -> Result<()> {
    let Args { data, .. } = Args::parse();
    let rng = &mut Rng::seed(0);

    let (x, y) = match &data {
        Some(spec) => table(spec)?,
        None => {
            // 100 points on y = 2x + 1, each moved up or down by noise with standard deviation 0.3.
            let x = Tensor::uniform([100], -1.0..1.0, rng);
            let noise = Tensor::normal([100], 0.0, 0.3, rng);
            let y = Tensor::from_fn([100], |i| 2.0 * x.as_slice()[i] + 1.0 + noise.as_slice()[i]);
            (x, y)
        }
    };

    // The model's two numbers start at zero: the line y = 0.
    let mut slope = Param::weight(Tensor::scalar(0.0));
    let mut intercept = Param::weight(Tensor::scalar(0.0));
    let learning_rate = 0.3;

    println!("{:>5} {:>9} {:>9} {:>9}", "step", "loss", "slope", "intercept");
    for step in 0..=100 {
        // Forward: predict, and measure the mean squared error. The numbers broadcast over x.
        let (loss, grads) = grad(rng, |tape| {
            let line = tape.param(&slope) * tape.constant(&x) + tape.param(&intercept);
            line.mse_loss(tape.constant(&y), Reduction::Mean)
        });
        if step % 20 == 0 {
            let (s, i) = (slope.value.item(), intercept.value.item());
            println!("{step:5} {loss:9.5} {s:9.5} {i:9.5}");
        }
        // Update: each number takes a small step against its gradient.
        for param in [&mut slope, &mut intercept] {
            let gradient = grads.get(param).expect("the loss depends on both").item();
            param.value.make_mut()[0] -= learning_rate * gradient;
        }
    }

    // The mean squared error of a line has its minimum where calculus says; see whether we got there.
    let mean = |t: &Tensor| t.sum() / t.len() as Real;
    let (mx, my) = (mean(&x), mean(&y));
    let covariance: Real =
        x.as_slice().iter().zip(y.as_slice()).map(|(x, y)| (x - mx) * (y - my)).sum();
    let variance: Real = x.as_slice().iter().map(|x| (x - mx) * (x - mx)).sum();
    let best_slope = covariance / variance;
    let best_intercept = my - best_slope * mx;
    println!("\nleast squares by formula:  slope {best_slope:.5}, intercept {best_intercept:.5}");
    if data.is_none() {
        println!("the points were made with: slope 2, intercept 1");
    }

    let off = (slope.value.item() - best_slope).abs();
    let off = off.max((intercept.value.item() - best_intercept).abs());
    examples::figure("distance_to_least_squares", f64::from(off));
    Ok(())
}

/// The first column and the target of a table, each brought to mean 0 and standard deviation 1: then
/// one learning rate serves every table.
fn table(spec: &Spec) -> Result<(Tensor, Tensor)> {
    let table = csv::load_regression(spec)?;
    let x: Vec<f32> = table.inputs.column(0).to_vec();
    let [x, y] = [x, table.targets.clone()].map(|values| {
        let n = values.len() as f32;
        let mean = values.iter().sum::<f32>() / n;
        let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt();
        (Tensor::from_fn([values.len()], |i| ((values[i] - mean) / std) as Real), std)
    });
    ensure!(x.1 > 0.0 && y.1 > 0.0, "{spec}: a column that is the same everywhere has no line");
    println!("the target over `{}`, {} rows, both of deviation 1\n", table.columns[0], table.len());
    Ok((x.0, y.0))
}

// Exercises
//
// 1. Find by trial the learning rate at which the loss explodes instead of falling. What happens to
//    slope and intercept just below it?
// 2. Fit a parabola: add a third parameter for x², and make the points with y = x² - x. How many
//    lines of the loop do you have to change? (Two.)
