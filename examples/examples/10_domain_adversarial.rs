//! # Lesson 10: domain-adversarial training
//!
//! **You will learn** how data without any labels can adapt a network to a new domain.
//!
//! **The idea.** A *domain classifier* looks at the features and learns to tell source from target.
//! The features are trained against it, through a layer that turns its gradient around: they come
//! to hide the domain. The label predictor, which only ever saw source labels, then works on the
//! target too (Ganin et al., 2016).
//!
//! **Run it** with `cargo run --release -p examples --example 10_domain_adversarial`, on real images
//! with `-- --source mnist:DIR --target idx:IMAGES --test idx:IMAGES,LABELS --steps 10000`.
//!
//! **You should see** the accuracy on the target rise above the same network's without the
//! adversary, and the domain classifier tell the domains at first, then less and less.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{BatchStream, Dataset, Spec, Unlabelled};
use nn_layers::models::{DannNet, dann_mnist};
use nn_layers::{Layer, metrics};
use optim::{DannAnnealing, Sgd};
use tensor_autograd::{Real, Rng, eval, grad};
use transfer::domain_adversarial::{parts::domain_loss, schedules};
use transfer::{Inputs, Normalize, Normalizer};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Labelled images of the source.
    #[arg(long, default_value = "synthetic:digits?n=3000")]
    source: Spec,
    /// Images of the target; labels are not read.
    #[arg(long, default_value = "synthetic:digits-textured?n=3000&seed=1")]
    target: Spec,
    /// Labelled images of the target, to judge by at the end.
    #[arg(long, default_value = "synthetic:digits-textured?n=1000&seed=2")]
    test: Spec,
    /// Steps of 32 source and 32 target images.
    #[arg(long, default_value_t = 2000)]
    steps: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let steps = if args.quick { 600 } else { args.steps };
    let source = datasets::load(&args.source)?.grey_to_rgb()?;
    // `without_labels`: from here on the target has none that the program could peek at.
    let target = datasets::load(&args.target)?.grey_to_rgb()?.without_labels();
    let test = datasets::load(&args.test)?.grey_to_rgb()?;
    ensure!(source.sample_shape() == target.sample_shape(), "images of one size, please");

    let alone = accuracy(&train(&source, &target, 0.0, steps)?, &target, &test)?;
    let adapted = accuracy(&train(&source, &target, 0.5, steps)?, &target, &test)?;
    println!("accuracy on the target, without the adversary: {alone:.3}");
    println!("accuracy on the target, with the adversary:    {adapted:.3}");
    examples::figure("gain", adapted - alone);
    Ok(())
}

/// Inputs brought to mean 0 and deviation 1 by their own domain's figures.
fn normalized(data: &Unlabelled, domain: &Unlabelled) -> Result<Inputs> {
    Ok(Inputs::new(data, &Normalizer::fit(Normalize::Standard, domain))?)
}

/// Trains with λ rising to `full`; at 0 nothing of the target reaches the features.
fn train(source: &Dataset, target: &Unlabelled, full: f64, steps: u64) -> Result<DannNet> {
    let mut rng = Rng::seed(0);
    let [channels, height, width] = *source.sample_shape() else { anyhow::bail!("images, please") };
    let mut net = dann_mnist([channels, height, width], source.classes().len(), &mut rng);
    let mut optimizer = Sgd::new(DannAnnealing::new(0.01, steps)).momentum(0.9).bind(&net)?;

    let labels = source.require_labels()?;
    let source = source.without_labels();
    let (xs, xt) = (normalized(&source, &source)?, normalized(target, target)?);
    let mut source_rows = BatchStream::new(xs.len(), 32, 0);
    let mut target_rows = BatchStream::new(xt.len(), 32, 1);
    for step in 0..steps {
        let (rows, others) = (source_rows.batch(step), target_rows.batch(step));
        let (a, b) = (xs.batch(&rows), xt.batch(&others));
        let y: Vec<usize> = rows.iter().map(|&r| labels[r]).collect();
        let lambda = schedules::lambda(full, step as f64 / steps as f64);
        let mut told = 0.0;
        let (loss, grads) = grad(&mut rng, |t| {
            let source = net.features.forward(t.constant(a));
            let target = net.features.forward(t.constant(b));
            let domain = domain_loss(&net.domain, source, target, lambda as Real);
            told = domain.accuracy;
            net.label.forward(source).cross_entropy(&y) + domain.loss
        });
        optimizer.step(&mut net, &grads);
        if (step + 1) % (steps / 5).max(1) == 0 {
            println!("step {:>5}  loss {loss:.3}  λ {lambda:.2}  domain told {told:.2}", step + 1);
        }
    }
    Ok(net)
}

/// The share of test images whose label the net finds.
fn accuracy(net: &DannNet, target: &Unlabelled, test: &Dataset) -> Result<f64> {
    let (inputs, labels) = (normalized(&test.without_labels(), target)?, test.require_labels()?);
    let rows: Vec<usize> = (0..inputs.len()).collect();
    let right = rows.chunks(250).map(|rows| {
        let truth: Vec<usize> = rows.iter().map(|&r| labels[r]).collect();
        let logits = eval(|t| net.forward(t.constant(inputs.batch(rows))).value());
        metrics::accuracy(&logits, &truth) * rows.len() as f64
    });
    Ok(right.sum::<f64>() / rows.len() as f64)
}

// Exercises
//
// 1. Print the norm of `net.domain`'s gradient. What would an adversary look like that is dead?
// 2. Remove all 7s from the target. Why does hiding the domain now cost accuracy?
