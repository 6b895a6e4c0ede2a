//! # Lesson 6: fine-tuning
//!
//! **You will learn** how a network trained on plenty of data helps one that has hardly any.
//!
//! **The idea.** A network that reads many writers' digits has features that serve digits of any
//! kind. Instead of starting from random numbers, start from those features and go on with the few
//! labelled examples of the new kind. The trunk moves slowly, because it is nearly right; the head
//! moves ten times as fast, because it has more to learn.
//!
//! **Run it** with `cargo run --release -p examples --example 06_fine_tuning`, on real images with
//! `-- --source mnist:DIR --target idx:IMAGES,LABELS --shots 5`.
//!
//! **You should see** fine-tuning ahead of both the source model as it is and a network trained
//! from scratch on the same few examples.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec};
use nn_layers::models::dann_mnist;
use tensor_autograd::Rng;
use transfer::fit::Progress;
use transfer::measures::Summary;
use transfer::{FineTune, Supervised};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Labelled images to start from.
    #[arg(long, default_value = "synthetic:digits?n=3000")]
    source: Spec,
    /// Labelled images of the other kind: a few to learn from, the others to judge by.
    #[arg(long, default_value = "synthetic:digits-textured?n=2000&seed=1")]
    target: Spec,
    /// Labelled target examples of each class.
    #[arg(long, default_value_t = 10)]
    shots: usize,
}

fn main() -> Result<()> {
    let Args { quick, source, target, shots } = Args::parse();
    let (source, target) = (images(&source)?, images(&target)?);
    ensure!(source.sample_shape() == target.sample_shape(), "images of one size, please");
    let (source, passes, seeds) = if quick { (source.limit(1000), 4, 3) } else { (source, 8, 3) };

    let (mut before, mut scratch, mut tuned) = (vec![], vec![], vec![]);
    for seed in 0..seeds {
        let (few, test) = draw(&target, shots, seed)?;
        let [channels, height, width] = *source.sample_shape() else { unreachable!("images") };
        let classes = source.classes().len();
        let fresh = dann_mnist([channels, height, width], classes, &mut Rng::seed(seed));

        // 1. Where transfer starts: a model of the source.
        let pretraining = Supervised::new(fresh.clone()).epochs(passes).seed(seed);
        let model = pretraining.fit(&source, &mut Progress::silent())?;
        before.push(model.accuracy(&test)?);

        // 2. It goes on with the few examples.
        let adapted = FineTune::new(model).seed(seed).fit(&few, &mut Progress::silent())?;
        tuned.push(adapted.accuracy(&test)?);

        // 3. The control: the same examples, passes and batches without the source.
        let alone = Supervised::new(fresh).epochs(50).batch_size(16).seed(seed);
        scratch.push(alone.fit(&few, &mut Progress::silent())?.accuracy(&test)?);
    }

    println!("accuracy on the target, {shots} labelled examples a class, {seeds} seeds");
    let [before, scratch, tuned] = [before, scratch, tuned].map(Summary::of);
    for (name, Summary { mean, std, .. }) in
        [("source model as it is", &before), ("from scratch", &scratch), ("fine-tuned", &tuned)]
    {
        println!("{name:>22}: {mean:.3} ± {std:.3}");
    }
    let best = before.mean.max(scratch.mean);
    examples::figure("gain", tuned.mean - best);
    Ok(())
}

/// Labelled images in colour.
fn images(spec: &Spec) -> Result<Dataset> {
    let data = datasets::load(spec)?;
    data.require_labels()?;
    ensure!(data.sample_shape().len() == 3, "{}: these are no images", data.name());
    Ok(data.grey_to_rgb()?)
}

/// `shots` examples a class, and everything else.
fn draw(data: &Dataset, shots: usize, seed: u64) -> Result<(Dataset, Dataset)> {
    let rows = data.shot_rows(shots, seed)?;
    let rest: Vec<usize> = (0..data.len()).filter(|i| !rows.contains(i)).collect();
    Ok((data.select(&rows), data.select(&rest)))
}

// Exercises
//
// 1. Let only the head move: `FineTune::train_only("label.*")`. At how many shots does moving the
//    whole network begin to pay?
// 2. Make the trunk as fast as the head with `trunk_lr(1.0)`, and look at the spread over seeds.
