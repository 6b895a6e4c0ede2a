//! # Lesson 12: self-taught learning
//!
//! **You will learn** how data without labels, of other classes even, makes a few labels go further.
//!
//! **The idea.** All writing is made of the same strokes. So learn the strokes where there is plenty
//! of writing and nobody has said what it means: cut small patches out of it and cluster them. An
//! image of the task is then described by how near its patches are to each stroke, quarter by
//! quarter, and a linear classifier needs few examples of that description (Raina et al., 2007;
//! Coates et al., 2011).
//!
//! **Run it** with `cargo run --release -p examples --example 12_self_taught`, on real images with
//! `-- --source idx:IMAGES --target mnist:DIR --test mnist:DIR#test`.
//!
//! **You should see** patches ahead of the pixels as they are and of their principal components, at
//! every number of labels, and random patches in between: most of the gain is in the description,
//! the rest in the strokes that were learnt.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec};
use transfer::SelfTaught;
use transfer::fit::Progress;
use transfer::measures::Summary;
use transfer::self_taught::{PatchFeatures, Pca, Raw};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Images to learn features from; labels are not read.
    #[arg(long, default_value = "synthetic:letters?n=2000")]
    source: Spec,
    /// Labelled images of the task, of which a few are drawn.
    #[arg(long, default_value = "synthetic:digits?n=2000&seed=1")]
    target: Spec,
    /// Labelled images of the task, to judge by.
    #[arg(long, default_value = "synthetic:digits?n=1000&seed=2")]
    test: Spec,
    /// Strokes to learn.
    #[arg(long, default_value_t = 200)]
    centroids: usize,
}

fn main() -> Result<()> {
    let args = Args::parse();
    // `without_labels`: what the letters are called plays no part in this lesson.
    let source = datasets::load(&args.source)?.without_labels();
    let (target, test) = (datasets::load(&args.target)?, datasets::load(&args.test)?);
    ensure!(source.sample_shape() == target.sample_shape(), "images of one size, please");
    let (k, patches, seeds, labels): (_, _, _, &[usize]) = match args.quick {
        true => (60, 5_000, 1, &[30]),
        false => (args.centroids, 30_000, 3, &[20, 50, 100, 500]),
    };

    let learners = |seed| {
        [
            ("raw", SelfTaught::new(Raw)),
            ("components", SelfTaught::new(Pca::new(k))),
            (
                "random patches",
                SelfTaught::new(PatchFeatures::random(k).patches(patches).seed(seed)),
            ),
            (
                "learnt patches",
                SelfTaught::new(PatchFeatures::k_means(k).patches(patches).seed(seed)),
            ),
        ]
    };
    // accuracy[learner][number of labels][seed]
    let mut accuracy = vec![vec![Vec::new(); labels.len()]; 4];
    for seed in 0..seeds {
        for (of_learner, (_, method)) in accuracy.iter_mut().zip(learners(seed)) {
            // 1. Features from the source. No label is near.
            let features = method.learn(&source, &mut Progress::silent())?;
            let before = features.digest();
            for (of_labels, &n) in of_learner.iter_mut().zip(labels) {
                // 2. A classifier from a few labels, on the same features for every number of them.
                let few = draw(&target, n, seed)?;
                let model = method.classify(&features, &few)?;
                of_labels.push(model.accuracy(&test)?);
            }
            ensure!(features.digest() == before, "labels have changed the features");
        }
    }

    println!("accuracy on the task by number of labels, {seeds} seeds");
    let heads: String = labels.iter().map(|n| format!("{n:>16}")).collect();
    println!("{:>14}{heads}", "");
    for ((name, _), of_learner) in learners(0).iter().zip(&accuracy) {
        let cells = of_learner.iter().map(|seeds| {
            let Summary { mean, std, .. } = Summary::of(seeds.clone());
            format!("{:>16}", format!("{mean:.3} ± {std:.3}"))
        });
        println!("{name:>14}{}", cells.collect::<String>());
    }
    let first = |learner: usize| Summary::of(accuracy[learner][0].clone()).mean;
    examples::figure("gain", first(3) - first(0).max(first(1)));
    Ok(())
}

/// `n` labelled examples, as many of one class as of another.
fn draw(data: &Dataset, n: usize, seed: u64) -> Result<Dataset> {
    Ok(data.select(&data.few_rows(n, seed)?))
}

// Exercises
//
// 1. Put `PatchFeatures::sparse_coding(100, 1.0)` beside the others, and print
//    `features.mean_nonzeros`. What happens to both as beta grows?
// 2. Learn from the digits themselves, `--source synthetic:digits`. That is semi-supervised
//    learning: how much of its gain did the letters give already?
