//! # 06: Fine-tuning
//!
//! **You will learn** how a network trained on plenty of data helps one that has hardly any.
//!
//! **The idea.** A network that reads many writers' digits has features that serve digits of any
//! kind. Instead of starting from random numbers, start from those features and go on with the few
//! labelled examples of the new kind. The trunk moves slowly, because it is nearly right; the head
//! moves ten times as fast, because it has more to learn.
//!
//! **Run it:** `cargo run --release -p examples --example 06_fine_tuning`, or on your own files:
//! `.. -- --source mnist:DIR --target idx:IMAGES,LABELS --shots 5`.
//!
//! **You should see** fine-tuning ahead of both the source model as it is and a network trained
//! from scratch on the same few examples.

use datasets::Dataset;
use examples::Flags;
use nn_layers::models::dann_mnist;
use tensor_autograd::Rng;
use transfer::fit::Progress;
use transfer::measures::Summary;
use transfer::{FineTune, Supervised};

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse(&["source", "target", "shots"])?;
    let shots: usize = flags.get("shots", "5").parse()?;
    let seeds = if flags.quick { 1 } else { 3 };

    // Source: plenty of plain digits. Target: coloured ones on textures, of which `shots` a class
    // are labelled for us; the rest is the test set.
    let many = if flags.quick { 600 } else { 3000 };
    let source = flags.load("source", &format!("synthetic:digits?n={many}"))?.grey_to_rgb()?;
    let target = flags.load("target", "synthetic:digits-textured?n=2000&seed=1")?.grey_to_rgb()?;

    let (mut before, mut scratch, mut tuned) = (vec![], vec![], vec![]);
    for seed in 0..seeds {
        let (few, test) = draw(&target, shots, seed)?;
        let [channels, size, _] = *source.sample_shape() else { anyhow::bail!("images, please") };
        let fresh = dann_mnist(channels, size, source.classes().len(), &mut Rng::seed(seed));

        // 1. Where transfer starts: a model of the source.
        let pretraining = Supervised::new(fresh.clone()).epochs(8).seed(seed);
        let model = pretraining.fit(&source, &mut Progress::lines())?;
        before.push(model.accuracy(&test)?);

        // 2. It goes on with the few examples.
        let adapted = FineTune::new(model).seed(seed).fit(&few, &mut Progress::silent())?;
        tuned.push(adapted.accuracy(&test)?);

        // 3. The control: the same examples, passes and batches without the source.
        let alone = Supervised::new(fresh).epochs(50).batch_size(16).seed(seed);
        scratch.push(alone.fit(&few, &mut Progress::silent())?.accuracy(&test)?);
    }

    println!("accuracy on the target, {shots} labelled examples a class, {seeds} seeds");
    for (name, values) in
        [("source model as it is", before), ("from scratch", scratch), ("fine-tuned", tuned)]
    {
        let Summary { mean, std, .. } = Summary::of(values);
        println!("{name:>22}: {mean:.3} ± {std:.3}");
    }
    Ok(())
}

/// `shots` examples a class, and everything else.
fn draw(data: &Dataset, shots: usize, seed: u64) -> anyhow::Result<(Dataset, Dataset)> {
    let rows = data.shot_rows(shots, seed)?;
    let rest: Vec<usize> = (0..data.len()).filter(|i| !rows.contains(i)).collect();
    Ok((data.select(&rows), data.select(&rest)))
}

// Exercises
// 1. Let only the head move: `FineTune::train_only("label.*")`. At how many shots does moving the
//    whole network begin to pay?
// 2. Make the trunk as fast as the head with `trunk_lr(1.0)`, and look at the spread over seeds.
