//! # 10: Domain-adversarial training
//!
//! **You will learn** how data without any labels can adapt a network to a new domain.
//!
//! **The idea.** A *domain classifier* looks at the features and learns to tell source from target.
//! The features are trained against it, through a layer that turns its gradient around: they come
//! to hide the domain. The label predictor, which only ever saw source labels, then works on the
//! target too (Ganin et al., 2016).
//!
//! **Run it:** `cargo run --release -p examples --example 10_domain_adversarial`, or on your own
//! files: `.. -- --source mnist:DIR --target idx:IMAGES --test idx:IMAGES,LABELS`.
//!
//! **You should see** the accuracy on the target rise well above the same network's without the
//! adversary, while the domain classifier's accuracy falls towards a half.

use anyhow::ensure;
use datasets::BatchStream;
use examples::Flags;
use nn_layers::{Layer, models::dann_mnist};
use optim::{Annealing, Sgd};
use tensor_autograd::{Real, Rng, Tensor, eval, grad};
use transfer::domain_adversarial::{parts::domain_loss, schedules};
use transfer::{Inputs, Normalize, Normalizer};

const BATCH: usize = 64;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse(&["source", "target", "test"])?;
    let steps = if flags.quick { 150 } else { 1500 };
    let source = flags.load("source", "synthetic:digits?n=4000")?.grey_to_rgb()?;
    // `without_labels`: from here on the target has none that the program could peek at.
    let target = flags.load("target", "synthetic:digits-textured?n=4000&seed=1")?;
    let target = target.grey_to_rgb()?.without_labels();
    let test = flags.load("test", "synthetic:digits-textured?n=1000&seed=2")?.grey_to_rgb()?;
    ensure!(source.sample_shape() == target.sample_shape(), "images of one size, please");
    let labels = source.require_labels()?;

    // Each domain loses its own mean colour.
    let own = |data| Normalizer::fit(Normalize::Mean, data);
    let (source_inputs, target_mean) = (source.without_labels(), own(&target));
    let xs = Inputs::new(&source_inputs, &own(&source_inputs))?;
    let xt = Inputs::new(&target, &target_mean)?;
    let xe = Inputs::new(&test.without_labels(), &target_mean)?;

    let mut accuracies = vec![];
    for full in [0.0, 1.0] {
        let mut rng = Rng::seed(0);
        let shape = source.sample_shape();
        let mut net = dann_mnist(shape[0], shape[1], source.classes().len(), &mut rng);
        let mut opt = Sgd::new(Annealing::new(0.01, steps as u64)).momentum(0.9);
        let mut order =
            (BatchStream::new(xs.len(), BATCH, 0), BatchStream::new(xt.len(), BATCH, 1));
        for step in 0..steps {
            let (rows, others) = (order.0.batch(step as u64), order.1.batch(step as u64));
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
            opt.step(&mut net, &grads);
            if step % (steps / 5) == 0 {
                eprintln!("step {step:>5}  loss {loss:.3}  λ {lambda:.2}  domain told {told:.2}");
            }
        }
        let all: Vec<usize> = (0..xe.len()).collect();
        let logits = |rows: &[usize]| {
            eval(|t| net.label.forward(net.features.forward(t.constant(xe.batch(rows)))).value())
        };
        let right = |rows: &[usize]| {
            let truth: Vec<usize> = rows.iter().map(|&r| test.labels().unwrap_or(&[])[r]).collect();
            let logits: Tensor = logits(rows);
            nn_layers::metrics::accuracy(&logits, &truth) * rows.len() as f64
        };
        accuracies.push(all.chunks(250).map(right).sum::<f64>() / all.len() as f64);
    }
    println!("accuracy on the target, without the adversary: {:.3}", accuracies[0]);
    println!("accuracy on the target, with the adversary:    {:.3}", accuracies[1]);
    Ok(())
}

// Exercises
// 1. Print the norm of `net.domain`'s gradient. What would an adversary look like that is dead?
// 2. Remove all 7s from the target. Why does hiding the domain now cost accuracy?
