//! # Lesson 3: a multi-layer perceptron
//!
//! **You will learn** to stack layers into a net, to train it with an optimiser, and why one layer is
//! not enough.
//!
//! **The idea.** A linear layer can only cut the plane along a line. With a ReLU after it, a layer
//! bends space, and the next one cuts what has been bent: the boundary becomes a curve. How it must
//! bend is not designed but learnt, from the same gradient as in lesson 2.
//!
//! **Run it** with `cargo run --release -p examples --example 03_mlp`, on points of your own with
//! `-- --train 'csv:FILE#label=COLUMN' --test 'csv:FILE#label=COLUMN'`.
//!
//! **You should see** two moons that a straight boundary cannot tell apart, at about 88 %, and a net
//! that can, at 99 % or more, with its boundary drawn around them.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Batches, Dataset, Spec};
use nn_layers::{Layer, Linear, Sequential, metrics, relu, seq, summary};
use optim::Adam;
use tensor_autograd::{Rng, Tensor, eval, grad};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Points of the plane in two classes, to learn from.
    #[arg(long, default_value = "synthetic:moons?n=600")]
    train: Spec,
    /// The same to judge by.
    #[arg(long, default_value = "synthetic:moons?n=600&seed=1")]
    test: Spec,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let epochs = if args.quick { 40 } else { 100 };
    let (train_set, test_set) = (datasets::load(&args.train)?, datasets::load(&args.test)?);
    for set in [&train_set, &test_set] {
        let plane = set.sample_shape() == [2] && set.require_labels()?.iter().all(|&y| y < 2);
        ensure!(plane, "{}: two numbers each, in two classes, please", set.name());
    }

    let rng = &mut Rng::seed(0);
    let line = seq![Linear::new(2, 2, rng)];
    // The same with two bends in between. Classes are given by the larger of the two outputs.
    let net = seq![
        Linear::new(2, 16, rng),
        relu,
        Linear::new(16, 16, rng),
        relu,
        Linear::new(16, 2, rng)
    ];
    println!("{}", summary(&net, [1, 2]));

    let line = train(line, &train_set, epochs, rng)?;
    let net = train(net, &train_set, epochs, rng)?;
    println!("a line: {:.1} % of new points", 100.0 * accuracy(&line, &test_set)?);
    println!("a net:  {:.1} % of new points\n", 100.0 * accuracy(&net, &test_set)?);

    // Where the net says what: it was asked at every point of the picture.
    let points = test_set.inputs();
    let limit = 1.2 * points.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
    let is_point = |x: f32, y: f32| {
        let near = |p: f32, at: f32, share: f32| (p - at).abs() < share * limit;
        points.outer_iter().any(|p| near(p[[0]], x, 0.017) && near(p[[1]], y, 0.034))
    };
    println!(
        "{}",
        examples::picture(limit, |x, y| {
            let class = predict(&net, Tensor::new([1, 2], vec![x, y]))[0];
            match (class, is_point(x, y)) {
                (0, true) => 'o',
                (_, true) => 'x',
                (0, false) => ' ',
                (_, false) => '·',
            }
        })
    );

    examples::figure("accuracy", accuracy(&net, &test_set)?);
    Ok(())
}

/// Trains `net` by cross-entropy: every epoch, each batch once, in an order that depends on the epoch.
fn train(mut net: Sequential, data: &Dataset, epochs: u64, rng: &mut Rng) -> Result<Sequential> {
    // Adam is lesson 2's step with a memory: it averages gradients and scales each by its size.
    let mut optimizer = Adam::new(0.01).bind(&net)?;
    for epoch in 0..epochs {
        for rows in Batches::new(data.len(), 32, 0, epoch) {
            let (x, labels) = data.batch(&rows);
            // The loss is small where the right class has most of the probability.
            let (_, grads) = grad(rng, |tape| net.forward(tape.constant(x)).cross_entropy(&labels));
            optimizer.step(&mut net, &grads);
        }
    }
    Ok(net)
}

/// The class of every row: `eval` computes values and keeps nothing for a backward pass.
fn predict(net: &Sequential, x: impl Into<Tensor>) -> Vec<usize> {
    let logits = eval(|tape| net.forward(tape.constant(x)).value());
    metrics::predictions(&logits)
}

/// The fraction of rows whose class is right.
fn accuracy(net: &Sequential, data: &Dataset) -> Result<f64> {
    let predicted = predict(net, data.inputs().to_owned());
    let labels = data.require_labels()?;
    let right = predicted.iter().zip(labels).filter(|(p, y)| p == y).count();
    Ok(right as f64 / labels.len() as f64)
}

// Exercises
//
// 1. Leave the two `relu` out. The net has as many parameters as before: why is it no better than
//    the line?
// 2. Try widths 2, 4, 8 and 64 in place of 16. How narrow can the net be? Run each with a few seeds
//    before you answer.
